# RUN: %python %s
"""How the entries of the argument file reach a kernel's parameters, and what the dump says of the
buffers."""

import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "lib"))
import ptxsim

# Copies its parameters to `out`: the struct, then the numbers.
TEXT = """.version 8.0
.target sm_80
.address_size 64
.visible .entry kernel(.param .u64 out, .param .align 8 .b8 s[40], .param .u32 a, .param .u32 b, .param .f32 c,
                       .param .u64 d, .param .u64 e, .param .f64 f, .param .f32 g, .param .f32 h)
{
  .reg .b32 %r<2>;
  .reg .b64 %rd<2>;
  ld.param.u64 %rd0, [out];
"""
OFFSETS = [("s", 8 * i, "64", 8 * i) for i in range(5)] + [("a", 0, "32", 40), ("b", 0, "32", 44)]
OFFSETS += [("c", 0, "32", 48), ("g", 0, "32", 52), ("h", 0, "32", 56), ("d", 0, "64", 64), ("e", 0, "64", 72)]
OFFSETS += [("f", 0, "64", 80)]
for name, offset, bits, to in OFFSETS:
    register = "%r1" if bits == "32" else "%rd1"
    TEXT += f"  ld.param.b{bits} {register}, [{name}+{offset}];\n  st.global.b{bits} [%rd0+{to}], {register};\n"
# What the pointers of the struct point to.
for member, to in ((1, 88), (3, 92)):
    TEXT += f"  ld.param.u64 %rd1, [s+{8 * member}];\n  ld.global.u32 %r1, [%rd1];\n"
    TEXT += f"  st.global.u32 [%rd0+{to}], %r1;\n"
TEXT += "  ret;\n}\n"

DATA = bytes(range(64))


def write(path, data):
    with open(path, "wb") as file:
        file.write(data)


def main():
    simulator = ptxsim.Simulator()
    folder = simulator.folder
    os.chdir(folder)
    write("k.ptx", TEXT.encode())
    hexadecimal = "".join(f"{byte:02X}" if byte % 2 else f"{byte:02x}" for byte in range(160, 200))
    pointers = [{"at": 8, "buffer": "data", "offset": 4}, {"at": 24, "buffer": "half", "offset": 8}]
    pointers += [{"at": 32, "buffer": "own", "bytes": 16, "offset": 12}]
    arguments = [{"buffer": "out", "bytes": 96}, {"bytes": hexadecimal, "pointers": pointers}]
    arguments += [{"i32": -2147483648}, {"u32": 4294967295}, {"f32": 0.1}, {"i64": -9223372036854775808}]
    arguments += [{"u64": 18446744073709551615}, {"f64": 0.1}, {"f32": "-inf"}, {"f32": "nan"}]
    write("a.json", json.dumps(arguments).encode())
    # In another order than the names', with a tensor without elements and one of less than a byte each.
    shapes = {"half": ("BF16", [2, 8], 0), "data": ("I8", [32], 32), "none": ("F64", [3, 0], 64), "four": ("F4", [4, 4], 16)}
    sizes = {"half": 32, "data": 32, "none": 0, "four": 8}
    header = {name: {"dtype": dtype, "shape": shape, "data_offsets": [begin, begin + sizes[name]]}
              for name, (dtype, shape, begin) in shapes.items()}  # fmt: skip
    text = json.dumps(header).encode()
    write("i.st", struct.pack("<Q", len(text)) + text + DATA)
    command = [simulator.tool, "k.ptx", "--kernel", "kernel", "--grid", "1", "--block", "1", "--args", "a.json"]
    run = subprocess.run([*command, "--inputs", "i.st", "--dump", "o.st"], capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    with open("o.st", "rb") as file:
        file_bytes = file.read()
    size = struct.unpack_from("<Q", file_bytes)[0]
    written = json.loads(file_bytes[8 : 8 + size])
    assert size % 8 == 0, "the data are not aligned"
    out = ptxsim.read_safetensors("o.st")

    # Inputs keep type and shape, fresh buffers are bytes; nothing overlaps, nothing is left out.
    expected = {name: (dtype, shape) for name, (dtype, shape, _) in shapes.items()}
    expected |= {"out": ("U8", [96]), "own": ("U8", [16])}
    assert {name: (entry["dtype"], entry["shape"]) for name, entry in written.items()} == expected, written
    ranges = sorted(entry["data_offsets"] for entry in written.values() if entry["shape"] != [3, 0])
    assert [end for _, end in ranges] == [begin for begin, _ in ranges[1:]] + [len(file_bytes) - 8 - size], ranges
    for name, (_, _, begin) in shapes.items():
        assert out[name] == DATA[begin : begin + sizes[name]], name

    got = out["out"]
    words = struct.unpack_from("<5Q", got)
    original = bytes.fromhex(hexadecimal)
    assert got[:8] == original[:8] and got[16:24] == original[16:24], "what is no pointer changed"
    # Buffers lie apart and are aligned; an offset is added.
    assert [words[i] % 256 for i in (1, 3, 4)] == [4, 8, 12], words
    assert len({words[i] // 256 for i in (1, 3, 4)}) == 3, words
    numbers = struct.unpack_from("<iIfff", got, 40)
    assert numbers[:2] == (-(2**31), 2**32 - 1), numbers
    assert numbers[2] == struct.unpack("<f", struct.pack("<f", 0.1))[0], numbers
    assert numbers[3] == float("-inf") and numbers[4] != numbers[4], numbers
    assert struct.unpack_from("<qQd", got, 64) == (-(2**63), 2**64 - 1, 0.1)
    assert got[88:92] == DATA[36:40] and got[92:96] == DATA[8:12], "wrong place behind a pointer"


main()
