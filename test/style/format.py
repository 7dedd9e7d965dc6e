# REQUIRES: clang-format
# RUN: %python %s %source clang-format
"""C++ is formatted as .clang-format says, by the version that CONTRIBUTING.md pins."""

import os
import subprocess
import sys

import tree

root, tool = sys.argv[1:3]
sources = [os.path.join(root, path) for path in tree.files(root, suffixes=(".cpp", ".h"))]
done = subprocess.run([tool, "--dry-run", "--Werror", "--ferror-limit=3", *sources])
sys.exit(done.returncode)
