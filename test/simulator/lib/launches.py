"""The kernels of Corpus/*.cu: how each is launched and what it must give."""

import itertools
import math
import random

import ptxsim
from ptxsim import buffer, check, fresh


class Case:
    """A launch of `kernel` of `source`; `test` gets the Result and raises AssertionError if it is
    wrong."""

    def __init__(self, source, kernel, size, grid, block, args, buffers, test):
        self.source, self.kernel, self.grid, self.block = source, kernel, grid, block
        self.args, self.buffers, self.test = args, buffers, test
        self.name = f"{source} {kernel} {size}"


def integers(count, bits, seed):
    source = random.Random(seed)
    return [source.getrandbits(bits) for _ in range(count)]


def sum_bound(terms, count):
    """A sum of `count` numbers in f32, in whatever order: each addition errs by 2^-24 of its result,
    which is at most the sum of the magnitudes (Higham, 4.2)."""
    return count * 2**-24 * sum(map(abs, terms)) * (1 + 1e-3)


def tree(n, blocks, threads):
    values = ptxsim.randoms(n, 1)
    shares = [[] for _ in range(blocks)]
    for i, value in enumerate(values):
        shares[i // threads % blocks].append(value)
    bounds = [sum_bound(share, len(share)) for share in shares]
    return Case("reduction.cu", "tree", n, blocks, threads,
                [buffer("in"), fresh("out", 4 * blocks), {"u32": n}], {"in": ("F32", values)},
                lambda result: check("out", result.read("out", "F32"), list(map(sum, shares)), bounds))  # fmt: skip


def last_block(n, blocks, threads):
    values = integers(n, 20, 2)
    args = [buffer("in"), fresh("partial", 4 * blocks), buffer("arrived"), fresh("out", 4), {"u32": n}]
    return Case("reduction.cu", "lastBlock", n, blocks, threads, args,
                {"in": ("U32", values), "arrived": ("U32", [0])},
                lambda result: check("out", result.read("out", "U32"), [sum(values)]))  # fmt: skip


def groups(n, blocks, threads):
    values = [value - 500 for value in integers(n, 10, 3)]
    padded = values + [0] * (blocks * threads - n)
    sizes = {f"out{size}": size for size in (16, 32, 64)}
    args = [buffer("in"), *(fresh(name, 4 * len(padded) // size) for name, size in sizes.items()), {"u32": n}]

    def test(result):
        for name, size in sizes.items():
            sums = [sum(padded[i : i + size]) for i in range(0, len(padded), size)]
            check(name, result.read(name, "I32"), sums)

    return Case("reduction.cu", "groups", n, blocks, threads, args, {"in": ("I32", values)}, test)


def grid_wide(n, blocks, threads):
    values = integers(n, 20, 4)
    args = [buffer("in"), fresh("partial", 4 * blocks), fresh("out", 4 * blocks * threads), {"u32": n}]

    def test(result):
        check("partial", result.read("partial", "U32"), [0] * blocks)
        check("out", result.read("out", "U32"), [sum(values)] * (blocks * threads))

    return Case("reduction.cu", "gridWide", n, blocks, threads, args, {"in": ("U32", values)}, test)


def look_back(n):
    blocks = -(-n // 128)
    values = integers(n, 16, 5)
    args = [buffer("in"), fresh("out", 4 * n), buffer("ticket"), buffer("state")]
    args += [fresh("own", 4 * blocks), fresh("upTo", 4 * blocks), {"u32": n}]
    buffers = {"in": ("U32", values), "ticket": ("U32", [0]), "state": ("U32", [0] * blocks)}
    return Case("scan.cu", "lookBack", n, blocks, 128, args, buffers,
                lambda result: check("out", result.read("out", "U32"), list(itertools.accumulate(values))))  # fmt: skip


def transpose(kernel, width, height):
    values = ptxsim.randoms(width * height, 6)
    turned = [value for x in range(width) for value in values[x::width]]
    grid = (-(-width // 32), -(-height // 32))

    def test(result):
        check("out", result.read("out", "F32"), turned)
        shared = result.report["shared"]
        if width % 32 == 0 and height % 32 == 0:
            # Half of the requests read a column: through one bank unless the tile is padded.
            ways = shared["requests"] * (1 if kernel == "padded" else (1 + 32) // 2 + 0.5)
            check("ways", [shared["ways"]], [ways])

    return Case("tiles.cu", kernel, (width, height), grid, (32, 8),
                [buffer("in"), fresh("out", 4 * width * height), {"u32": width}, {"u32": height}],
                {"in": ("F32", values)}, test)  # fmt: skip


def histogram(n, blocks, threads):
    values = [min(pair) for pair in zip(integers(n, 8, 7), integers(n, 8, 8))]
    counts = [values.count(bin) for bin in range(256)]
    return Case("tiles.cu", "histogram", n, blocks, threads, [buffer("in"), buffer("out"), {"u32": n}],
                {"in": ("U8", values), "out": ("U32", [0] * 256)},
                lambda result: check("out", result.read("out", "U32"), counts))  # fmt: skip


def stencil(width, height):
    values = ptxsim.randoms(width * height, 9)
    expected, bounds = [], []
    for y, x in itertools.product(range(height), range(width)):
        near = [(x, y), (x - 1, y), (x + 1, y), (x, y - 1), (x, y + 1)]
        terms = [values[v * width + u] for u, v in near if 0 <= u < width and 0 <= v < height]
        expected.append(sum(terms) / 5)
        # Four additions, a product, and 0.2 itself are rounded.
        bounds.append(6 * 2**-24 * sum(map(abs, terms)) / 5 * (1 + 1e-3))
    args = [buffer("in"), fresh("out", 4 * width * height), {"u32": width}, {"u32": height}]
    return Case("tiles.cu", "stencil", (width, height), (-(-width // 16), -(-height // 16)), (16, 16), args,
                {"in": ("F32", values)},
                lambda result: check("out", result.read("out", "F32"), expected, bounds))  # fmt: skip


def sort_digit(n, shift):
    values = integers(n, 32, 10)
    chunks = [values[i : i + 256] for i in range(0, n, 256)]
    expected = [key for chunk in chunks for key in sorted(chunk, key=lambda key: key >> shift & 15)]
    args = [buffer("in"), fresh("out", 4 * n), {"u32": shift}, {"u32": n}]
    return Case("sort.cu", "sortDigit", (n, shift), len(chunks), 256, args, {"in": ("U32", values)},
                lambda result: check("out", result.read("out", "U32"), expected))  # fmt: skip


def product_of(a, b, m, n, k, column):
    """The products of m rows of `a` and n columns of `b`, and their bounds. Products of f32 are rounded
    or exact; sums of tensor cores may be cut off instead of rounded, one bit more each."""
    expected, bounds = [], []
    for i, j in itertools.product(range(m), range(n)):
        terms = [x * y for x, y in zip(a[i * k : i * k + k], column(j))]
        expected.append(sum(terms))
        bounds.append((2 * k + 2) * 2**-24 * sum(map(abs, terms)) * (1 + 1e-3))
    return expected, bounds


def tiled(m, n, k):
    a, b = ptxsim.randoms(m * k, 11), ptxsim.randoms(k * n, 12)
    expected, bounds = product_of(a, b, m, n, k, lambda j: b[j::n])
    args = [buffer("a"), buffer("b"), fresh("c", 4 * m * n), {"u32": m}, {"u32": n}, {"u32": k}]
    return Case("products.cu", "tiled", (m, n, k), (-(-n // 16), -(-m // 16)), (16, 16), args,
                {"a": ("F32", a), "b": ("F32", b)},
                lambda result: check("c", result.read("c", "F32"), expected, bounds))  # fmt: skip


def tensor(kernel, dtype, m, n, k):
    a, b = ptxsim.randoms(m * k, 13, dtype), ptxsim.randoms(k * n, 14, dtype)
    if dtype == "F32":
        a, b = list(map(ptxsim.to_tf32, a)), list(map(ptxsim.to_tf32, b))
    expected, bounds = product_of(a, b, m, n, k, lambda j: b[j * k : j * k + k])
    args = [buffer("a"), buffer("b"), fresh("c", 4 * m * n), {"u32": n}, {"u32": k}]
    return Case("products.cu", kernel, (m, n, k), (-(-n // 32), m // 16), (32, 2), args,
                {"a": (dtype, a), "b": (dtype, b)},
                lambda result: check("c", result.read("c", "F32"), expected, bounds))  # fmt: skip


def pipeline(height, width):
    pitch = -(-width // 4) * 4
    a, b = ptxsim.randoms(height * pitch, 15), ptxsim.randoms(height, 16)
    terms = [[a[j * pitch + i] * b[j] for j in range(height)] for i in range(width)]
    bounds = [2 * sum_bound(each, height) for each in terms]
    args = [buffer("a"), buffer("b"), fresh("out", 4 * width), {"u32": height}, {"u32": width}, {"u32": pitch}]
    return Case("products.cu", "pipeline", (height, width), -(-width // 256), 64, args,
                {"a": ("F32", a), "b": ("F32", b)},
                lambda result: check("out", result.read("out", "F32"), list(map(sum, terms)), bounds))  # fmt: skip


def packed(kernel, dtype, pairs):
    """Multiples of 1/128: both types have them, products and sums of them are exact in double."""
    a, b, c = ([(value - 128) / 128 for value in integers(2 * pairs, 8, seed)] for seed in (17, 18, 19))
    fused = [x * y + z for x, y, z in zip(a, b, c)]
    expected = fused + [max(value, 0.0) for value in fused] + list(map(max, a, b))
    expected += [x - abs(y) for x, y in zip(a, b)]
    args = [buffer("a"), buffer("b"), buffer("c"), fresh("out", 16 * pairs), {"u32": pairs}]
    return Case("mathematics.cu", kernel, pairs, -(-pairs // 64), 64, args,
                {"a": (dtype, a), "b": (dtype, b), "c": (dtype, c)},
                lambda result: check("out", result.read("out", dtype), ptxsim.rounded(dtype, expected)))  # fmt: skip


# What the kernel computes, and its error in units in the last place of f32 and f64 (CUDA C++
# programming guide, mathematical functions: maximum errors).
def cbrt(x):
    return math.copysign(abs(x) ** (1 / 3), x)


FUNCTIONS = [
    (lambda x, far: math.sin(far * x), 2, 2),
    (lambda x, far: math.exp(20 * x), 2, 1),
    (lambda x, far: math.log(abs(x)), 1, 1),
    (lambda x, far: math.erf(3 * x), 2, 2),
    (lambda x, far: math.tanh(2 * x), 2, 2),
    (lambda x, far: 3 ** (10 * x), 4, 2),
    (lambda x, far: math.lgamma(3 + x), 6, 4),
    (lambda x, far: cbrt(x), 1, 1),
]


def mathematics(kernel, dtype, n):
    values = [value for value in ptxsim.randoms(n, 20, dtype) if value]
    n = len(values)
    bits, far, column = (24, 40000, 1) if dtype == "F32" else (53, 1e9, 2)

    def exactly(factor, x):  # the argument as the kernel rounds it
        return ptxsim.rounded(dtype, [factor * x])[0]

    expected, bounds = [], []
    arguments = [far, 20, 1, 3, 2, 10, None, 1]
    for entry, factor in zip(FUNCTIONS, arguments):
        for x in values:
            x = ptxsim.rounded(dtype, [3 + x])[0] - 3 if factor is None else exactly(factor, x) / factor
            result = entry[0](x, far)
            expected.append(result)
            unit = 2.0 ** (math.frexp(result)[1] - bits)
            # Python's own functions are off by a unit of double, their arguments here by two.
            bounds.append(entry[column] * unit + 16 * 2**-52 * max(abs(result), abs(far * x), 1.0))
    args = [buffer("in"), fresh("out", len(expected) * (4 if dtype == "F32" else 8)), {"u32": n}]
    return Case("mathematics.cu", kernel, n, -(-n // 64), 64, args, {"in": (dtype, values)},
                lambda result: check("out", result.read("out", dtype), expected, bounds))  # fmt: skip


def cases():
    return [
        tree(4096, 3, 256), tree(1003, 5, 64), last_block(4096, 4, 128), last_block(777, 7, 64),
        groups(256, 2, 128), groups(301, 3, 128), grid_wide(1024, 4, 64), grid_wide(999, 5, 128),
        look_back(1024), look_back(1531), look_back(1),
        transpose("padded", 64, 32), transpose("padded", 45, 67), transpose("unpadded", 32, 64),
        transpose("unpadded", 33, 31), histogram(4096, 2, 128), histogram(1001, 3, 96),
        stencil(32, 48), stencil(37, 21), sort_digit(512, 8), sort_digit(777, 28),
        tiled(32, 48, 64), tiled(35, 17, 51), tensor("tensorBf16", "BF16", 32, 64, 48),
        tensor("tensorBf16", "BF16", 16, 48, 80), tensor("tensorTf32", "F32", 32, 32, 24),
        tensor("tensorTf32", "F32", 16, 48, 40), pipeline(16, 512), pipeline(7, 301), pipeline(1, 3),
        packed("halves", "F16", 128), packed("halves", "F16", 77), packed("bfloats", "BF16", 64),
        packed("bfloats", "BF16", 99), mathematics("single", "F32", 128), mathematics("single", "F32", 101),
        mathematics("twice", "F64", 64), mathematics("twice", "F64", 95),
    ]  # fmt: skip


def broken():
    """(value of BROKEN, kind of the report, launch)"""
    return [
        (1, "race", tree(1003, 5, 64)),
        (2, "race", last_block(777, 7, 64)),
        (1, "race", look_back(1531)),
        (2, "race", look_back(1024)),
        (1, "race", transpose("padded", 45, 67)),
        (2, "uninitialised", histogram(1001, 3, 96)),
        (3, "bounds", stencil(37, 21)),
        (4, "deadlock", stencil(37, 21)),
        (1, "race", sort_digit(777, 28)),
        (1, "async", pipeline(7, 301)),
        (2, "race", tiled(35, 17, 51)),
    ]
