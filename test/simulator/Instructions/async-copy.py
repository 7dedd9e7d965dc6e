# RUN: %python %s %t.folder
"""cp.async: all sizes, source sizes that leave zeros, ignored sources, groups and their waits."""

import sys

from oracle import spaces, table
from oracle.program import REGION


def copy(program, form, mods, size, variant, number, waits):
    """One copy of `size` bytes; `variant` is what stands behind: None, "u32", "pred"."""
    name = ".".join(("cp",) + mods)
    shift, source = number * size % 16, number * 3 * size % REGION
    source = min(source, REGION - size)
    hint = ", %policy" if "L2::cache_hint" in mods else ""
    # A slot of 16 bytes per thread.
    program.emit("mov.b32 %r1, 0xA5A5A5A5;", "st.shared.v4.b32 [%t], {%r1, %r1, %r1, %r1};")
    third = {None: "", "u32": ", %r9", "pred": ", %p1"}[variant]
    if variant == "u32":
        program.emit(f"add.u32 %r9, %local, {number}; rem.u32 %r9, %r9, {size + 1};")
    if variant == "pred":
        program.emit(f"and.b32 %r9, %local, {1 << number % 3}; setp.ne.b32 %p1, %r9, 0;")
    program.emit(f"@%guard {name} [%t+{shift}], [%mine+{source}], {size}{third}{hint};", *waits)
    program.emit("ld.shared.v4.b32 {%r1, %r2, %r3, %r4}, [%t];")

    def expected(t):
        slot = bytearray([0xA5] * 16)
        if program.guards[t]:
            count = size
            local = t % program.threads
            if variant == "u32":
                count = (local + number) % (size + 1)
            if variant == "pred" and local & 1 << number % 3:
                count = 0
            slot[shift : shift + size] = program.region(t)[source : source + count] + bytes(size - count)
        return int.from_bytes(slot, "little")

    at = program.slot(128, expected, f"{name} {size} {variant or ''}")
    program.emit(f"st.global.v4.b32 [%out16+{at}], {{%r1, %r2, %r3, %r4}};")


WAITS = (
    ["cp.async.commit_group;", "cp.async.wait_group 0;"],
    ["cp.async.wait_all;"],
    # The group before an empty one is complete when at most one is pending.
    ["cp.async.commit_group;", "cp.async.commit_group;", "cp.async.wait_group 1;"],
)


def main():
    forms = [form for form in table.forms() if form.opcode == "cp"]
    program = spaces.program()
    program.module += ".shared .align 16 .b8 targets[4096];\n"
    program.prologue += ".reg .b64 %t; mov.u64 %t, targets; mad.wide.u32 %t, %local, 16, %t;\n"
    used = []
    for form in forms:
        if not form.operands or form.operands[0] != "[a]":
            used += [(form, mods) for mods in form.combinations()]  # in WAITS
            continue
        sizes = [int(size) for size in form.operands[2].split("|")]
        behind = [operand for operand in form.operands[3:] if operand not in (".b64", ".u64")]
        variants = [behind[0].strip("{}")[1:]] if behind else [None]
        if behind and behind[0][0] == "{":
            variants.append(None)
        for mods in form.combinations():
            for size in sizes:
                for variant in variants:
                    copy(program, form, mods, size, variant, len(used), WAITS[len(used) % len(WAITS)])
                    used.append((form, mods))
    text = "\n".join(program.body)
    assert all(wait in text for waits in WAITS for wait in waits)
    program.run(sys.argv[1], "async-copy", spaces.arguments(program))
    for order in (1, 2, 3):
        program.run(sys.argv[1], f"async-copy-{order}", spaces.arguments(program), ["--order", str(order)])
    table.require(forms, used)


main()
