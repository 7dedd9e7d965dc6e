# RUN: %python %s
"""Every form of instruction that the simulator knows belongs to a test of this folder, and every choice
of its modifiers to a case where the test is lane-wise. The other tests check by `table.require`."""

import os
import sys

from oracle import families, table

TESTS = {
    "atom": "atomic", "red": "atomic", "cp": "async-copy", "cvta": "addresses", "isspacep": "addresses",
    "prefetch": "addresses", "prefetchu": "addresses", "discard": "addresses", "mov": "addresses",
    "applypriority": "addresses", "createpolicy": "addresses", "mapa": "addresses", "alloca": "addresses",
    "stacksave": "addresses", "stackrestore": "addresses", "getctarank": "addresses",
}  # fmt: skip
LANEWISE = ("integer", "float", "half", "compare", "logic", "convert", "move", "approximate")

forms = table.forms()
missing = []
cases = {name: families.cases_of(forms, name) for name in LANEWISE}
for form in forms:
    name = families.family(form)
    if name in LANEWISE:
        done = {case.mods for case in cases[name] if case.form is form}
        for mods in set(form.combinations()) - done:
            missing.append(f"{form.line}: no case for .{'.'.join(mods)}")
        continue
    script = TESTS.get(form.opcode, name) + ".py"
    path = os.path.join(os.path.dirname(os.path.abspath(__file__)), script)
    if not os.path.exists(path):
        missing.append(f"{form.line}: {script} is missing")
        continue
    with open(path, encoding="utf-8") as stream:
        text = stream.read()
    if f'"{form.opcode}"' not in text or "table.require" not in text:
        missing.append(f"{form.line}: {script} does not test it")
print("\n".join(missing))
print(f"{len(forms)} forms, {sum(len(list_) for list_ in cases.values())} lane-wise cases")
sys.exit(bool(missing) or len(forms) < 400)
