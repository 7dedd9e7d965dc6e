"""Products before and after scheduling (docs/derivation.md 9), from `dpc info --json`.

RUN: %python %s %t
"""

import json
import os
import subprocess
import sys


def chain(layers, objective, inference):
    """A chain of `layers` dense layers of width 8."""
    lines, last = ["network net(x: f32[8]) -> f32[8] {"], "x"
    for i in range(1, layers):
        lines.append(f"  h{i} = relu(dense({last}, 8));")
        last = f"h{i}"
    lines.append(f"  return dense({last}, 8);\n}}")
    lines.append(f"train {{ objective {objective}; inference {inference}; batch 4; }}")
    return "\n".join(lines) + "\n"


def counts(folder, layers, objective, inference):
    path = os.path.join(folder, "chain.dp")
    with open(path, "w") as text:
        text.write(chain(layers, objective, inference))
    products = json.loads(subprocess.check_output(["dpc", "info", path, "--json"]))["products"]
    return sum(products["unrolled"].values()), sum(products["scheduled"].values())


def check(folder, layers, objective, inference, expected):
    found = counts(folder, layers, objective, inference)
    if found != expected:
        sys.exit(f"{layers} layers, {objective}, {inference}: expected {expected}, found {found}")


folder = sys.argv[1]
os.makedirs(folder, exist_ok=True)
DPT = "dp_transpose(alpha = {})"

# Sixteen layers: back-propagation's 47 products wherever the result is back-propagation's.
for objective, scheduled in [
    ("backprop", 47),
    (DPT.format("0"), 47),
    (DPT.format("1"), 47),
    (DPT.format("1/2"), 243),
    (DPT.format("1/4"), 243),
    ("dp(alpha = 0)", 272),
    ("dp(alpha = 1/4)", 272),
    ("dp(alpha = 1/2)", 272),
    ("dp(alpha = 1)", 272),
    ("lpom", 272),
    ("damped_dp(alpha = 1/2)", 272),
]:
    check(folder, 16, objective, "forward(passes = 16)", (528, scheduled))

# Six layers: asymmetries 0 and 1 may be mixed; one layer at one half costs its triangle.
MIXED = "dp_transpose(alpha = 0, alpha[h1] = 1, alpha[h4] = 1)"
check(folder, 6, MIXED, "forward(passes = 6)", (78, 17))
check(folder, 6, "dp_transpose(alpha = 0, alpha[h3] = 1/2)", "forward(passes = 6)", (78, 28))

# The closed forms: 3L - 1, (L - 1)(L - 2) + 2L + 1 and L(L + 1), of 2L^2 + L.
for layers in (2, 4, 8):
    inference, raw = f"forward(passes = {layers})", 2 * layers**2 + layers
    check(folder, layers, "backprop", inference, (raw, 3 * layers - 1))
    triangle = (layers - 1) * (layers - 2) + 2 * layers + 1
    check(folder, layers, DPT.format("1/2"), inference, (raw, triangle))
    check(folder, layers, "dp(alpha = 1/2)", inference, (raw, layers * (layers + 1)))

# Every sequence that reaches all layers collapses at asymmetry 0; fewer passes reach fewer layers.
for inference, raw in [
    ("forward(passes = 32)", 1024),
    ("forward_backward(passes = 1)", 63),
    ("forward_backward(passes = 2)", 124),
    ("backward", 63),
    ("odd_even(passes = 16)", 528),
    ("even_odd(passes = 16)", 528),
    ("jacobi(passes = 16)", 528),
]:
    check(folder, 16, DPT.format("0"), inference, (raw, 47))
check(folder, 16, DPT.format("0"), "forward(passes = 8)", (280, 31))
check(folder, 16, DPT.format("1/2"), "forward(passes = 8)", (280, 67))
check(folder, 16, "dp(alpha = 1/2)", "forward(passes = 8)", (280, 80))
check(folder, 16, DPT.format("1/2"), "forward(passes = 32)", (1024, 691))
check(folder, 16, "dp(alpha = 1/2)", "forward(passes = 32)", (1024, 752))
