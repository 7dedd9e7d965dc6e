# RUN: %python %s %source %t.folder
"""Every model that README.md shows compiles and trains, and every command that it or the README of an
example shows runs, training cut to two steps. Commands marked `bash` work on the whole machine: they are
only looked at."""

import glob
import os
import re
import shlex
import subprocess
import sys

root, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)
# Paths in the snippets are relative to the project; what they write goes to a folder of this test.
link = os.path.join(folder, "examples")
if not os.path.islink(link):
    os.symlink(os.path.join(root, "examples"), link)


def snippets(path):
    """(language, text) of every fenced block; a fence must name its language."""
    with open(path, encoding="utf-8") as stream:
        fences = re.split(r"^```(.*)\n", stream.read(), flags=re.M)[1:]
    assert len(fences) % 4 == 0, f"{path}: an open fence"
    for opening, text, closing in zip(fences[0::4], fences[1::4], fences[2::4]):
        assert opening and not closing, f"{path}: a fence without language before {text[:40]!r}"
        yield opening, text


def run(words):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True)
    if done.returncode:
        sys.exit(f"{words}\n{done.stdout}{done.stderr}")


def run_command(line):
    words = shlex.split(line, comments=True)
    if not words:
        return
    assert words[0] == "dpc", line
    if words[1] == "train":
        words += ["--out", "weights.safetensors"]
        if "--max-steps" not in words:
            words += ["--max-steps", "2"]
        # DIR stands for a folder of the reader's.
        words = ["examples/mnist-mlp/data" if word == "DIR" else word for word in words]
    run(words)


def check(path, number, kind, text):
    if kind == "bash":
        for words in filter(None, (shlex.split(line, comments=True) for line in text.splitlines())):
            assert os.access(os.path.join(root, words[0]), os.X_OK) and len(words) == 1, words
    elif kind == "sh":
        for line in text.splitlines():
            run_command(line)
    elif kind == "dp":
        model = f"snippet{number}.dp"
        with open(os.path.join(folder, model), "w", encoding="utf-8") as stream:
            stream.write(text)
        run(["dpc", "compile", model, "--emit=obj", "-o", f"snippet{number}.o"])
        run(["dpc", "train", model, "--max-steps", "2", "--out", f"snippet{number}.safetensors"])
    else:
        sys.exit(f"{path}: a snippet of another language: {kind}")


front = os.path.join(root, "README.md")
kinds = [kind for kind, _ in snippets(front)]
assert kinds.count("dp") >= 2 and kinds.count("sh") >= 2, kinds
count = 0
for path in [front, *sorted(glob.glob(os.path.join(root, "examples", "*", "README.md")))]:
    for number, (kind, text) in enumerate(snippets(path)):
        check(path, number, kind, text)
        count += 1
print(count, "snippets")
