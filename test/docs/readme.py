# RUN: %python %s %source %t.folder
"""Every snippet of README.md marked `dp` compiles, and every command of those marked `sh` runs."""

import os
import re
import subprocess
import sys

root, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)
with open(os.path.join(root, "README.md"), encoding="utf-8") as stream:
    snippets = re.findall(r"^```(\w+)\n(.*?)^```", stream.read(), re.S | re.M)
kinds = [kind for kind, _ in snippets]
assert kinds.count("dp") >= 2 and kinds.count("sh") >= 2 and set(kinds) <= {"dp", "sh"}, kinds

# Paths in the snippets are relative to the project; what they write goes to a folder of this test.
for name in ("examples",):
    link = os.path.join(folder, name)
    if not os.path.islink(link):
        os.symlink(os.path.join(root, name), link)


def run(words, **options):
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, **options)
    if done.returncode:
        sys.exit(f"{words}\n{done.stdout}{done.stderr}")
    return done.stdout


for number, (kind, text) in enumerate(snippets):
    if kind == "sh":
        run(["bash", "-e", "-c", text])
        continue
    model = f"snippet{number}.dp"
    with open(os.path.join(folder, model), "w", encoding="utf-8") as stream:
        stream.write(text)
    run(["dpc", "compile", model, "--emit=obj", "-o", f"snippet{number}.o"])
    run(["dpc", "train", model, "--max-steps", "2", "--out", f"snippet{number}.safetensors"])
print(len(snippets), "snippets")
