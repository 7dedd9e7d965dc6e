"""The hand-written kernels of Kernels/: how each is launched and what it must give."""

import itertools
import os
import random

import ptxsim
from ptxsim import buffer, check, fresh

KERNELS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "Kernels")


class Case:
    """A launch of kernel `name`; `test` gets the Result and raises AssertionError if it is wrong."""

    def __init__(self, name, grid, block, args, buffers, test):
        self.name, self.grid, self.block, self.args = name, grid, block, args
        self.buffers, self.test = buffers, test

    def text(self):
        with open(os.path.join(KERNELS, self.name + ".ptx"), encoding="utf-8") as file:
            return file.read()

    def run(self, simulator, ptx, order, flags=()):
        return simulator.run(ptx, self.name, self.grid, self.block, self.args, self.buffers,
                             order=order, flags=flags)  # fmt: skip


def product(name, m, n, k, dtype, transposed, tile, block):
    a, b = ptxsim.randoms(m * k, 1, dtype), ptxsim.randoms(k * n, 2, dtype)
    expected, bounds = [], []
    for i, j in itertools.product(range(m), range(n)):
        column = b[j * k : j * k + k] if transposed else b[j::n]
        terms = [x * y for x, y in zip(a[i * k : i * k + k], column)]
        expected.append(sum(terms))
        bounds.append((k + 2) * 2**-23 * (sum(map(abs, terms)) + 1e-3))
    args = [buffer("A"), buffer("B"), fresh("C", 4 * m * n), {"u32": m}, {"u32": n}, {"u32": k}]
    return Case(name, (-(-n // tile), -(-m // tile)), block, args, {"A": (dtype, a), "B": (dtype, b)},
                lambda result: check("C", result.read("C", "F32"), expected, bounds))  # fmt: skip


def lastblock(n, blocks):
    source = random.Random(3)
    values = [source.getrandbits(20) for _ in range(n)]
    args = [buffer("in"), fresh("partial", 4 * blocks), buffer("count"), fresh("out", 4), {"u32": n}]
    return Case("lastblock", blocks, 128, args, {"in": ("U32", values), "count": ("U32", [0])},
                lambda result: check("out", result.read("out", "U32"), [sum(values)]))  # fmt: skip


def semaphore(blocks, threads):
    source = random.Random(4)
    values = [source.getrandbits(12) for _ in range(blocks * threads)]
    expected = [1] * threads
    for block in range(blocks):
        row = values[block * threads : (block + 1) * threads]
        expected = [3 * old + new for old, new in zip(expected, row)]
    args = [buffer("in"), fresh("D", 4 * threads), buffer("lock")]
    return Case("semaphore", blocks, threads, args, {"in": ("U32", values), "lock": ("U32", [0])},
                lambda result: check("D", result.read("D", "U32"), expected))  # fmt: skip


def histogram(n, blocks):
    source = random.Random(5)
    values = [min(source.getrandbits(8), source.getrandbits(8)) for _ in range(n)]
    expected = [0] * 64
    for value in values:
        expected[value >> 2] += 1
    args = [buffer("in"), buffer("out"), {"u32": n}]
    return Case("histogram", blocks, 96, args, {"in": ("U8", values), "out": ("U32", [0] * 64)},
                lambda result: check("out", result.read("out", "U32"), expected))  # fmt: skip


def warpwise():
    source = random.Random(6)
    values = [source.getrandbits(16) for _ in range(256)]
    expected = []
    for warp in (values[:128], values[128:]):
        own = [
            (warp[lane] + warp[lane + 32] if lane % 2 == 0 else warp[lane + 64] - warp[lane + 96])
            % 2**32
            for lane in range(32)
        ]
        expected += [(5 * own[lane] + own[lane ^ 1] + 16) % 2**32 for lane in range(32)]
    return Case("warpwise", 1, 64, [buffer("in"), fresh("out", 256)], {"in": ("U32", values)},
                lambda result: check("out", result.read("out", "U32"), expected))  # fmt: skip


def pipeline(steps):
    source = random.Random(7)
    values = [source.getrandbits(20) for _ in range(32 * steps)]
    expected = [7 * values[step * 32 + (lane ^ 31)] for step in range(steps) for lane in range(32)]
    args = [buffer("in"), fresh("out", 128 * steps), {"u32": steps}]
    return Case("pipeline", 1, 64, args, {"in": ("U32", values)},
                lambda result: check("out", result.read("out", "U32"), expected))  # fmt: skip


def cases():
    """The launches of a kernel are tried on its mutants in this order."""
    return [
        product("tiled", 19, 21, 37, "F32", False, 16, (16, 16)),
        product("tiled", 32, 16, 32, "F32", False, 16, (16, 16)),
        product("mma", 24, 22, 104, "BF16", True, 16, 64),
        product("mma", 16, 16, 16, "BF16", True, 16, 64),
        product("mma", 1, 2, 8, "BF16", True, 16, 64),
        product("mma", 5, 6, 280, "BF16", True, 16, 64),
        product("mma", 3, 4, 24, "BF16", True, 16, 64),
        lastblock(1001, 3),
        lastblock(2048, 1),
        lastblock(100, 1),
        semaphore(4, 64),
        semaphore(1, 33),
        histogram(500, 2),
        histogram(63, 1),
        warpwise(),
        pipeline(5),
        pipeline(2),
    ]
