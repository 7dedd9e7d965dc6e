"""Integer and bit instructions, PTX ISA 9.7.1, 9.7.2, 9.7.8 and 9.7.9.7 (prmt).

Each function gets the modifiers, the instruction's types and the sources as unsigned bit patterns;
it returns one expectation per result.
"""

from oracle.expect import Anything

WIDTH = {"pred": 1}
for _kind in "busf":
    for _bits in (8, 16, 32, 64):
        WIDTH[f"{_kind}{_bits}"] = _bits
WIDTH["bf16"] = 16
for _name in ("f16x2", "bf16x2", "u16x2", "s16x2", "tf32"):
    WIDTH[_name] = 32
WIDTH |= {"u4": 4, "s4": 4, "b1": 1, "b128": 128, "e4m3x2": 16, "e5m2x2": 16}


def to_signed(bits, width):
    bits &= (1 << width) - 1
    return bits - (1 << width) if bits >> width - 1 else bits


def number(bits, type_name):
    width = WIDTH[type_name]
    return to_signed(bits, width) if type_name[0] == "s" else bits & (1 << width) - 1


def wrap(value, type_name):
    return value & (1 << WIDTH[type_name]) - 1


def clamp(value, type_name):
    width = WIDTH[type_name]
    low, high = (-(1 << width - 1), (1 << width - 1) - 1) if type_name[0] == "s" else (0, (1 << width) - 1)
    return max(low, min(high, value)) & (1 << width) - 1


def lanes16(function, type_name, *sources):
    """Applies a function of one half to both."""
    half = type_name[:3]
    low = function(half, *(source & 0xFFFF for source in sources))
    high = function(half, *(source >> 16 for source in sources))
    return low | high << 16


def add(mods, types, a, b):
    kind = types[0]
    if kind.endswith("x2"):
        return [lanes16(lambda t, x, y: wrap(x + y, t), kind, a, b)]
    total = number(a, kind) + number(b, kind)
    return [clamp(total, kind) if "sat" in mods else wrap(total, kind)]


def sub(mods, types, a, b):
    kind = types[0]
    difference = number(a, kind) - number(b, kind)
    return [clamp(difference, kind) if "sat" in mods else wrap(difference, kind)]


def mul(mods, types, a, b):
    kind = types[0]
    product = number(a, kind) * number(b, kind)
    width = WIDTH[kind]
    if "wide" in mods:
        return [product & (1 << 2 * width) - 1]
    return [wrap(product >> width if "hi" in mods else product, kind)]


def mad(mods, types, a, b, c):
    kind = types[0]
    width = WIDTH[kind]
    product = number(a, kind) * number(b, kind)
    if "wide" in mods:
        return [product + c & (1 << 2 * width) - 1]
    half = product >> width if "hi" in mods else product
    total = half + number(c, kind)
    return [clamp(total, kind) if "sat" in mods else wrap(total, kind)]


def product24(mods, kind, a, b):
    if kind == "s32":
        product = to_signed(a, 24) * to_signed(b, 24)
    else:
        product = (a & 0xFFFFFF) * (b & 0xFFFFFF)
    return product >> 16 if "hi" in mods else product


def mul24(mods, types, a, b):
    return [wrap(product24(mods, types[0], a, b), types[0])]


def mad24(mods, types, a, b, c):
    kind = types[0]
    if "sat" in mods:
        return [clamp(number(wrap(product24(mods, kind, a, b), kind), kind) + number(c, kind), kind)]
    return [wrap(product24(mods, kind, a, b) + c, kind)]


def sad(mods, types, a, b, c):
    kind = types[0]
    return [wrap(abs(number(a, kind) - number(b, kind)) + c, kind)]


def div(mods, types, a, b):
    kind = types[0]
    x, y = number(a, kind), number(b, kind)
    if y == 0:
        return [Anything()]
    quotient = abs(x) // abs(y)
    return [wrap(-quotient if (x < 0) != (y < 0) else quotient, kind)]


def rem(mods, types, a, b):
    kind = types[0]
    x, y = number(a, kind), number(b, kind)
    if y == 0:
        return [Anything()]
    rest = abs(x) % abs(y)
    return [wrap(-rest if x < 0 else rest, kind)]


def abs_(mods, types, a):
    return [wrap(abs(number(a, types[0])), types[0])]


def neg(mods, types, a):
    return [wrap(-a, types[0])]


def extreme(pick):
    def run(mods, types, a, b):
        def one(kind, x, y):
            chosen = pick(number(x, kind), number(y, kind))
            return wrap(max(chosen, 0) if "relu" in mods else chosen, kind)

        return [lanes16(one, types[0], a, b) if types[0].endswith("x2") else one(types[0], a, b)]

    return run


def popc(mods, types, a):
    return [bin(a).count("1")]


def clz(mods, types, a):
    return [WIDTH[types[0]] - a.bit_length()]


def bfind(mods, types, a):
    width = WIDTH[types[0]]
    if types[0][0] == "s" and a >> width - 1:
        a = ~a & (1 << width) - 1
    if a == 0:
        return [0xFFFFFFFF]
    position = a.bit_length() - 1
    return [width - 1 - position if "shiftamt" in mods else position]


def brev(mods, types, a):
    width = WIDTH[types[0]]
    return [int(format(a, f"0{width}b")[::-1], 2)]


def bfe(mods, types, a, b, c):
    kind = types[0]
    msb = WIDTH[kind] - 1
    position, length = b & 0xFF, c & 0xFF
    if kind[0] == "u" or length == 0:
        fill = 0
    else:
        fill = a >> min(position + length - 1, msb) & 1
    result = 0
    for i in range(msb + 1):
        bit = a >> position + i & 1 if i < length and position + i <= msb else fill
        result |= bit << i
    return [result]


def bfi(mods, types, a, b, c, d):
    msb = WIDTH[types[0]] - 1
    position, length = c & 0xFF, d & 0xFF
    result = b
    for i in range(length):
        if position + i > msb:
            break
        result = result & ~(1 << position + i) | (a >> i & 1) << position + i
    return [result]


def fns(mods, types, mask, base, offset):
    offset = to_signed(offset, 32)
    if base > 31:
        return [Anything()]
    if offset == 0:
        return [base if mask >> base & 1 else 0xFFFFFFFF]
    position, count, step = base, abs(offset) - 1, 1 if offset > 0 else -1
    while 0 <= position < 32:
        if mask >> position & 1:
            if count == 0:
                return [position]
            count -= 1
        position += step
    return [0xFFFFFFFF]


def szext(mods, types, a, b):
    b1 = b & 31
    too_large = "clamp" in mods and b >= 32
    mask = 0 if too_large else 0xFFFFFFFF << b1 & 0xFFFFFFFF
    sign = not (b1 == 0 or too_large or types[0] != "s32") and a >> (b1 - 1) & 1
    return [a & ~mask | (mask if sign else 0)]


def bmsk(mods, types, a, b):
    a1, b1 = a & 31, b & 31
    mask0 = 0xFFFFFFFF << a1 & 0xFFFFFFFF
    total = a1 + b1
    mask1 = 0xFFFFFFFF << total & 0xFFFFFFFF
    position_overflow = width_overflow = False
    if "clamp" in mods:
        if a >= 32:
            position_overflow, mask0 = True, 0
        width_overflow = b >= 32
    if total >= 32 or position_overflow or width_overflow:
        mask1 = 0
    elif b1 == 0:
        mask1 = 0xFFFFFFFF
    return [mask0 & ~mask1]


def byte(word, i, kind):
    value = word >> 8 * i & 0xFF
    return to_signed(value, 8) if kind[0] == "s" else value


def dp4a(mods, types, a, b, c):
    return [c + sum(byte(a, i, types[0]) * byte(b, i, types[1]) for i in range(4)) & 0xFFFFFFFF]


def dp2a(mods, types, a, b, c):
    first = 2 if "hi" in mods else 0
    total = c
    for i in range(2):
        half = a >> 16 * i & 0xFFFF
        half = to_signed(half, 16) if types[0][0] == "s" else half
        total += half * byte(b, first + i, types[1])
    return [total & 0xFFFFFFFF]


def vabsdiff(width):
    """Of parts of 8 or 16 bits."""

    def run(mods, types, a, b, c):
        part = lambda value, i, kind: number(value >> width * i, f"{kind[0]}{width}")  # noqa: E731
        parts = [abs(part(a, i, types[1]) - part(b, i, types[2])) for i in range(32 // width)]
        if "add" in mods:
            return [c + sum(parts) & 0xFFFFFFFF]
        return [sum((value & (1 << width) - 1) << width * i for i, value in enumerate(parts))]

    return run


# Logic (9.7.8).
def and_(mods, types, a, b):
    return [a & b]


def or_(mods, types, a, b):
    return [a | b]


def xor(mods, types, a, b):
    return [a ^ b]


def not_(mods, types, a):
    return [wrap(~a, types[0])]


def cnot(mods, types, a):
    return [int(a == 0)]


def lop3(mods, types, a, b, c, table, p=None):
    result = 0
    for i in range(8):
        if table >> i & 1:
            x = a if i & 4 else ~a
            y = b if i & 2 else ~b
            z = c if i & 1 else ~c
            result |= x & y & z & 0xFFFFFFFF
    if p is None:
        return [result]
    truth = int(result != 0)
    return [result, truth | p if "or" in mods else truth & p]


def shf(mods, types, a, b, c):
    n = min(c, 32) if "clamp" in mods else c & 31
    both = b << 32 | a
    if mods[0] == "l":
        return [both << n >> 32 & 0xFFFFFFFF]
    return [both >> n & 0xFFFFFFFF]


def shl(mods, types, a, b):
    width = WIDTH[types[0]]
    return [a << b & (1 << width) - 1 if b < width else 0]


def shr(mods, types, a, b):
    width = WIDTH[types[0]]
    return [wrap(number(a, types[0]) >> min(b, width), types[0])]


def prmt(mods, types, a, b, c):
    bytes_ = [(b << 32 | a) >> 8 * i & 0xFF for i in range(8)]
    mode = mods[-1]
    k = c & 3
    if mode == "b32":
        picks = []
        for i in range(4):
            selector = c >> 4 * i & 15
            value = bytes_[selector & 7]
            picks.append((0xFF if value & 0x80 else 0) if selector & 8 else value)
        return [sum(value << 8 * i for i, value in enumerate(picks))]
    order = {  # PTX ISA, table of prmt's modes: bytes from the least significant
        "f4e": [k, k + 1, k + 2, k + 3],
        "b4e": [k, (k - 1) % 8, (k - 2) % 8, (k - 3) % 8],
        "rc8": [k] * 4,
        "ecl": [max(k, i) for i in range(4)],
        "ecr": [min(k, i) for i in range(4)],
        "rc16": [0, 1, 0, 1] if k % 2 == 0 else [2, 3, 2, 3],
    }[mode]
    return [sum(bytes_[pick] << 8 * i for i, pick in enumerate(order))]


def with_carry(opcode):
    """addc, subc, madc and the .cc forms: sources, then the carry in; results: d and carry out."""

    def run(mods, types, *sources):
        *values, carry = sources
        kind = types[0]
        width = WIDTH[kind]
        mask = (1 << width) - 1
        if opcode in ("add", "addc"):
            total = values[0] + values[1] + (carry if opcode == "addc" else 0)
        elif opcode in ("sub", "subc"):
            total = values[0] - values[1] - (carry if opcode == "subc" else 0)
        else:
            half = mad(["hi" if "hi" in mods else "lo"], types, values[0], values[1], 0)[0]
            total = half + values[2] + (carry if opcode == "madc" else 0)
        out = int(total < 0 or total > mask)
        return [total & mask, out if "cc" in mods else carry]

    return run


TABLE = {
    "add": add, "sub": sub, "mul": mul, "mad": mad, "mul24": mul24, "mad24": mad24, "sad": sad,
    "div": div, "rem": rem, "abs": abs_, "neg": neg, "min": extreme(min), "max": extreme(max),
    "popc": popc, "clz": clz, "bfind": bfind, "brev": brev, "bfe": bfe, "bfi": bfi, "fns": fns,
    "szext": szext, "bmsk": bmsk, "dp4a": dp4a, "dp2a": dp2a, "vabsdiff4": vabsdiff(8),
    "vabsdiff2": vabsdiff(16),
}  # fmt: skip
LOGIC = {
    "and": and_, "or": or_, "xor": xor, "not": not_, "cnot": cnot, "lop3": lop3, "shf": shf,
    "shl": shl, "shr": shr, "prmt": prmt,
}  # fmt: skip
