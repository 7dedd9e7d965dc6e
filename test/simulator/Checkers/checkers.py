# RUN: %python %s
"""Every rule of the checkers by itself. A case of Inputs/*.ptx is the body of a kernel, between a
line `//# NAME grid=N block=N` and the next. What it must report is marked at the end of the line,
`//! KIND` (on a line of its own: of the launch as a whole); nothing else may be. Every order has to report one of the marks, and every mark has to be
reported in some order; cases without marks are clean in all of them.

    checkers.py [NAME ...]"""

import glob
import os
import re
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "lib"))
import ptxsim

# `data` and `flag` are zeros, `fresh` has never been written; `mine` is data + 4 * tid.
BEGIN = """.version 8.0
.target sm_80
.address_size 64
.const .align 4 .u32 fixed[4] = {1, 2, 3, 4};
.visible .entry kernel(.param .u64 pData, .param .u64 pFlag, .param .u64 pFresh)
{
  .reg .pred %p<8>;
  .reg .b16 %h<4>;
  .reg .b32 %r<16>, %t, %c, %at;
  .reg .f32 %f<16>;
  .reg .b64 %rd<8>, %data, %flag, %fresh, %mine;
  .shared .align 16 .b8 smem[1024];
  .local .align 16 .b8 frame[64];
  ld.param.u64 %data, [pData];
  ld.param.u64 %flag, [pFlag];
  ld.param.u64 %fresh, [pFresh];
  mov.u32 %t, %tid.x;
  mov.u32 %c, %ctaid.x;
  mad.wide.u32 %mine, %t, 4, %data;
  shl.b32 %at, %t, 2;
  mov.u32 %r0, smem;
  add.u32 %at, %at, %r0;
  setp.eq.u32 %p0, %t, 0;
"""
END = "  ret;\n}\n"
ORDERS = 10


class Case:
    def __init__(self, place, name, options, lines):
        self.place, self.name = place, name
        self.grid, self.block = int(options.pop("grid")), int(options.pop("block"))
        self.shared = int(options.pop("shared", 0))
        self.flags = [word for key, value in options.items() for word in ("--" + key, value)]
        directives = [line for line in lines if line.startswith(".")]
        body = [line for line in lines if not line.startswith(".")]
        begin = BEGIN.replace("\n{", "\n" + "".join(line + "\n" for line in directives) + "{", 1)
        first = begin.count("\n") + 1
        begin = begin.replace("sm_80", options.get("arch", "sm_80"), 1)
        self.text = begin + "\n".join(body) + "\n" + END
        self.marks = set()
        for number, line in enumerate(body):
            kinds = re.search(r"//! ([a-z -]+)$", line)
            for kind in kinds.group(1).split() if kinds else ():
                self.marks.add((kind, 0 if line.startswith("//!") else first + number))

    def failures(self, simulator):
        seen = set()
        for order in range(ORDERS):
            args = [ptxsim.buffer("data"), ptxsim.buffer("flag"), ptxsim.fresh("fresh", 1024)]
            buffers = {"data": ("U32", [0] * 256), "flag": ("U32", [0] * 8)}
            result = simulator.run(self.text, "kernel", self.grid, self.block, args, buffers,
                                   shared=self.shared, order=order, flags=["--max-steps", "20000", *self.flags])  # fmt: skip
            found = {(error["kind"], error["line"]) for error in result.report["errors"]}
            seen |= found
            for kind, line in found - self.marks:
                text = self.text.split("\n")[line - 1].strip()
                yield f"order {order} reports {kind} at `{text}`: {result.report['errors']}"
            if self.marks and not found:
                yield f"order {order} reports nothing"
        for kind, line in self.marks - seen:
            yield f"no order reports {kind} at `{self.text.split(chr(10))[line - 1].strip()}`"


def cases():
    for path in sorted(glob.glob(os.path.join(HERE, "Inputs", "*.ptx"))):
        with open(path, encoding="utf-8") as file:
            parts = re.split(r"^//# (.*)\n", file.read(), flags=re.MULTILINE)[1:]
        for title, body in zip(parts[::2], parts[1::2]):
            name, *options = title.split()
            options = dict(option.split("=") for option in options)
            yield Case(os.path.basename(path), name, options, body.rstrip("\n").split("\n"))


def main():
    simulator = ptxsim.Simulator()
    count = failed = 0
    names = set()
    for case in cases():
        if sys.argv[1:] and case.name not in sys.argv[1:]:
            continue
        assert case.name not in names, f"two cases are called {case.name}"
        names.add(case.name)
        count += 1
        for failure in list(case.failures(simulator))[:3]:
            failed += 1
            print(f"FAIL {case.place} {case.name}: {failure}")
    print(f"{count} cases")
    sys.exit(bool(failed) or not count)


main()
