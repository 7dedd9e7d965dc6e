# RUN: %python %s %examples %t.folder
"""Data that are missing, truncated, swapped, empty or of another shape exit with 1 and say which file is
wrong and how."""

import gzip
import os
import shutil
import struct
import subprocess
import sys

examples, folder = sys.argv[1:3]
subprocess.run(["rm", "-rf", folder], check=True)
os.makedirs(folder)
model = os.path.join(examples, "mnist-mlp", "model.dp")
whole = os.path.join(examples, "mnist-mlp", "data")
NAMES = [f"{part}-{kind}-ubyte" for part in ("train", "t10k") for kind in ("images-idx3", "labels-idx1")]


def train(data, code, *expected, options=("--max-steps", "2"), file=model):
    weights = os.path.join(folder, "w")
    done = subprocess.run(["dpc", "train", file, "--data", data, "--out", weights, *options],
                          capture_output=True, text=True)
    assert done.returncode == code, (data, done.returncode, done.stderr)
    assert bool(done.stderr) == (code != 0), done.stderr
    for text in expected:
        assert text in done.stderr, (text, done.stderr)
    assert code == 0 or "[DP400" in done.stderr, done.stderr  # DP4002, or DP4003 without data
    assert code == 0 or not os.path.exists(weights), data
    if os.path.exists(weights):
        os.remove(weights)


def variant(name, change):
    """A copy of the data with one thing changed."""
    place = os.path.join(folder, name)
    shutil.copytree(whole, place)
    change(place)
    return place


def content(name):
    with gzip.open(os.path.join(whole, name + ".gz")) as stream:
        return stream.read()


def replaced(name, new, compressed=True):
    def change(place):
        path = os.path.join(place, name + ".gz")
        os.remove(path)
        with open(path if compressed else path[:-3], "wb") as stream:
            stream.write(gzip.compress(new, 1) if compressed else new)
    return change


images, labels, test_images, test_labels = NAMES
train(whole, 0)

# The same files without compression.
plain = os.path.join(folder, "plain")
os.makedirs(plain)
for name in NAMES:
    with open(os.path.join(plain, name), "wb") as stream:
        stream.write(content(name))
train(plain, 0)

# Missing.
train(os.path.join(folder, "absent"), 1, "absent")
for name in NAMES[:2]:
    train(variant("no-" + name, lambda place: os.remove(os.path.join(place, name + ".gz"))), 1, name)
# Missing test files are noticed before training, unless no test will be run.
without_test = variant("no-test", lambda place: os.remove(os.path.join(place, test_images + ".gz")))
train(without_test, 1, test_images, options=("--set", "epochs=1"))
train(without_test, 0)

# Truncated: the compressed file, and its content.
def cut(place):
    path = os.path.join(place, images + ".gz")
    with open(path, "r+b") as stream:
        stream.truncate(os.path.getsize(path) // 2)
train(variant("cut", cut), 1, images)
train(variant("short", replaced(images, content(images)[:-100])), 1, images)
train(variant("short-labels", replaced(labels, content(labels)[:-1])), 1, labels)
train(variant("header", replaced(images, content(images)[:10])), 1, images)
train(variant("long", replaced(labels, content(labels) + b"\0")), 1, labels)

# Empty.
train(variant("empty", replaced(images, b"")), 1, images)
train(variant("empty-plain", replaced(labels, b"", compressed=False)), 1, labels)
train(variant("no-samples", lambda place: (
    replaced(images, struct.pack(">IIII", 0x803, 0, 28, 28))(place),
    replaced(labels, struct.pack(">II", 0x801, 0))(place))), 1)

# Swapped images and labels; another number of each; a label that is no class; no gzip; not idx.
def swap(place):
    a, b = (os.path.join(place, name + ".gz") for name in (images, labels))
    os.rename(a, a + ".old")
    os.rename(b, a)
    os.rename(a + ".old", b)
train(variant("swapped", swap), 1, "swapped")
fewer = struct.pack(">II", 0x801, 9999) + content(labels)[8:-1]
train(variant("fewer", replaced(labels, fewer)), 1, "9999", "10000")
wrong = content(labels)[:8] + bytes([10]) + content(labels)[9:]
train(variant("class", replaced(labels, wrong)), 1, labels)
def no_gzip(place):
    with open(os.path.join(place, images + ".gz"), "wb") as stream:
        stream.write(b"this is no gzip file")
train(variant("no-gzip", no_gzip), 1, images)
train(variant("no-idx", replaced(images, b"P5 28 28 255 " * 1000)), 1, images)

# A header whose product is 2^64.
vast = struct.pack(">IIII", 0x803, 2**31, 2**31, 4) + content(images)[16:]
train(variant("vast", replaced(images, vast)), 1, images, "2147483648 x 2147483648 x 4 bytes are more than any file holds")

# Images of another size than the network's input.
small = struct.pack(">IIII", 0x803, 10000, 14, 28) + content(images)[16 : 16 + 10000 * 14 * 28]
train(variant("size", replaced(images, small)), 1, "784")

# A model without data, and npz files that are none or lack a member.
spirals = os.path.join(examples, "spirals", "model.dp")
text = open(spirals).read().replace('data      npz("spirals.npz");', "")
bare = os.path.join(folder, "bare.dp")
with open(bare, "w") as stream:
    stream.write(text)
train(whole, 1, "bare.dp", "[DP4003]", file=bare)
train(os.path.join(folder, "absent.npz"), 1, "absent.npz", file=spirals)
train(bare, 1, "bare.dp", file=spirals)
train(whole, 1, "data", file=spirals)
cut_npz = os.path.join(folder, "cut.npz")
with open(os.path.join(examples, "spirals", "spirals.npz"), "rb") as stream:
    whole_npz = stream.read()
with open(cut_npz, "wb") as stream:
    stream.write(whole_npz[: len(whole_npz) // 2])
train(cut_npz, 1, "cut.npz", file=spirals)
flipped = os.path.join(folder, "flipped.npz")
with open(flipped, "wb") as stream:
    stream.write(whole_npz[:400] + bytes([whole_npz[400] ^ 255]) + whole_npz[401:])
train(flipped, 1, "flipped.npz", file=spirals)

# A path in the model file is reported at its place.
with open(bare, "w") as stream:
    stream.write(open(spirals).read().replace("spirals.npz", "absent.npz"))
done = subprocess.run(["dpc", "train", bare], capture_output=True, text=True, cwd=folder)
assert done.returncode == 1 and "bare.dp:14:" in done.stderr and "^" in done.stderr, done.stderr
