# REQUIRES: nvcc, cutlass
# RUN: %python %s %t.folder
"""NVIDIA's CUTLASS in the simulator: products and convolutions of all kinds, compiled here by nvcc,
must be right against double precision and free of reports, whatever the order of warps and blocks.

    cutlass.py FOLDER [--all] [CONFIG ...]    --all: ten orders, more sizes"""

import argparse
import itertools
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import nvcc
import ptxsim

# CONFIG -> (type of A and B, type of C and D, layouts of A and B, sizes M N K splits)
PRODUCTS = {
    "BF16_64_3": ("BF16", "F32", "rc", [(64, 64, 64, 1), (72, 40, 136, 1), (64, 64, 256, 3)]),
    "BF16_64_4": ("BF16", "BF16", "rr", [(70, 72, 96, 1), (128, 64, 200, 2)]),
    "BF16_128_3": ("BF16", "F32", "rr", [(136, 72, 40, 1), (128, 256, 96, 1)]),
    "BF16_ODD": ("BF16", "F32", "rc", [(67, 35, 51, 1), (1, 1, 1, 1), (65, 63, 97, 2)]),
    "BF16_EVEN": ("BF16", "F32", "cr", [(66, 34, 50, 1)]),
    "TF32_64_3": ("TF32", "F32", "rc", [(64, 64, 64, 1), (68, 36, 52, 1)]),
    "TF32_128_4": ("TF32", "F32", "rr", [(132, 68, 36, 1)]),
    "TF32_ODD": ("TF32", "F32", "cc", [(67, 35, 51, 1), (33, 65, 33, 2)]),
    "F16_64_5": ("F16", "F16", "rc", [(64, 72, 136, 1)]),
    "SIMT": ("F32", "F32", "rr", [(64, 64, 64, 1), (67, 35, 51, 1), (65, 1, 33, 3)]),
    "SIMT_3": ("F32", "F32", "rc", [(129, 65, 17, 1)]),
}
# CONFIG -> (type, operation, sizes N H W C K R S pad stride)
CONVOLUTIONS = {
    "FPROP": ("BF16", "fprop", [(2, 8, 8, 16, 32, 3, 3, 1, 1), (1, 7, 9, 8, 24, 3, 3, 1, 2)]),
    "FPROP_TF32": ("TF32", "fprop", [(1, 5, 7, 4, 20, 3, 3, 0, 1)]),
    "FPROP_SIMT": ("F32", "fprop", [(1, 7, 5, 3, 9, 3, 3, 1, 2)]),
    "DGRAD": ("BF16", "dgrad", [(1, 6, 7, 8, 16, 3, 3, 1, 1)]),
    "WGRAD": ("BF16", "wgrad", [(1, 7, 6, 16, 24, 3, 3, 1, 1)]),
    "WGRAD_TF32": ("TF32", "wgrad", [(2, 5, 5, 4, 12, 3, 3, 1, 2)]),
}
ALPHA, BETA = 1.5, 0.5
# Unit roundoff of the stored result.
ROUNDOFF = {"F32": 2**-24, "F16": 2**-11, "BF16": 2**-8}


def values(dtype, count, seed):
    numbers = ptxsim.randoms(count, seed, "F32" if dtype == "TF32" else dtype)
    return [ptxsim.to_tf32(number) for number in numbers] if dtype == "TF32" else numbers


def bound(total, terms, result, out):
    """Products are exact in f32; the sum of `terms` of them, in whatever order and rounding each
    addition towards zero at worst, errs by no more than terms * 2^-23 of the sum of magnitudes."""
    return (terms + 4) * 2**-23 * (total + 1) + 2 * ROUNDOFF[out] * (abs(result) + 1)


def products(config, size):
    kind, out, layouts, _ = PRODUCTS[config]
    m, n, k, splits = size
    a, b, c = values(kind, m * k, 1), values(kind, k * n, 2), values(out, m * n, 3)
    rows = [a[i * k : i * k + k] if layouts[0] == "r" else a[i::m] for i in range(m)]
    columns = [b[j::n] if layouts[1] == "r" else b[j * k : j * k + k] for j in range(n)]
    if kind == "F32":  # a product of two f32 is exact in double
        rows, columns = [list(map(float, row)) for row in rows], columns
    expected, bounds = [], []
    for i, j in itertools.product(range(m), range(n)):
        terms = [x * y for x, y in zip(rows[i], columns[j])]
        result = ALPHA * sum(terms) + BETA * c[i * n + j]
        expected.append(result)
        bounds.append(2 * splits * bound(sum(map(abs, terms)), k, result, out))
    return kind, out, (a, b, c), expected, bounds


def convolution(config, size):
    kind, operation, _ = CONVOLUTIONS[config]
    n, h, w, c, k, r, s, pad, stride = size
    p, q = (h + 2 * pad - r) // stride + 1, (w + 2 * pad - s) // stride + 1
    x, f, y = n * h * w * c, k * r * s * c, n * p * q * k
    counts = {"fprop": (x, f, y), "dgrad": (y, f, x), "wgrad": (y, x, f)}[operation]
    a, b, source = (values(kind, counts[i], i + 1) if i < 2 else values("F32", counts[i], 3) for i in range(3))
    sums, totals, terms = [0.0] * counts[2], [0.0] * counts[2], [0] * counts[2]
    for i, u, v, o, g, l in itertools.product(range(n), range(p), range(q), range(k), range(r), range(s)):
        row, column = u * stride - pad + g, v * stride - pad + l
        if not (0 <= row < h and 0 <= column < w):
            continue
        at = {"x": ((i * h + row) * w + column) * c, "f": ((o * r + g) * s + l) * c}
        at["y"] = ((i * p + u) * q + v) * k + o
        first, second, third = {"fprop": "xfy", "dgrad": "yfx", "wgrad": "yxf"}[operation]
        for channel in range(c):
            place = [at[t] + (channel if t != "y" else 0) for t in (first, second, third)]
            term = a[place[0]] * b[place[1]]
            sums[place[2]] += term
            totals[place[2]] += abs(term)
            terms[place[2]] += 1
    expected = [ALPHA * value + BETA * old for value, old in zip(sums, source)]
    longest = max(terms)
    bounds = [2 * bound(total, longest, result, "F32") for total, result in zip(totals, expected)]
    return kind, "F32", (a, b, source), expected, bounds


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("--all", action="store_true")
    parser.add_argument("configs", nargs="*")
    options = parser.parse_args()
    source = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cutlass.cu")
    simulator = ptxsim.Simulator()
    failures = 0
    everything = PRODUCTS | CONVOLUTIONS
    chosen = options.configs or (everything if options.all else nvcc.QUICK_CUTLASS)
    for config in chosen:
        make = products if config in PRODUCTS else convolution
        program, ptx = nvcc.compile_program(source, os.path.join(options.folder, config), config)
        kernel = nvcc.kernels(simulator.tool, ptx)[0]
        for number, size in enumerate(everything[config][-1]):
            launch = json.loads(subprocess.check_output([program, *map(str, size)]))
            kind, out, (a, b, c), expected, bounds = make(config, size)
            inputs = "F32" if kind == "TF32" else kind
            buffers = {"A": (inputs, a), "B": (inputs, b), "C": (out, c)}
            buffers["D"] = (out, [0.0] * len(c))
            buffers["W"] = ("I32", [0] * max(1, launch["workspace"] // 4))
            args = [{"bytes": launch["bytes"], "pointers": launch["pointers"]}]
            splits = size[3] if config in PRODUCTS else 1
            for order in range(10) if options.all else [number, number + 7]:
                try:
                    result = simulator.run(
                        ptx, kernel, launch["grid"], launch["block"], args, buffers,
                        shared=launch["shared"], order=order, flags=("--max-steps", "20000000"))
                    if result.code:
                        raise AssertionError("reports:\n" + result.stderr[:2000])
                    ptxsim.check("D", result.read("D", out), expected, bounds)
                except (AssertionError, RuntimeError) as error:
                    failures += 1
                    print(f"FAIL {config} {size} splits {splits} order {order}: {error}")
                    break
            else:
                print(f"ok {config} {size}", flush=True)
    sys.exit(failures > 0)


main()
