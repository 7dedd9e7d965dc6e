"""What a result may be. An expectation is an integer (these bits) or an object with `ok`."""

from fractions import Fraction

from oracle.formats import FORMATS


class Anything:
    def ok(self, bits):
        return True

    def __repr__(self):
        return "anything"


class Nan:
    """Some NaN: the ISA leaves the payload open."""

    def __init__(self, fmt):
        self.fmt = fmt

    def ok(self, bits):
        return self.fmt.is_nan(bits)

    def __repr__(self):
        return f"a NaN of {self.fmt.name}"


class OneOf:
    def __init__(self, *choices):
        self.choices = choices

    def ok(self, bits):
        return any(matches(choice, bits) for choice in self.choices)

    def __repr__(self):
        return " or ".join(show(choice) for choice in self.choices)


class TopBits:
    """Only the upper bits are defined (tf32: 19 of 32)."""

    def __init__(self, bits, undefined):
        self.bits, self.undefined = bits, undefined

    def ok(self, bits):
        return bits >> self.undefined == self.bits >> self.undefined

    def __repr__(self):
        return f"{self.bits:#x} but for the last {self.undefined} bits"


class Halves:
    """The two 16-bit halves of a packed result, low half first."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def ok(self, bits):
        return matches(self.low, bits & 0xFFFF) and matches(self.high, bits >> 16)

    def __repr__(self):
        return f"{{{show(self.low)}, {show(self.high)}}}"


class Near:
    """Within `relative` and `absolute` error of a double, plus `ulps` of the format. A result that
    the flush to zero may have taken is admitted where `flushes`."""

    def __init__(self, fmt, value, relative=0.0, absolute=0.0, ulps=0, flushes=False):
        self.fmt, self.value = fmt, value
        self.relative, self.absolute, self.ulps, self.flushes = relative, absolute, ulps, flushes

    def ok(self, bits):
        decoded = self.fmt.decode(bits)
        exact = Fraction(self.value)
        scale = self.fmt.fraction_bits
        # The unit in the last place of the true value.
        magnitude = abs(exact)
        e = self.fmt.least
        if magnitude:
            e = max(e, magnitude.numerator.bit_length() - magnitude.denominator.bit_length() - scale - 1)
            if magnitude >= Fraction(2) ** (e + scale + 1):
                e += 1
        unit = Fraction(2) ** e
        slack = (
            Fraction(self.relative) * magnitude
            + Fraction(self.absolute)
            + self.ulps * unit
            # Approximations are documented as real numbers; the result is still a number of the
            # format, hence half a unit more.
            + unit / 2
        )
        if decoded == "nan":
            return False
        if isinstance(decoded, str):
            limit = Fraction(2) ** (self.fmt.top - self.fmt.bias)
            near_limit = magnitude + slack >= limit - Fraction(2) ** (self.fmt.top - self.fmt.bias - scale - 1)
            return near_limit and (decoded == "-inf") == (exact < 0)
        got = Fraction(decoded[1]) * Fraction(2) ** decoded[2]
        got = -got if decoded[0] else got
        smallest_normal = Fraction(2) ** (self.fmt.least + scale)
        if self.flushes and got == 0 and magnitude - slack < smallest_normal:
            return True
        return abs(got - exact) <= slack

    def __repr__(self):
        return f"{self.value!r} within {self.relative} relative, {self.absolute} absolute, {self.ulps} ulp"


def matches(expected, bits):
    return expected == bits if isinstance(expected, int) else expected.ok(bits)


def show(expected):
    return f"{expected:#x}" if isinstance(expected, int) else repr(expected)


def result(fmt, bits):
    """`bits`, or any NaN if they are one."""
    return Nan(fmt) if fmt.is_nan(bits) else bits


def fmt_of(type_name):
    return FORMATS[type_name]
