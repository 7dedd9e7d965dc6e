# RUN: %python %s %tools %examples/spirals/model.dp %t.folder
"""Settings reach the initial weights and the order of the samples: kinds and gains scale the same random
numbers, layer by layer (language.md T7, T10), the seed chooses them (T3), the tail is for validation (T2)."""

import math
import os
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import safetensors

model, folder = sys.argv[2:4]
os.makedirs(folder, exist_ok=True)
out, start = os.path.join(folder, "out"), os.path.join(folder, "start")


def train(*words):
    return subprocess.run(["dpc", "train", model, *words], check=True, capture_output=True, text=True).stdout


def weights(*settings):
    train("--max-steps", "0", "--out", out, *(word for value in settings for word in ("--set", value)))
    return {name: values for name, (_, shape, values) in safetensors.read(out).items() if len(shape) == 2}


def same(found, expected):
    for name, values in expected.items():
        assert all(math.isclose(a, b, rel_tol=1e-6) for a, b in zip(found[name], values)), name


lecun = weights("initialize=lecun_normal")
shapes = {name: shape for name, (_, shape, _) in safetensors.read(out).items()}


def scaled(factor):
    return {name: [factor(name) * value for value in values] for name, values in lecun.items()}


same(weights("initialize=he_normal"), scaled(lambda name: math.sqrt(2)))
same(weights("initialize=glorot_normal"),
     scaled(lambda name: math.sqrt(2 * shapes[name][1] / sum(shapes[name]))))
same(weights("initialize=lecun_normal(gain = 3, gain[h2] = 1/2)"),
     scaled(lambda name: 0.5 if name == "h2.weight" else 3))
seven, eight = (weights("initialize=lecun_normal", f"seed={seed}") for seed in (7, 8))
assert seven != eight and eight == weights("initialize=lecun_normal", "seed=8")

# The same start in another order ends elsewhere; what is held back is said.
train("--max-steps", "0", "--out", start)


def trained(*words):
    text = train("--init", start, "--max-steps", "2", "--out", out, *words)
    assert "test accuracy" not in text, text
    return text, safetensors.read(out)


seven, again, eight = (trained("--set", f"seed={seed}")[1] for seed in (7, 7, 8))
assert seven == again and seven != eight
assert "450 training samples, 150 for validation" in trained("--set", "data.validation=1/4")[0]
