"""Every way to run a model gives the same numbers.

    agree.py MODEL --input 28,28,1 --outputs 10 [--batch 7] [--targets] [--one-side A,B] [--set KEY=VALUE]...

Initial weights and a random batch are probed with the reference (unrolled and scheduled) and with
compiled code at both levels; every tensor must agree with the unrolled reference: to 1e-10 in the
reference, to 1e-5 in compiled code, relative to the tensor's largest value. What is exactly 0 there is 0
everywhere.

--one-side keeps the samples in which no unit is 0 in one of these compartments and not in another. A relu
that is cut between two states leaves the distance of its pre-activation to 0 as their difference, with the
rounding of a whole sum of products in it; the others leave what feedback says, which no sum has rounded.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import safetensors


def pick(tensor, rows):
    """The rows of a tensor [samples, ...]."""
    kind, shape, values = tensor
    width = len(values) // shape[0]
    chosen = [value for row in rows for value in values[row * width : (row + 1) * width]]
    return (kind, [len(rows), *shape[1:]], chosen)


def one_sided(tensors, compartments, samples):
    """The samples in which every unit of every layer is 0 in all compartments or in none."""
    crossed = set()
    for layer in {name.rsplit(".", 1)[0] for name in tensors if name.endswith(".forward")}:
        states = [tensors[f"{layer}.{compartment}"][2] for compartment in compartments]
        width = len(states[0]) // samples
        for unit, values in enumerate(zip(*states)):
            if any(values) and not all(values):
                crossed.add(unit // width)
    return [row for row in range(samples) if row not in crossed]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--outputs", type=int, required=True)
    parser.add_argument("--batch", type=int, default=7)
    parser.add_argument("--targets", action="store_true", help="float targets, not class numbers")
    parser.add_argument("--steps", default="2", help="of the optimizer")
    parser.add_argument("--one-side", help="compartments, separated by commas")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()

    settings = [word for value in arguments.set for word in ("--set", value)]
    batch, candidates = arguments.batch, arguments.batch * (10 if arguments.one_side else 1)
    shape = [candidates] + [int(size) for size in arguments.input.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        weights, inputs = os.path.join(folder, "w"), os.path.join(folder, "x")
        subprocess.run(
            ["dpc", "train", arguments.model, "--max-steps", "0", "--out", weights, *settings],
            check=True, stdout=subprocess.DEVNULL,
        )
        if arguments.targets:
            y = safetensors.normal([candidates, arguments.outputs], 2)
        else:
            y = safetensors.classes(candidates, arguments.outputs, 2)
        safetensors.write(inputs, {"x": safetensors.normal(shape, 1), "y": y})

        def probe(target, level):
            dump = os.path.join(folder, f"{target}{level}")
            subprocess.run(
                ["dpc", "probe", arguments.model, "--weights", weights, "--inputs", inputs, "--dump",
                 dump, "--target", target, "--opt-level", level, "--steps", arguments.steps,
                 *settings],
                check=True,
            )
            return safetensors.read(dump)

        expected = probe("reference", "0")
        if arguments.one_side:
            rows = one_sided(expected, arguments.one_side.split(","), candidates)
            assert len(rows) >= batch, f"only {len(rows)} of {candidates} samples are on one side"
            x = safetensors.normal(shape, 1)
            safetensors.write(inputs, {"x": pick(x, rows[:batch]), "y": pick(y, rows[:batch])})
            expected = probe("reference", "0")
        failed = len(expected) < 5
        for target, level, bound in (
            ("reference", "2", 1e-10), ("cpu", "0", 1e-5), ("cpu", "2", 1e-5),
        ):
            found = probe(target, level)
            if set(found) != set(expected):
                failed = True
                print(f"{target} {level}: other tensors: {sorted(set(found) ^ set(expected))}")
            worst = 0.0
            for name in sorted(set(found) & set(expected)):
                error = safetensors.difference(found[name], expected[name])
                worst = max(worst, error)
                zero = not any(expected[name][2]) and any(found[name][2])
                if not error <= bound or zero:
                    failed = True
                    print(f"{target} {level}: {name} differs by {error:.2e}")
            print(f"{target} {level}: {len(found)} tensors, largest difference {worst:.1e}")
        sys.exit(failed)


main()
