"""Mutations of PTX text, one instruction each. Every one is a mistake that people make."""

import re

SYNCHRONISES = re.compile(r"^(bar\.|barrier|fence|membar|cp\.async\.(wait|commit))")
TOUCHES = re.compile(r"^(ld|st|atom|red|cp|bar|fence|ldmatrix|shfl|bra)\b")
COMPARISONS = {"lt": "le", "ge": "gt", "ne": "eq", "eq": "ne"}


def split(line):
    """(guard with its blank or "", instruction without them)"""
    match = re.match(r"\s*(@!?%p\d+ )?(.*)$", line)
    return match.group(1) or "", match.group(2)


def is_instruction(line):
    return line.startswith("  ") and line.endswith(";") and not line.strip().startswith(".")


def plain(guard, text):
    """An atomic addition in three steps that are not one."""
    match = re.match(r"(atom|red)\.(global|shared)\.add\.u32 (?:(%r\d+), )?(\[[^]]*\]), (\S+);", text)
    if not match:
        return None
    _, space, result, address, value = match.groups()
    old, new = result or "%plain0", "%plain1"
    steps = [f"ld.{space}.u32 {old}, {address};", f"add.u32 {new}, {old}, {value};",
             f"st.{space}.u32 {address}, {new};"]  # fmt: skip
    return "\n".join("  " + guard + step for step in steps)


def changes(line):
    """(operator, new text or None to delete) of one instruction by itself."""
    guard, text = split(line)
    opcode = text.split(" ", 1)[0]
    if SYNCHRONISES.match(text) and "bar.warp" not in text and "bar." in opcode and "64" not in text:
        yield "guarded barrier", "  @%leader " + text
    if SYNCHRONISES.match(text):
        yield "deleted", None
    match = re.match(r"cp\.async\.wait_group (\d+);", text)
    if match:
        yield "wait count", f"  cp.async.wait_group {int(match.group(1)) + 1};"
    if "bar.sync %" in text or "bar.arrive %" in text:
        yield "other barrier", "  " + re.sub(r" %r\d+,", " 5,", text)
        yield "barrier count", "  " + text.replace("64", "32")
    if guard:
        yield "lost predicate", "  " + text
        turned = guard.replace("@!", "@") if "!" in guard else guard.replace("@", "@!")
        yield "negated predicate", "  " + turned + text
    match = re.match(r"setp\.(\w+)\.(.*)$", text)
    if match and match.group(1) in COMPARISONS:
        yield "comparison", f"  setp.{COMPARISONS[match.group(1)]}.{match.group(2)}"
    if opcode == "and.pred":
        yield "half a condition", re.sub(r"(%p\d+), (%p\d+), (%p\d+);", r"\1, \2, \2;", line)
        yield "other half", re.sub(r"(%p\d+), (%p\d+), (%p\d+);", r"\1, \3, \3;", line)
    if opcode.startswith("selp"):
        yield "swapped choice", re.sub(r", (\S+), (\S+), (%p\d+);", r", \2, \1, \3;", line)
    match = re.match(r"((?:add|sub|shl|shr|and|xor|mul|mad|setp|shfl)\.\S+ .*, )(\d+)(, %\w+;|, 31, 0x.*;|;)$", text)
    if match and not opcode.startswith("cp"):
        value = int(match.group(2))
        kind = "swizzle or mask" if opcode.startswith(("xor", "and")) else "constant"
        yield kind + " + 1", f"  {guard}{match.group(1)}{value + 1}{match.group(3)}"
        if value > 1:
            yield kind + " halved", f"  {guard}{match.group(1)}{value // 2}{match.group(3)}"
    if opcode == "xor.b32":
        yield "lost swizzle", re.sub(r"xor\.b32 (\S+), (\S+), .*;", r"mov.b32 \1, \2;", line)
    match = re.search(r"\+(\d+)\]", text)
    if match:
        yield "wrong offset", line.replace(match.group(0), f"+{int(match.group(1)) // 2}]")
        yield "lost offset", line.replace(match.group(0), "]")
    for number, group in enumerate(re.findall(r"\{([^}]*)\}", text)):
        items = group.split(", ")
        swapped = ", ".join([items[1], items[0], *items[2:]])
        # The accumulators stand twice: each place by itself.
        parts = line.split("{" + group + "}")
        at = 1 if number == 3 else 0
        if len(parts) > 1:
            start = "{" + group + "}"
            head = start.join(parts[: at + 1])
            yield f"swapped fragment {number}", head + "{" + swapped + "}" + start.join(parts[at + 1 :])
    if re.match(r"mov\.(f32|u32) %\w+, (0f00000000|0);", text):
        yield "not initialised", None
    if "0xffffffff" in text:
        for mask in ("0x7fffffff", "0x0000ffff"):
            yield f"member mask {mask}", line.replace("0xffffffff", mask)
    if opcode.startswith(("atom", "red")):
        yield "atomic to plain", plain(guard, text)
    if ".acquire.gpu" in text:
        yield "no acquire", line.replace(".acquire.gpu", ".relaxed.gpu")
        yield "weak load", line.replace(".acquire.gpu", "")
        yield "narrow acquire", line.replace(".acquire.gpu", ".acquire.cta")
    if ".release.gpu" in text:
        yield "no release", line.replace(".release.gpu", ".relaxed.gpu")
        yield "weak store", line.replace(".release.gpu", "")
        yield "narrow release", line.replace(".release.gpu", ".release.cta")
    if opcode == "fence.acq_rel.gpu;":
        yield "narrow fence", line.replace(".gpu", ".cta")
    if opcode.startswith("ldmatrix"):
        yield "transposed", line.replace(".shared.b16", ".trans.shared.b16")
    if opcode.startswith("cp.async.cg"):
        yield "no zero fill", re.sub(r", 16, %r\d+;", ", 16;", line)
        yield "deleted copy", None
    if opcode.startswith(("shfl.sync.down", "shfl.sync.bfly")):
        other = {"down": "up", "bfly": "up"}[opcode.split(".")[2]]
        yield "other shuffle", line.replace(opcode.split(".")[2], other)


def mutants(text):
    """(name, PTX) for each mutation; the name is stable while the mutated line and those before it
    with the same text are."""
    lines = text.split("\n")
    seen = {}
    for at, line in enumerate(lines):
        if not is_instruction(line):
            continue
        place = line.strip()
        seen[place] = seen.get(place, 0) + 1
        place = f"{place} #{seen[place]}"
        found = [(name, at, at + 1, new) for name, new in changes(line)]
        guard, instruction = split(line)
        # Past an instruction that only touches registers would change nothing.
        if SYNCHRONISES.match(instruction) and not guard:
            if is_instruction(lines[at - 1]) and TOUCHES.match(split(lines[at - 1])[1]):
                found.append(("moved up", at - 1, at + 1, line + "\n" + lines[at - 1]))
            if is_instruction(lines[at + 1]) and TOUCHES.match(split(lines[at + 1])[1]):
                found.append(("moved down", at, at + 2, lines[at + 1] + "\n" + line))
        for name, begin, end, new in found:
            changed = lines[:begin] + ([] if new is None else [new]) + lines[end:]
            result = "\n".join(changed)
            if "%plain" in result:
                result = result.replace("  .reg .pred", "  .reg .b32 %plain<2>;\n  .reg .pred", 1)
            if "%leader" in result:
                first = "  .reg .pred %leader;\n  .reg .b32 %identity;\n"
                result = result.replace("  .reg .pred", first + "  .reg .pred", 1)
                read = "  mov.u32 %identity, %tid.x;\n  setp.lt.u32 %leader, %identity, 5;\n"
                result = result.replace("  ld.param", read + "  ld.param", 1)
            if result != text:
                yield f"{name}: {place}", result
