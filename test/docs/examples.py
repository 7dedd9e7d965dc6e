# RUN: %python %s %source
"""What the README shows of the examples is what they contain; every example has a model that others can
read and a README or a comment that says what it is."""

import os
import re
import sys

root = sys.argv[1]


def words(path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return re.sub(r"\s+", " ", re.sub(r"//[^\n]*", "", stream.read()))


objective = re.search(r"objective fourth_order.*?\}", words("examples/own-method/model.dp")).group()
assert objective in words("README.md"), "the README shows another objective than examples/own-method"
network = re.search(r"network mlp.*?\}", words("examples/mnist-mlp/model.dp")).group()
assert network in words("README.md"), "the README shows another network than examples/mnist-mlp"

for example in sorted(os.listdir(os.path.join(root, "examples"))):
    model = os.path.join(root, "examples", example, "model.dp")
    assert os.path.exists(model), example
    with open(model, encoding="utf-8") as stream:
        assert stream.readline().startswith("//"), f"{model}: does not say what it is"
