"""Every way to run a model gives the same numbers.

    agree.py MODEL --input 28,28,1 --outputs 10 [--batch 7] [--targets] [--set KEY=VALUE]...

Initial weights and a random batch are probed with the reference (unrolled and scheduled) and with
compiled code at both levels; every tensor must agree with the unrolled reference: to 1e-10 in the
reference, to --bound in compiled code, relative to the tensor's largest value. What is exactly 0 there is
0 everywhere.
"""

import argparse
import os
import subprocess
import sys
import tempfile

import safetensors


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("model")
    parser.add_argument("--input", required=True)
    parser.add_argument("--outputs", type=int, required=True)
    parser.add_argument("--batch", type=int, default=7)
    parser.add_argument("--targets", action="store_true", help="float targets, not class numbers")
    parser.add_argument("--bound", type=float, default=1e-5, help="of compiled code")
    parser.add_argument("--set", action="append", default=[])
    arguments = parser.parse_args()

    settings = [word for value in arguments.set for word in ("--set", value)]
    shape = [arguments.batch] + [int(size) for size in arguments.input.split(",")]
    with tempfile.TemporaryDirectory() as folder:
        weights, inputs = os.path.join(folder, "w"), os.path.join(folder, "x")
        subprocess.run(
            ["dpc", "train", arguments.model, "--max-steps", "0", "--out", weights, *settings],
            check=True, stdout=subprocess.DEVNULL,
        )
        if arguments.targets:
            y = safetensors.normal([arguments.batch, arguments.outputs], 2)
        else:
            y = safetensors.classes(arguments.batch, arguments.outputs, 2)
        safetensors.write(inputs, {"x": safetensors.normal(shape, 1), "y": y})

        def probe(target, level):
            dump = os.path.join(folder, f"{target}{level}")
            subprocess.run(
                ["dpc", "probe", arguments.model, "--weights", weights, "--inputs", inputs, "--dump",
                 dump, "--target", target, "--opt-level", level, "--steps", "2", *settings],
                check=True,
            )
            return safetensors.read(dump)

        expected = probe("reference", "0")
        failed = len(expected) < 5
        for target, level, bound in (
            ("reference", "2", 1e-10), ("cpu", "0", arguments.bound), ("cpu", "2", arguments.bound),
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
