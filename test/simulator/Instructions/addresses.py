# RUN: %python %s %t.folder
"""cvta, isspacep, mapa, getctarank, alloca, mov of addresses; prefetch, applypriority, createpolicy and discard
change nothing that may be read."""

import sys

from oracle import spaces, table
from oracle.expect import Anything

FAMILY = ("cvta", "isspacep", "prefetch", "prefetchu", "discard", "applypriority", "createpolicy", "mapa",
          "getctarank", "alloca", "stacksave", "stackrestore")  # fmt: skip
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


def map_rank(program, form, mods):
    """A cluster of one block: rank 0 is the block itself."""
    name, wide, given = ".".join(("mapa",) + mods), mods[-1] == "u64", form.operands[1] == "name"
    space = ".shared" if "shared::cluster" in mods else ""
    to, base = ("%d1", "%d2") if wide else ("%r1", "%r2")
    if space and not wide:
        program.emit("cvt.u32.u64 %r2, %s;")
    else:
        program.emit(f"mov.u64 %d2, {'%s' if space else '%gs'}; cvt.u32.u64 %r2, %d2;")
    source = "shareds+4" if given else base
    program.emit(f"mov.b{to[1:2] == 'd' and 64 or 32} {to}, -1; @%guard {name} {to}, {source}, 0;")
    if not space and not wide:  # 32 bits of a generic address: nothing to load from
        program.emit(f"@%guard sub.u32 {to}, {to}, {base};")
        program.store(to, 32, lambda t: 0 if program.guards[t] else 0xFFFFFFFF, name)
        return
    program.emit("mov.b32 %r3, 7;", f"@%guard ld{space}.b32 %r3, [{to}+8];")
    expected = first_word(program, "shared", 12) if given else word(program, 8)
    program.store("%r3", 32, lambda t: expected(t) if program.guards[t] else 7, name)


def rank(program, form, mods):
    name, wide = ".".join(("getctarank",) + mods), mods[-1] == "u64"
    program.emit(f"mov.u64 %d2, {'%s' if 'shared::cluster' in mods else '%gs'}; cvt.u32.u64 %r2, %d2; mov.b32 %r1, 9;")
    source = "shareds" if form.operands[1] == "name" else "%d2" if wide else "%r2"
    program.emit(f"@%guard {name} %r1, {source};")
    program.store("%r1", 32, lambda t: 0 if program.guards[t] else 9, name)


def stack(program, forms, width):
    """alloca of as much as each thread wants, a call in between, and back again."""
    number, register = ("64", "%d") if width == 64 else ("32", "%r")
    size, first, second, saved = (f"{register}{n}" for n in (20, 21, 22, 23))
    convert = f"cvt.u64.u32 {size}, %r1;" if width == 64 else f"mov.b32 {size}, %r1;"
    kind = f"u{number}"
    for alignment in ("", ", 4", ", 64", ", 1024"):
        name = f"alloca.{kind}{alignment}"
        program.emit(f"and.b32 %r1, %local, 7; mul.lo.u32 %r1, %r1, 12; add.u32 %r1, %r1, 20; {convert}",
                     f"stacksave.{kind} {saved};", f"alloca.{kind} {first}, {size}{alignment};",
                     f"alloca.{kind} {second}, 16, 16;", "ld.global.b32 %r2, [%mine+4]; ld.global.b32 %r3, [%mine+8];",
                     f"st.local.b32 [{first}], %r2; st.local.b32 [{first}+16], %r3; st.local.b32 [{second}+12], %local;",
                     f"sub.{kind} {register}24, {second}, {first}; setp.ge.{kind} %p2, {register}24, {size};")  # fmt: skip
        spaces.call_same(program, "ld.param.b32 %r4, [b+12];")
        program.emit(f"ld.local.b32 %r5, [{first}]; ld.local.b32 %r6, [{first}+16]; ld.local.b32 %r7, [{second}+12];",
                     f"and.b{number} {register}25, {first}, {int(alignment[2:] or 8) - 1}; setp.eq.{kind} %p3, {register}25, 0;",
                     f"stackrestore.{kind} {saved};", f"alloca.{kind} {register}26, {size}{alignment};",
                     f"setp.eq.{kind} %p4, {register}26, {first};", f"stackrestore.{kind} {saved};",
                     f"and.pred %p4, %p4, %p3; and.pred %p4, %p4, %p2;")  # fmt: skip
        for register_, expected in (("%r4", word(program, 12)), ("%r5", word(program, 4)), ("%r6", word(program, 8)),
                                    ("%r7", lambda t: t % program.threads)):  # fmt: skip
            program.store(register_, 32, expected, f"{name}: {register_}")
        program.store_predicate("%p4", lambda t: 1, f"{name}: aligned, apart, the same place again")


def policy(program, form, mods, number):
    name = ".".join(("createpolicy",) + mods)
    more = {"fractional": ("", ", 0.5", ", %f1"), "range": (", [%mine], 64, 128", ", [%mine], %r1, %r1"),
            "cvt": (", 1374389534720000000", ", %policy")}[mods[0]]  # fmt: skip
    program.emit("mov.f32 %f1, 0f3F000000; mov.b32 %r1, 64;")
    program.emit(f"{name} %d1{more[number % len(more)]};", "ld.global.L2::cache_hint.b32 %r1, [%mine+4], %d1;")
    program.store("%r1", 32, word(program, 4), name)


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
    program.prologue += ".reg .f32 %f<4>;\n"
    program.emit("bar.sync 0;")
    used = []
    for width in (32, 64):
        stack(program, forms, width)
    for form in forms:
        for mods in form.combinations():
            used.append((form, mods))
            if form.opcode in ("alloca", "stacksave", "stackrestore"):
                continue  # together, above
            if form.opcode == "cvta":
                convert(program, form, mods)
            elif form.opcode == "isspacep":
                inside(program, mods)
            elif form.opcode == "mapa":
                map_rank(program, form, mods)
            elif form.opcode == "getctarank":
                rank(program, form, mods)
            elif form.opcode == "createpolicy":
                policy(program, form, mods, len(used))
            elif form.opcode == "applypriority":
                program.emit(f"mul.lo.u64 %d1, %step, 2; and.b64 %d1, %d1, -128; add.u64 %d1, %d1, %out1;",
                             f"@%guard {'.'.join(('applypriority',) + mods)} [%d1], 128;")  # fmt: skip
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
