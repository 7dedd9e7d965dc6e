# RUN: %python %s %tools %examples/mnist-mlp %t.folder
"""What the first training step sees of the idx files is what this script reads from them: pixels divided by
255 and normalised, labels one-hot (language.md T1). And an evaluation counts what a script counts."""

import gzip
import os
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import safetensors

example, folder = sys.argv[2:4]
os.makedirs(folder, exist_ok=True)
model, data = os.path.join(example, "model.dp"), os.path.join(example, "data")
start, trained, inputs, dump = (os.path.join(folder, name) for name in ("w", "trained", "x", "dump"))


def idx(name, header):
    with gzip.open(os.path.join(data, name)) as stream:
        return stream.read()[header:]


def dpc(*words):
    done = subprocess.run(["dpc", *words], check=True, capture_output=True, text=True)
    return done.stdout


def batch(part, begin, end):
    pixels = idx(f"{part}-images-idx3-ubyte.gz", 16)[784 * begin : 784 * end]
    labels = idx(f"{part}-labels-idx1-ubyte.gz", 8)[begin:end]
    table = [(byte / 255 - 0.1307) / 0.3081 for byte in range(256)]
    safetensors.write(inputs, {
        "x": ("F32", [end - begin, 784], [table[byte] for byte in pixels]),
        "y": ("I64", [end - begin], list(labels)),
    })
    return labels


settings = ["--set", "optimizer=sgd", "--set", "rate=constant(0.1)", "--set", "batch=50",
            "--set", "data.shuffle=false"]
dpc("train", model, "--max-steps", "0", "--out", start, *settings)
dpc("train", model, "--init", start, "--max-steps", "1", "--out", trained, *settings)
batch("train", 0, 50)
dpc("probe", model, "--weights", start, "--inputs", inputs, "--dump", dump, *settings)
found, expected = safetensors.read(trained), safetensors.read(dump)
for name in found:
    error = safetensors.difference(found[name], expected[name + ".next"])
    assert error <= 1e-6, (name, error)

# 2,000 test images: as many correct as in a probe of all of them.
dpc("train", model, "--max-steps", "60", "--out", trained)
labels = batch("t10k", 0, 2000)
dpc("probe", model, "--weights", trained, "--inputs", inputs, "--dump", dump, "--steps", "0")
scores = safetensors.read(dump)["output.forward"][2]
correct = sum(
    max(range(10), key=lambda c: scores[10 * row + c]) == label for row, label in enumerate(labels)
)
line = dpc("eval", model, "--weights", trained).splitlines()[-1]
assert line == f"test accuracy {correct / 20:.2f} % ({correct}/2000)", (line, correct)
assert correct > 1500, correct
# The last batch of an evaluation may be partial: the count stays the same.
assert dpc("eval", model, "--weights", trained, "--set", "batch=97").splitlines()[-1] == line
