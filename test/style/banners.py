# RUN: %python %s %source
"""Every file of C++ and TableGen says first what it is for: a banner `//===- NAME - PURPOSE`, or in tests
a sentence."""

import os
import re
import sys

import tree

BANNER = re.compile(r"(?://|/\*)===- (\S+) - ((?:\S+ )*\S+) ?-*(?:\*- C(?:\+\+)? -\*-)?===(?://)?$")
SENTENCE = re.compile(r"// (?:\S+ ){2}\S+")


def main():
    root = sys.argv[1]
    wrong = []
    for path in tree.files(root, tree.FOLDERS + ("bench", "cmake", "test")):
        first = tree.read(root, path).split("\n", 1)[0]
        banner = BANNER.match(first)
        if banner:
            if banner.group(1) != os.path.basename(path):
                wrong.append(f"{path}: calls itself {banner.group(1)}")
        elif not path.startswith(("cmake/", "test/")) or not SENTENCE.match(first):
            wrong.append(f"{path}: does not say what it is for: {first}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
