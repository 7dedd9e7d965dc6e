# RUN: %python %s %tools %examples/spirals/model.dp %t.folder
"""Weights with wrong names, shapes or types (language.md T10), and files that are no safetensors, exit with 1
and name every tensor that is wrong."""

import os
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import safetensors

model, folder = sys.argv[2:4]
subprocess.run(["rm", "-rf", folder], check=True)
os.makedirs(folder)
good, weights, inputs = (os.path.join(folder, name) for name in ("good", "weights", "inputs"))
subprocess.run(["dpc", "train", model, "--max-steps", "0", "--out", good], check=True)
tensors = safetensors.read(good)
safetensors.write(inputs, {"x": safetensors.normal([3, 2], 1), "y": safetensors.classes(3, 2, 2)})


def run(code, words, expected):
    done = subprocess.run(["dpc", *words], capture_output=True, text=True)
    assert done.returncode == code, (words, done.returncode, done.stderr)
    assert bool(done.stderr) == (code != 0), done.stderr
    for text in expected:
        assert text in done.stderr, (text, done.stderr)


def check(code, *expected):
    out = os.path.join(folder, "out")
    run(code, ["eval", model, "--weights", weights], expected)
    run(code, ["train", model, "--init", weights, "--max-steps", "1", "--out", out], expected)
    run(code, ["probe", model, "--weights", weights, "--inputs", inputs, "--dump", out], expected)
    run(code, ["probe", model, "--weights", weights, "--inputs", inputs, "--dump", out,
               "--target", "reference"], expected)


def changed(change):
    copy = dict(tensors)
    change(copy)
    safetensors.write(weights, copy)


changed(lambda copy: None)
check(0)
changed(lambda copy: copy.pop("h2.weight"))
check(1, "h2.weight")
changed(lambda copy: copy.update({"h9.weight": copy["h2.weight"]}))
check(1, "h9.weight")
changed(lambda copy: (copy.update({"H1.weight": copy.pop("h1.weight")}), copy.pop("output.bias")))
check(1, "H1.weight", "h1.weight", "output.bias")
changed(lambda copy: copy.update({"h1.weight": ("F32", [2, 32], copy["h1.weight"][2])}))
check(1, "h1.weight", "[2, 32]", "[32, 2]")
changed(lambda copy: copy.update({"h1.bias": ("F64", [32], list(copy["h1.bias"][2]))}))
check(1, "h1.bias", "F64", "F32")

for value in ("nan", "-inf"):
    changed(lambda copy: copy.update({"h1.bias": ("F32", [32], [0.0] * 31 + [float(value)])}))
    check(1, "h1.bias", value, "not finite")

with open(good, "rb") as stream:
    content = stream.read()


def raw(new, *expected):
    with open(weights, "wb") as stream:
        stream.write(new)
    check(1, "weights", *expected)


raw(b"")
raw(content[:4])
raw(content[:40])
raw(content[:-4])
raw(content + b"\0")
raw(b"\xff" * 8 + content[8:])
raw(content[:8] + b"[" + content[9:])
os.remove(weights)
check(1, "weights")
os.makedirs(weights)
check(1, "weights")

# Inputs of a probe.
def probe(code, tensors, *expected, target="cpu"):
    safetensors.write(inputs, tensors)
    dump = os.path.join(folder, "dump")
    run(code, ["probe", model, "--weights", good, "--inputs", inputs, "--dump", dump, "--target",
               target], expected)


x, y = safetensors.normal([3, 2], 1), safetensors.classes(3, 2, 2)
for target in ("cpu", "reference"):
    probe(0, {"x": x, "y": y}, target=target)
    probe(0, {"x": x, "y": safetensors.normal([3, 2], 3)}, target=target)
    probe(1, {"x": x}, "`y`", target=target)
    probe(1, {"y": y}, "`x`", target=target)
    probe(1, {"x": safetensors.normal([3, 3], 1), "y": y}, "x", target=target)
    probe(1, {"x": x, "y": safetensors.classes(4, 2, 2)}, "y", target=target)
    probe(1, {"x": x, "y": ("I64", [3], [0, 2, 1])}, "2", target=target)
    probe(1, {"x": x, "y": ("I64", [3], [0, -1, 1])}, "-1", target=target)
    probe(1, {"x": ("F32", [0, 2], []), "y": ("I64", [0], [])}, "x", target=target)
    probe(1, {"x": ("I64", [3, 2], [0] * 6), "y": y}, "x", target=target)
