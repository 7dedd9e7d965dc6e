# RUN: %python %s %source %t.folder
"""docs/language.md against what is built: its prelude is the one that ships, its example models compile or
are refused for what section 12 lists alone, its messages are those that a test expects."""

import os
import re
import subprocess
import sys

root, folder = sys.argv[1:3]
os.makedirs(folder, exist_ok=True)


def read(path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return stream.read()


language = read("docs/language.md")


def section(number):
    return re.search(rf"^## {number}\. .*?(?=^## |\Z)", language, re.S | re.M).group()


def fences(text):
    return re.findall(r"^```\n(.*?)^```", text, re.S | re.M)


def objectives(text):
    text = re.sub(r"//[^\n]*", "", text)
    return {name: re.sub(r"\s+", " ", whole)
            for whole, name in re.findall(r"(objective (\w+)\(.*?^\})", text, re.S | re.M)}


documented, shipped = objectives(section(6)), objectives(read("lib/Frontend/prelude.dp"))
assert shipped, "no objective in the prelude"
for name, text in shipped.items():
    assert documented.get(name) == text, f"the prelude's {name} is not that of language.md 6"

refused = 0
models = fences(section(8))
for number, text in enumerate(models):
    path = os.path.join(folder, f"model{number}.dp")
    with open(path, "w", encoding="utf-8") as stream:
        stream.write(text)
    done = subprocess.run(["dpc", "info", path], capture_output=True, text=True)
    errors = [line for line in done.stderr.splitlines() if " error: " in line]
    assert done.returncode == (1 if errors else 0), done.stderr
    assert all(line.endswith("[DP1011]") for line in errors), done.stderr
    refused += bool(errors)
assert len(models) == 3 and refused < 3, refused

expected = read("test/Derive/errors.test") + read("test/Frontend/bad/expected.txt")
shown = re.sub(r"\n {4}(?=beta)", " ", fences(section(9))[0])  # the one wrapped line
messages = re.findall(r"^model\.dp:\d+:\d+: error: (.*)$", shown, re.M)
assert len(messages) >= 5, messages
for message in messages:
    message = re.sub(r"\s+", " ", message)
    assert f"error: {message} [DP" in expected, f"no test expects: {message}"
