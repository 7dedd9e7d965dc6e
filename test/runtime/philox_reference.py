# RUN: %python %s | diff - %source/test/runtime/Inputs/philox.txt
"""Random numbers of the runtime from their description (runtime/Core/Philox.md), in plain Python.

Prints initial weights as the bits of f32 and orders of epochs. The same file is compared with what
the runtime computes (test/runtime/PhiloxTest.cpp).
"""
import math
import struct

MASK = 0xFFFFFFFF


def philox(counter, key):
    c, k = list(counter), list(key)
    for _ in range(10):
        a, b = 0xD2511F53 * c[0], 0xCD9E8D57 * c[2]
        c = [(b >> 32) ^ c[1] ^ k[0], b & MASK, (a >> 32) ^ c[3] ^ k[1], a & MASK]
        k = [(k[0] + 0x9E3779B9) & MASK, (k[1] + 0xBB67AE85) & MASK]
    return c


def draw(seed, stream, index, block):
    return philox((block & MASK, block >> 32, index, stream), (seed & MASK, seed >> 32))


def initial(seed, parameter, count, deviation):
    weights = []
    for block in range((count + 3) // 4):
        w = [(word + 0.5) / 2**32 for word in draw(seed, 1, parameter, block)]
        for u, v in (w[:2], w[2:]):
            r, a = math.sqrt(-2 * math.log(u)), 2 * math.pi * v
            weights += [deviation * r * math.cos(a), deviation * r * math.sin(a)]
    return weights[:count]


def order(seed, epoch, n):
    result = list(range(n))
    for d in range(n - 1):
        w = draw(seed, 2, epoch, d // 2)[2 * (d % 2):]
        j = (w[0] + (w[1] << 32)) * (n - d) >> 64
        result[n - 1 - d], result[j] = result[j], result[n - 1 - d]
    return result


if __name__ == "__main__":
    for seed in (0, 43, 2**40 + 7):
        for parameter, (out, fan_in) in ((0, (3, 4)), (2, (2, 3)), (4, (7, 5))):
            weights = initial(seed, parameter, out * fan_in, math.sqrt(1 / fan_in))
            bits = " ".join(struct.pack(">f", w).hex() for w in weights)
            print(f"initial {seed} {parameter} {out} {fan_in}: {bits}")
        for epoch, n in ((0, 10), (1, 10), (3, 17), (0, 1)):
            print(f"order {seed} {epoch} {n}:", *order(seed, epoch, n))
