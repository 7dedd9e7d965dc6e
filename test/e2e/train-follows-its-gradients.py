# RUN: %python %s %tools %examples/spirals %t.folder
"""Five training steps without shuffling, a partial last batch among them, give the weights that an optimizer
written here computes in double from the reference's gradients on those batches (language.md T3-T6)."""

import array
import math
import os
import subprocess
import sys
import zipfile

sys.path.insert(0, sys.argv[1])
import safetensors

examples, folder = sys.argv[2:4]
os.makedirs(folder, exist_ok=True)
model = os.path.join(examples, "model.dp")
# 600 samples in batches of 250: the third step has 100 rows, the fourth starts the next epoch.
BATCHES = ((0, 250), (250, 500), (500, 600), (0, 250), (250, 500))
RATES = [0.1, 0.1, 0.1, 0.1, 0.1]
WARMUP = "warmup_cosine(peak = 0.2, start = 0.05, end = 0.01, warmup = 1, decay = 2)"
WARMUP_RATES = [0.05 + 0.15 * step / 3 for step in range(3)] + [
    0.01 + 0.19 * (1 + math.cos(math.pi * step / 3)) / 2 for step in range(2)
]


def member(name, code, header_code):
    with zipfile.ZipFile(os.path.join(examples, "spirals.npz")) as archive:
        content = archive.read(name + ".npy")
    length = int.from_bytes(content[8:10], "little")
    assert header_code in content[: 10 + length], name
    values = array.array(code)
    values.frombytes(content[10 + length :])
    return values


x, y = member("x_train", "f", b"<f4"), member("y_train", "B", b"|u1")
weights, trained = os.path.join(folder, "w"), os.path.join(folder, "trained")
inputs, dump = os.path.join(folder, "x"), os.path.join(folder, "dump")


def sgd(momentum=0.0, decay=0.0, nesterov=False):
    velocity = {}

    def step(name, index, weight, gradient, rate, count):
        g = gradient + decay * weight
        v = velocity[name, index] = momentum * velocity.get((name, index), 0.0) + g
        return weight - rate * (g + momentum * v if nesterov else v)

    return step


def adam(beta1=0.9, beta2=0.999, epsilon=1e-8):
    moments = {}

    def step(name, index, weight, gradient, rate, count):
        first, second = moments.get((name, index), (0.0, 0.0))
        first = beta1 * first + (1 - beta1) * gradient
        second = beta2 * second + (1 - beta2) * gradient * gradient
        moments[name, index] = first, second
        mean, square = first / (1 - beta1**count), second / (1 - beta2**count)
        return weight - rate * mean / (math.sqrt(square) + epsilon)

    return step


def check(optimizer, setting, rate, rates, bound):
    settings = []
    for value in ("batch=250", "data.shuffle=false", f"optimizer={setting}", f"rate={rate}"):
        settings += ["--set", value]

    def dpc(*words):
        subprocess.run(["dpc", *words, *settings], check=True, stdout=subprocess.DEVNULL)

    dpc("train", model, "--max-steps", "0", "--out", weights)
    dpc("train", model, "--init", weights, "--max-steps", str(len(BATCHES)), "--out", trained)
    for count, ((begin, end), now) in enumerate(zip(BATCHES, rates), 1):
        safetensors.write(inputs, {
            "x": ("F32", [end - begin, 2], x[2 * begin : 2 * end]),
            "y": ("I64", [end - begin], list(y[begin:end])),
        })
        dpc("probe", model, "--weights", weights, "--inputs", inputs, "--dump", dump,
            "--target", "reference", "--steps", "0")
        gradients, before = safetensors.read(dump), safetensors.read(weights)
        safetensors.write(weights, {
            name: ("F32", shape, [
                optimizer(name, index, weight, gradient, now, count)
                for index, (weight, gradient) in enumerate(zip(values, gradients[name + ".gradient"][2]))
            ])
            for name, (_, shape, values) in before.items()
        })
    expected, found = safetensors.read(weights), safetensors.read(trained)
    assert set(expected) == set(found), (sorted(expected), sorted(found))
    worst = max(safetensors.difference(found[name], expected[name]) for name in expected)
    print(f"{setting}, {rate}: largest difference {worst:.1e}")
    assert worst <= bound, (setting, rate, worst)


check(sgd(), "sgd", "constant(0.1)", RATES, 1e-5)
check(sgd(0.9, 5e-4), "sgd(momentum = 0.9, weight_decay = 5e-4)", "constant(0.1)", RATES, 1e-5)
check(sgd(0.8, nesterov=True), "sgd(momentum = 0.8, nesterov = true)", WARMUP, WARMUP_RATES, 1e-5)
check(adam(), "adam", "constant(0.01)", [0.01] * 5, 1e-4)
check(adam(0.75, 0.5, 0.125), "adam(beta1 = 3/4, beta2 = 1/2, epsilon = 1/8)", "constant(0.1)", RATES, 1e-5)
