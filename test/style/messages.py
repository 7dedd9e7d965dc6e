# RUN: %python %s %source
"""Every message has one id, is used, and is reached by a test."""

import re
import sys

import tree


def main():
    root = sys.argv[1]
    entries = re.findall(
        r'^DPC_MESSAGE\("(DP\d{4})",\s*(\w+)', tree.read(root, "lib/Support/Messages.def"), re.M
    )
    wrong = []
    ids = [identity for identity, _ in entries]
    names = [name for _, name in entries]
    for value in sorted({value for value in ids + names if (ids + names).count(value) > 1}):
        wrong.append(f"{value} appears twice")
    code = "".join(tree.read(root, path) for path in tree.files(root, suffixes=(".cpp", ".h")))
    tests = ""
    for path in tree.files(root, ("test",), ("",)):
        try:
            tests += tree.read(root, path)
        except UnicodeDecodeError:
            pass
    for identity, name in entries:
        if not re.search(rf"\bmessage::{name}\b", code):
            wrong.append(f"{identity} {name}: nobody emits it")
        if identity not in tests:
            wrong.append(f"{identity} {name}: no test reaches it")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
