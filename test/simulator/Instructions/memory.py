# RUN: %python %s %t.folder
"""ld, ldu and st: all types, vectors, state spaces, orders and cache operators. Loads extend to the
register, stores truncate; lanes that are not active keep their registers and memory."""

import sys

from oracle import spaces, table
from oracle.integers import WIDTH, to_signed
from oracle.program import REGION
from oracle.table import types_of

SENTINELS = {16: 0xA5C3, 32: 0xA5C3F00D, 64: 0xA5C3F00D12345678}
SENTINELS[128] = SENTINELS[64] << 64 | SENTINELS[64]
NAMES = {16: "%h", 32: "%r", 64: "%d", 128: "%q"}


def put(program, register, width, value):
    """A constant in a register; those of 128 bits are made of two."""
    if width < 128:
        return program.emit(f"mov.b{width} {register}, {value:#x}{'U' if width == 64 else ''};")
    program.emit(f"mov.b64 %d1, {value & (1 << 64) - 1:#x}U; mov.b64 %d2, {value >> 64:#x}U;",
                 f"mov.b128 {register}, {{%d1, %d2}};")  # fmt: skip


def register_width(kind, number):
    width = max(16, WIDTH[kind])
    if kind[0] == "f" or width == 128:
        return width
    return max(width, (width, 16, 32, 64)[number % 4])


def shape(mods, number):
    kind = types_of(mods)[0]
    count = 4 if "v4" in mods else 2 if "v2" in mods else 1
    size = WIDTH[kind] // 8
    at = number * 7 * count * size % REGION
    return kind, count, size, at, register_width(kind, number)


def address(mods, number, orders):
    """(base register, space it lies in)."""
    space = next((mod for mod in mods if mod in spaces.BASES or mod == "param::func"), None)
    if space:
        return spaces.BASES.get(space), space
    choices = ["global", "shared", "local"] + ([] if orders & set(mods) else ["const"])
    space = choices[number % len(choices)]
    return spaces.GENERIC[space], space


ORDERED = {"volatile", "relaxed", "acquire", "release", "mmio", "nc", "L2::cache_hint"}


def load(program, form, mods, number):
    kind, count, size, at, width = shape(mods, number)
    name = ".".join((form.opcode,) + mods)
    base, space = address(mods, number, ORDERED)
    if form.opcode == "ldu" or any(mod.startswith(("L1", "L2")) for mod in mods):
        base = "%mine" if "shared" not in space else base
    if {"mmio", "nc"} & set(mods):
        base = "%mine"
    registers = [f"{NAMES[width]}{10 + i}" for i in range(count)]
    for register in registers:
        put(program, register, width, SENTINELS[width])
    data = "{" + ", ".join(registers) + "}" if count > 1 else registers[0]
    hint = ", %policy" if "L2::cache_hint" in mods else ""
    if space == "param::func":
        # Parameters may not be accessed under a guard: threads skip the whole call.
        program.emit(f"@!%guard bra skip{number};")
        spaces.call_same(program, f"{name} {data}, [b+{at}];")
        program.emit(f"skip{number}:")
    else:
        program.emit(f"@%guard {name} {data}, [{base}+{at}]{hint};")
    for i, register in enumerate(registers):

        def expected(t, i=i):
            if not program.guards[t]:
                return SENTINELS[width]
            begin = at + i * size
            value = int.from_bytes(program.region(t)[begin : begin + size], "little")
            return to_signed(value, 8 * size) & (1 << width) - 1 if kind[0] == "s" else value

        if width == 128:
            program.emit(f"mov.b128 {{%d1, %d2}}, {register};")
            low, high = (lambda t: expected(t) & (1 << 64) - 1), lambda t: expected(t) >> 64
            program.store("%d1", 64, low, f"{name} at {base}, low half")
            program.store("%d2", 64, high, f"{name} at {base}, high half")
            continue
        program.store(register, width, expected, f"{name} at {base}")


def store(program, form, mods, number):
    kind, count, size, _, width = shape(mods, number)
    name = ".".join((form.opcode,) + mods)
    base, space = address(mods, number, ORDERED | {"wb", "cg", "cs", "wt"})
    if space == "const":
        base, space = "%mine", "global"
    if "mmio" in mods or any(mod.startswith(("L1", "L2")) for mod in mods):
        base, space = "%mine", "global"
    registers = [f"{NAMES[width]}{10 + i}" for i in range(count)]
    step = max(8, width // 8)
    for i, register in enumerate(registers):
        program.emit(f"ld.global.b{width} {register}, [%mine+{(number + i) * step % REGION}];")
    data = "{" + ", ".join(registers) + "}" if count > 1 else registers[0]
    hint = ", %policy" if "L2::cache_hint" in mods else ""
    shift = number * count * size % 16 if count * size < 16 else 0

    def expected(t):
        slot = bytearray([0xA5] * 16)
        if program.guards[t] or "param" in space:
            for i in range(count):
                begin = (number + i) * step % REGION
                at = shift + i * size
                slot[at : at + size] = program.region(t)[begin : begin + size]
        return int.from_bytes(slot, "little")

    out = program.slot(128, expected, f"{name} at {base}")
    if space == "global":
        program.emit(f"@%guard {name} [%out16+{out + shift}], {data}{hint};")
        return
    fill = "mov.b32 %r1, 0xA5A5A5A5;"
    if space in ("param", "param::func"):
        # An argument of a function that gives it back.
        program.emit("{", f".param .align 16 .b8 a[{REGION}];", f".param .align 16 .b8 b[{REGION}];", fill)
        program.emit(*(f"st.param.v4.b32 [a+{at}], {{%r1, %r1, %r1, %r1}};" for at in range(0, REGION, 16)))
        program.emit(f"{name} [a+{shift}], {data};", "call (b), same, (a);",
                     "ld.param.v4.b32 {%r1, %r2, %r3, %r4}, [b];", "}")  # fmt: skip
    else:
        generic = space if base.startswith("%g") else None
        plain = generic or space.split("::")[0]
        slot = spaces.BASES[space]
        # The regions of the threads hold data that loads want: it is put back afterwards.
        program.emit(fill, f"ld.{plain}.v4.b32 {{%r5, %r6, %r7, %r8}}, [{slot}];",
                     f"st.{plain}.v4.b32 [{slot}], {{%r1, %r1, %r1, %r1}};",
                     f"@%guard {name} [{base}+{shift}], {data}{hint};",
                     f"ld.{plain}.v4.b32 {{%r1, %r2, %r3, %r4}}, [{slot}];",
                     f"st.{plain}.v4.b32 [{slot}], {{%r5, %r6, %r7, %r8}};")  # fmt: skip
    program.emit(f"st.global.v4.b32 [%out16+{out}], {{%r1, %r2, %r3, %r4}};")


def move(program, form, mods):
    """mov.b128, the halves exchanged where the form packs or unpacks."""
    name, (to, source) = ".".join(("mov",) + mods), form.operands
    program.emit("ld.global.b64 %d1, [%mine+8]; ld.global.b64 %d2, [%mine];", "mov.b128 %q1, {%d1, %d2};",
                 "mov.b64 %d3, 3; mov.b64 %d4, 4; mov.b128 %q2, {%d3, %d4};")  # fmt: skip
    if source[0] == "{":
        program.emit(f"@%guard {name} %q2, {{%d1, %d2}};", "mov.b128 {%d3, %d4}, %q2;")
    elif to[0] == "{":
        program.emit(f"@%guard {name} {{%d3, %d4}}, %q1;", f"{name} {{_, %d5}}, %q1;")
        program.store("%d5", 64, lambda t: int.from_bytes(program.region(t)[:8], "little"), f"{name} with _")
    else:
        program.emit(f"@%guard {name} %q2, %q1;", "mov.b128 {%d3, %d4}, %q2;")
    for register, at, otherwise in (("%d3", 8, 3), ("%d4", 0, 4)):

        def expected(t, at=at, otherwise=otherwise):
            return int.from_bytes(program.region(t)[at : at + 8], "little") if program.guards[t] else otherwise

        program.store(register, 64, expected, name)


def main():
    every = table.forms()
    forms = [form for form in every if form.opcode in ("ld", "ldu", "st")]
    moves = [form for form in every if form.opcode == "mov" and form.slots[0][0] == "b128"]
    program = spaces.program()
    program.prologue += ".reg .b128 %q<20>;\n"
    used = []
    for form in moves:
        for mods in form.combinations():
            move(program, form, mods)
            used.append((form, mods))
    for form in forms:
        for mods in table.sample(form):
            (store if form.opcode == "st" else load)(program, form, mods, len(used))
            used.append((form, mods))
    program.run(sys.argv[1], "memory", spaces.arguments(program))
    table.require(forms + moves, used)


main()
