"""Runs kernels in dpc-ptxsim: buffers go in and come out as Python lists. The standard library only,
because these tests shall run wherever the project builds."""

import itertools
import json
import os
import random
import shutil
import struct
import subprocess
import tempfile

TYPES = {"F32": "f", "F64": "d", "I32": "i", "U32": "I", "I64": "q", "U64": "Q", "I16": "h"}
TYPES |= {"U16": "H", "U8": "B", "I8": "b", "F16": "e"}


def to_bf16(value):
    """`value` rounded to nearest even, as the bits of a bfloat16."""
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return (bits + 0x7FFF + (bits >> 16 & 1)) >> 16


def from_bf16(bits):
    return struct.unpack("<f", struct.pack("<I", bits << 16))[0]


def to_tf32(value):
    bits = struct.unpack("<I", struct.pack("<f", value))[0]
    return struct.unpack("<f", struct.pack("<I", (bits + 0x1000) & 0xFFFFE000))[0]


def pack(dtype, values):
    if dtype == "BF16":
        values, code = [to_bf16(value) for value in values], "H"
    else:
        code = TYPES[dtype]
    return struct.pack(f"<{len(values)}{code}", *values)


def unpack(dtype, data):
    code = "H" if dtype == "BF16" else TYPES[dtype]
    values = list(struct.unpack(f"<{len(data) // struct.calcsize(code)}{code}", data))
    return [from_bf16(value) for value in values] if dtype == "BF16" else values


def rounded(dtype, values):
    return unpack(dtype, pack(dtype, values))


def randoms(count, seed, dtype="F32"):
    """Numbers in [-1, 1) that `dtype` has exactly."""
    source = random.Random(seed)
    return rounded(dtype, [source.random() * 2 - 1 for _ in range(count)])


def write_safetensors(path, buffers):
    header, blob = {}, b""
    for name, (dtype, values) in buffers.items():
        data = pack(dtype, values)
        header[name] = {"dtype": dtype, "shape": [len(values)]}
        header[name]["data_offsets"] = [len(blob), len(blob) + len(data)]
        blob += data
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text + blob)


def read_safetensors(path):
    """{name: bytes}"""
    with open(path, "rb") as file:
        data = file.read()
    size = struct.unpack_from("<Q", data)[0]
    header = json.loads(data[8 : 8 + size])
    header.pop("__metadata__", None)
    return {
        name: data[8 + size + entry["data_offsets"][0] : 8 + size + entry["data_offsets"][1]]
        for name, entry in header.items()
    }


class Result:
    def __init__(self, code, stderr, report, outputs):
        self.code, self.stderr, self.report, self.outputs = code, stderr, report, outputs

    @property
    def kinds(self):
        return sorted({error["kind"] for error in self.report.get("errors", [])})

    def read(self, name, dtype):
        return unpack(dtype, self.outputs[name])


def dim(value):
    return ",".join(map(str, value)) if isinstance(value, (list, tuple)) else str(value)


class Simulator:
    """Keeps its files in a folder of its own, which goes away with it."""

    numbers = itertools.count()

    def __init__(self, tool=None):
        self.tool = tool or os.environ.get("DPC_PTXSIM") or shutil.which("dpc-ptxsim")
        if not self.tool:
            raise SystemExit("dpc-ptxsim is not in PATH")
        self.temporary = tempfile.TemporaryDirectory(prefix="ptxsim-")
        self.folder = self.temporary.name

    def run(self, ptx, kernel, grid, block, args, buffers=None, shared=0, order=None, flags=()):
        """`buffers`: {name: (dtype, values)}. Exit code 0 or 5, anything else raises."""
        base = os.path.join(self.folder, str(next(self.numbers)))
        if "\n" in ptx:
            with open(base + ".ptx", "w", encoding="utf-8") as file:
                file.write(ptx)
            ptx = base + ".ptx"
        with open(base + ".json", "w", encoding="utf-8") as file:
            json.dump(args, file)
        write_safetensors(base + ".in", buffers or {})
        command = [self.tool, ptx, "--kernel", kernel, "--grid", dim(grid), "--block", dim(block)]
        command += ["--args", base + ".json", "--inputs", base + ".in", "--dump", base + ".out"]
        command += ["--report", base + ".report", "--shared", str(shared), *flags]
        if order is not None:
            command += ["--order", str(order)]
        run = subprocess.run(command, capture_output=True, text=True, check=False)
        if run.returncode not in (0, 5):
            raise RuntimeError(f"exit {run.returncode}\n{run.stderr[-2000:]}")
        with open(base + ".report", encoding="utf-8") as file:
            report = json.load(file)
        result = Result(run.returncode, run.stderr, report, read_safetensors(base + ".out"))
        for suffix in (".ptx", ".json", ".in", ".out", ".report"):
            if os.path.exists(base + suffix):
                os.remove(base + suffix)
        return result


def buffer(name, offset=0):
    return {"buffer": name, "offset": offset}


def fresh(name, size):
    return {"buffer": name, "bytes": size}


def check(name, got, expected, bound=0.0):
    """Every element within `bound` (a number, or one per element) of `expected`; says which not."""
    if len(got) != len(expected):
        raise AssertionError(f"{name}: {len(got)} elements, {len(expected)} expected")
    for index, (value, right) in enumerate(zip(got, expected)):
        limit = bound[index] if isinstance(bound, list) else bound
        if not abs(value - right) <= limit:
            raise AssertionError(f"{name}[{index}] = {value}, expected {right} within {limit}")
