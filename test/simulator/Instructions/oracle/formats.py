"""Binary floating-point formats and rounding, with exact integers only.

A finite number is (sign, m, e), worth (-1)^sign * m * 2^e with m >= 0; the sign of zero is kept.
Everything else is one of the strings "inf", "-inf", "nan". Sources: IEEE 754-2008, PTX ISA 5.2.3.
"""


class Format:
    def __init__(self, name, exponent_bits, fraction_bits, canonical_nan):
        self.name = name
        self.fraction_bits = fraction_bits
        self.exponent_bits = exponent_bits
        self.width = 1 + exponent_bits + fraction_bits
        self.bias = (1 << exponent_bits - 1) - 1
        self.least = 1 - self.bias - fraction_bits  # exponent of the last place of subnormals
        self.top = (1 << exponent_bits) - 1
        self.sign = 1 << self.width - 1
        self.infinity = self.top << fraction_bits
        self.nan = canonical_nan
        self.largest = self.infinity - 1
        self.one = self.bias << fraction_bits

    def decode(self, bits):
        sign = bits >> self.width - 1
        exponent = bits >> self.fraction_bits & self.top
        fraction = bits & (1 << self.fraction_bits) - 1
        if exponent == self.top:
            return "nan" if fraction else "-inf" if sign else "inf"
        if exponent == 0:
            return (sign, fraction, self.least)
        return (sign, fraction | 1 << self.fraction_bits, exponent - 1 + self.least)

    def is_nan(self, bits):
        return bits & ~self.sign & (1 << self.width) - 1 > self.infinity

    def is_subnormal(self, bits):
        magnitude = bits & self.sign - 1
        return 0 < magnitude < 1 << self.fraction_bits

    def flush(self, bits):
        """A subnormal becomes the zero of its sign."""
        return bits & self.sign if self.is_subnormal(bits) else bits

    def encode(self, value, mode="rn", sticky=False):
        """Rounds; `sticky` says that the true magnitude is a little above m * 2^e (less than one
        unit of m, and m has more bits than the format)."""
        if value == "nan":
            return self.nan
        if value == "inf":
            return self.infinity
        if value == "-inf":
            return self.infinity | self.sign
        sign, m, e = value
        if m == 0 and not sticky:
            return sign << self.width - 1
        if sticky:  # two guard bits stand for the rest
            m, e = m << 2 | 1, e - 2
        shift = max(m.bit_length() - self.fraction_bits - 1, self.least - e)
        if shift <= 0:
            kept, rest, half = m << -shift, 0, 1
        else:
            kept, rest, half = m >> shift, m & (1 << shift) - 1, 1 << shift - 1
        if rest and away(sign, kept, rest, half, mode):
            kept += 1
        # `kept` is an integer in units of 2^(e + shift); a carry into the next binade is harmless.
        exponent = e + shift - self.least
        if kept >> self.fraction_bits + 1:
            kept, exponent = kept >> 1, exponent + 1
        magnitude = kept if exponent == 0 else kept + (exponent << self.fraction_bits)
        if magnitude >= self.infinity:
            toward_zero = mode == "rz" or mode == ("rp" if sign else "rm")
            magnitude = self.largest if toward_zero else self.infinity
        return magnitude | sign << self.width - 1


def away(sign, kept, rest, half, mode):
    """Whether a remainder of `rest` (0 < rest < 2 * half) rounds away from zero."""
    if mode == "rn":
        return rest > half or rest == half and kept & 1
    if mode == "rna":
        return rest >= half
    return mode == ("rm" if sign else "rp")


F16 = Format("f16", 5, 10, 0x7FFF)
BF16 = Format("bf16", 8, 7, 0x7FFF)
F32 = Format("f32", 8, 23, 0x7FFFFFFF)
F64 = Format("f64", 11, 52, 0x7FFFFFFFFFFFFFFF)
FORMATS = {"f16": F16, "bf16": BF16, "f32": F32, "f64": F64}


def is_infinite(value):
    return value in ("inf", "-inf")


def sign_of(value):
    return int(value == "-inf") if isinstance(value, str) else value[0]


def negate(value):
    if isinstance(value, str):
        return {"nan": "nan", "inf": "-inf", "-inf": "inf"}[value]
    return (1 - value[0], value[1], value[2])


def multiply(a, b):
    """The exact product."""
    if "nan" in (a, b):
        return "nan"
    sign = sign_of(a) ^ sign_of(b)
    if is_infinite(a) or is_infinite(b):
        other = b if is_infinite(a) else a
        if not is_infinite(other) and other[1] == 0:
            return "nan"
        return "-inf" if sign else "inf"
    return (sign, a[1] * b[1], a[2] + b[2])


def add(a, b, mode="rn"):
    """The exact sum; `mode` decides the sign of an exact zero."""
    if "nan" in (a, b):
        return "nan"
    if is_infinite(a) or is_infinite(b):
        if is_infinite(a) and is_infinite(b) and a != b:
            return "nan"
        return a if is_infinite(a) else b
    e = min(a[2], b[2])
    total = signed(a, e) + signed(b, e)
    if total == 0:
        if a[1] == 0 and b[1] == 0 and a[0] == b[0]:
            return (a[0], 0, e)
        return (int(mode == "rm"), 0, e)
    return (int(total < 0), abs(total), e)


def signed(value, e):
    """A finite number in units of 2^e, which must divide it."""
    m = value[1] << value[2] - e
    return -m if value[0] else m


def compare(a, b):
    """-1, 0, 1 of numbers that are not NaN."""

    def key(value):
        return {"inf": 1, "-inf": -1}.get(value, 0) if isinstance(value, str) else 0

    if key(a) or key(b):
        return (key(a) > key(b)) - (key(a) < key(b))
    e = min(a[2], b[2])
    x, y = signed(a, e), signed(b, e)
    return (x > y) - (x < y)


def to_float(value):
    """A finite number or infinity as Python's double (exact for f32 and narrower)."""
    if isinstance(value, str):
        return float(value)
    result = float(value[1]) * 2.0 ** value[2] if value[2] > -1000 else value[1] / 2 ** -value[2]
    return -result if value[0] else result
