# RUN: %python %s %tools %t.folder
"""The damped methods of the prelude against the rules of spec.md 5.3 written out for units in a row: every
hidden layer keeps a share of its last state (damped_dp) or pre-activation (mirror_damped_dp), the output
nothing; where the states settle, dp's do."""

import math
import os
import subprocess
import sys

tools, folder = sys.argv[1:3]
sys.path.insert(0, tools)
import safetensors

os.makedirs(folder, exist_ok=True)
model, weights, inputs, dump = (os.path.join(folder, name) for name in ("m.dp", "w", "x", "dump"))
ALPHA, BETA, DAMPING = 1 / 4, 1 / 2, 3 / 4
W = {"h1": (0.875, 0.25), "h2": (-0.75, 1.0), "output": (0.625, -0.125)}  # weight, bias
X, Y = 0.5, 1.25
FORWARD_BACKWARD = {1: (3, 2, 1), 2: (3, 2, 1, 2, 3, 2, 1, 1), 30: (3, 2) + 29 * (1, 2, 3, 2, 1) + (1,)}

safetensors.write(inputs, {"x": ("F32", [1, 1], [X]), "y": ("F32", [1, 1], [Y])})
safetensors.write(weights, {
    f"{layer}.{name}": ("F32", [1, 1] if name == "weight" else [1], [value])
    for layer, values in W.items()
    for name, value in zip(("weight", "bias"), values)
})


def relu(value):
    return max(value, 0.0)


def states(mirror, activation, damping, sequence):
    """plus and minus of the three layers after the updates of `sequence`."""
    f = {1: activation, 2: activation, 3: lambda value: value}
    weight, bias = zip((0, 0), *W.values())
    s, kept = {0: (X, X)}, {}  # kept: what damping remembers
    for k in (1, 2, 3):
        a = weight[k] * s[k - 1][0] + bias[k]
        s[k] = (f[k](a),) * 2
        kept[k] = (a, a) if mirror else s[k]
    for k in sequence:
        a = weight[k] * (ALPHA * s[k - 1][0] + (1 - ALPHA) * s[k - 1][1]) + bias[k]
        if k == 3:
            g = a - Y
            s[3] = (a - ALPHA * BETA * g, a + (1 - ALPHA) * BETA * g)
            continue
        v = weight[k + 1] * (s[k + 1][0] - s[k + 1][1])
        z = tuple(
            (a + c * v + damping * old) / (1 + damping)
            for c, old in zip((ALPHA, ALPHA - 1), kept[k])
        )
        s[k] = f[k](z[0]), f[k](z[1])
        kept[k] = z if mirror else s[k]
    return [value for k in (1, 2, 3) for value in s[k]]


def probe(method, activation, passes):
    with open(model, "w") as stream:
        stream.write(f"""network net(x: f32[1]) {{
  h1 = {activation}(dense(x, 1));
  h2 = {activation}(dense(h1, 1));
  return dense(h2, 1);
}}
train {{ objective {method}; loss half_squared_error; inference forward_backward(passes = {passes}); }}
""")
    subprocess.run(["dpc", "probe", model, "--weights", weights, "--inputs", inputs, "--dump", dump,
                    "--target", "reference"], check=True)
    tensors = safetensors.read(dump)
    return [tensors[f"{layer}.{name}"][2][0] for layer in W for name in ("plus", "minus")]


def same(found, expected, what):
    worst = max(abs(a - b) for a, b in zip(found, expected))
    assert worst < 1e-7, (what, found, expected)


for method, activation, f in (
    ("damped_dp", "relu", relu),
    ("mirror_damped_dp", "relu", relu),
    ("mirror_damped_dp", "tanh", math.tanh),
):
    arguments = f"alpha = {ALPHA}, beta = {BETA}"
    mirror = method.startswith("mirror")
    for passes, sequence in FORWARD_BACKWARD.items():
        found = probe(f"{method}({arguments}, damping = {DAMPING})", activation, passes)
        same(found, states(mirror, f, DAMPING, sequence), (method, activation, passes))
    same(found, probe(f"dp({arguments})", activation, 30), (method, activation, "settled"))
