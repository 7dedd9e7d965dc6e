# RUN: %python %s %tools %t.folder
"""A potential is what it says, not how it is written: reordered, expanded, multiplied by 3, negated with
minimize and maximize exchanged, with half a square for half of dp's G, dp and dp_transpose keep their states and
their products (language.md O17). lpom is dp(alpha = 1) op for op, and dp_transpose without `realize secant` is
back-propagation (derivation.md 6)."""

import json
import os
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import safetensors

folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)
weights, inputs = os.path.join(folder, "w"), os.path.join(folder, "x")

NETWORK = """network net(x: f32[5]) -> f32[3] {
  h1 = relu(dense(x, 9));
  h2 = relu(dense(h1, 9) + h1);
  h3 = relu(dense(h2, 9, weights = h2) - 1/2 * dense(h1, 9));
  return dense(h3, 3);
}
"""
TRAIN = """train {
  loss      softmax_cross_entropy;
  inference forward_backward(passes = 3);
  rate      constant(0.1);
}
"""
PRELUDE = {}
for text in subprocess.run(["dpc", "prelude"], capture_output=True, text=True, check=True).stdout.split(
        "objective ")[1:]:
    PRELUDE[text.split("(")[0]] = "objective " + text


def rewritten(method, *changes):
    text = PRELUDE[method].replace(f"objective {method}(", "objective other(")
    for old, new in changes:
        assert old in text, (method, old)
        text = text.replace(old, new)
    return text


def potential(method, new):
    """The method with another potential; what follows the potential stays."""
    before, rest = PRELUDE[method].replace(f"objective {method}(", "objective other(").split("  potential ")
    return f"{before}  potential {new};{rest.split(';', 1)[1]}"


NEGATED_DP = """-alpha * loss(plus, at = point) - (1 - alpha) * loss(minus, at = point)
          - sum over layers (1/beta * (E(plus) - E(minus)))"""
HALF_G = "define E(z) = 1/2 * G(z) + 1/4 * square(z) - dot(z, preactivation(mean));"
DELTA = "1/beta * dot(delta, inverse(mean) - preactivation(mean))"
REWRITINGS = {
    "dp": {
        "reordered": potential("dp", """sum over layers ((E(plus) - E(minus)) / beta)
          + loss(minus, at = point) * (1 - alpha) + loss(plus, at = point) * alpha"""),
        "expanded": potential("dp", """alpha * loss(plus, at = point) + loss(minus, at = point)
          - alpha * loss(minus, at = point)
          + sum over hidden (1/beta * G(plus)) - sum over layers (1/beta * dot(plus, preactivation(mean)))
          - sum over layers (1/beta * (G(minus) - dot(minus, preactivation(mean))))
          + sum over output (G(plus)) / beta"""),
        "split": potential("dp", """alpha * loss(plus, at = point) + (1 - alpha) * loss(minus, at = point)
          + sum over output (1/beta * (E(plus) - E(minus))) + sum over hidden (1/beta * (G(plus) - G(minus)
            - dot(plus - minus, alpha * preactivation(plus) + (1 - alpha) * preactivation(minus))))"""),
        "tripled": potential("dp", """3 * (alpha * loss(plus, at = point) + (1 - alpha) * loss(minus, at = point)
          + sum over layers (1/beta * (E(plus) - E(minus))))"""),
        "negated": potential("dp", NEGATED_DP).replace(
            "minimize plus; maximize minus;", "maximize plus; minimize minus;"),
        "half a square": rewritten("dp", ("define E(z) = G(z) - dot(z, preactivation(mean));", HALF_G)),
        "another order of compartments": rewritten("dp", ("state plus, minus;", "state minus, plus;")),
        "decimals": potential("dp", """0.5 * (2 * alpha * loss(plus, at = point) + (2 - 2 * alpha) * loss(minus, at = point))
          + sum over layers (0.25/beta * 4.0 * (E(plus) - E(minus)))"""),
    },
    "dp_transpose": {
        "reordered": potential("dp_transpose", """sum over layers (dot(inverse(mean) - preactivation(mean), delta) / beta)
          + loss(mean, at = point)"""),
        "expanded": potential("dp_transpose", """loss(mean, at = point)
          + sum over layers (1/beta * dot(plus, inverse(mean)) - 1/beta * dot(minus, inverse(mean)))
          - sum over hidden (1/beta * dot(plus, preactivation(mean)) - 1/beta * dot(minus, preactivation(mean)))
          - sum over output (1/beta * dot(delta, preactivation(mean)))"""),
        "split": potential("dp_transpose", """loss(mean, at = point)
          + sum over layers (1/beta * dot(delta, inverse(mean)))
          - sum over hidden (1/beta * dot(delta, alpha * preactivation(plus) + (1 - alpha) * preactivation(minus)))
          - sum over output (1/beta * dot(delta, preactivation(mean)))"""),
        "tripled": potential("dp_transpose", f"3 * loss(mean, at = point) + sum over layers (3 * {DELTA})"),
        "negated": potential("dp_transpose", f"-loss(mean, at = point) - sum over layers ({DELTA})"),
        "another order of compartments": rewritten(
            "dp_transpose", ("state plus, minus;", "state minus, plus;"),
            ("stationary plus, minus;", "stationary minus; stationary plus;")),
        "decimals": potential("dp_transpose", f"0.5 * loss(mean, at = point) + sum over layers (0.5 * {DELTA})"),
    },
}


def dpc(*words):
    done = subprocess.run(["dpc", *words], capture_output=True, text=True)
    assert done.returncode == 0, (words, done.stderr)
    return done.stdout


def write(name, objective=""):
    path = os.path.join(folder, name.replace(" ", "-") + ".dp")
    with open(path, "w") as stream:
        stream.write(NETWORK + objective + TRAIN)
    return path


def states(model, settings):
    dump = os.path.join(folder, "dump")
    dpc("probe", model, "--weights", weights, "--inputs", inputs, "--dump", dump, "--target", "reference",
        *settings)
    return safetensors.read(dump)


def counts(model, settings):
    return json.loads(dpc("info", "--json", model, *settings))


def objective(name, arguments):
    return ["--set", f"objective={name}({arguments})"]


plain = write("plain")
dpc("train", plain, "--max-steps", "0", "--out", weights, *objective("backprop", ""))
safetensors.write(inputs, {"x": safetensors.normal([6, 5], 1), "y": safetensors.classes(6, 3, 2)})

for method, arguments, loss in (
    ("dp", "alpha = 1/4, beta = 1/2", "softmax_cross_entropy"),
    ("dp", "alpha = 0, alpha[h2] = 1, beta = 1/4, point = exact", "half_squared_error"),
    ("dp_transpose", "alpha = 1/4, beta = 1/2", "softmax_cross_entropy"),
    ("dp_transpose", "alpha = 1, alpha[h2] = 0, beta = 1/2, point = current", "squared_error"),
):
    settings = ["--set", f"loss={loss}"]
    reference = settings + objective(method, arguments)
    expected, products = states(plain, reference), counts(plain, reference)
    for name, text in REWRITINGS[method].items():
        if name == "split" and "[" in arguments:
            continue  # inside `preactivation` each input reads its own alpha, outside the reader's (O6)
        model = write(f"{method} {name}", text)
        own = settings + objective("other", arguments)
        found = states(model, own)
        # The gradient of a potential that was scaled is scaled; its states are not. A layer that reads plus and
        # minus one by one has no one pre-activation (language.md 13), and more products.
        absent = set(expected) - set(found)
        assert all(key.endswith(".preactivation") for key in absent), (method, name, absent)
        assert not absent or name == "split", (method, name, absent)
        assert set(found) <= set(expected), (method, name, sorted(found))
        compared = [key for key in found if not key.endswith((".gradient", ".next"))]
        assert len(compared) > 15, (method, name, compared)
        worst = max(safetensors.difference(found[key], expected[key]) for key in compared)
        assert worst <= 1e-12, (method, arguments, name, worst)
        scale = {"tripled": 3, "negated": -1, "decimals": 0.5 if method == "dp_transpose" else 1}.get(name, 1)
        for key in expected:
            if key.endswith(".gradient"):
                dtype, shape, values = expected[key]
                error = safetensors.difference(found[key], (dtype, shape, [scale * value for value in values]))
                assert error <= 1e-11, (method, arguments, name, key, error)
        own_products = counts(model, own)
        assert name == "split" or own_products == products, (method, arguments, name, products, own_products)

# The same number, written as a fraction and as a decimal.
for fraction, decimal in (("alpha = 1/4, beta = 1/2", "alpha = 0.25, beta = 5e-1"),
                          ("alpha = 1/2, alpha[h2] = 1/8, beta = 1/5", "alpha = 0.5, alpha[h2] = 0.125, beta = 0.20")):
    for method in ("dp", "dp_transpose"):
        first, second = (dpc("compile", plain, "--emit=schedule", *objective(method, arguments))
                         for arguments in (fraction, decimal))
        assert first == second and "dyad.linear" in first, (method, fraction)

# What Fenchel's conjugate says with a compartment of its own.
for beta in ("1/2", "1/5"):
    first, second = (dpc("compile", plain, "--emit=schedule", *objective(method, arguments))
                     for method, arguments in (("lpom", f"beta = {beta}"), ("dp", f"alpha = 1, beta = {beta}")))
    assert first == second, f"lpom is not dp(alpha = 1) at beta = {beta}"

# Without `realize secant` its potential gives back-propagation exactly, at every alpha.
text = write("without secant", rewritten("dp_transpose", ("  realize secant;\n", "")))
for inference in ("forward_backward(3)", "forward(4)", "backward"):
    settings = ["--set", f"inference={inference}"]
    expected = counts(plain, settings + objective("backprop", ""))["products"]["scheduled"]
    gradients = states(plain, settings + objective("backprop", ""))
    for alpha in ("0", "1/4", "1"):
        own = settings + objective("other", f"alpha = {alpha}, beta = 1/2, point = current")
        found = counts(text, own)["products"]["scheduled"]
        assert found == expected, (inference, alpha, found, expected)
        for key, value in states(text, own).items():
            if key.endswith(".gradient"):
                error = safetensors.difference(value, gradients[key])
                assert error <= 1e-12, (inference, alpha, key, error)
