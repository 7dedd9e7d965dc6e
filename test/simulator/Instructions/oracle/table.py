"""The forms of instructions that the simulator says it knows: `dpc-ptxsim --instructions`."""

import itertools
import random
import re
import subprocess
import sys

from oracle.integers import WIDTH


class Form:
    def __init__(self, index, opcode, slots, operands, version, architecture):
        self.index, self.opcode, self.slots, self.operands = index, opcode, slots, operands
        self.version, self.architecture = version, architecture

    def __repr__(self):
        return self.line

    def combinations(self):
        """Every choice of modifiers, as tuples."""
        for choice in itertools.product(*self.slots):
            yield tuple(mod for mod in choice if mod)


def types_of(mods):
    return [mod for mod in mods if mod in WIDTH]


def parse(text):
    forms = []
    for line in text.split("\n"):
        match = re.match(r"\| `(\w+)`(.*?) \| (.*?) ?\| (\d+)\.(\d+), sm_(\d+) \|$", line)
        if not match:
            assert not line.startswith("| `"), line
            continue
        opcode, modifiers, operands, major, minor, architecture = match.groups()
        slots = []
        for optional, choice, single in re.findall(r"\{([^}]*)\}|\(([^)]*)\)|(\.[\w:]+)", modifiers):
            words = (optional or choice or single).replace("\\|", "|").split("|")
            slots.append(([""] if optional else []) + [word[1:] for word in words])
        form = Form(len(forms), opcode, slots, split_operands(operands.replace("\\|", "|")),
                    int(major) * 10 + int(minor), int(architecture))  # fmt: skip
        form.line = line
        forms.append(form)
    return forms


def split_operands(text):
    """Splits at commas outside of brackets."""
    parts, depth = [""], 0
    for c in text:
        depth += (c in "{[(") - (c in "}])")
        if c == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += c
    return [part.strip() for part in parts if part.strip()]


def forms(simulator="dpc-ptxsim"):
    text = subprocess.run([simulator, "--instructions"], capture_output=True, text=True, check=True).stdout
    return parse(text)


def sample(form, seed=0):
    """Combinations of modifiers in which every pair of alternatives occurs."""
    dice = random.Random(f"{form.index} {seed}")
    every = list(itertools.product(*form.slots))
    dice.shuffle(every)
    seen, chosen = set(), []
    for choice in every:
        pairs = set(itertools.combinations(enumerate(choice), 2)) | set(enumerate(choice)) | {()}
        if not pairs <= seen:
            seen |= pairs
            chosen.append(tuple(mod for mod in choice if mod))
    return chosen


def require(forms, used):
    """Every form of a family must have been executed, with every alternative of its modifiers. `used`
    holds (form, modifiers)."""
    missing = []
    for form in forms:
        modifiers = [mods for other, mods in used if other is form]
        wanted = {mod for slot in form.slots for mod in slot if mod}
        if not modifiers:
            missing.append(form.line)
        elif wanted - {mod for mods in modifiers for mod in mods}:
            missing.append(f"{form.line}: {wanted - {mod for mods in modifiers for mod in mods}}")
    if missing:
        sys.exit("forms without a test:\n" + "\n".join(missing))
