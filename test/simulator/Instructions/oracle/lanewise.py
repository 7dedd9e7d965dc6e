"""Instructions that work on each lane alone: one kernel executes all cases, one after the other.

A case loads its sources, sets its results to a known pattern, executes the instruction under a guard
and stores the results. The guard is true everywhere in two warps of three and in some lanes of the
third; the block's last warp is not full. Results of lanes outside of the guard must not change.
"""

import random
import struct
import sys

from oracle import simulator
from oracle.expect import matches, show
from oracle.integers import WIDTH
from oracle.operands import tuples

SENTINELS = {8: 0xA5, 16: 0xA5C3, 32: 0xA5C3F00D, 64: 0xA5C3F00D12345678}
REGISTERS = {16: "%h", 32: "%r", 64: "%d"}
CODES = {16: "H", 32: "I", 64: "Q"}


class Case:
    """One instruction. `text` has {d0}, {d1}, ... for results, {s0}, ... for sources.

    results: widths of the registers (1 = predicate); sources: (kind of operand, register width);
    evaluate(*sources) gives one expectation per result. All instructions of `text`, between `;`, are
    executed under the guard.
    """

    def __init__(self, form, mods, text, results, sources, evaluate):
        self.form, self.mods, self.text = form, mods, text
        self.results, self.sources, self.evaluate = results, sources, evaluate


def constant(kind, value):
    """An immediate operand."""
    if kind == "f32":
        return f"0f{value:08X}"
    if kind == "f64":
        return f"0d{value:016X}"
    width = WIDTH.get(kind, 32)
    if kind[0] == "s" and value >> width - 1:
        return str(value - (1 << width))
    return str(value) + ("U" if value >> 63 else "")


def with_immediate(case, number):
    """The same case with one source as an immediate, or None where none can stand."""
    places = [i for i, (kind, _) in enumerate(case.sources)
              if kind not in ("pred", "f16", "bf16", "f16x2", "bf16x2", "u16x2", "s16x2")]  # fmt: skip
    if not places or len(case.sources) < 2:
        return None
    place = places[number % len(places)]
    kind, _ = case.sources[place]
    dice = random.Random(number)
    value = dice.choice(tuples((kind,), 64))[0]
    text = case.text.replace(f"{{s{place}}}", constant(kind, value))
    for later in range(place + 1, len(case.sources)):
        text = text.replace(f"{{s{later}}}", f"{{s{later - 1}}}")
    rest = case.sources[:place] + case.sources[place + 1 :]

    def evaluate(*sources):
        return case.evaluate(*sources[:place], value, *sources[place:])

    return Case(case.form, case.mods, text, case.results, rest, evaluate)


class Buffer:
    """Columns of a buffer, each with one element per thread."""

    def __init__(self, threads):
        self.threads, self.bytes, self.known = threads, 0, {}

    def column(self, width):
        at = (self.bytes + 7) // 8 * 8
        self.bytes = at + self.threads * width // 8
        return at


def run(folder, name, cases, threads=248, block=None):
    """Executes the cases and exits with the disagreements, if any."""
    block = block or threads
    source, target = Buffer(threads), Buffer(threads)
    columns, contents = {}, bytearray()
    dice = random.Random(1)
    guards = [int(t // 32 % 3 != 2 or dice.random() < 0.5) for t in range(threads)]

    def load(kinds, widths):
        """Offsets of the columns with operands of these kinds."""
        key = (kinds, widths)
        if key not in columns:
            rows = tuples(kinds, threads)
            places = []
            for i, width in enumerate(widths):
                width = 32 if width == 1 else width
                at = source.column(width)
                contents.extend(bytes(at - len(contents)))
                junk = random.Random(f"{kinds} {i}")
                kind_width = WIDTH.get(kinds[i], 32)
                for row in rows:
                    value = row[i]
                    if kind_width < width and kinds[i] != "pred":  # garbage above the operand
                        value |= junk.getrandbits(width - kind_width) << kind_width
                    contents.extend(struct.pack("<" + CODES[width], value))
                places.append(at)
            columns[key] = (rows, places)
        return columns[key]

    body, checks = [], []
    guard_at = source.column(32)
    contents.extend(struct.pack(f"<{threads}I", *guards))
    for number, case in enumerate(cases):
        kinds = tuple(kind for kind, _ in case.sources)
        widths = tuple(width for _, width in case.sources)
        rows, places = load(kinds, widths)
        names, counters = {}, {1: 0, 16: 0, 32: 0, 64: 0}

        def fresh(width):
            counters[width] += 1
            return f"%{'p' if width == 1 else REGISTERS[width][1:]}{counters[width]}"

        for i, (width, at) in enumerate(zip(widths, places)):
            register = fresh(width)
            names[f"s{i}"] = register
            if width == 1:
                body.append(f"ld.global.b32 %r0, [%in4+{at}]; setp.ne.b32 {register}, %r0, 0;")
            else:
                body.append(f"ld.global.b{width} {register}, [%in{width // 8}+{at}];")
        in_place = number % 3 == 0 and case.results and case.sources and case.results[0] == widths[0] != 1
        outputs = []
        for i, width in enumerate(case.results):
            if i == 0 and in_place:
                register = names["s0"]
            else:
                register = fresh(width)
                if width == 1:
                    body.append(f"mov.pred {register}, %odd;")
                else:
                    body.append(f"mov.b{width} {register}, {SENTINELS[width]:#x}{'U' if width == 64 else ''};")
            names[f"d{i}"] = register
        guard = "@%guard" if number % 2 else "@!%unguard"
        for instruction in case.text.format(**names).split("; "):
            body.append(f"{guard} {instruction};")
        for i, width in enumerate(case.results):
            register = names[f"d{i}"]
            at = target.column(max(width, 32) if width == 1 else width)
            if width == 1:
                body.append(f"selp.b32 %r0, 1, 0, {register}; st.global.b32 [%out4+{at}], %r0;")
            else:
                body.append(f"st.global.b{width} [%out{width // 8}+{at}], {register};")
            outputs.append((at, width))
        checks.append((case, rows, outputs, in_place))

    ptx = f"""{simulator.HEADER}
.visible .entry k(.param .u64 source, .param .u64 target)
{{
.reg .pred %p<10>, %odd, %guard, %unguard;
.reg .b8 %b<4>;
.reg .b16 %h<20>;
.reg .b32 %r<20>, %thread;
.reg .b64 %d<20>, %in<9>, %out<9>;
ld.param.u64 %in1, [source];
ld.param.u64 %out1, [target];
mov.u32 %thread, %ctaid.x;
mov.u32 %r0, %ntid.x;
mov.u32 %r1, %tid.x;
mad.lo.u32 %thread, %thread, %r0, %r1;
""" + "".join(
        f"mul.wide.u32 %d0, %thread, {size}; add.u64 %in{size}, %in1, %d0; add.u64 %out{size}, %out1, %d0;\n"
        for size in (2, 4, 8)
    )
    ptx += f"and.b32 %r0, %thread, 1; setp.ne.b32 %odd, %r0, 0;\n"
    ptx += f"ld.global.b32 %r0, [%in4+{guard_at}]; setp.ne.b32 %guard, %r0, 0; not.pred %unguard, %guard;\n"
    ptx += "\n".join(body) + "\nret;\n}\n"
    buffers = {"source": bytes(contents), "target": bytes(target.bytes)}
    result = simulator.run(folder, name, ptx, threads // block, block, buffers)["target"]

    wrong = 0
    for case, rows, outputs, in_place in checks:
        values = [
            struct.unpack_from(f"<{threads}{CODES[32 if width == 1 else width]}", result, at)
            for at, width in outputs
        ]
        failures = 0
        for t in range(threads):
            if guards[t]:
                expected = case.evaluate(*rows[t])
            else:
                expected = [t & 1 if width == 1 else SENTINELS[width] for width in case.results]
                if in_place:
                    expected[0] = None
            for i, width in enumerate(case.results):
                want, got = expected[i], values[i][t]
                if want is None:
                    width_of = WIDTH.get(case.sources[0][0], 32)
                    if got & (1 << width_of) - 1 == rows[t][0]:
                        continue
                    want = rows[t][0]
                elif matches(want, got):
                    continue
                failures += 1
                if failures <= 3:
                    sources = ", ".join(f"{value:#x}" for value in rows[t])
                    print(f"{case.text} with {sources}: result {i} is {got:#x}, expected {show(want)}"
                          f"{'' if guards[t] else ' (not active)'}, thread {t}")  # fmt: skip
        wrong += failures > 0
        if failures > 3:
            print(f"  ... {failures} wrong results of {case.text}")
    print(f"{name}: {len(cases)} instructions, {wrong} wrong")
    if wrong:
        sys.exit(1)
