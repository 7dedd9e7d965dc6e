# RUN: %python %s %source
"""Links between the project's pages lead somewhere, and paths in backticks that look like ours exist."""

import os
import re
import sys

root = sys.argv[1]
wrong = []
pages = [name for name in os.listdir(root) if name.endswith(".md")]
for folder in ("docs", "examples", "runtime", "bench"):
    for place, _, names in os.walk(os.path.join(root, folder)):
        pages += [os.path.relpath(os.path.join(place, name), root) for name in names
                  if name.endswith(".md")]
for page in sorted(pages):
    with open(os.path.join(root, page), encoding="utf-8") as stream:
        text = re.sub(r"^```.*?^```", "", stream.read(), flags=re.S | re.M)
    for target in re.findall(r"\]\(([^)#\s]+)", text):
        if not target.startswith("http") and not os.path.exists(
            os.path.join(root, os.path.dirname(page), target)
        ):
            wrong.append(f"{page}: {target}")
    for path in re.findall(r"`((?:lib|dialect|runtime|simulator|tools|test|utils|examples|docs|bench)/[\w./-]+)`", text):
        if not any(os.path.exists(os.path.join(root, path + end)) for end in ("", ".h", ".cpp", ".td")):
            wrong.append(f"{page}: `{path}`")
print("\n".join(wrong))
sys.exit(bool(wrong) or len(pages) < 8)
