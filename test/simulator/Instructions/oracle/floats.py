"""Floating-point arithmetic, PTX ISA 9.7.3 and 9.7.4 (halves), without the approximations.

Same interface as integers.py.
"""

from math import isqrt

from oracle.expect import Halves, Nan, OneOf
from oracle.formats import FORMATS, add as exact_add, compare, multiply, sign_of

ROUNDINGS = ("rn", "rz", "rm", "rp")


def rounding(mods):
    return next((mod for mod in mods if mod in ROUNDINGS), "rn")


def finish(fmt, bits, mods):
    """.ftz, .sat and .relu of a result."""
    if fmt.is_nan(bits):
        if "sat" in mods:
            return 0
        return fmt.nan if "relu" in mods else Nan(fmt)
    if "ftz" in mods:
        bits = fmt.flush(bits)
    if "sat" in mods:
        if bits == fmt.sign:
            return OneOf(0, fmt.sign)  # which zero -0 clamps to is left open
        return 0 if bits & fmt.sign else min(bits, fmt.one)
    if "relu" in mods and bits & fmt.sign:
        return OneOf(0, fmt.sign) if bits == fmt.sign else 0
    return bits


def lanewise(function):
    """An instruction of one format, or of two halves."""

    def run(mods, types, *sources):
        kind = types[0]
        fmt = FORMATS[kind.removesuffix("x2")]

        def one(*values):
            if "ftz" in mods:
                values = [fmt.flush(value) for value in values]
            return function(fmt, mods, *values)

        if kind.endswith("x2"):
            return [
                Halves(one(*(s & 0xFFFF for s in sources)), one(*(s >> 16 for s in sources)))
            ]
        return [one(*sources)]

    return run


def add(fmt, mods, a, b):
    mode = rounding(mods)
    return finish(fmt, fmt.encode(exact_add(fmt.decode(a), fmt.decode(b), mode), mode), mods)


def sub(fmt, mods, a, b):
    return add(fmt, mods, a, b ^ fmt.sign)


def mul(fmt, mods, a, b):
    product = multiply(fmt.decode(a), fmt.decode(b))
    return finish(fmt, fmt.encode(product, rounding(mods)), mods)


def fma(fmt, mods, a, b, c):
    mode = rounding(mods)
    total = exact_add(multiply(fmt.decode(a), fmt.decode(b)), fmt.decode(c), mode)
    return finish(fmt, fmt.encode(total, mode), mods)


def quotient(fmt, mods, x, y):
    """x / y of decoded numbers, rounded."""
    if "nan" in (x, y):
        return fmt.nan
    sign = (sign_of(x) ^ sign_of(y)) << fmt.width - 1
    if isinstance(x, str):
        return fmt.nan if isinstance(y, str) else fmt.infinity | sign
    if isinstance(y, str):
        return sign
    if y[1] == 0:
        return fmt.nan if x[1] == 0 else fmt.infinity | sign
    shift = 2 * fmt.fraction_bits + 8
    q, rest = divmod(x[1] << shift, y[1])
    value = (sign_of(x) ^ sign_of(y), q, x[2] - y[2] - shift)
    return fmt.encode(value, rounding(mods), sticky=rest != 0)


def div(fmt, mods, a, b):
    return finish(fmt, quotient(fmt, mods, fmt.decode(a), fmt.decode(b)), mods)


def rcp(fmt, mods, a):
    return finish(fmt, quotient(fmt, mods, (0, 1, 0), fmt.decode(a)), mods)


def sqrt(fmt, mods, a):
    value = fmt.decode(a)
    if value in ("nan", "-inf"):
        return Nan(fmt)
    if value == "inf" or value[1] == 0:
        return a
    if value[0]:
        return Nan(fmt)
    shift = 2 * fmt.fraction_bits + 8
    shift += (value[2] - shift) % 2
    m = value[1] << shift
    root = isqrt(m)
    e = (value[2] - shift) // 2
    return finish(fmt, fmt.encode((0, root, e), rounding(mods), sticky=root * root != m), mods)


def neg(fmt, mods, a):
    return Nan(fmt) if fmt.is_nan(a) else a ^ fmt.sign


def abs_(fmt, mods, a):
    return Nan(fmt) if fmt.is_nan(a) else a & ~fmt.sign


def extreme(want):
    """min (want = -1) and max (want = 1), 9.7.3.11, 9.7.3.12, 9.7.4.7, 9.7.4.8."""

    def run(fmt, mods, a, b):
        sign = (a ^ b) & fmt.sign
        if "abs" in mods:
            a, b = a & ~fmt.sign, b & ~fmt.sign
        nans = fmt.is_nan(a) + fmt.is_nan(b)
        if nans == 2 or nans and "NaN" in mods:
            return Nan(fmt) if fmt.name == "f64" else fmt.nan
        if nans:
            chosen = b if fmt.is_nan(a) else a
        else:
            order = compare(fmt.decode(a), fmt.decode(b))
            if order == 0:  # equal, or zeros: -0 is less than +0
                order = (b >> fmt.width - 1) - (a >> fmt.width - 1)
            chosen = a if order == want else b
        return chosen & ~fmt.sign | sign if "xorsign" in mods else chosen

    return run


def copysign(mods, types, a, b):
    fmt = FORMATS[types[0]]
    return [a & fmt.sign | b & ~fmt.sign]


def testp(mods, types, a):
    fmt = FORMATS[types[0]]
    value = fmt.decode(a)
    nan, finite = value == "nan", not isinstance(value, str)
    subnormal = fmt.is_subnormal(a)
    return [
        int(
            {
                "finite": finite,
                "infinite": not finite and not nan,
                "number": not nan,
                "notanumber": nan,
                "normal": finite and not subnormal and value[1] != 0,
                "subnormal": subnormal,
            }[mods[0]]
        )
    ]


TABLE = {
    "add": lanewise(add), "sub": lanewise(sub), "mul": lanewise(mul), "fma": lanewise(fma),
    "mad": lanewise(fma), "div": lanewise(div), "rcp": lanewise(rcp), "sqrt": lanewise(sqrt),
    "neg": lanewise(neg), "abs": lanewise(abs_), "min": lanewise(extreme(-1)),
    "max": lanewise(extreme(1)), "copysign": copysign, "testp": testp,
}  # fmt: skip
