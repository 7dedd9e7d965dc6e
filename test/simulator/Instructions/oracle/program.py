"""A kernel made of pieces, each with its own results and expectations.

Every thread has REGION bytes of pseudo-random data in the buffer `data`; results go to the buffer
`out`, one element per thread and result.
"""

import random
import struct
import sys

from oracle import simulator
from oracle.expect import matches, show

REGION = 64
CODES = {8: "B", 16: "H", 32: "I", 64: "Q"}


class Program:
    def __init__(self, threads=62, blocks=1, prologue="", module="", parameters="", seed=1):
        self.threads, self.blocks = threads, blocks
        self.total = threads * blocks
        dice = random.Random(seed)
        self.data = bytes(dice.getrandbits(8) for _ in range(self.total * REGION))
        self.guards = [int(t // 32 % 2 == 0 or dice.random() < 0.5) for t in range(self.total)]
        self.body, self.checks, self.size = [], [], 0
        self.prologue, self.module, self.parameters = prologue, module, parameters
        self.extra = {}  # more buffers, parameters behind `out`
        self.used = []

    def emit(self, *lines):
        self.body += lines

    def region(self, t):
        return self.data[t * REGION : (t + 1) * REGION]

    def slot(self, width, expected, label):
        """Reserves a column of the output; gives its offset. expected(thread) is one expectation."""
        at = (self.size + 15) // 16 * 16
        self.size = at + self.total * width // 8
        self.checks.append((at, width, expected, label))
        return at

    def store(self, register, width, expected, label):
        at = self.slot(width, expected, label)
        self.emit(f"st.global.b{width} [%out{width // 8}+{at}], {register};")

    def store_predicate(self, predicate, expected, label):
        self.emit(f"selp.b32 %r0, 1, 0, {predicate};")
        self.store("%r0", 32, expected, label)

    def text(self):
        sizes = "".join(
            f"mul.wide.u32 %d0, %thread, {size}; add.u64 %in{size}, %in1, %d0; add.u64 %out{size}, %out1, %d0;\n"
            for size in (2, 4, 8, 16)
        )
        names = "".join(f", .param .u64 {name}" for name in self.extra)
        return f"""{simulator.HEADER}{self.module}
.visible .entry k(.param .u64 data, .param .u64 guards, .param .u64 out{names}{self.parameters})
{{
.reg .pred %p<10>, %guard;
.reg .b16 %h<40>;
.reg .b32 %r<100>, %thread, %local;
.reg .b64 %d<40>, %in<17>, %out<17>, %mine;
ld.param.u64 %in1, [guards];
ld.param.u64 %mine, [data];
ld.param.u64 %out1, [out];
mov.u32 %thread, %ctaid.x;
mov.u32 %r0, %ntid.x;
mov.u32 %local, %tid.x;
mad.lo.u32 %thread, %thread, %r0, %local;
{sizes}mul.wide.u32 %d0, %thread, {REGION}; add.u64 %mine, %mine, %d0;
ld.global.b32 %r0, [%in4]; setp.ne.b32 %guard, %r0, 0;
{self.prologue}
""" + "\n".join(self.body) + "\nret;\n}\n"

    def run(self, folder, name, more_arguments=(), extra=(), initial=0xA5):
        buffers = {
            "data": self.data,
            "guards": struct.pack(f"<{self.total}I", *self.guards),
            "out": bytes([initial]) * max(self.size, 1),
        }
        buffers.update(self.extra)
        result = simulator.run(folder, name, self.text(), self.blocks, self.threads, buffers,
                               extra, more_arguments=more_arguments)  # fmt: skip
        wrong, shown = set(), {}
        for at, width, expected, label in self.checks:
            for t in range(self.total):
                got = int.from_bytes(result["out"][at + t * width // 8 : at + (t + 1) * width // 8], "little")
                want = expected(t)
                if not matches(want, got):
                    wrong.add(label)
                    shown[label] = shown.get(label, 0) + 1
                    if shown[label] <= 3:
                        print(f"{label}: {got:#x}, expected {show(want)}, thread {t}")
        print(f"{name}: {len(self.checks)} results, {len(wrong)} wrong")
        if wrong:
            sys.exit(1)
        return result
