"""cvt, PTX ISA 9.7.9.21. Same interface as integers.py, but types = [to, from] and the source is
the whole register; an integer result is extended to the register by the sign of its type."""

from fractions import Fraction

from oracle.expect import Halves, Nan, OneOf, TopBits, matches, show
from oracle.floats import finish
from oracle.formats import FORMATS, away
from oracle.integers import WIDTH, clamp, number, to_signed, wrap

# Formats of 8 bits (5.2.3): fraction bits, bias, codes of the largest number and of infinity.
EIGHT = {"e4m3": (3, 7, 0x7E, None), "e5m2": (2, 15, 0x7B, 0x7C)}


def eight_value(kind, code):
    """A finite code without sign as (m, e)."""
    fraction_bits, bias, _, _ = EIGHT[kind]
    exponent, fraction = code >> fraction_bits, code & (1 << fraction_bits) - 1
    if exponent == 0:
        return fraction, 1 - bias - fraction_bits
    return fraction | 1 << fraction_bits, exponent - bias - fraction_bits


def to_eight(kind, mods, fmt, bits):
    """The nearest code of all, the even one of two; beyond the largest that one (.satfinite)."""
    value = fmt.decode(bits)
    if value == "nan":
        return 0x7F
    largest = EIGHT[kind][2]
    if isinstance(value, str):
        sign, code = int(value == "-inf"), largest
    else:
        sign, m, e = value
        exact = Fraction(m) * Fraction(2) ** e
        size = lambda code: Fraction(eight_value(kind, code)[0]) * Fraction(2) ** eight_value(kind, code)[1]  # noqa: E731
        low, high = 0, largest  # codes grow with their values
        while low < high:
            middle = (low + high + 1) // 2
            low, high = (middle, high) if size(middle) <= exact else (low, middle - 1)
        code = low
        if code < largest:
            below, above = exact - size(code), size(code + 1) - exact
            code += above < below or above == below and code & 1
    if "relu" in mods and sign:
        return OneOf(0, 0x80) if code == 0 and bits & ~fmt.sign == 0 else 0
    return sign << 7 | code


def of_eight(kind, mods, bits):
    """As f16, exactly."""
    sign, code = bits >> 7, bits & 0x7F
    f16, (_, _, largest, infinity) = FORMATS["f16"], EIGHT[kind]
    if code > largest:
        result = f16.infinity | sign << 15 if code == infinity else f16.nan
    else:
        result = f16.encode((sign, *eight_value(kind, code)))
    return finish(f16, result, [mod for mod in mods if mod == "relu"])


class Parts:
    """The two halves of a packed result of `width` bits, low one first."""

    def __init__(self, width, low, high):
        self.width, self.low, self.high = width // 2, low, high

    def ok(self, bits):
        return matches(self.low, bits & (1 << self.width) - 1) and matches(self.high, bits >> self.width)

    def __repr__(self):
        return f"{{{show(self.low)}, {show(self.high)}}}"


INTEGRAL = {"rni": "rn", "rzi": "rz", "rmi": "rm", "rpi": "rp"}


def to_integral(value, mode):
    """A finite number as an integer."""
    sign, m, e = value
    if e >= 0:
        result = m << e
    else:
        result, rest = m >> -e, m & (1 << -e) - 1
        if rest and away(sign, result, rest, 1 << -e - 1, mode):
            result += 1
    return -result if sign else result


def rounding(mods):
    for mod in mods:
        if mod in INTEGRAL:
            return INTEGRAL[mod]
        if mod in ("rn", "rz", "rm", "rp", "rna"):
            return mod
    return None


def float_to_integer(mods, to, source, bits):
    fmt = FORMATS[source]
    if source == "f32" and "ftz" in mods:
        bits = fmt.flush(bits)
    value = fmt.decode(bits)
    if value == "nan":
        # 9.7.9.21: zero, but if the source is .f64 or the result has 64 bits, its top bit alone.
        wide = source == "f64" or WIDTH[to] == 64
        return 1 << WIDTH[to] - 1 if wide else 0
    if isinstance(value, str):
        return clamp(-(1 << 70) if value == "-inf" else 1 << 70, to)
    return clamp(to_integral(value, rounding(mods)), to)


def float_to_float(mods, to, source, bits):
    fmt, target = FORMATS[source], FORMATS[to]
    if source == "f32" and "ftz" in mods:
        bits = fmt.flush(bits)
    value = fmt.decode(bits)
    integral = any(mod in INTEGRAL for mod in mods)
    if not isinstance(value, str) and integral:
        rounded = to_integral(value, rounding(mods))
        value = (value[0], abs(rounded), 0)
    result = target.encode(value, rounding(mods) or "rn")
    # .ftz is about single precision only.
    kept = [mod for mod in mods if mod != "ftz" or to == "f32"]
    if "satfinite" in mods and result & ~target.sign == target.infinity:
        result -= 1
    done = finish(target, result, kept)
    if value == "nan" and isinstance(done, Nan) and to == "bf16" and source == "f32":
        return target.nan
    return done


def tf32(mods, bits):
    """The 19 upper bits of an f32, rounded."""
    fmt = FORMATS["f32"]
    if fmt.is_nan(bits):
        return TopBits(fmt.nan, 13)
    magnitude = bits & ~fmt.sign
    kept, rest = magnitude >> 13, magnitude & 0x1FFF
    if magnitude < fmt.infinity and rest and away(0, kept, rest, 0x1000, rounding(mods)):
        kept += 1
    if kept << 13 >= fmt.infinity and magnitude < fmt.infinity and rounding(mods) == "rz":
        kept = fmt.largest >> 13
    if "satfinite" in mods:
        kept = min(kept, fmt.largest >> 13)
    result = kept << 13 | bits & fmt.sign
    if "relu" in mods and bits & fmt.sign:
        result = 0
    return OneOf(TopBits(result, 13), TopBits(fmt.sign, 13)) if result == 0 else TopBits(result, 13)


def register(to, value, width):
    """The value as it lies in a register of `width` bits."""
    if isinstance(value, int) and to[0] == "s":
        return to_signed(value, WIDTH[to]) & (1 << width) - 1
    return value


def cvt(mods, types, bits, *more):
    to, source = types
    if to == "tf32":
        return [tf32(mods, bits)]
    if to[:-2] in EIGHT:
        fmt = FORMATS[source.removesuffix("x2")]
        low, high = (bits & 0xFFFF, bits >> 16) if source == "f16x2" else (more[0], bits)
        return [Parts(16, to_eight(to[:-2], mods, fmt, low), to_eight(to[:-2], mods, fmt, high))]
    if source[:-2] in EIGHT:
        return [Parts(32, of_eight(source[:-2], mods, bits & 0xFF), of_eight(source[:-2], mods, bits >> 8 & 0xFF))]
    if to in ("f16x2", "bf16x2"):
        # d, a, b: a becomes the upper half.
        upper, lower = bits, more[0]
        one = [float_to_float(mods, to[:-2], source, value) for value in (lower, upper)]
        return [Halves(*one)]
    bits &= (1 << WIDTH[source]) - 1
    if source in FORMATS:
        if to in FORMATS:
            return [float_to_float(mods, to, source, bits)]
        return [float_to_integer(mods, to, source, bits)]
    value = number(bits, source)
    if to in FORMATS:
        fmt = FORMATS[to]
        rounded = fmt.encode((int(value < 0), abs(value), 0), rounding(mods))
        return [finish(fmt, rounded, [mod for mod in mods if mod == "sat"])]
    return [clamp(value, to) if "sat" in mods else wrap(value, to)]


TABLE = {"cvt": cvt}
