"""What the style tests share: the files of the project and their includes."""

import os
import re

CODE = (".cpp", ".h", ".td", ".def")
FOLDERS = ("bench", "dialect", "lib", "runtime", "simulator", "tools")


def files(root, folders=FOLDERS, suffixes=CODE):
    """Paths of sources below `root`, relative and sorted."""
    found = []
    for folder in folders:
        for place, folders_below, names in os.walk(os.path.join(root, folder)):
            folders_below[:] = [name for name in folders_below if not name.startswith(".")]
            for name in names:
                if name.endswith(suffixes):
                    found.append(os.path.relpath(os.path.join(place, name), root))
    return sorted(found)


def read(root, path):
    with open(os.path.join(root, path), encoding="utf-8") as stream:
        return stream.read()


def without_comments(text):
    """C++ or TableGen with comments blanked out, line numbers kept."""
    pattern = re.compile(
        r'//[^\n]*|/\*.*?\*/|R"(\w*)\(.*?\)\1"|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.S
    )

    def keep(match):
        piece = match.group()
        if piece.startswith("/"):
            return re.sub(r"[^\n]", " ", piece)
        return piece

    return pattern.sub(keep, text)


def includes(text):
    """(line number, path) of every include or TableGen include in quotes."""
    for number, line in enumerate(text.splitlines(), 1):
        match = re.match(r'\s*#?\s*include\s+"([^"]+)"', line)
        if match:
            yield number, match.group(1)
