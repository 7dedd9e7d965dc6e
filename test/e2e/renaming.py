# RUN: %python %s %examples/spirals/model.dp %t.folder
"""Nothing depends on a name: with every method, compartment, define and parameter of the prelude renamed the
schedule stays the same to the byte. And a method is what its text says: lpom is dp(alpha = 1)."""

import os
import re
import subprocess
import sys

model, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)


def dpc(*words):
    return subprocess.run(["dpc", *words], capture_output=True, text=True, check=True).stdout


prelude = re.sub(r"//[^\n]*", "", dpc("prelude"))
names = set(re.findall(r"\bobjective\s+(\w+)", prelude))
for listed in re.findall(r"\b(?:state|multiplier)\s+([^;]+);", prelude):
    names |= set(re.findall(r"\w+", listed))
names |= set(re.findall(r"\bdefine\s+(\w+)", prelude))
for header in re.findall(r"\bobjective\s+\w+\s*\(([^{]*)\)\s*\{", prelude):
    for bounded, plain in re.findall(r"(\w+)\s+in\b|(?:^|,)\s*(\w+)\s*=", header):
        names.add(bounded or plain)
assert len(names) > 15, names
# Longer names, in another alphabetical order.
renamed = {name: f"q{9999 - index}_{name[::-1]}" for index, name in enumerate(sorted(names))}


def rename(text):
    return re.sub(r"\w+", lambda match: renamed.get(match.group(), match.group()), text)


other = os.path.join(folder, "renamed.dp")
with open(other, "w") as stream:
    stream.write(rename(prelude))

cases = [
    ("dp", {"alpha": "1/2", "beta": "1/5"}), ("dp", {"alpha": "1/4"}), ("dp", {"alpha": "0", "beta": "1/3"}),
    ("dp_transpose", {"alpha": "0"}), ("dp_transpose", {"alpha": "1/3", "beta": "1/7"}),
    ("backprop", {}), ("lpom", {"beta": "1/2"}), ("mirror_damped_dp", {"alpha": "1/4", "damping": "2"}),
]
for method, arguments in cases:
    def schedule(name, values, *more):
        call = f"{name}({', '.join(f'{key} = {value}' for key, value in values.items())})"
        return dpc("compile", model, "--emit=schedule", "--set", f"objective={call}", *more)

    before = schedule(method, arguments)
    after = schedule(renamed[method], {renamed[key]: value for key, value in arguments.items()},
                     "--prelude", other)
    assert "dyad.linear" in before
    assert before == after, f"{method}{arguments}: the schedule depends on names"

for point in ("current", "initial"):
    def at(objective):
        return dpc("compile", model, "--emit=schedule", "--set", f"objective={objective}",
                   "--set", "loss=softmax_cross_entropy")
    assert at(f"lpom(beta = 1/2, point = {point})") == at(f"dp(alpha = 1, beta = 1/2, point = {point})")
