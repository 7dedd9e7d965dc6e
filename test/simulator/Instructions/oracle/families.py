"""Which family of tests an instruction belongs to, and the cases of lane-wise instructions."""

from oracle import approximations, compares, conversions, floats, integers
from oracle.integers import WIDTH
from oracle.lanewise import Case, with_immediate
from oracle.table import types_of

MEMORY = {"ld", "ldu", "st", "prefetch", "prefetchu", "discard", "applypriority", "createpolicy", "cp", "cvta",
          "isspacep", "mapa", "getctarank", "alloca", "stacksave", "stackrestore"}  # fmt: skip
CONTROL = {"bra", "brx", "call", "ret", "exit", "trap", "brkpt", "nanosleep", "pmevent", "griddepcontrol"}
BARRIER = {"bar", "barrier", "membar", "fence"}
COLLECTIVE = {"shfl", "vote", "match", "redux", "activemask"}
MATRIX = {"ldmatrix", "stmatrix", "movmatrix", "mma", "wmma"}
FLOATS = {"f32", "f64"}
HALVES = {"f16", "bf16", "f16x2", "bf16x2"}

# What a `.u32` or `.b32` operand means to these opcodes, by place.
KINDS = {
    ("shl", 2): "amount", ("shr", 2): "amount", ("shf", 3): "amount", ("bfe", 2): "amount",
    ("bfe", 3): "amount", ("bfi", 3): "amount", ("bfi", 4): "amount", ("szext", 2): "amount",
    ("bmsk", 1): "amount", ("bmsk", 2): "amount", ("prmt", 3): "selector", ("fns", 2): "lane",
    ("fns", 3): "small",
}  # fmt: skip


def family(form):
    opcode, mods = form.opcode, next(form.combinations())
    types = types_of(mods)
    if opcode in ("atom", "red"):
        return "atomic"
    for name, group in (("memory", MEMORY), ("control", CONTROL), ("barrier", BARRIER),
                        ("collective", COLLECTIVE), ("matrix", MATRIX)):  # fmt: skip
        if opcode in group:
            return name
    if opcode == "mov":
        return "memory" if "b128" in mods or form.operands[-1] == "name" else "move"
    if opcode in ("cvt", "setp", "set"):
        return {"cvt": "convert", "setp": "compare", "set": "compare"}[opcode]
    if opcode in ("selp", "slct") or opcode in integers.LOGIC:
        return "logic"
    if "approx" in mods or "full" in mods or opcode in ("sin", "cos", "lg2", "ex2", "tanh", "rsqrt"):
        return "approximate"
    if types[0] in HALVES:
        return "half"
    return "float" if types[0] in FLOATS else "integer"


def oracle_of(form, mods):
    kind = family(form)
    return {
        "integer": integers.TABLE, "logic": integers.LOGIC | compares.TABLE, "float": floats.TABLE,
        "half": floats.TABLE, "compare": compares.TABLE, "convert": conversions.TABLE,
        "approximate": approximations.TABLE,
    }[kind][form.opcode]  # fmt: skip


def kind_of(form, place, types):
    """(kind, width) of an operand of the table."""
    text = form.operands[place].rstrip("⁺ʳ")
    if (form.opcode, place) in KINDS:
        return KINDS[form.opcode, place], 32
    if text.startswith("2×"):
        kind = types[0][0] + str(2 * WIDTH[types[0]])
    elif text[0] == "T":
        kind = types[0]
    elif text[0] == "U":
        kind = types[1]
    else:
        kind = text.split("{")[0].split("|")[0][1:]
    return kind, max(WIDTH[kind], 16) if kind != "pred" else 1


def bind(function, mods, types):
    return lambda *sources: function(mods, types, *sources)


def lane_cases(form, number):
    """All cases of a lane-wise form; `number` counts cases to vary what else there is to vary."""
    cases = []
    for mods in form.combinations():
        number += 1
        made = one_combination(form, mods, number)
        cases += made
        if not {"cc", "addc", "subc", "madc"} & {*mods, form.opcode} and form.opcode not in ("mov", "cvt", "vabsdiff2", "vabsdiff4"):
            extra = with_immediate(made[0], number)
            if extra:
                cases.append(extra)
    return cases


def one_combination(form, mods, number):
    types, opcode = types_of(mods), form.opcode
    name = ".".join((opcode,) + mods)
    if opcode == "mov":
        return moves(form, mods, name)
    if opcode in ("addc", "subc", "madc") or "cc" in mods:
        return [carry_case(form, mods, name, types)]
    evaluate = bind(oracle_of(form, mods), mods, types)
    if opcode == "cvt":
        return [conversion(form, mods, name, types, number)]
    if opcode == "lop3":
        return list(lookups(form, mods, name))
    _, result = kind_of(form, 0, types)
    sources = [kind_of(form, place, types) for place in range(1, len(form.operands))]
    words = [f"{{s{i}}}" for i in range(len(sources))]
    if opcode == "setp":
        if sources[-1][0] == "pred" and number % 2:
            words[-1] = "!" + words[-1]
            inner = evaluate
            evaluate = lambda a, b, c: inner(a, b, 1 - c)  # noqa: E731
        rest = ", ".join(words)
        both = Case(form, mods, f"{name} {{d0}}|{{d1}}, {rest}", [1, 1], sources, evaluate)
        one = Case(form, mods, f"{name} {{d0}}, {rest}", [1], sources, lambda *s: evaluate(*s)[:1])
        sunk = Case(form, mods, f"{name} _|{{d0}}, {rest}", [1], sources, lambda *s: evaluate(*s)[1:])
        if "|" not in form.operands[0]:
            return [one]
        if "{" not in form.operands[0]:
            return [both]
        return [one, both] + ([sunk] if number % 4 == 0 else [])
    text = f"{name} {{d0}}, {', '.join(words)}"
    return [Case(form, mods, text, [result], sources, evaluate)]


def lookups(form, mods, name):
    """lop3 with all its tables; with a predicate result, with some."""
    boolean = len(form.operands) > 5
    for table in range(0, 256, 23 if boolean else 1):
        sources = [("b32", 32)] * 3 + ([("pred", 1)] if boolean else [])

        def evaluate(a, b, c, *p, table=table):
            return integers.lop3(mods, None, a, b, c, table, *p)

        text = f"{name} {{d0}}{'|{d1}' if boolean else ''}, {{s0}}, {{s1}}, {{s2}}, {table}"
        yield Case(form, mods, text + (", {s3}" if boolean else ""), [32] + [1] * boolean, sources, evaluate)


def carry_case(form, mods, name, types):
    """Sets CC.CF, executes, and reads CC.CF by an addc or subc of zeros."""
    width = WIDTH[types[0]]
    borrows = form.opcode in ("sub", "subc")
    count = len(form.operands) - 1
    sources = [(types[0], width)] * count + [("pred1", 32)]
    words = ", ".join(f"{{s{i}}}" for i in range(count))
    before = f"sub.cc.u32 %r19, 0, {{s{count}}}" if borrows else f"add.cc.u32 %r19, {{s{count}}}, -1"
    after = "subc.u32 {d1}, 0, 0" if borrows else "addc.u32 {d1}, 0, 0"
    run = integers.with_carry(form.opcode)

    def evaluate(*values):
        result, carry = run(mods, types, *values)
        return [result, carry * (0xFFFFFFFF if borrows else 1)]

    return Case(form, mods, f"{before}; {name} {{d0}}, {words}; {after}", [width, 32], sources, evaluate)


def conversion(form, mods, name, types, number):
    to, source = types
    packed = to.endswith("x2")
    strict = "bf16" in types  # ptxas wants registers of the exact width beside bf16

    def width_of(kind, choice):
        width = max(16, WIDTH[kind])
        relaxed = kind[0] in "us" and not packed and not strict
        return max(width, (width, 32, 64, width)[choice % 4]) if relaxed else width

    result = width_of(to, number)
    sources = [(source, width_of(source, number // 4))] * (len(form.operands) - 1)

    def evaluate(*values):
        done = conversions.cvt(mods, types, *values)
        return [conversions.register(to, done[0], result)]

    text = f"{name} {{d0}}, " + ", ".join(f"{{s{i}}}" for i in range(len(sources)))
    if strict and WIDTH[to] == 8:  # in a register of its own
        text = f"{name} %b0, {{s0}}; cvt.{to[0]}16.{to} {{d0}}, %b0"
    elif strict and WIDTH[source] == 8:
        text = f"cvt.u8.u16 %b0, {{s0}}; {name} {{d0}}, %b0"
    return Case(form, mods, text, [result], sources, evaluate)


def moves(form, mods, name):
    """mov between registers, packing and unpacking; bytes go through registers of their own."""
    to, source = form.operands
    width = WIDTH[mods[0]]
    if to[0] != "{" and source[0] != "{":
        kind = (mods[0], 1 if width == 1 else width)
        return [Case(form, mods, f"{name} {{d0}}, {{s0}}", [kind[1]], [kind], lambda a: [a])]
    count = int((to if to[0] == "{" else source)[1])
    part = width // count
    mask = (1 << part) - 1
    registers = [f"%b{i}" for i in range(count)]
    outer = max(part, 16)
    if source[0] == "{":
        names = registers if part == 8 else [f"{{s{i}}}" for i in range(count)]
        before = "; ".join(f"cvt.u8.u16 {registers[i]}, {{s{i}}}" for i in range(count)) + "; "

        def evaluate(*values):
            return [sum(value << part * i for i, value in enumerate(values))]

        text = f"{before if part == 8 else ''}{name} {{d0}}, {{{{{', '.join(names)}}}}}"
        return [Case(form, mods, text, [width], [(f"u{part}", outer)] * count, evaluate)]
    names = registers if part == 8 else [f"{{d{i}}}" for i in range(count)]
    after = "".join(f"; cvt.u16.u8 {{d{i}}}, {registers[i]}" for i in range(count))
    text = f"{name} {{{{{', '.join(names)}}}}}, {{s0}}{after if part == 8 else ''}"
    return [Case(form, mods, text, [outer] * count, [(mods[0], width)],
                 lambda a: [a >> part * i & mask for i in range(count)])]  # fmt: skip


def cases_of(forms, name):
    cases = []
    for form in forms:
        if family(form) == name:
            cases += lane_cases(form, len(cases))
    return cases
