# RUN: %python %s %t.folder
"""Barriers of blocks and warps, membar and fence: each hands data from one warp to another, which is a
race and reported where the barrier does not order it."""

import sys

from oracle import program as programs, table

THREADS = 96


def exchange(program, name, count, number, split, between):
    """Each thread reads what the thread 32 places on has written before the barrier."""
    operand = f"{number % 16}"
    if number % 3 == 1:
        program.emit(f"mov.b32 %r5, {operand};")
        operand = "%r5"
    arguments = operand + (f", {THREADS}" if count else "")
    value = number * 1000
    program.emit(f"add.u32 %r1, %local, {value}; st.shared.b32 [%s], %r1;")
    between(program, name, arguments, split)
    program.emit("ld.shared.b32 %r2, [%other];", "bar.sync 0;")
    program.store("%r2", 32, lambda t: (t + 32) % THREADS + value, f"{name} {arguments}")


def sync(program, name, arguments, split):
    if not split:
        program.emit(f"{name} {arguments};")
        return
    # barrier without .aligned: the lanes of a warp may come from different branches.
    program.label += 1
    tag = program.label
    program.emit("and.b32 %r3, %local, 1; setp.eq.b32 %p1, %r3, 0;", f"@%p1 bra even{tag};", f"{name} {arguments};",
                 f"bra done{tag};", f"even{tag}: {name} {arguments};", f"done{tag}:")  # fmt: skip


def arrive(program, name, number, opposite):
    """Warp 0 arrives, warp 1 waits."""
    program.label += 1
    tag = program.label
    wait = name.replace("arrive", "sync")
    value = number * 1000
    program.emit(f"add.u32 %r1, %local, {value}; mov.b32 %r2, 0; setp.ge.u32 %p1, %local, 64;", f"@%p1 bra done{tag};",
                 f"setp.ge.u32 %p1, %local, 32; @%p1 bra wait{tag};", "st.shared.b32 [%s], %r1;",
                 f"{name} {number % 15 + 1}, 64;", f"bra done{tag};", f"wait{tag}:", f"{wait} {number % 15 + 1}, 64;",
                 "ld.shared.b32 %r2, [%s+-128];", f"done{tag}: bar.sync 0;")  # fmt: skip
    program.store("%r2", 32, lambda t: t - 32 + value if 32 <= t < 64 else 0, name)


def cluster(program, name, mods):
    """Every block is a cluster of its own. A thread may go on between `arrive` and `wait`."""
    program.label += 1
    tag = program.label
    arrive = name if "arrive" in mods else "barrier.cluster.arrive"
    wait = name if "wait" in mods else "barrier.cluster.wait"
    before = "fence.acq_rel.cluster; " if "relaxed" in mods else ""
    value = 1000 * tag
    program.emit(f"add.u32 %r1, %local, {value}; st.shared.b32 [%s], %r1;", f"{before}{arrive};", f"{wait};",
                 "ld.shared.b32 %r2, [%other];", "bar.sync 0;")  # fmt: skip
    program.store("%r2", 32, lambda t: (t + 32) % THREADS + value, f"{arrive}, {wait}")
    # Warp 0 arrives and waits for a flag that warp 1 sets between its own arrival and its wait.
    program.emit(f"{arrive};", "setp.ge.u32 %p1, %local, 32;", f"@%p1 bra other{tag};",
                 f"spin{tag}: ld.relaxed.gpu.global.b32 %r1, [%seen]; setp.ne.u32 %p1, %r1, {tag};",
                 f"@%p1 bra spin{tag};", f"bra done{tag};", f"other{tag}: setp.ge.u32 %p1, %local, 64;",
                 f"mov.b32 %r1, {tag}; @!%p1 st.relaxed.gpu.global.b32 [%seen+-128], %r1;", f"done{tag}:",
                 f"{wait};", "bar.sync 0;")  # fmt: skip


def reduce(program, name, mods, count, number, split):
    arguments = f"{number % 16}" + (f", {THREADS}" if count else "")
    modulus = (2, 5, 97, 1)[number % 4]
    program.emit(f"rem.u32 %r3, %local, {modulus}; setp.eq.u32 %p2, %r3, 0;")
    negated = number % 5 == 0
    predicate = "!%p2" if negated else "%p2"
    result = "%r2" if "popc" in mods else "%p3"
    between = lambda p, n, a, s: sync(p, f"{n} {result},", f"{a}, {predicate}", s)  # noqa: E731
    program.emit(f"st.shared.b32 [%s], %local;")
    between(program, name, arguments, split)
    program.emit("ld.shared.b32 %r6, [%other];", "bar.sync 0;")
    truths = [(t % modulus == 0) != negated for t in range(THREADS)]
    if "popc" in mods:
        program.store("%r2", 32, lambda t: sum(truths), f"{name} {arguments}")
    else:
        program.store_predicate("%p3", lambda t: int((all if "and" in mods else any)(truths)), f"{name} {arguments}")
    program.store("%r6", 32, lambda t: (t + 32) % THREADS, f"{name} orders")


def pass_on(program, name, after, number):
    """Warp 0 writes, fences and sets a flag; warp 1 waits for the flag, fences and reads."""
    program.label += 1
    tag = program.label
    scope = "cta" if "cta" in name else "sys" if "sys" in name else "gpu"
    value = number * 1000
    program.emit("mov.b32 %r2, 0; setp.ge.u32 %p1, %local, 64;", f"@%p1 bra done{tag};",
                 "setp.ge.u32 %p1, %local, 32;", f"@%p1 bra wait{tag};",
                 f"add.u32 %r1, %local, {value}; st.global.b32 [%box], %r1;", f"{name};",
                 f"mov.b32 %r1, 1; st.relaxed.{scope}.global.b32 [%flag+{number * 512}], %r1;", f"bra done{tag};",
                 f"wait{tag}: ld.relaxed.{scope}.global.b32 %r1, [%flag+{number * 512 - 128}];",
                 f"setp.eq.b32 %p1, %r1, 0; @%p1 bra wait{tag};",
                 f"{after};", "ld.global.b32 %r2, [%box+-128];", f"done{tag}: bar.sync 0;")  # fmt: skip
    program.store("%r2", 32, lambda t: t - 32 + value if 32 <= t < 64 else 0, f"{name} and {after}")


def main():
    forms = [form for form in table.forms() if form.opcode in ("bar", "barrier", "membar", "fence")]
    program = programs.Program(threads=THREADS)
    program.label = 0
    program.module = f".shared .align 4 .b8 words[{THREADS * 4}];\n"
    program.prologue = f""".reg .b64 %s, %other, %box, %flag, %seen;
mov.u64 %s, words; mov.u64 %other, %s; mad.wide.u32 %s, %local, 4, %s;
add.u32 %r1, %local, 32; rem.u32 %r1, %r1, {THREADS}; mad.wide.u32 %other, %r1, 4, %other;
ld.param.u64 %box, [box]; mad.wide.u32 %box, %local, 4, %box;
ld.param.u64 %flag, [flag]; mad.wide.u32 %flag, %local, 4, %flag;
ld.param.u64 %seen, [seen]; mad.wide.u32 %seen, %local, 4, %seen;
"""
    used, fences = [], 0
    for form in forms:
        for mods in form.combinations():
            name = ".".join((form.opcode,) + mods)
            number = len(used)
            used.append((form, mods))
            split = form.opcode == "barrier" and "aligned" not in mods
            if "cluster" in mods and form.opcode == "barrier":
                cluster(program, name, mods)
            elif "proxy" in mods:  # between kinds of access of which there is one here
                program.emit(f"{name};")
            elif form.opcode in ("membar", "fence"):
                before, after = name, name
                if "acquire" in mods or "release" in mods:
                    before = name.replace("acquire", "release")
                    after = name.replace("release", "acquire")
                pass_on(program, before, after, fences)
                fences += 1
            elif "warp" in mods:
                program.emit("st.shared.b32 [%s], %local;", f"{name} -1;", "mov.u32 %r1, %laneid; mov.b32 %r2, 31;",
                             "sub.u32 %r2, %r2, %r1; sub.u32 %r2, %r2, %r1; mul.wide.s32 %d1, %r2, 4;",
                             "add.u64 %d1, %d1, %s; ld.shared.b32 %r2, [%d1];", "bar.sync 0;")  # fmt: skip
                program.store("%r2", 32, lambda t: t // 32 * 32 + 31 - t % 32, name)
            elif "arrive" in mods:
                arrive(program, name, number, None)
            elif "red" in mods:
                count = len(form.operands) == 4
                for variant in range(4):
                    reduce(program, name, mods, count, number + variant, False)
                    if split:
                        reduce(program, name, mods, count, number + variant, True)
            else:
                for count in (False, True):
                    exchange(program, name, count, number, False, sync)
                    if split:
                        exchange(program, name, count, number, True, sync)
    program.extra = {"box": bytes(4 * THREADS), "flag": bytes(512 * fences + 512), "seen": bytes(4 * THREADS)}
    for order in (0, 1, 2, 3):
        program.run(sys.argv[1], f"barrier-{order}", extra=["--order", str(order)])
    table.require(forms, used)


main()
