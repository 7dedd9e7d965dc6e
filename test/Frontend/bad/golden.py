#!/usr/bin/env python3
"""All messages for wrong models in one file, exit codes included.

golden.py DPC            compares what DPC says about every *.dp of this folder with expected.txt
golden.py DPC --bless    writes expected.txt

A first line `// ARGS: …` gives further arguments. The name of a program begins with what of
docs/language.md it violates: a rule (`N1-…`), a section (`4.1-…`), or a word for a section. The golden
file cites that in full, and test/style/rules.py reads it there.
"""

import difflib
import pathlib
import shlex
import subprocess
import sys

FOLDER = pathlib.Path(__file__).resolve().parent
GOLDEN = FOLDER / "expected.txt"
SECTIONS = {"grammar": "2", "set": "10", "settings": "10"}


def citation(model):
    prefix = model.name.split("-")[0]
    return f"language.md {SECTIONS.get(prefix, prefix)}"


def messages(dpc, model):
    first = model.read_bytes().split(b"\n", 1)[0].decode("utf-8", "replace")
    extra = shlex.split(first.removeprefix("// ARGS:")) if first.startswith("// ARGS:") else []
    command = shlex.split(dpc) + [model.name] + extra
    done = subprocess.run(command, cwd=FOLDER, capture_output=True, timeout=60)
    text = done.stderr.decode("utf-8", "replace")
    return f"=== {' '.join([model.name] + extra)} ({citation(model)})\n{text}exit {done.returncode}\n\n"


def main():
    dpc, *options = sys.argv[1:]
    found = "".join(messages(dpc, model) for model in sorted(FOLDER.glob("*.dp")))
    if options == ["--bless"]:
        GOLDEN.write_text(found)
        return 0
    expected = GOLDEN.read_text() if GOLDEN.exists() else ""
    difference = difflib.unified_diff(
        expected.splitlines(), found.splitlines(), "expected.txt", "found", lineterm=""
    )
    lines = list(difference)
    print("\n".join(lines))
    return 1 if lines else 0


if __name__ == "__main__":
    sys.exit(main())
