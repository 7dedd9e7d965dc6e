# RUN: %python %s %tools %examples/spirals %t.folder
"""Five training steps without shuffling, a partial last batch among them, are five optimizer steps of
the reference on those batches."""

import os
import subprocess
import sys
import zipfile
import array

sys.path.insert(0, sys.argv[1])
import safetensors

examples, folder = sys.argv[2:4]
os.makedirs(folder, exist_ok=True)
model = os.path.join(examples, "model.dp")
settings = []
# 600 samples in batches of 250: the third and the next epoch's are partial or start anew.
for value in ("batch=250", "data.shuffle=false", "optimizer=sgd", "optimizer.weight_decay=0.01",
              "rate=constant(0.1)"):
    settings += ["--set", value]


def member(name, code, header_code):
    with zipfile.ZipFile(os.path.join(examples, "spirals.npz")) as archive:
        content = archive.read(name + ".npy")
    length = int.from_bytes(content[8:10], "little")
    assert header_code in content[: 10 + length], name
    values = array.array(code)
    values.frombytes(content[10 + length :])
    return values


x, y = member("x_train", "f", b"<f4"), member("y_train", "B", b"|u1")
weights = os.path.join(folder, "w")


def dpc(*words):
    subprocess.run(["dpc", *words, *settings], check=True, stdout=subprocess.DEVNULL)


dpc("train", model, "--max-steps", "0", "--out", weights)
trained = os.path.join(folder, "trained")
dpc("train", model, "--init", weights, "--max-steps", "5", "--out", trained)

for begin, end in ((0, 250), (250, 500), (500, 600), (0, 250), (250, 500)):
    inputs, dump = os.path.join(folder, "x"), os.path.join(folder, "dump")
    safetensors.write(inputs, {
        "x": ("F32", [end - begin, 2], x[2 * begin : 2 * end]),
        "y": ("I64", [end - begin], list(y[begin:end])),
    })
    dpc("probe", model, "--weights", weights, "--inputs", inputs, "--dump", dump,
        "--target", "reference")
    found = safetensors.read(dump)
    safetensors.write(weights, {
        name[: -len(".next")]: ("F32", shape, values)
        for name, (_, shape, values) in found.items() if name.endswith(".next")
    })

expected, found = safetensors.read(weights), safetensors.read(trained)
assert set(expected) == set(found), (sorted(expected), sorted(found))
worst = max(safetensors.difference(found[name], expected[name]) for name in expected)
print("largest difference", worst)
sys.exit(not worst <= 1e-5)
