# RUN: %python %s %source
"""lib/, dialect/, runtime/ and simulator/ neither end the process nor print nor read flags of their own;
the runtime's text goes to files and callbacks. simulator/Driver takes the place of a library that has the
environment and stderr as its only ways to be told and to tell."""

import re
import sys

import tree

FOLDERS = ("dialect", "lib", "runtime", "simulator")
# DPC_SIMULATOR_SIMD, by which tests compare the instruction sets of one processor.
ALLOWED = {("simulator/Machine/Selectors.cpp", "reads the environment")}
FORBIDDEN = {
    r"(?<![\w:.>])(?<!void )(?:std::|::)?(?:exit|_exit|quick_exit|abort|terminate)\s*\(": "ends the process",
    r"\bllvm::(?:outs|errs|dbgs)\b|(?<![\w:])(?:outs|errs)\(\)": "prints",
    r"\bstd::(?:cout|cerr|clog)\b|(?<![\w:.>])(?:std::)?(?:f?printf|puts)\s*\(|\bfmt::print\b": "prints",
    r"#\s*include\s*<iostream>": "prints",
    r"\bcl::(?:opt|list|bits)\b": "makes a global flag",
    r"\bgetenv\s*\(": "reads the environment",
    r"\breport_fatal_error\b": "ends the process",
}


def main():
    root = sys.argv[1]
    wrong = []
    for source in tree.files(root, FOLDERS, (".cpp", ".h")):
        if source.startswith("simulator/Driver/"):
            continue
        lines = tree.without_comments(tree.read(root, source)).splitlines()
        for number, line in enumerate(lines, 1):
            code = re.sub(r'"(?:\\.|[^"\\])*"', '""', line)
            for pattern, what in FORBIDDEN.items():
                if re.search(pattern, code) and (source, what) not in ALLOWED:
                    wrong.append(f"{source}:{number}: {what}: {line.strip()}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
