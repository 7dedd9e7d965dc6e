"""Comparison and selection, PTX ISA 9.7.6 and 9.7.7. Same interface as integers.py."""

from oracle.expect import Halves
from oracle.formats import FORMATS, compare
from oracle.integers import WIDTH, number

BOOLEAN = {
    "and": lambda x, y: x & y,
    "or": lambda x, y: x | y,
    "xor": lambda x, y: x ^ y,
    None: lambda x, y: x,
}
ORDERED = {
    "eq": (0,), "ne": (-1, 1), "lt": (-1,), "le": (-1, 0), "gt": (1,), "ge": (0, 1),
    "lo": (-1,), "ls": (-1, 0), "hi": (1,), "hs": (0, 1),
}  # fmt: skip


def truth(operator, kind, a, b, ftz):
    if kind not in FORMATS:
        x, y = number(a, kind), number(b, kind)
        return int((x > y) - (x < y) in ORDERED[operator])
    fmt = FORMATS[kind]
    nan = fmt.is_nan(a) or fmt.is_nan(b)
    if operator in ("num", "nan"):
        return int(nan == (operator == "nan"))
    unordered = len(operator) == 3  # equ, neu, ...
    if nan:
        return int(unordered)
    if ftz:
        a, b = fmt.flush(a), fmt.flush(b)
    return int(compare(fmt.decode(a), fmt.decode(b)) in ORDERED[operator[:2]])


def boolean_of(mods):
    return next((mod for mod in mods if mod in ("and", "or", "xor")), None)


def setp(mods, types, a, b, c=0):
    """Results: p, q."""
    kind, ftz, combine = types[0], "ftz" in mods, BOOLEAN[boolean_of(mods)]
    if kind.endswith("x2"):
        t0 = truth(mods[0], kind[:-2], a & 0xFFFF, b & 0xFFFF, ftz)
        t1 = truth(mods[0], kind[:-2], a >> 16, b >> 16, ftz)
        return [combine(t0, c), combine(t1, c)]
    t = truth(mods[0], kind, a, b, ftz)
    return [combine(t, c), combine(1 - t, c)]


def set_(mods, types, a, b, c=0):
    kind, source, ftz, combine = types[0], types[1], "ftz" in mods, BOOLEAN[boolean_of(mods)]

    def true_of(target):
        fmt = FORMATS.get(target)
        return fmt.one if fmt else (1 << WIDTH[target]) - 1

    if source.endswith("x2"):
        # One result per half; integers hold a mask of 16 bits per half.
        one = true_of(kind[:-2]) if kind.endswith("x2") else 0xFFFF
        halves = [
            combine(truth(mods[0], source[:-2], a >> s & 0xFFFF, b >> s & 0xFFFF, ftz), c) * one
            for s in (0, 16)
        ]
        return [Halves(*halves)]
    return [combine(truth(mods[0], source, a, b, ftz), c) * true_of(kind)]


def selp(mods, types, a, b, p):
    return [a if p else b]


def slct(mods, types, a, b, c):
    if types[1] == "s32":
        return [a if not c >> 31 else b]
    fmt = FORMATS["f32"]
    if fmt.is_nan(c):
        return [b]
    if "ftz" in mods:
        c = fmt.flush(c)
    return [a if not c >> 31 or c == fmt.sign else b]


TABLE = {"setp": setp, "set": set_, "selp": selp, "slct": slct}
