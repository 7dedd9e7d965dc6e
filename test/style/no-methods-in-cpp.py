# RUN: %python %s %source
"""No C++ knows a method, a compartment or a parameter of one by name: whatever the prelude names must
not appear in string literals, and its methods not in identifiers either."""

import re
import sys

import tree

# Words of the language itself that the prelude also uses as names, and the shortest names, which are
# no evidence.
LANGUAGE = {"point"}
# English words: in prose they are no names, but alone in a literal or in backticks they are.
ENGLISH = {"plus", "minus", "mean", "damping", "fit"}
# The spellings of Greek letters (docs/language.md 2) are part of the grammar.
GREEK = "lib/Frontend/Lexer.cpp"


def prelude_names(text):
    text = re.sub(r"//[^\n]*", "", text)
    methods = set(re.findall(r"\bobjective\s+(\w+)", text))
    names = set()
    for names_list in re.findall(r"\b(?:state|multiplier)\s+([^;]+);", text):
        names |= set(re.findall(r"\w+", names_list))
    names |= set(re.findall(r"\bdefine\s+(\w+)", text))
    for parameters in re.findall(r"\bobjective\s+\w+\s*\(([^{]*)\)\s*\{", text):
        names |= set(re.findall(r"(\w+)\s+in\b", parameters))
        names |= set(re.findall(r"(\w+)\s*=", parameters))
    return methods, {name for name in names if len(name) > 1} - LANGUAGE


def main():
    root = sys.argv[1]
    methods, names = prelude_names(tree.read(root, "lib/Frontend/prelude.dp"))
    assert len(methods) >= 6 and len(names) >= 5, (methods, names)
    wrong = []
    for source in tree.files(root):
        text = tree.without_comments(tree.read(root, source))
        for number, line in enumerate(text.splitlines(), 1):
            for literal in re.findall(r'"((?:\\.|[^"\\])*)"', line):
                for word in re.findall(r"\w+", literal):
                    quoted = literal == word or f"`{word}`" in literal
                    if word in names and source != GREEK and (quoted or word not in ENGLISH):
                        wrong.append(f"{source}:{number}: names `{word}`: {line.strip()}")
            for method in methods - {"dp"}:
                if re.search(rf"\b{method}\b", line):
                    wrong.append(f"{source}:{number}: names the method `{method}`: {line.strip()}")
    print("\n".join(wrong))
    sys.exit(bool(wrong))


main()
