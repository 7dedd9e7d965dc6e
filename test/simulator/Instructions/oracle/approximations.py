"""The approximations: any result within the maximum error that the ISA documents (9.7.3.6, 13, 15 to
24; 9.7.4.9, 9.7.4.10), and exactly the special values of its tables. Same interface as integers.py.
"""

import math

from oracle.expect import Anything, Halves, Near, Nan, OneOf, result
from oracle.floats import quotient
from oracle.formats import FORMATS, sign_of, to_float


def near(fmt, value, mods, **error):
    return Near(fmt, value, flushes="ftz" in mods, **error)


def div(fmt, mods, a, b):
    x, y = fmt.decode(a), fmt.decode(b)
    exact = quotient(fmt, ["rn"], x, y)
    if isinstance(x, str) or isinstance(y, str) or x[1] == 0 or y[1] == 0:
        if "approx" in mods and not isinstance(y, str) and abs(to_float(y)) > 2.0**126 and x in ("inf", "-inf"):
            return Nan(fmt)
        return result(fmt, exact)
    size = abs(to_float(y))
    value = to_float(x) / to_float(y)
    if "approx" in mods and size > 2.0**126:
        # "0" by the text; a sign is left open.
        return OneOf(0, fmt.sign)
    if "approx" in mods and size < 2.0**-126:
        return Anything()
    return near(fmt, value, mods, ulps=2)


def rcp(fmt, mods, a):
    value = fmt.decode(a)
    exact = quotient(fmt, ["rn"], (0, 1, 0), value)
    if hidden_nan(fmt, a):
        return OneOf(Nan(fmt), a & fmt.sign)
    if isinstance(value, str) or value[1] == 0:
        return result(fmt, exact)
    if fmt.name == "f64":
        return gross(fmt, a, lambda x: 1 / x)
    return near(fmt, 1 / to_float(value), mods, ulps=1)


def hidden_nan(fmt, a):
    """A NaN by its lower 32 bits, which .approx.ftz.f64 is to ignore: then an infinity."""
    return fmt.name == "f64" and fmt.is_nan(a) and a >> 32 & 0x7FFFFFFF == 0x7FF00000


class Gross(Near):
    """The lower 32 bits are zero."""

    def ok(self, bits):
        return bits & 0xFFFFFFFF == 0 and super().ok(bits)


def gross(fmt, a, function):
    """rcp and rsqrt .approx.ftz.f64 look at the upper 32 bits alone."""
    value = fmt.decode(a & ~0xFFFFFFFF)
    if value[1] == 0 or fmt.is_subnormal(a):
        return fmt.infinity | a & fmt.sign
    x = to_float(value)
    try:
        return Gross(fmt, function(x), relative=2.0**-19, flushes=True)
    except OverflowError:
        return fmt.infinity | a & fmt.sign


def sqrt(fmt, mods, a):
    value = fmt.decode(a)
    if value in ("nan", "-inf") or value != "inf" and value[1] and value[0]:
        return Nan(fmt)
    if value == "inf" or value[1] == 0:
        return a
    return near(fmt, math.sqrt(to_float(value)), mods, relative=2.0**-23)


def rsqrt(fmt, mods, a):
    value = fmt.decode(a)
    if hidden_nan(fmt, a) and not a & fmt.sign:
        return OneOf(Nan(fmt), 0)
    if value in ("nan", "-inf"):
        return Nan(fmt)
    if value == "inf":
        return 0
    if value[1] == 0:
        return fmt.infinity | a & fmt.sign
    if value[0]:
        return Nan(fmt)
    if fmt.name == "f64" and "ftz" in mods:
        return gross(fmt, a, lambda x: 1 / math.sqrt(x))
    # The error of rsqrt.approx.f64 is not documented; it is no worse than that of f32.
    return near(fmt, 1 / math.sqrt(to_float(value)), mods, relative=2.0**-22.9)


def wave(function):
    def run(fmt, mods, a):
        value = fmt.decode(a)
        if isinstance(value, str):
            return Nan(fmt)
        x = to_float(value)
        if abs(x) > 100 * math.pi:
            return Anything()
        if value[1] == 0:
            return a if function is math.sin else fmt.one
        return near(fmt, function(x), mods, absolute=2.0**-20.5 if abs(x) <= 2 * math.pi else 2.0**-14.7)

    return run


def lg2(fmt, mods, a):
    value = fmt.decode(a)
    if value == "inf":
        return a
    if isinstance(value, str):
        return Nan(fmt)
    if value[1] == 0:
        return fmt.infinity | fmt.sign
    if value[0]:
        return Nan(fmt)
    x = to_float(value)
    return near(fmt, math.log2(x), mods, **({"absolute": 2.0**-22} if 0.5 < x < 2 else {"relative": 2.0**-22}))


EX2_ERROR = {"f32": 2.0**-22, "f16": 2.0**-9.9, "bf16": 2.0**-7}
TANH_ERROR = {"f32": {"relative": 2.0**-11}, "f16": {"absolute": 2.0**-10.987}, "bf16": {"absolute": 2.0**-8}}


def ex2(fmt, mods, a):
    value = fmt.decode(a)
    if isinstance(value, str):
        return {"nan": Nan(fmt), "inf": a, "-inf": 0}[value]
    x = to_float(value)
    if x > 1000:
        return fmt.infinity
    if x < -1000:
        return 0
    return near(fmt, 2.0**x, mods, relative=EX2_ERROR[fmt.name])


def tanh(fmt, mods, a):
    value = fmt.decode(a)
    if isinstance(value, str):
        return Nan(fmt) if value == "nan" else fmt.one | sign_of(value) << fmt.width - 1
    if value[1] == 0:
        return a
    return near(fmt, math.tanh(to_float(value)), mods, **TANH_ERROR[fmt.name])


def lanewise(function):
    def run(mods, types, *sources):
        kind = types[0]
        fmt = FORMATS[kind.removesuffix("x2")]

        def one(*values):
            if "ftz" in mods and fmt.name != "f16":
                values = [fmt.flush(value) for value in values]
            return function(fmt, mods, *values)

        if kind.endswith("x2"):
            return [Halves(one(*(s & 0xFFFF for s in sources)), one(*(s >> 16 for s in sources)))]
        return [one(*sources)]

    return run


TABLE = {
    "div": lanewise(div), "rcp": lanewise(rcp), "sqrt": lanewise(sqrt), "rsqrt": lanewise(rsqrt),
    "sin": lanewise(wave(math.sin)), "cos": lanewise(wave(math.cos)), "lg2": lanewise(lg2),
    "ex2": lanewise(ex2), "tanh": lanewise(tanh),
}  # fmt: skip
