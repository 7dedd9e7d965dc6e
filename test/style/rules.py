# RUN: %python %s %source
"""Every numbered rule of docs/language.md that can be violated has a wrong program that cites it, in the
golden file of test/Frontend/bad or in a test of test/Driver; what messages cite exists."""

import re
import sys

import tree

RULE = r"[NOIT]\d+"
# Rules that say what something means, not which programs are wrong.
CANNOT_BE_VIOLATED = {
    "N10": "says the order of the layers that are written",
    "I1": "says what one update moves",
    "I4": "says what a program means",
    "O16": "says what the gradient of a parameter is; what cannot be differentiated violates O9",
    "O17": "says which changes of a potential change nothing",
    "T8": "says which weights are kept",
}


def main():
    root = sys.argv[1]
    language = tree.read(root, "docs/language.md")
    rules = re.findall(rf"^- \*\*({RULE})\*\*", language, re.M)
    sections = re.findall(r"^##+ (\d+(?:\.\d+)?)", language, re.M)
    wrong = []

    cited = set()
    golden = tree.read(root, "test/Frontend/bad/expected.txt")
    for program in re.split(r"^(?==== )", golden, flags=re.M)[1:]:
        header = program.split("\n", 1)[0]
        citation = re.search(r" \(language\.md ([\w.]+)\)$", header)
        if not citation or citation.group(1) not in rules + sections:
            wrong.append(f"{header}: cites no rule or section of docs/language.md")
        elif ": error: " in program and not re.search(r"^exit 0$", program, re.M):
            cited.add(citation.group(1))
    for path in tree.files(root, ("test/Driver",), (".test", ".py")):
        cited.update(re.findall(rf"\blanguage\.md ({RULE})\b", tree.read(root, path)))

    for rule in rules:
        if rule not in cited and rule not in CANNOT_BE_VIOLATED:
            wrong.append(f"{rule}: no wrong program cites it")
        if rule in cited and rule in CANNOT_BE_VIOLATED:
            wrong.append(f"{rule}: exempt, but a wrong program cites it")
    for rule in sorted(CANNOT_BE_VIOLATED.keys() - set(rules)):
        wrong.append(f"{rule}: exempt, but no rule")

    for path in tree.files(root, suffixes=(".cpp", ".h", ".td", ".def", ".dp")):
        for list_ in re.findall(rf"language\.md ((?:{RULE}|\d+(?:\.\d+)?)(?:,? (?:and )?{RULE})*)",
                                tree.read(root, path)):
            for citation in re.findall(rf"{RULE}|\d+(?:\.\d+)?", list_):
                if citation not in rules + sections:
                    wrong.append(f"{path}: cites {citation}, which docs/language.md lacks")
    for list_ in re.findall(rf"\(((?:{RULE}, )*{RULE})\)", tree.read(root, "lib/Support/Messages.def")):
        for citation in list_.split(", "):
            if citation not in rules:
                wrong.append(f"Messages.def: cites {citation}, which docs/language.md lacks")
    print("\n".join(wrong))
    sys.exit(bool(wrong) or len(rules) < 40)


main()
