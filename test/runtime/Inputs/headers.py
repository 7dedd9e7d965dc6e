"""Compiles each public header of the runtime alone: headers.py CXX INCLUDE_FOLDER."""
import pathlib
import subprocess
import sys

compiler, folder = sys.argv[1:]
headers = sorted(pathlib.Path(folder, "dprt").glob("*.h"))
assert len(headers) >= 10, headers
for header in headers:
    text = f'#include "dprt/{header.name}"\n#include "dprt/{header.name}"\n'
    command = [compiler, "-std=c++20", "-Wall", "-Wextra", "-Werror", "-fsyntax-only", "-I", folder]
    subprocess.run(command + ["-x", "c++", "-"], input=text, text=True, check=True)
