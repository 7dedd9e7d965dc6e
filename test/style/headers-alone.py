# RUN: %python %s %source %build
"""Every header compiles on its own, given no more than the precompiled header that all code of the
compiler has (and for the runtime and the simulator, nothing)."""

import concurrent.futures
import json
import os
import shlex
import subprocess
import sys

import tree


def command_of(build, folder):
    """The compiler with its flags, as CMake uses it in `folder`."""
    with open(os.path.join(build, "compile_commands.json")) as stream:
        for entry in json.load(stream):
            if f"/{folder}/" in entry["file"] and entry["file"].endswith(".cpp"):
                words = shlex.split(entry["command"])
                flags, skip = [], False
                for word in words[: words.index("-c")]:
                    if skip or word in ("-MD",):
                        skip = False
                        continue
                    if word in ("-o", "-MT", "-MF"):
                        skip = True
                        continue
                    flags.append(word)
                return flags, entry["directory"]
    sys.exit(f"no command for {folder}")


def main():
    root, build = sys.argv[1:3]
    folders = {"runtime": "runtime/Core", "simulator": "simulator/Machine"}
    commands = {part: command_of(build, folder) for part, folder in folders.items()}
    compiler = command_of(build, "lib/Driver")

    def check(header):
        flags, directory = commands.get(header.split("/")[0], compiler)
        done = subprocess.run(
            flags + ["-w", "-fsyntax-only", "-x", "c++", "-"],
            input=f'#include "{os.path.join(root, header)}"\n',
            cwd=directory, capture_output=True, text=True,
        )
        return header, done.returncode, done.stderr

    headers = tree.files(root, suffixes=(".h",))
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for header, status, text in pool.map(check, headers):
            if status:
                failed += 1
                print(f"{header} does not compile alone:\n{text}")
    print(len(headers), "headers")
    sys.exit(failed > 0 or not headers)


main()
