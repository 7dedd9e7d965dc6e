"""What the commands of this folder share: dpc, the machine, models and data of their own."""

import argparse
import os
import random
import struct
import subprocess
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def parser(text, rounds=None):
    """Options that all commands have."""
    result = argparse.ArgumentParser(
        description=text, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    result.add_argument("--dpc", default=os.path.join(ROOT, "build/bin/dpc"), help="the compiler")
    result.add_argument("--out", help="write the table here too")
    if rounds:
        result.add_argument("--rounds", type=int, default=rounds, help="default: %(default)s")
    return result


def run(command, **options):
    """Standard output of a command that must succeed."""
    done = subprocess.run(command, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"exit code {done.returncode}: {' '.join(command)}\n{done.stdout}{done.stderr}")
    return done.stdout


def processor():
    name, flags = "unknown processor", ""
    with open("/proc/cpuinfo") as text:
        for line in text:
            key, _, value = line.partition(":")
            if key.strip() == "model name":
                name = value.strip()
            elif key.strip() == "flags":
                flags = value
    vectors = "AVX-512" if "avx512f" in flags else "AVX2" if "avx2" in flags else "no AVX2"
    return f"{name}, {vectors}, {os.cpu_count()} cores"


def load():
    """How busy the machine is before a measurement begins, in processes."""
    return f"load average before it {os.getloadavg()[0]:.1f}"


def write_model(path, widths, settings):
    """A network of relu layers and its settings as a model file."""
    lines = [f"network mlp(x: f32[{widths[0]}]) -> f32[{widths[-1]}] {{"]
    last = "x"
    for i, width in enumerate(widths[1:-1], 1):
        lines.append(f"  h{i} = relu(dense({last}, {width}));")
        last = f"h{i}"
    lines += [f"  return dense({last}, {widths[-1]});", "}", "train {"]
    lines += [f"  {setting};" for setting in settings] + ["}"]
    with open(path, "w") as text:
        text.write("\n".join(lines) + "\n")


def write_images(folder, count):
    """Training files as MNIST's, of random pixels and classes."""
    source = random.Random(1)
    pixels, classes = source.randbytes(784 * count), bytes(i % 10 for i in range(count))
    with open(os.path.join(folder, "train-images-idx3-ubyte"), "wb") as file:
        file.write(struct.pack(">IIII", 2051, count, 28, 28) + pixels)
    with open(os.path.join(folder, "train-labels-idx1-ubyte"), "wb") as file:
        file.write(struct.pack(">II", 2049, count) + classes)


def table(head, rows):
    lines = [head, ["---"] * len(head), *rows]
    return "".join("| " + " | ".join(line) + " |\n" for line in lines)


def publish(text, out):
    print(text, end="")
    if out:
        with open(out, "w") as file:
            file.write(text)
