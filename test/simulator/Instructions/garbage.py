# RUN: %python %s %t.folder
"""Garbage in one lane's register reaches exactly the results that depend on it: each 16-bit part of each
result is stored by a line of its own, and the lines that are reported are compared."""

import itertools
import json
import os
import subprocess
import sys

import matrix
from oracle.simulator import HEADER
from oracle.table import types_of

LANE = 13  # whose register is garbage


def nowhere(lane, part):
    return False


def in_lane(lane, part):
    return lane == LANE


class Kernel:
    """One warp; %p<lane> holds in that lane only."""

    def __init__(self):
        self.lines, self.expected, self.labels = [], set(), {}

    def emit(self, text):
        self.lines.append(text)

    def fill(self, register, width, garbage):
        """Initialised in all lanes, or in all but LANE."""
        self.emit(f"{f'@!%p{LANE} ' if garbage else ''}mov.b{width} {register}, 0;")

    def store(self, width, garbage, label, *registers):
        """garbage(lane, part): whether this 16-bit part of the registers of this lane is."""
        parts = [f"%h{i}" for i in range(width // 16)]
        for lane, register in itertools.product(range(32), registers):
            self.emit(f"mov.b{width} {{{', '.join(parts)}}}, {register};")
            for i, part in enumerate(parts):
                self.emit(f"@%p{lane} st.global.b16 [%out], {part};")
                self.labels[len(self.lines)] = f"{label}, half {i} of {register} in lane {lane}"
                if garbage(lane, i):
                    self.expected.add(len(self.lines))

    def check(self, folder, name):
        head = f"""{HEADER}.visible .entry k(.param .u64 out) {{
.reg .pred %p<32>; .reg .b16 %h<4>; .reg .b32 %r<40>, %lane; .reg .b64 %d<40>, %out, %at; .shared .align 16 .b8 tile[512];
ld.param.u64 %out, [out]; mov.u32 %lane, %laneid;
""" + "".join(f"setp.eq.u32 %p{lane}, %lane, {lane};\n" for lane in range(32))  # fmt: skip
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, "garbage-" + name)
        with open(path + ".ptx", "w", encoding="utf-8") as stream:
            stream.write(head + "\n".join(self.lines) + "\nret;\n}\n")
        with open(path + ".json", "w", encoding="utf-8") as stream:
            json.dump([{"buffer": "out", "bytes": 16}], stream)
        done = subprocess.run(["dpc-ptxsim", path + ".ptx", "--kernel", "k", "--grid", "1", "--block", "32", "--arch",
                               "sm_90", "--args", path + ".json", "--report", path + ".report.json"],
                              capture_output=True, text=True)  # fmt: skip
        if done.returncode != 5:
            sys.exit(f"{path}.ptx: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        with open(path + ".report.json", encoding="utf-8") as stream:
            errors = json.load(stream)["errors"]
        first = head.count("\n")
        found = {error["line"] - first for error in errors if error["kind"] == "uninitialised"}
        for line in sorted(self.expected ^ found):
            print(f"{name}: {'not reported' if line in self.expected else 'reported'}: {self.labels.get(line, line)}")
        return self.expected == found


def product(name, mods, counts, garbage_in):
    """mma: a row of a, a column of b or an element of c is garbage."""
    d_kind, a_kind, b_kind, _ = types_of(mods)
    shape = matrix.shape_of(mods)
    kernel = Kernel()
    groups, rows, columns, sums = [], set(), set(), set()
    number = 4
    for operand, count in zip("dabc", counts):
        group = []
        for i in range(count):
            kind = {"a": a_kind, "b": b_kind}.get(operand, d_kind)
            width = 64 if kind == "f64" else 32
            register = f"{'%d' if width == 64 else '%r'}{number}"
            number += 1
            group.append(register)
            is_garbage = operand == garbage_in and i == count - 1
            if operand != "d":
                kernel.fill(register, width, is_garbage)
            if is_garbage:
                per = max(1, 32 // matrix.BITS[kind])
                for element in range(i * per, (i + 1) * per):
                    if operand == "a":
                        rows.add(matrix.fragment_a(kind, shape, LANE, element)[0])
                    elif operand == "b":
                        columns.add(matrix.fragment_b(kind, shape, LANE, element)[1])
                    else:
                        sums.add(matrix.fragment_c(kind, shape, LANE, element))
        groups.append("{" + ", ".join(group) + "}")
    kernel.emit(f"{'.'.join(mods)} {', '.join(groups)};")
    for i, register in enumerate(groups[0][1:-1].split(", ")):
        def garbage(lane, part):
            place = matrix.fragment_c(d_kind, shape, lane, 2 * i + part if d_kind == "f16" else i)
            return place[0] in rows or place[1] in columns or place in sums

        kernel.store(64 if d_kind == "f64" else 32, garbage, name, register)
    return kernel


def movmatrix():
    kernel = Kernel()
    kernel.fill("%r0", 32, True)
    kernel.emit("movmatrix.sync.aligned.m8n8.trans.b16 %r1, %r0;")
    # Half h of a lane's result is row 2 (lane % 4) + h, column lane / 4 of the source.
    kernel.store(32, lambda lane, h: (2 * (lane % 4) + h, lane // 8) == (LANE // 4, LANE % 4), "movmatrix", "%r1")
    return kernel


def stmatrix(transposed):
    kernel = Kernel()
    kernel.fill("%r0", 32, False)
    kernel.fill("%r1", 32, True)
    kernel.emit("mov.u32 %r2, tile; mad.lo.u32 %r3, %lane, 16, %r2; mad.lo.u32 %r4, %lane, 4, %r2;")
    for i in range(4):
        kernel.emit(f"st.shared.b32 [%r4+{128 * i}], %r0;")
    kernel.emit("bar.warp.sync -1;")
    kernel.emit(f"stmatrix.sync.aligned.m8n8.x2{'.trans' if transposed else ''}.shared.b16 [%r3], {{%r0, %r1}};")
    kernel.emit("bar.warp.sync -1; ld.shared.b32 %r5, [%r4]; ld.shared.b32 %r6, [%r4+128];")
    row, columns = LANE // 4, {2 * (LANE % 4), 2 * (LANE % 4) + 1}

    def garbage(lane, part):
        i, j = lane // 4, 2 * (lane % 4) + part
        return (j == row and i in columns) if transposed else (i == row and j in columns)

    kernel.store(32, nowhere, "stmatrix, first", "%r5")
    kernel.store(32, garbage, "stmatrix, second", "%r6")
    return kernel


def wide():
    """A register of 128 bits through a register, through memory and through an atomic."""
    kernel = Kernel()
    kernel.fill("%d1", 64, False)
    kernel.fill("%d2", 64, True)
    kernel.emit("{ .reg .b128 %q<9>; mov.b128 %q0, {%d1, %d2}; mov.b128 %q1, %q0; mov.b128 {%d3, %d4}, %q1;")
    kernel.emit("mov.u64 %at, tile; mad.wide.u32 %at, %lane, 16, %at; st.shared.b128 [%at], %q1;")
    kernel.emit("ld.shared.b128 %q2, [%at]; mov.b128 {%d5, %d6}, %q2; mov.b128 %q3, {%d1, %d1};")
    kernel.emit("atom.shared.exch.b128 %q4, [%at], %q3; ld.shared.b128 %q5, [%at]; mov.b128 {%d7, %d8}, %q5; }")
    kernel.store(64, in_lane, "b128, high half", "%d4", "%d6")
    kernel.store(64, nowhere, "b128", "%d3", "%d5", "%d7", "%d8")
    return kernel


def eight_bits():
    """One half of f16x2 to one half of e4m3x2 and back; two f32 to the halves."""
    kernel = Kernel()
    kernel.fill("%r0", 32, False)
    kernel.fill("%r1", 32, True)
    kernel.emit("{ .reg .b16 %low, %high; mov.b32 {%low, _}, %r0; mov.b32 {%high, _}, %r1; mov.b32 %r2, {%low, %high};")
    kernel.emit("cvt.rn.satfinite.e4m3x2.f16x2 %low, %r2; cvt.rn.f16x2.e4m3x2 %r3, %low;")
    kernel.emit("cvt.rn.satfinite.e5m2x2.f32 %low, %r1, %r0; cvt.rn.f16x2.e5m2x2 %r4, %low; }")
    kernel.store(32, lambda lane, part: lane == LANE and part == 1, "cvt of 8-bit floats", "%r3", "%r4")
    return kernel


def stack():
    """What alloca gives is garbage until it is written."""
    kernel = Kernel()
    kernel.fill("%r0", 32, True)
    kernel.fill("%r1", 32, False)
    kernel.emit("alloca.u64 %d1, 16; st.local.b32 [%d1], %r1; st.local.b32 [%d1+4], %r0;")
    kernel.emit("ld.local.b32 %r2, [%d1]; ld.local.b32 %r3, [%d1+4]; ld.local.b32 %r4, [%d1+8];")
    kernel.store(32, nowhere, "alloca", "%r2")
    kernel.store(32, in_lane, "alloca", "%r3")
    kernel.store(32, lambda lane, part: True, "alloca", "%r4")
    return kernel


KERNELS = {"movmatrix": movmatrix(), "stmatrix": stmatrix(False), "stmatrix.trans": stmatrix(True), "b128": wide(), "eight-bits": eight_bits(),
           "stack": stack()}  # fmt: skip
for text, counts in (
    ("mma.sync.aligned.m16n8k32.row.col.s32.s8.u8.s32", (4, 4, 2, 4)),
    ("mma.sync.aligned.m8n8k32.row.col.s32.s4.s4.s32", (2, 1, 1, 2)),
    ("mma.sync.aligned.m16n8k256.row.col.s32.b1.b1.s32.and.popc", (4, 4, 2, 4)),
    ("mma.sync.aligned.m16n8k16.row.col.f64.f64.f64.f64", (4, 8, 4, 4)),
    ("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64", (2, 1, 1, 2)),
    ("mma.sync.aligned.m16n8k16.row.col.f16.f16.f16.f16", (2, 4, 2, 2)),
    ("mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32", (4, 4, 2, 4)),
    ("wmma.mma.sync.aligned.row.col.m8n8k32.s32.u4.u4.s32", (2, 1, 1, 2)),
    ("wmma.mma.sync.aligned.row.col.m8n8k4.f64.f64.f64.f64", (2, 1, 1, 2)),
):
    for operand in "abc":
        KERNELS[f"{text}-{operand}"] = product(text, tuple(text.split(".")), counts, operand)
results = [kernel.check(sys.argv[1], name) for name, kernel in KERNELS.items()]
print(f"{len(results)} kernels, {results.count(False)} wrong")
sys.exit(False in results)
