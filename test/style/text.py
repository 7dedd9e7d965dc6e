# RUN: %python %s %source
"""Nothing unfinished, no path of a developer's machine, no file of too many ideas, line ends and
widths as .editorconfig says."""

import os
import re
import subprocess
import sys

import tree

LONGEST = 500  # lines of a source file
WIDEST = 100  # columns of C++, TableGen and CMake
UNFINISHED = re.compile(r"\b(TO" r"DO|FIX" r"ME|XX" r"X)\b|not implement" r"ed yet")
MACHINE = re.compile(r"/wo" r"rk/|\.\./sha" r"red|/ho" r"me/|/ro" r"ot/")


def tracked(root):
    try:
        listing = subprocess.run(
            ["git", "-C", root, "ls-files"], capture_output=True, text=True, check=True
        ).stdout.split("\n")
    except (OSError, subprocess.CalledProcessError):
        listing = tree.files(root)  # an exported tree
    return [path for path in listing if path and os.path.isfile(os.path.join(root, path))]


def main():
    root = sys.argv[1]
    wrong = []
    for path in tracked(root):
        if path.endswith((".gz", ".npz", ".safetensors", ".png")):
            continue
        try:
            text = tree.read(root, path)
        except UnicodeDecodeError:
            # Some tests hold bytes that are no text on purpose.
            if not path.startswith("test/"):
                wrong.append(f"{path}: not UTF-8")
            continue
        lines = text.split("\n")
        code = path.endswith(tree.CODE) and path.split("/")[0] in tree.FOLDERS
        if code and len(lines) > LONGEST + 1:
            wrong.append(f"{path}: {len(lines) - 1} lines, more than one idea?")
        if text and not text.endswith("\n") and "/bad/" not in path:
            wrong.append(f"{path}: no line end at the end")
        for number, line in enumerate(lines, 1):
            if UNFINISHED.search(line) or MACHINE.search(line):
                wrong.append(f"{path}:{number}: {line.strip()}")
            if code and len(line) > WIDEST:
                wrong.append(f"{path}:{number}: {len(line)} columns")
            if code and line != line.rstrip():
                wrong.append(f"{path}:{number}: space at the end")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
