# RUN: %python %s %source
"""Every operation of a dialect says what it means and names its source: a rule, a section or a formula."""

import re
import sys

import tree

SOURCE = re.compile(r"(?:language|derivation|spec)\.md \w|\b[NOIT]\d+\b")


def main():
    root = sys.argv[1]
    wrong, count = [], 0
    for path in ("dialect/DP/DPOps.td", "dialect/Dyad/DyadOps.td"):
        text = tree.read(root, path)
        for name, body in re.findall(r"^def (\w+Op) : (.*?)^\}", text, re.S | re.M):
            count += 1
            summary = re.search(r'let summary = "([^"]+)"', body)
            description = re.search(r"let description = \[\{(.*?)\}\]", body, re.S)
            if not summary or not description:
                wrong.append(f"{path}: {name} has no summary or no description")
            elif not SOURCE.search(summary.group(1) + description.group(1)):
                wrong.append(f"{path}: {name} names no source")
    print("\n".join(wrong))
    sys.exit(bool(wrong) or count < 30)


main()
