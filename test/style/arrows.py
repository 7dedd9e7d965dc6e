# RUN: %python %s %source
"""Who may include whom: the table "Arrows" of docs/architecture.md is read and enforced."""

import os
import re
import sys

import tree


def table(text):
    """{folder: allowed prefixes} of the Markdown table below the heading `Arrows`."""
    rules = {}
    section = text.split("## Arrows", 1)[1].split("\n## ", 1)[0]
    for line in section.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if len(cells) != 2 or not cells[0].startswith("`"):
            continue
        allowed = re.findall(r"`([^`]+)`", cells[1])
        for folder in re.findall(r"`([^`]+)`", cells[0]):
            rules[folder] = allowed
    return rules


def project_path(include, source):
    """The path from the root, or None for a header of someone else."""
    if include.startswith("dprt/"):
        return "runtime/include/" + include
    if include.split("/")[0] in tree.FOLDERS + ("test",):
        return include
    if source.startswith("runtime/") and "/" in include:
        return "runtime/" + include  # the runtime's own include root
    return None


def matches(path, prefix):
    return path == prefix or path.startswith(prefix + "/") or path.startswith(prefix + ".")


def main():
    root = sys.argv[1]
    rules = table(tree.read(root, "docs/architecture.md"))
    wrong = [
        f"{source}: its folder is not among those that the style tests look at"
        for folder in sorted(os.listdir(root))
        if folder not in tree.FOLDERS + ("cmake", "test") and not folder.startswith(("build", "."))
        for source in tree.files(root, (folder,), (".cpp", ".h", ".td"))
    ]
    for source in tree.files(root, tree.FOLDERS, (".cpp", ".h", ".td")):
        folders = [folder for folder in rules if matches(source, folder)]
        if not folders:
            wrong.append(f"{source}: no row of the table covers it")
            continue
        folder = max(folders, key=len)
        for line, include in tree.includes(tree.read(root, source)):
            path = project_path(include, source)
            if path is None or matches(path, folder):
                continue
            if source.startswith("runtime/") and re.match(r"(llvm|mlir)/", include):
                wrong.append(f"{source}:{line}: the runtime knows nothing of LLVM: {include}")
            if not any(matches(path, prefix) for prefix in rules[folder]):
                wrong.append(f"{source}:{line}: `{folder}` may not include {include}")
        if source.startswith("runtime/"):
            for line, text in enumerate(tree.read(root, source).splitlines(), 1):
                if re.match(r'\s*#\s*include\s+["<](llvm|mlir)', text):
                    wrong.append(f"{source}:{line}: the runtime knows nothing of LLVM")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
