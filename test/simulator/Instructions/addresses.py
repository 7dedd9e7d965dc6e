# RUN: %python %s %t.folder
"""cvta, isspacep, mov of addresses; prefetch and discard change nothing that may be read."""

import sys

from oracle import spaces, table
from oracle.expect import Anything

FAMILY = ("cvta", "isspacep", "prefetch", "prefetchu", "discard")
NAMES = {"global": "globals", "shared": "shareds", "local": "locals", "const": "constants", "param": "given"}


def word(program, at):
    return lambda t: int.from_bytes(program.region(t)[at : at + 4], "little")


def first_word(program, space, at):
    """At the start of a variable: of thread 0 but for local memory."""
    return lambda t: int.from_bytes(program.region(t if space == "local" else 0)[at : at + 4], "little")


def plain(space):
    return space.split("::")[0]


def convert(program, form, mods):
    name = ".".join(("cvta",) + mods)
    space = mods[1] if mods[0] == "to" else mods[0]
    base = spaces.BASES[space]
    if form.operands[-1] == "name":
        program.emit("mov.b64 %d1, -1;", f"@%guard {name} %d1, {NAMES[plain(space)]}+4;",
                     "mov.b32 %r1, 7;", "@%guard ld.b32 %r1, [%d1];")  # fmt: skip
        expected = first_word(program, plain(space), 4)
    elif mods[0] == "to":
        program.emit(f"cvta.{space}.u64 %d1, {base};", f"@%guard {name} %d2, %d1;", "mov.b32 %r1, 7;",
                     f"@%guard ld.{space}.b32 %r1, [%d2+8];")  # fmt: skip
        expected = word(program, 8)
    else:
        program.emit(f"@%guard {name} %d1, {base};", "mov.b32 %r1, 7;", "@%guard ld.b32 %r1, [%d1+12];")
        expected = word(program, 12)
    program.store("%r1", 32, lambda t: expected(t) if program.guards[t] else 7, name)


def inside(program, mods):
    name = ".".join(("isspacep",) + mods)
    asked = plain(mods[0])
    program.emit("cvta.param.u64 %d5, %e;")
    for space, register in (spaces.GENERIC | {"param": "%d5"}).items():
        # The window of kernel parameters lies in that of global memory (7.1.1 of the ISA).
        truth = int(asked == space or asked == "global" and space == "param")
        program.emit(f"setp.eq.b32 %p1, %local, %local;", f"@!%guard setp.ne.b32 %p1, %local, %local;",
                     f"@%guard {name} %p1, {register};")  # fmt: skip
        program.store_predicate(
            "%p1", lambda t, truth=truth: truth if program.guards[t] else 0, f"{name} of {space}"
        )


def move(program, form):
    for mods in form.combinations():
        name = f"mov.{mods[0]}"
        wide = mods[0].endswith("64")
        for space in NAMES if wide else ("shared",):
            if space == "param" and not wide:
                continue
            register, value = ("%d3", "%d3") if wide else ("%r9", "%r9")
            program.emit(f"{name} {register}, {NAMES[space]}+16;", f"ld.{space}.b32 %r1, [{value}+4];")
            program.store("%r1", 32, first_word(program, space, 20), f"{name} of {space}")


def main():
    every = table.forms()
    forms = [form for form in every if form.opcode in FAMILY]
    moves = [form for form in every if form.opcode == "mov" and form.operands[-1] == "name"]
    program = spaces.program()
    program.emit("bar.sync 0;")
    used = []
    for form in forms:
        for mods in form.combinations():
            used.append((form, mods))
            if form.opcode == "cvta":
                convert(program, form, mods)
            elif form.opcode == "isspacep":
                inside(program, mods)
            elif form.opcode == "discard":
                at = program.slot(1024, lambda t: program_any, "discard")
                program.emit(f"mul.lo.u64 %d1, %step, 2; add.u64 %d1, %d1, %out1;",
                             f"@%guard {'.'.join(('discard',) + mods)} [%d1+{(at + 127) // 128 * 128}], 128;")  # fmt: skip
                program.slot(1024, lambda t: program_any, "room for the alignment")
            else:
                base = "%l" if "local" in mods else "%mine"
                program.emit(f"@%guard {'.'.join((form.opcode,) + mods)} [{base}+4];")
    for form in moves:
        used += [(form, mods) for mods in form.combinations()]
        move(program, form)
    program.run(sys.argv[1], "addresses", spaces.arguments(program))
    table.require(forms + moves, used)


program_any = Anything()
main()
