# RUN: %python %s %source
"""A pass, its source and its text test share a name; what a pass reports is asserted by that test; Passes.td
describes it."""

import os
import re
import sys

import tree


def sources(flag):
    """`cpu-emit-kernels` lives in EmitKernels.cpp: a first word that names the stage is not repeated."""
    words = flag.split("-")
    for kept in (words, words[1:]):
        yield "".join({"llvm": "LLVM"}.get(word, word.capitalize()) for word in kept) + ".cpp"


def main():
    root = sys.argv[1]
    wrong = []
    passes = 0
    for table in tree.files(root, ("lib",), ("Passes.td",)):
        stage = os.path.dirname(table)
        for flag, body in re.findall(
            r'^def \w+ : Pass<"([a-z-]+)".*?> \{(.*?)^\}', tree.read(root, table), re.S | re.M
        ):
            if not re.search(r"let description = \[\{\s*\S", body):
                wrong.append(f"{table}: {flag} has no description")
        for flag in re.findall(r'Pass<"([a-z-]+)"', tree.read(root, table)):
            passes += 1
            found = [name for name in sources(flag) if os.path.exists(os.path.join(root, stage, name))]
            if not found:
                wrong.append(f"{stage}: no {' or '.join(sources(flag))} for {flag}")
                continue
            folder = os.path.join("test", os.path.relpath(stage, "lib"))
            tests = [os.path.join(folder, name + ".mlir") for name in (flag, flag.split("-", 1)[1])]
            tests = [path for path in tests if os.path.exists(os.path.join(root, path))]
            if not tests:
                wrong.append(f"{folder}: no {flag.split('-', 1)[1]}.mlir for {flag}")
                continue
            text = tree.read(root, tests[0])
            if f"--{flag}" not in text and f"({flag}" not in text:
                wrong.append(f"{tests[0]} does not run {flag}")
            for number in re.findall(r'metric\("(\w+)"', tree.read(root, os.path.join(stage, found[0]))):
                if not re.search(rf"\b{number}=\d", text):
                    wrong.append(f"{tests[0]} does not assert `{number}`, which {flag} reports")
    if not passes:
        wrong.append("no passes found")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
