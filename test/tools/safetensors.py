"""safetensors files and random numbers for tests, with nothing but Python's standard library."""

import array
import json
import math
import random
import struct

CODES = {"F32": "f", "F64": "d", "I64": "q"}


def read(path):
    """{name: (dtype, shape, array)}"""
    with open(path, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        header = json.loads(stream.read(length))
        data = stream.read()
    header.pop("__metadata__", None)
    tensors = {}
    for name, entry in header.items():
        begin, end = entry["data_offsets"]
        values = array.array(CODES[entry["dtype"]])
        values.frombytes(data[begin:end])
        tensors[name] = (entry["dtype"], entry["shape"], values)
    return tensors


def write(path, tensors):
    header, data = {}, b""
    for name, (dtype, shape, values) in tensors.items():
        content = array.array(CODES[dtype], values).tobytes()
        header[name] = {
            "dtype": dtype,
            "shape": list(shape),
            "data_offsets": [len(data), len(data) + len(content)],
        }
        data += content
    text = json.dumps(header).encode()
    with open(path, "wb") as stream:
        stream.write(struct.pack("<Q", len(text)) + text + data)


def normal(shape, seed):
    source = random.Random(seed)
    return ("F32", shape, [source.gauss(0, 1) for _ in range(math.prod(shape))])


def classes(rows, outputs, seed):
    source = random.Random(seed)
    return ("I64", [rows], [source.randrange(outputs) for _ in range(rows)])


def difference(a, b):
    """Largest difference relative to the largest value of `b`; infinite for anything not finite."""
    if list(a[1]) != list(b[1]):
        return math.inf
    largest = max((abs(value) for value in b[2]), default=0.0)
    worst = 0.0
    for left, right in zip(a[2], b[2]):
        if not (math.isfinite(left) and math.isfinite(right)):
            return math.inf
        worst = max(worst, abs(left - right))
    return worst / largest if largest > 0 else worst
