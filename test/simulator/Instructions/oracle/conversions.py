"""cvt, PTX ISA 9.7.9.21. Same interface as integers.py, but types = [to, from] and the source is
the whole register; an integer result is extended to the register by the sign of its type."""

from oracle.expect import Halves, Nan, OneOf, TopBits
from oracle.floats import finish
from oracle.formats import FORMATS, away
from oracle.integers import WIDTH, clamp, number, to_signed, wrap

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
