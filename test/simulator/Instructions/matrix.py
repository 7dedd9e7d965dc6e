# RUN: %python %s %t.folder
"""ldmatrix, stmatrix, movmatrix, mma and wmma: fragments by the ISA's figures; integers exactly, other
numbers within the bound of an accumulation in any order."""

import random
import struct
import sys
from fractions import Fraction

from oracle import program as programs, table
from oracle.expect import Halves, Near, OneOf
from oracle.formats import FORMATS
from oracle.integers import WIDTH, clamp, number as number_of, wrap
from oracle.table import types_of

F32 = FORMATS["f32"]
BITS = WIDTH
INTEGERS = {"s32", "u8", "s8", "u4", "s4", "b1"}


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
        if kind == "s32" and not integers:  # sums overflow
            return dice.choice((0x7FFFFFFF, 0x80000000, 0x7FFFFF00, 0x80000040))
        if kind in INTEGERS:
            return dice.getrandbits(BITS[kind])
        if integers:
            value = dice.randint(-8, 8)
            return encode(kind, (int(value < 0), abs(value), 0))
        return encode(kind, (dice.getrandbits(1), dice.getrandbits(24), -24 + dice.randint(-4, 2)))

    return [[one() for _ in range(columns)] for _ in range(rows)]


class Directed:
    """Where every step is rounded down (or up), the result is not above (below) the true one."""

    def __init__(self, near, up):
        self.near, self.up = near, up

    def ok(self, bits):
        sign, m, e = self.near.fmt.decode(bits)
        got = Fraction(m) * Fraction(2) ** e * (-1 if sign else 1)
        return self.near.ok(bits) and (got >= self.near.value if self.up else got <= self.near.value)

    def __repr__(self):
        return f"{self.near!r}, not {'below' if self.up else 'above'}"


def integer_product(mods, a_kind, b_kind, a, b, c):
    """PTX ISA 9.7.14.5: sums wrap around or, with .satfinite, saturate."""
    m, k, n = len(a), len(b), len(b[0])
    result = []
    for i in range(m):
        row = []
        for j in range(n):
            total = number_of(c[i][j], "s32")
            for x in range(k):
                if a_kind == "b1":
                    total += a[i][x] ^ b[x][j] if "xor" in mods else a[i][x] & b[x][j]
                else:
                    total += number_of(a[i][x], a_kind) * number_of(b[x][j], b_kind)
            row.append(clamp(total, "s32") if "satfinite" in mods else wrap(total, "s32"))
        result.append(row)
    return result


def product(mods, a, b, c, integers):
    """Expectations of D = A B + C. f16 and f32 results: the sum may be rounded after every term."""
    d_kind, *between, c_kind = types_of(mods)
    a_kind, b_kind = between or ("f16", "f16")
    if a_kind in INTEGERS:
        return integer_product(mods, a_kind, b_kind, a, b, c)
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
                bits = fmt.encode((int(total < 0), abs(int(total)), 0))
                row.append(OneOf(0, fmt.sign) if total == 0 and "rm" in mods else bits)  # 1 - 1 may be -0
            else:
                # Products are exact in f32; sums lose at most one unit of f32 (truncation) per term.
                # The factor is generous for the bits of alignment that hardware drops.
                step = Fraction(2) ** -(52 if d_kind == "f64" else 23)
                slack = (k + 2) * step * size
                ends = 2 if d_kind == "f16" else 0  # f16 is rounded once more at the end
                near = Near(fmt, total, absolute=slack, ulps=ends)
                row.append(Directed(near, "rp" in mods) if {"rm", "rp"} & set(mods) else near)
        result.append(row)
    return result


# Fragments of mma, PTX ISA 9.7.14.5: (row, column) of element i of a lane.
def fragment_a(kind, shape, lane, i):
    group, inside = lane >> 2, lane & 3
    if kind in INTEGERS:
        per = 32 // BITS[kind]
        register, part = divmod(i, per)
        return group + (8 if register & 1 else 0), inside * per + part + (4 * per if register & 2 else 0)
    if kind == "f64":
        return group + (8 if i & 1 else 0), inside + 4 * (i >> 1)
    if kind == "tf32":
        return group + (8 if i & 1 else 0), inside + (4 if i & 2 else 0)
    return group + (8 if i & 2 else 0), inside * 2 + (i & 1) + (8 if i & 4 else 0)


def fragment_b(kind, shape, lane, i):
    group, inside = lane >> 2, lane & 3
    if kind in INTEGERS:
        per = 32 // BITS[kind]
        register, part = divmod(i, per)
        return inside * per + part + 4 * per * register, group
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
    per = max(1, 32 // BITS[kind])
    words = [elements[i : i + per] for i in range(0, len(elements), per)]
    return [sum(element << BITS[kind] * i for i, element in enumerate(word)) for word in words]


def mma(program, inputs, form, mods, integers, dice):
    d_kind, a_kind, b_kind, c_kind = types_of(mods)
    m, n, k = shape_of(mods)
    a, b = matrix(dice, a_kind, m, k, integers), matrix(dice, b_kind, k, n, integers)
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
        per = max(1, 32 // BITS[kind])
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
    expected = product(mods, a, b, c, integers)

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
    bits, content = BITS[kind], 0
    for i in range(outer):
        for j in range(inner):
            content |= (values[i][j] if layout == "row" else values[j][i]) << (i * stride + j) * bits
    return content.to_bytes(outer * stride * bits // 8, "little")


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
        step = 128 // BITS[kind]
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
        group = [f"{'%d' if kind == 'f64' else '%r'}{register + i}" for i in range(count)]
        register += count
        # Without a stride the matrix is dense.
        behind = "" if stride == least and number % 2 else f", {stride}"
        program.emit(f"wmma.{'.'.join(choice)} {{{', '.join(group)}}}, {base}{behind};")
        names.append("{" + ", ".join(group) + "}")
    count = count_of(form.operands[0])
    group = "{" + ", ".join(f"{'%d' if d_kind == 'f64' else '%r'}{register + i}" for i in range(count)) + "}"
    program.emit(f"wmma.{'.'.join(mods)} {group}, {', '.join(names)};")
    used.append((form, mods))

    expected = product(mods, a, b, c, integers)
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


def load_register(program, inputs, words, register):
    """One word per lane."""
    at = inputs.add(struct.pack("<32I", *words))
    program.emit(f"ld.global.b32 {register}, [%table4+{at}];")


def stmatrix(program, inputs, form, mods, dice):
    """Rows to the addresses that the lanes supply; other bytes stay."""
    count = next(int(mod[1:]) for mod in mods if mod in ("x1", "x2", "x4"))
    transposed, space = "trans" in mods, next((mod for mod in mods if "shared" in mod), "")
    places = list(range(32))
    dice.shuffle(places)
    words = [[dice.getrandbits(32) for _ in range(32)] for _ in range(count)]
    program.emit("bar.warp.sync -1;")
    for offset in range(0, 512, 128):
        program.emit(f"mov.b32 %r9, {0x01010101 * (1 + offset // 128)}; st.shared.b32 [%words+{offset}], %r9;")
    load_register(program, inputs, [place * 16 for place in places], "%r9")
    registers = [f"%r{10 + i}" for i in range(count)]
    for register, content in zip(registers, words):
        load_register(program, inputs, content, register)
    name = ".".join(("stmatrix",) + mods)
    program.emit("cvt.u64.u32 %d9, %r9;", f"add.u64 %d9, %d9, {'%s' if space else '%generic'};",
                 "bar.warp.sync -1;", f"{name} [%d9], {{{', '.join(registers)}}};", "bar.warp.sync -1;")  # fmt: skip
    image = bytearray(b"".join(bytes([1 + i // 128]) for i in range(512)))
    for matrix_ in range(count):
        for row in range(8):
            for column in range(8):
                i, j = (column, row) if transposed else (row, column)
                half = words[matrix_][4 * i + j // 2] >> 16 * (j % 2) & 0xFFFF
                struct.pack_into("<H", image, places[8 * matrix_ + row] * 16 + 2 * column, half)
    for offset in range(0, 512, 128):
        program.emit(f"ld.shared.b32 %r9, [%words+{offset}];")
        program.store("%r9", 32, lambda t, at=offset: struct.unpack_from("<I", image, at + 4 * t)[0], name)


def movmatrix(program, inputs, form, mods, dice):
    words = [dice.getrandbits(32) for _ in range(32)]
    load_register(program, inputs, words, "%r9")
    name = ".".join(("movmatrix",) + mods)
    program.emit(f"{name} %r10, %r9;")

    def half(row, column):
        return words[4 * row + column // 2] >> 16 * (column % 2) & 0xFFFF

    program.store("%r10", 32, lambda t: half(2 * (t % 4), t // 4) | half(2 * (t % 4) + 1, t // 4) << 16, name)


def main():
    forms = [form for form in table.forms() if form.opcode in ("ldmatrix", "stmatrix", "movmatrix", "mma", "wmma")]
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
            elif form.opcode == "stmatrix":
                stmatrix(program, inputs, form, mods, dice)
            elif form.opcode == "movmatrix":
                movmatrix(program, inputs, form, mods, dice)
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


if __name__ == "__main__":
    main()
