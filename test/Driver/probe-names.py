# RUN: %python %s %tools %t.folder
"""What a probe writes has one name each (language.md 13), also where a compartment, a define or a value of a
block is called like something that dpc writes itself."""

import json
import os
import struct
import subprocess
import sys

sys.path.insert(0, sys.argv[1])
import safetensors

folder = sys.argv[2]
os.makedirs(folder, exist_ok=True)
model, weights, inputs, dump = (os.path.join(folder, n) for n in ("model.dp", "w", "x", "dump"))
with open(model, "w") as stream:
    stream.write("""
objective mine() {
  state forward; multiplier gradient;
  stationary forward, gradient;
  define next = 2 * gradient;
  define forward_2 = 2 * forward;
  potential loss(forward)
          + sum over layers (dot(gradient, inverse(forward) - preactivation(forward)));
}
block inner(x) {
  weight = tanh(dense(x, 5));
  return tanh(dense(weight, 4));
}
network net(x: f32[3]) -> f32[2] {
  h = inner(x);
  k = relu(relu(relu(dense(h, 6))));
  return dense(k, 2);
}
train { objective mine; }
""")
safetensors.write(inputs, {"x": safetensors.normal([7, 3], 1), "y": safetensors.classes(7, 2, 2)})
subprocess.run(["dpc", "train", model, "--max-steps", "0", "--out", weights], check=True)
shapes = {name: tensor[1] for name, tensor in safetensors.read(weights).items()}


def unique(pairs):
    assert len(dict(pairs)) == len(pairs), sorted(name for name, _ in pairs)
    return dict(pairs)


for target in ("cpu", "reference"):
    subprocess.run(["dpc", "probe", model, "--weights", weights, "--inputs", inputs, "--dump", dump,
                    "--target", target], check=True)
    with open(dump, "rb") as stream:
        (length,) = struct.unpack("<Q", stream.read(8))
        found = json.loads(stream.read(length), object_pairs_hook=unique)
    expected = {"loss": []}
    for name, shape in shapes.items():
        expected[name + ".gradient"] = expected[name + ".next"] = shape
    for layer, width in (("h.weight", 5), ("h", 4), ("k.pre.pre", 6), ("k.pre", 6), ("k", 6),
                         ("output", 2)):
        # The layer `h.weight` is called like the weight of `h`.
        like_parameter = layer == "h.weight"
        for what in ("forward", "preactivation", "forward_2", "forward_3",
                     "gradient_2" if like_parameter else "gradient",
                     "next_2" if like_parameter else "next"):
            expected[f"{layer}.{what}"] = [7, width]
    found = {name: entry["shape"] for name, entry in found.items() if name != "__metadata__"}
    assert found == expected, (target, sorted(found.keys() ^ expected.keys()))
