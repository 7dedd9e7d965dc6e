"""Operands: every edge case of a type, and pseudo-random values that provoke rounding."""

import random

from oracle.formats import FORMATS
from oracle.integers import WIDTH

AMOUNTS = [0, 1, 2, 5, 7, 8, 15, 16, 17, 23, 24, 31, 32, 33, 47, 63, 64, 65, 127, 128, 255, 256, 257,
           0x10003, 0x80000000, 0xFFFFFFFF]  # fmt: skip
SELECTORS = [0x3210, 0x7654, 0x0123, 0xFEDC, 0x8888, 0x0000, 0x7777, 0xBA98, 0x5140, 0x89AB, 1, 2, 3, 4]
SMALL = [0, 1, 2, 3, 5, 8, 16, 31, 32, 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFF0, 0xFFFFFFE0]
LANES = list(range(32))


def integer_edges(width):
    top = 1 << width - 1
    mask = (1 << width) - 1
    values = [0, 1, 2, 3, top, top - 1, top + 1, mask, mask - 1, mask // 3, mask // 3 * 2, 0x7F, 0x80,
              0xFF, 1 << width // 2, (1 << width // 2) - 1, mask ^ ((1 << width // 2) - 1),
              0x7FFF & mask, 0x8000 & mask, 0xFFFF & mask, 10, mask - 9]  # fmt: skip
    return list(dict.fromkeys(value & mask for value in values))


def float_edges(fmt):
    f = fmt.fraction_bits
    one, half = fmt.one, fmt.one - (1 << f)
    positive = [
        0, 1, 2, (1 << f) - 1, 1 << f, (1 << f) + 1,  # zero, subnormals, least normals
        one, one + 1, one - 1, half, half - 1, half + 1, one + (1 << f), one | 1 << f - 1,  # 1.5
        (one + (1 << f)) | 1 << f - 2,  # 2.5
        (one + (1 << f)) | 3 << f - 2,  # 3.5
        fmt.largest, fmt.largest - 1, fmt.largest - (1 << f),
        one + (f << f), one + (f + 1 << f), one + (f << f) | 1,  # where integers end
        fmt.infinity, fmt.infinity | 1 << f - 1, fmt.infinity | 1, fmt.infinity | (1 << f) - 1,
    ]  # fmt: skip
    for power in (7, 8, 15, 16, 31, 32, 63, 64):  # bounds of integer types
        bits = fmt.encode((0, 1, power))
        if bits < fmt.infinity:
            positive += [bits, bits - 1]
    return [value | sign for value in dict.fromkeys(positive) for sign in (0, fmt.sign)]


def random_float(fmt, dice):
    """Few significant bits make ties; exponents near each other make sums interesting."""
    bits = dice.randint(0, fmt.fraction_bits)
    fraction = dice.getrandbits(bits) << fmt.fraction_bits - bits if bits else 0
    if dice.random() < 0.15:
        exponent = dice.randint(0, fmt.top)
    else:
        spread = min(fmt.fraction_bits + 3, fmt.bias - 1)
        exponent = fmt.bias + dice.randint(-spread, spread) // dice.choice((1, 2, 8))
    return dice.getrandbits(1) << fmt.width - 1 | exponent << fmt.fraction_bits | fraction


def edges(kind):
    if kind == "amount":
        return AMOUNTS
    if kind == "selector":
        return SELECTORS
    if kind == "small":
        return SMALL
    if kind == "lane":
        return LANES
    if kind in ("pred", "pred1"):
        return [0, 1]
    if kind in FORMATS:
        return float_edges(FORMATS[kind])
    if kind in ("f16x2", "bf16x2"):
        return [(a << 16 | b) for a, b in zip(edges(kind[:-2]), reversed(edges(kind[:-2])))]
    if kind in ("u16x2", "s16x2"):
        return [(a << 16 | b) for a in integer_edges(16)[:7] for b in integer_edges(16)[:7]]
    return integer_edges(WIDTH[kind])


def pseudo_random(kind, dice):
    if kind in ("amount", "selector", "small", "lane", "pred", "pred1"):
        return dice.choice(edges(kind)) if kind != "selector" else dice.getrandbits(16)
    if kind in FORMATS:
        return random_float(FORMATS[kind], dice)
    if kind in ("f16x2", "bf16x2"):
        fmt = FORMATS[kind[:-2]]
        low, high = random_float(fmt, dice), random_float(fmt, dice)
        if dice.random() < 0.3:
            low = dice.choice(float_edges(fmt))
        if dice.random() < 0.3:
            high = dice.choice(float_edges(fmt))
        return low | high << 16
    width = WIDTH[kind]
    return dice.getrandbits(dice.randint(1, width))


def tuples(kinds, count):
    """`count` operand tuples of these kinds, always the same ones."""
    dice = random.Random(" ".join(kinds))
    tables = [edges(kind) for kind in kinds]
    total = 1
    for table in tables:
        total *= len(table)
    chosen = []
    if total <= count * 3 // 4:
        for index in range(total):
            row = []
            for table in tables:
                row.append(table[index % len(table)])
                index //= len(table)
            chosen.append(tuple(row))
    else:
        # Every edge of every operand at least once, with partners at random.
        for position, table in enumerate(tables):
            for value in table[: count // (2 * len(tables))]:
                row = [dice.choice(other) for other in tables]
                row[position] = value
                chosen.append(tuple(row))
        while len(chosen) < count * 3 // 4:
            chosen.append(tuple(dice.choice(table) for table in tables))
    while len(chosen) < count:
        row = [pseudo_random(kind, dice) for kind in kinds]
        if len(kinds) > 1 and kinds[0] == kinds[1] in WIDTH and dice.random() < 0.25:
            # Neighbours: equal, one apart, or of opposite sign.
            width = WIDTH[kinds[0]]
            row[1] = (row[0] + dice.choice((0, 1, -1)) ^ dice.getrandbits(1) << width - 1) & (1 << width) - 1
        chosen.append(tuple(row))
    chosen = chosen[:count]
    dice.shuffle(chosen)
    return chosen
