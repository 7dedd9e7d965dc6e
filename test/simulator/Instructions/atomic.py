# RUN: %python %s %t.folder
"""atom and red: all operations, types, orders and places of the modifiers. Each thread on a place of its
own, and all threads on one place: then the results are those of some order of the threads."""

import sys

from oracle import compares, floats, spaces, table
from oracle.expect import Anything, Halves, matches
from oracle.formats import FORMATS
from oracle.integers import WIDTH, number, wrap
from oracle.operands import tuples
from oracle.table import types_of

OPERATIONS = ("and", "or", "xor", "exch", "cas", "add", "inc", "dec", "min", "max")
NAMES = {16: "%h", 32: "%r", 64: "%d", 128: "%q"}


def apply(operation, kind, old, b, c):
    """What memory holds afterwards; integers or an expectation."""
    if operation in ("and", "or", "xor"):
        return compares.BOOLEAN[operation](old, b)
    if operation == "exch":
        return b
    if operation == "cas":
        return c if old == b else old
    if operation == "inc":
        return 0 if old >= b else old + 1
    if operation == "dec":
        return b if old == 0 or old > b else old - 1
    if operation in ("min", "max"):
        return wrap((min if operation == "min" else max)(number(old, kind), number(b, kind)), kind)
    if kind in WIDTH and kind[0] in "us":
        return wrap(old + b, kind)
    fmt = FORMATS[kind.removesuffix("x2")]
    if kind.endswith("x2"):
        return Halves(*(floats.add(fmt, [], old >> s & 0xFFFF, b >> s & 0xFFFF) for s in (0, 16)))
    return floats.add(fmt, [], old, b)


def flushed(kind, operation, place, old, b, c):
    """atom.add.f32 on global memory flushes subnormals, on shared memory it does not (9.7.13.5)."""
    fmt = FORMATS["f32"]
    if (kind, operation) == ("f32", "add"):
        plain = floats.add(fmt, [], old, b)
        flush = floats.add(fmt, ["ftz"], fmt.flush(old), fmt.flush(b))
        return flush if place == "global" else plain
    return apply(operation, kind, old, b, c)


def place_of(mods, at):
    space = next((mod for mod in mods if mod in spaces.BASES), None)
    if space:
        return spaces.BASES[space], space.split("::")[0]
    if "L2::cache_hint" in mods or at % 2:
        return "%mine", "global"
    return "%gs", "shared"


def keep(program, register, width, expected, label):
    """Stores a result; one of 128 bits as two."""
    if width < 128:
        return program.store(register, width, expected, label)
    program.emit(f"mov.b128 {{%d5, %d6}}, {register};")
    program.store("%d5", 64, lambda t: expected(t) & (1 << 64) - 1, label)
    program.store("%d6", 64, lambda t: expected(t) >> 64, label)


def one(program, columns, form, mods, index):
    kind = types_of(mods)[0]
    width = WIDTH[kind]
    operation = next(mod for mod in mods if mod in OPERATIONS)
    name = ".".join((form.opcode,) + mods)
    base, place = place_of(mods, index)
    rows = columns(program, kind)
    register = NAMES[width]
    for i, at in enumerate(rows.places):
        program.emit(f"ld.global.b{width} {register}{10 + i}, [%table{width // 8}+{at}];")
    more = f", {register}12" if operation == "cas" else ""
    hint = ", %policy" if "L2::cache_hint" in mods else ""
    result = f"{register}13, " if form.opcode == "atom" else ""
    # The word under test is put where the region of the thread is, and read back.
    five = "mov.b64 %d5, 5; mov.b64 %d6, 0; mov.b128 %q13, {%d5, %d6};" if width == 128 else f"mov.b{width} {register}13, 5;"
    program.emit(f"st.{place}.b{width} [{spaces.BASES[place]}+16], {register}10;", five,
                 f"@%guard {name} {result}[{base}+16], {register}11{more}{hint};",
                 f"ld.{place}.b{width} {register}14, [{spaces.BASES[place]}+16];")  # fmt: skip

    def after(t):
        old, b, c = rows.rows[t]
        return flushed(kind, operation, place, old, b, c) if program.guards[t] else old

    keep(program, f"{register}14", width, after, f"{name} at {base}: memory")
    if result:
        keep(program, f"{register}13", width, lambda t: rows.rows[t][0] if program.guards[t] else 5,
             f"{name} at {base}: result")  # fmt: skip


class Columns:
    """Operand tables, one per type, in a buffer of their own."""

    def __init__(self):
        self.known = {}

    def __call__(self, program, kind):
        if kind not in self.known:
            width = WIDTH[kind]
            # A third of the compare-and-swaps succeed.
            rows = [(a, a if t % 3 == 0 else b, c) for t, (a, b, c) in enumerate(tuples((kind,) * 3, program.total))]
            table_bytes = program.extra["operands"]
            places = []
            for i in range(3):
                table_bytes.extend(bytes(-len(table_bytes) % 16))
                places.append(len(table_bytes))
                for row in rows:
                    table_bytes.extend(row[i].to_bytes(width // 8, "little"))
            self.known[kind] = type("Rows", (), {"rows": rows, "places": places})
        return self.known[kind]


def contended(program, form, mods, at):
    """All threads on one word; integer values that tell the threads apart."""
    kind = types_of(mods)[0]
    width = WIDTH[kind]
    operation = next(mod for mod in mods if mod in OPERATIONS)
    name = ".".join((form.opcode,) + mods)
    base = f"%one+{at}"
    register = NAMES[width]
    program.emit(f"cvt.u{width}.u32 {register}11, %local;" if width != 32 else "mov.b32 %r11, %local;")
    if operation == "inc" or operation == "dec":
        program.emit("mov.b32 %r11, 1000000;")
    if operation == "cas":
        program.emit(f"mov.b{width} {register}12, {register}11;", f"mov.b{width} {register}11, 0;")
    more = f", {register}12" if operation == "cas" else ""
    result = f"{register}13, " if form.opcode == "atom" else ""
    program.emit(f"mov.b{width} {register}13, 0;", f"{name} {result}[{base}], {register}11{more};", "bar.sync 0;",
                 f"ld.relaxed.gpu.global.b{width} {register}14, [{base}];")  # fmt: skip
    memory = program.slot(width, lambda t: Anything(), name)
    olds = program.slot(width, lambda t: Anything(), name)
    program.emit(f"st.global.b{width} [%out{width // 8}+{memory}], {register}14;",
                 f"st.global.b{width} [%out{width // 8}+{olds}], {register}13;")  # fmt: skip
    return (name, form.opcode, operation, kind, memory, olds)


def check(result, program, name, opcode, operation, kind, memory, olds):
    """Whether some order of the threads gives these results."""
    width, n = WIDTH[kind], program.total
    read = lambda at, t: int.from_bytes(result[at + t * width // 8 :][: width // 8], "little")  # noqa: E731
    values = [read(olds, t) for t in range(n)]
    final = {read(memory, t) for t in range(n)}
    assert len(final) == 1, f"{name}: threads read {final}"
    final = final.pop()
    step = {"inc": lambda m, t: apply("inc", kind, m, 1000000, 0), "dec": lambda m, t: apply("dec", kind, m, 1000000, 0),
            "cas": lambda m, t: apply("cas", kind, m, 0, t)}.get(operation, lambda m, t: apply(operation, kind, m, t, 0))  # fmt: skip
    # Each thread leads from what it saw to what it left: an order is a path over all these edges, which
    # exists (Euler) when they hang together and as many lead to each value as away, but for the ends.
    state = 0
    if opcode == "atom":
        edges = [(values[t], step(values[t], t)) for t in range(n)]
        balance, reached = {0: 1}, {0}
        balance[final] = balance.get(final, 0) - 1
        for old, new in edges:
            balance[old] = balance.get(old, 0) - 1
            balance[new] = balance.get(new, 0) + 1
        for _ in range(n):
            reached |= {new for old, new in edges if old in reached}
        assert not any(balance.values()) and all(old in reached for old, _ in edges), f"{name}: no order gives {values}"
        state = final
    if opcode == "red":
        for t in range(n):
            state = step(state, t)
    assert matches(state, final), f"{name}: memory holds {final:#x} after all, expected {state:#x}"


def main():
    forms = [form for form in table.forms() if form.opcode in ("atom", "red")]
    program = spaces.program()
    program.extra = {"operands": bytearray(), "counters": bytes(8192)}
    program.prologue += ".reg .b64 %table<17>, %one; ld.param.u64 %d1, [operands]; ld.param.u64 %one, [counters];\n"
    program.prologue += "".join(f"mad.wide.u32 %table{size}, %thread, {size}, %d1;\n" for size in (2, 4, 8, 16))
    program.prologue += ".reg .b128 %q<20>;\n"
    columns, used, shared = Columns(), [], []
    for form in forms:
        for mods in table.sample(form):
            one(program, columns, form, mods, len(used))
            used.append((form, mods))
        for mods in form.combinations():
            if types_of(mods)[0][0] in "usb" and types_of(mods)[0] not in ("bf16", "bf16x2", "b16", "b128"):
                if set(mods) <= {*OPERATIONS, *types_of(mods)} | {"global"}:
                    shared.append(contended(program, form, mods, len(shared) * 8))
    result = program.run(sys.argv[1], "atomic", spaces.arguments(program))["out"]
    for entry in shared:
        check(result, program, *entry)
    print(f"{len(shared)} operations with all threads on one word")
    table.require(forms, used)


main()
