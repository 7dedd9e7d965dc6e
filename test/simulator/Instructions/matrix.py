# RUN: %python %s %t.folder
"""ldmatrix, mma and wmma: fragments by the ISA's figures; small integers exactly, other numbers within
the bound of an f32 accumulation in any order."""

import random
import struct
import sys
from fractions import Fraction

from oracle import program as programs, table
from oracle.expect import Halves, Near
from oracle.formats import FORMATS
from oracle.table import types_of

F32 = FORMATS["f32"]
BITS = {"f16": 16, "bf16": 16, "tf32": 32, "f32": 32, "f64": 64}


def shape_of(mods):
    text = next(mod for mod in mods if mod[0] == "m" and "n" in mod and "k" in mod)
    m, rest = text[1:].split("n")
    n, k = rest.split("k")
    return int(m), int(n), int(k)


def encode(kind, value):
    if kind == "tf32":
        return F32.encode(value, "rz") & ~0x1FFF
    return FORMATS[kind].encode(value)


UNIT = 128  # numbers here are multiples of 2^-128


def exact(kind, bits):
    """In units of 2^-UNIT."""
    sign, m, e = FORMATS["f32" if kind == "tf32" else kind].decode(bits)
    assert m == 0 or e > -UNIT
    value = m << UNIT + e if m else 0
    return -value if sign else value


def matrix(dice, kind, rows, columns, integers):
    def one():
        if integers:
            value = dice.randint(-8, 8)
            return encode(kind, (int(value < 0), abs(value), 0))
        return encode(kind, (dice.getrandbits(1), dice.getrandbits(24), -24 + dice.randint(-4, 2)))

    return [[one() for _ in range(columns)] for _ in range(rows)]


def product(a_kind, c_kind, d_kind, a, b, c, integers):
    """Expectations of D = A B + C. f16 and f32 results: the sum may be rounded after every term."""
    m, k, n = len(a), len(b), len(b[0])
    fmt = FORMATS[d_kind]
    a_values = [[exact(a_kind, x) for x in row] for row in a]
    b_values = [[exact(a_kind, x) for x in row] for row in b]
    result = []
    for i in range(m):
        row = []
        for j in range(n):
            terms = [a_values[i][x] * b_values[x][j] for x in range(k)] + [exact(c_kind, c[i][j]) << UNIT]
            total = Fraction(sum(terms), 1 << 2 * UNIT)
            size = Fraction(sum(map(abs, terms)), 1 << 2 * UNIT)
            if integers and size < 2 ** (fmt.fraction_bits + 1):
                row.append(fmt.encode((int(total < 0), abs(int(total)), 0)))
            else:
                # Products are exact in f32; sums lose at most one unit of f32 (truncation) per term.
                # The factor is generous for the bits of alignment that hardware drops.
                step = Fraction(2) ** -(52 if d_kind == "f64" else 23)
                slack = (k + 2) * step * size
                ends = 2 if d_kind == "f16" else 0  # f16 is rounded once more at the end
                row.append(Near(fmt, total, absolute=slack, ulps=ends))
        result.append(row)
    return result


# Fragments of mma, PTX ISA 9.7.14.5: (row, column) of element i of a lane.
def fragment_a(kind, shape, lane, i):
    group, inside = lane >> 2, lane & 3
    if kind == "f64":
        return group, inside
    if kind == "tf32":
        return group + (8 if i & 1 else 0), inside + (4 if i & 2 else 0)
    return group + (8 if i & 2 else 0), inside * 2 + (i & 1) + (8 if i & 4 else 0)


def fragment_b(kind, shape, lane, i):
    group, inside = lane >> 2, lane & 3
    if kind in ("f64", "tf32"):
        return inside + 4 * i, group
    return inside * 2 + (i & 1) + (8 if i & 2 else 0), group


def fragment_c(kind, shape, lane, i):
    group, inside = lane >> 2, lane & 3
    return group + (8 if i & 2 else 0), inside * 2 + (i & 1)


def count_of(operand):
    """`{4 .f32}`"""
    return int(operand[1 : operand.index(" ")])


class Inputs:
    """A buffer filled as the test is written."""

    def __init__(self):
        self.bytes = bytearray()

    def add(self, content, alignment=32):
        self.bytes.extend(bytes(-len(self.bytes) % alignment))
        at = len(self.bytes)
        self.bytes.extend(content)
        return at


def pack(kind, elements):
    """Elements of a lane as the words of its registers."""
    if kind == "f64":
        return elements
    if BITS[kind] == 16:
        return [low | high << 16 for low, high in zip(elements[::2], elements[1::2])]
    return elements


def mma(program, inputs, form, mods, integers, dice):
    d_kind, a_kind, b_kind, c_kind = types_of(mods)
    m, n, k = shape_of(mods)
    a, b = matrix(dice, a_kind, m, k, integers), matrix(dice, a_kind, k, n, integers)
    c = matrix(dice, c_kind, m, n, integers)
    width = 64 if a_kind == "f64" else 32
    register = "%d" if width == 64 else "%r"
    names, number = [], 10
    for matrix_, kind, where, operand in (
        (a, a_kind, fragment_a, form.operands[1]),
        (b, b_kind, fragment_b, form.operands[2]),
        (c, c_kind, fragment_c, form.operands[3]),
    ):
        count = count_of(operand)
        per = 2 if BITS[kind] == 16 else 1
        lanes = []
        for lane in range(32):
            elements = []
            for i in range(count * per):
                row, column = where(kind, (m, n, k), lane, i)
                elements.append(matrix_[row][column])
            lanes.append(pack(kind, elements))
        group = []
        for i in range(count):
            content = b"".join(struct.pack("<Q" if width == 64 else "<I", lane[i]) for lane in lanes)
            at = inputs.add(content)
            program.emit(f"ld.global.b{width} {register}{number}, [%table{width // 8}+{at}];")
            group.append(f"{register}{number}")
            number += 1
        names.append("{" + ", ".join(group) + "}")
    results = [f"{register}{number + i}" for i in range(count_of(form.operands[0]))]
    name = ".".join(("mma",) + mods)
    program.emit(f"{name} {{{', '.join(results)}}}, {', '.join(names)};")
    expected = product(a_kind, c_kind, d_kind, a, b, c, integers)

    def value(lane, i):
        row, column = fragment_c(d_kind, (m, n, k), lane, i)
        return expected[row][column]

    for i, result in enumerate(results):
        if d_kind == "f16":
            want = lambda t, i=i: Halves(value(t, 2 * i), value(t, 2 * i + 1))  # noqa: E731
        else:
            want = lambda t, i=i: value(t, i)  # noqa: E731
        program.store(result, width, want, f"{name} {'integers' if integers else 'reals'}")


def stored(kind, values, layout, stride):
    """A matrix in memory."""
    rows, columns = len(values), len(values[0])
    outer, inner = (rows, columns) if layout == "row" else (columns, rows)
    size = BITS[kind] // 8
    content = bytearray(outer * stride * size)
    for i in range(outer):
        for j in range(inner):
            value = values[i][j] if layout == "row" else values[j][i]
            at = (i * stride + j) * size
            content[at : at + size] = value.to_bytes(size, "little")
    return bytes(content)




def wmma(program, inputs, loads, form, mods, dice, used, number):
    """load a, b, c; mma; store d: the fragments are opaque, the product is not."""
    kinds = types_of(mods)
    d_kind, c_kind = kinds[0], kinds[-1]
    a_kind = kinds[1] if len(kinds) == 4 else "f16"
    layouts = [mod for mod in mods if mod in ("row", "col")]
    m, n, k = shape_of(mods)
    integers = number % 2 == 0
    a, b = matrix(dice, a_kind, m, k, integers), matrix(dice, a_kind, k, n, integers)
    c = matrix(dice, c_kind, m, n, integers)
    c_layout, d_layout = (("row", "col"), ("col", "row"))[number % 2]
    text_shape = f"m{m}n{n}k{k}"
    spaces = ("", "global", "shared", "shared::cta")
    names, register = [], 10

    def choose(what, layout, kind, space):
        wanted = {what[0], what[1], layout, text_shape, kind} | ({space} if space else set())
        for other, choice in loads:
            if set(choice) - {"sync", "aligned"} == wanted:
                return other, choice
        sys.exit(f"no form of wmma for {wanted}")

    for part, (letter, values, kind, layout) in enumerate(
        (("a", a, a_kind, layouts[0]), ("b", b, a_kind, layouts[1]), ("c", c, c_kind, c_layout))
    ):
        space = spaces[(number + part) % 4]
        other, choice = choose(("load", letter), layout, kind, space)
        used.append((other, choice))
        rows, columns = len(values), len(values[0])
        least = columns if layout == "row" else rows
        step = 16 // (BITS[kind] // 8)
        stride = least if number % 3 == 0 else least + step * (1 + number % 3)
        content = stored(kind, values, layout, stride)
        at = inputs.add(content)
        base = f"[%operands+{at}]"
        if "shared" in space:
            program.emit("bar.warp.sync -1;")
            for offset in range(0, len(content) + 127, 128):
                program.emit(f"ld.global.b32 %r9, [%table4+{at + offset}]; st.shared.b32 [%words+{offset}], %r9;")
            inputs.bytes.extend(bytes(256))
            program.emit("bar.warp.sync -1;")
            base = "[%s]"
        count = count_of(other.operands[0])
        group = [f"%r{register + i}" for i in range(count)]
        register += count
        # Without a stride the matrix is dense.
        behind = "" if stride == least and number % 2 else f", {stride}"
        program.emit(f"wmma.{'.'.join(choice)} {{{', '.join(group)}}}, {base}{behind};")
        names.append("{" + ", ".join(group) + "}")
    count = count_of(form.operands[0])
    group = "{" + ", ".join(f"%r{register + i}" for i in range(count)) + "}"
    program.emit(f"wmma.{'.'.join(mods)} {group}, {', '.join(names)};")
    used.append((form, mods))

    expected = product(a_kind, c_kind, d_kind, a, b, c, integers)
    space = spaces[number % 4]
    other, choice = choose(("store", "d"), d_layout, d_kind, space)
    used.append((other, choice))
    outer, inner = (m, n) if d_layout == "row" else (n, m)
    width = BITS[d_kind]
    per = outer * inner // 32  # elements of the result per lane
    at = program.size + -program.size % 32
    program.size = at
    label = f"wmma.{'.'.join(mods)} stored by {'.'.join(choice)}"
    behind = f", {inner}" if number % 2 else ""
    for i in range(per):

        def want(t, i=i):
            index = i * 32 + t
            row, column = divmod(index, inner)
            return expected[row][column] if d_layout == "row" else expected[column][row]

        slot = program.slot(width, want, label)
        assert slot == at + i * 32 * width // 8
    if "shared" in space:
        program.emit("bar.warp.sync -1;", f"wmma.{'.'.join(choice)} [%s], {group}{behind};", "bar.warp.sync -1;")
        for offset in range(0, outer * inner * width // 8, 128):
            program.emit(f"ld.shared.b32 %r9, [%words+{offset}]; st.global.b32 [%out4+{at + offset}], %r9;")
    else:
        program.emit(f"wmma.{'.'.join(choice)} [%out1+{at}], {group}{behind};")


def ldmatrix(program, inputs, form, mods, number, dice):
    """Rows at addresses that the lanes supply, in any order of places."""
    count = next(int(mod[1:]) for mod in mods if mod in ("x1", "x2", "x4"))
    transposed, space = "trans" in mods, next((mod for mod in mods if "shared" in mod), "")
    places = list(range(32))
    dice.shuffle(places)
    rows = [[dice.getrandbits(16) for _ in range(8)] for _ in range(32)]  # by lane
    content = bytearray(512)
    for lane in range(32):
        content[places[lane] * 16 : places[lane] * 16 + 16] = struct.pack("<8H", *rows[lane])
    at = inputs.add(bytes(content))
    offsets = inputs.add(struct.pack("<32I", *(place * 16 for place in places)))
    program.emit("bar.warp.sync -1;")
    for offset in range(0, 512, 128):
        program.emit(f"ld.global.b32 %r9, [%table4+{at + offset}]; st.shared.b32 [%words+{offset}], %r9;")
    program.emit("bar.warp.sync -1;", f"ld.global.b32 %r9, [%table4+{offsets}];", "cvt.u64.u32 %d9, %r9;",
                 f"add.u64 %d9, %d9, {'%s' if space else '%generic'};")  # fmt: skip
    registers = [f"%r{10 + i}" for i in range(count)]
    name = ".".join(("ldmatrix",) + mods)
    program.emit(f"{name} {{{', '.join(registers)}}}, [%d9];")

    for i, register in enumerate(registers):

        def want(t, i=i):
            group, inside = t >> 2, t & 3
            pick = []
            for half in range(2):
                row, column = (inside * 2 + half, group) if transposed else (group, inside * 2 + half)
                pick.append(rows[8 * i + row][column])
            return pick[0] | pick[1] << 16

        program.store(register, 32, want, name)


def main():
    forms = [form for form in table.forms() if form.opcode in ("ldmatrix", "mma", "wmma")]
    dice = random.Random(9)
    inputs, used = Inputs(), []
    program = programs.Program(threads=32)
    program.module = ".shared .align 128 .b8 tile[8192];\n"
    program.prologue = """.reg .b64 %table<9>, %operands, %s, %words, %generic;
ld.param.u64 %operands, [operands];
mad.wide.u32 %table4, %local, 4, %operands; mad.wide.u32 %table8, %local, 8, %operands;
mov.u64 %s, tile; mad.wide.u32 %words, %local, 4, %s; cvta.shared.u64 %generic, %s;
"""
    loads = [(form, mods) for form in forms if form.opcode == "wmma" and not form.slots[0][0] == "mma"
             for mods in form.combinations()]  # fmt: skip
    number = 0
    for form in forms:
        for mods in form.combinations():
            if form.opcode == "ldmatrix":
                ldmatrix(program, inputs, form, mods, number, dice)
            elif form.opcode == "mma":
                for integers in (True, False):
                    mma(program, inputs, form, mods, integers, dice)
            elif mods[0] == "mma":
                for repeat in range(2):
                    number += 1
                    wmma(program, inputs, loads, form, mods, dice, used, number)
                continue
            else:
                continue
            number += 1
            used.append((form, mods))
    program.extra = {"operands": inputs.bytes + bytes(512)}
    program.run(sys.argv[1], "matrix")
    table.require(forms, used)


main()
