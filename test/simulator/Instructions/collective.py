# RUN: %python %s %t.folder
"""shfl, vote, match, redux and activemask, in whole and partial warps and with parts of a warp in
different branches."""

import sys

from oracle import program as programs, table
from oracle.expect import Anything
from oracle.integers import WIDTH, number, wrap
from oracle.table import types_of

MODES = ("up", "down", "bfly", "idx")
# c operands of shfl: clamp and segment mask, as CUDA's widths make them.
SEGMENTS = (0x001F, 0x0000, 0x181F, 0x1C03, 0x1E1F, 0x100F)


def shuffle(mode, lane, b, c):
    """(lane to read, predicate), PTX ISA 9.7.9.6."""
    segment, clamp = c >> 8 & 31, c & 31
    b &= 31
    highest = lane & segment | clamp & ~segment & 31
    lowest = lane & segment
    if mode == "up":
        j = lane - b
        valid = j >= highest
    elif mode == "down":
        j = lane + b
        valid = j <= highest
    elif mode == "bfly":
        j = lane ^ b
        valid = j <= highest
    else:
        j = lowest | b & ~segment & 31
        valid = j <= highest
    return (j if valid else lane), int(valid)


class Group:
    """Which lanes execute an instruction together: `all` that exist, or by a condition on the lane."""

    def __init__(self, name, condition):
        self.name, self.condition = name, condition

    def members(self, program, t):
        first = t // 32 * 32
        inside = t % 32
        lanes = range(min(32, program.total - first))
        return [lane for lane in lanes if self.condition(lane) == self.condition(inside)]

    def mask(self, program, t):
        return sum(1 << lane for lane in self.members(program, t))


GROUPS = (
    Group("all", lambda lane: 0),
    Group("parity", lambda lane: lane & 1),
    Group("thirds", lambda lane: lane % 3),
)


def values(program, width, kind):
    """(PTX that loads the value of the thread into %r1/%d1, value of each thread)."""
    at, few = 8, kind == "match"
    load = f"ld.global.b{width} {'%d1' if width == 64 else '%r1'}, [%mine+{at}];"
    if few:
        load += f" and.b{width} {'%d1, %d1' if width == 64 else '%r1, %r1'}, 3;"
    read = lambda t: int.from_bytes(program.region(t)[at : at + width // 8], "little")  # noqa: E731
    return load, (lambda t: read(t) & 3) if few else read


def shfl(program, form, mods, group, c, b):
    name = ".".join(("shfl",) + mods)
    load, value = values(program, 32, "shfl")
    label = f"{name} b {b} c {c:#x} {group.name}"
    # The number of lanes differs from thread to thread in `idx`.
    program.emit(load, f"add.u32 %r3, %local, {b};" if mods[1] == "idx" else f"mov.b32 %r3, {b};",
                 "mov.b32 %r2, 1;")  # fmt: skip
    paired = "mov.pred %p1, %p0; " if (b + c) % 2 else ""
    result = "%r2|%p1" if paired else "%r2"
    program.emit(f"{paired}{name} {result}, %r1, %r3, {c}, %mask;")

    def source(t):
        lane = t % 32
        j, valid = shuffle(mods[1], lane, (t % program.threads + b) if mods[1] == "idx" else b, c)
        return t - lane + j, valid, j in group.members(program, t)

    def expected(t):
        other, _, takes_part = source(t)
        return value(other) if takes_part else Anything()

    program.store("%r2", 32, expected, label)
    if paired:
        program.store_predicate("%p1", lambda t: source(t)[1], label + " predicate")


def vote(program, form, mods, group, variant):
    """Of `vote.ballot.sync` the modifiers have changed places."""
    name = ".".join(("vote",) + mods)
    truth = [lambda t: t % 3 == 0, lambda t: 1, lambda t: 0, lambda t: t % 32 < 16][variant]
    program.emit(["rem.u32 %r1, %thread, 3; setp.eq.b32 %p1, %r1, 0;", "setp.eq.b32 %p1, %local, %local;",
                  "setp.ne.b32 %p1, %local, %local;",
                  "mov.u32 %r1, %laneid; setp.lt.u32 %p1, %r1, 16;"][variant])  # fmt: skip
    negated = variant == 3
    source = "!%p1" if negated else "%p1"

    def votes(t):
        first = t // 32 * 32
        return {lane: bool(truth(first + lane)) != negated for lane in group.members(program, t)}

    def expected(t):
        cast = votes(t)
        if "ballot" in mods:
            return sum(1 << lane for lane, vote in cast.items() if vote)
        return int({"all": all(cast.values()), "any": any(cast.values()),
                    "uni": len(set(cast.values())) == 1}[mods[1]])  # fmt: skip

    label = f"{name} {group.name} {variant}"
    if "ballot" in mods:
        program.emit(f"{name} %r2, {source}, %mask;")
        program.store("%r2", 32, expected, label)
    else:
        program.emit(f"{name} %p2, {source}, %mask;")
        program.store_predicate("%p2", expected, label)


def match(program, form, mods, group, variant):
    name = ".".join(("match",) + mods)
    width = WIDTH[types_of(mods)[0]]
    load, value = values(program, width, "match")
    register = "%d1" if width == 64 else "%r1"
    if variant == 1:  # equal in all lanes
        load, value = f"mov.b{width} {register}, 77;", lambda t: 77
    program.emit(load)
    paired = mods[0] == "all" and variant != 2
    program.emit(f"{name} {'%r2|%p1' if paired else '%r2'}, {register}, %mask;")

    def same(t):
        first = t // 32 * 32
        return [lane for lane in group.members(program, t) if value(first + lane) == value(t)]

    def expected(t):
        agree = same(t)
        if mods[0] == "all" and len(agree) != len(group.members(program, t)):
            return 0
        return sum(1 << lane for lane in agree)

    program.store("%r2", 32, expected, f"{name} {group.name} {variant}")
    if paired:
        program.store_predicate("%p1", lambda t: int(expected(t) != 0), f"{name} predicate")


def redux(program, form, mods, group, variant):
    name = ".".join(("redux",) + mods)
    kind = types_of(mods)[0]
    load, value = values(program, 32, "redux")
    program.emit(load, f"{name} %r2, %r1, %mask;")

    def expected(t):
        first = t // 32 * 32
        terms = [number(value(first + lane), kind) for lane in group.members(program, t)]
        if mods[1] == "add":
            return wrap(sum(terms), kind)
        if mods[1] in ("min", "max"):
            return wrap((min if mods[1] == "min" else max)(terms), kind)
        total = terms[0]
        for term in terms[1:]:
            total = {"and": total & term, "or": total | term, "xor": total ^ term}[mods[1]]
        return total

    program.store("%r2", 32, expected, f"{name} {group.name}")


def activemask(program, form, mods, group, variant):
    program.emit("activemask.b32 %r2;")
    program.store("%r2", 32, lambda t: group.mask(program, t), f"activemask {group.name}")


def main():
    forms = [form for form in table.forms() if form.opcode in ("shfl", "vote", "match", "redux", "activemask")]
    used = []
    for group in GROUPS:
        program = programs.Program(threads=88)
        program.prologue = """.reg .b32 %mask;
mov.pred %p0, 0;"""
        parts = len({group.condition(lane) for lane in range(32)})

        def everything():
            program.emit("activemask.b32 %mask;")
            for form in forms:
                for mods in form.combinations():
                    used.append((form, mods))
                    if form.opcode == "shfl":
                        for i, c in enumerate(SEGMENTS):
                            for b in (0, 1, 2, 5, 16, 31, 33)[i % 2 :: 2]:
                                shfl(program, form, mods, group, c, b)
                        continue
                    run = {"vote": vote, "match": match, "redux": redux, "activemask": activemask}[form.opcode]
                    for variant in range({"vote": 4, "match": 3}.get(form.opcode, 1)):
                        run(program, form, mods, group, variant)

        # Each part of the warp executes the same instructions in a branch of its own.
        divide = {1: "mov.b32 %r1, 0;", 2: "mov.u32 %r1, %laneid; and.b32 %r1, %r1, 1;",
                  3: "mov.u32 %r1, %laneid; rem.u32 %r1, %r1, 3;"}[parts]  # fmt: skip
        program.emit(divide)
        for part in range(parts - 1):
            program.emit(f"setp.eq.u32 %p3, %r1, {part}; @%p3 bra part{part};")
        checks = None
        for part in reversed(range(parts)):
            program.emit(f"part{part}:")
            program.size = 0
            if checks is None:
                everything()
                checks = list(program.checks)
                size = program.size
            else:
                kept = program.checks
                program.checks = []
                everything()
                program.checks = kept
                assert program.size == size
            program.emit("bra.uni done;" if part else "")
        program.emit("done:")
        # A shuffle from a lane outside of the mask is undefined; its value is stored all the same.
        program.run(sys.argv[1], f"collective-{group.name}", extra=["--no-check"])
    table.require(forms, used)


main()
