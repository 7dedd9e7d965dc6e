# RUN: %python %s
"""What a report names: kernel, PTX line, source line, block, thread, how often, and the address as
buffer + offset. The grid and the block have three dimensions, so that none can stand for another."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ptxsim

TEXT = """.version 8.0
.target sm_80
.address_size 64
.file 1 "one.cu"
.file 2 "two.cuh"
.global .align 4 .u32 variable[4];
.visible .entry other(.param .u64 a, .param .u64 b) { ret; }
.visible .entry kernel(.param .u64 a, .param .u64 b)
{
  .reg .pred %p<5>;
  .reg .b32 %r<8>, %z;
  .reg .b64 %rd<4>;
  .shared .align 4 .b8 first[20], second[40];
  ld.param.u64 %rd0, [a];
  ld.param.u64 %rd1, [b];
  mov.u32 %r0, %ctaid.x;
  mov.u32 %r1, %ctaid.y;
  mov.u32 %r2, %tid.x;
  mov.u32 %r3, %tid.y;
  mov.u32 %z, 0;
  setp.ne.u32 %p4, %z, 0;
  @%p4 st.shared.u32 [first], %z;
  // block 1, 2 of 3, 4; threads 2 to 5, 3 of 20, 5
  setp.eq.u32 %p0, %r0, 1;
  setp.eq.and.u32 %p0, %r1, 2, %p0;
  setp.eq.and.u32 %p0, %r3, 3, %p0;
  setp.ge.and.u32 %p0, %r2, 2, %p0;
  setp.lt.and.u32 %p1, %r2, 6, %p0;
  setp.eq.and.u32 %p2, %r2, 2, %p0;
  .loc 2 17 5
  @%p1 st.global.u32 [%rd0+68], %r2; // past the end
  .loc 1 9 1
  @%p2 st.global.u32 [%rd1+-4], %z; // before the beginning
  @%p2 st.shared.u32 [second+40], %z; // past shared memory
  .loc 1 11 3
  mov.u32 %r4, 0;
  .loc 2 5 1
  setp.eq.and.u32 %p3, %r2, 6, %p0;
  @%p2 st.shared.u32 [second+8], %z;
  @%p3 st.shared.u32 [second+8], %z; // race
  @%p2 st.global.u32 [variable+12], %r5; // garbage
  setp.eq.u32 %p0, %r3, 4;
  sub.u32 %r6, %r2, 7;
  setp.lt.and.u32 %p0, %r6, 2, %p0;
  @%p0 st.global.u32 [%rd0+64], %z; // by two threads of every block
  ret;
}
"""
FILES = TEXT.split("\n")


def line(mark):
    return next(number for number, text in enumerate(FILES, 1) if text.endswith("// " + mark))


THREAD = 3 * 20 + 2
# kind, line, source, thread, occurrences, words of the message
EXPECTED = [
    ("bounds", line("past the end"), "two.cuh:17", THREAD, 4, ["a+0x44", "64 bytes", "writes 4 bytes"]),
    ("bounds", line("before the beginning"), "one.cu:9", THREAD, 1, ["writes 4 bytes"]),
    ("bounds", line("past shared memory"), "one.cu:9", THREAD, 1, ["0x3c"]),
    ("race", line("race"), "two.cuh:5", THREAD + 4, 1, ["second+0x8 (shared)", f"an earlier write by thread {THREAD} "]),
    ("uninitialised", line("garbage"), "two.cuh:5", THREAD, 1, ["global memory"]),
]  # fmt: skip


def main():
    simulator = ptxsim.Simulator()
    failed = 0
    for order in range(3):
        args = [ptxsim.fresh("a", 64), ptxsim.fresh("b", 64)]
        result = simulator.run(TEXT, "kernel", (3, 4), (20, 5), args, order=order)
        found = {error["line"]: error for error in result.report["errors"]}
        for kind, number, source, thread, occurrences, words in EXPECTED:
            error = found.pop(number, {})
            message = error.pop("message", "")
            right = {"kind": kind, "line": number, "source": source, "kernel": "kernel", "block": 2 * 3 + 1}
            right |= {"thread": thread, "occurrences": occurrences}
            if error != right or not all(word in message for word in words):
                failed += 1
                print(f"FAIL order {order}: {error} `{message}`\n     expected {right} with {words}")
        everywhere = found.pop(line("by two threads of every block"), {})
        if (everywhere.get("thread"), everywhere.get("occurrences")) != (4 * 20 + 7, 2 * 3 * 4):
            failed += 1
            print(f"FAIL order {order}: {everywhere}")
        if found:
            failed += 1
            print(f"FAIL order {order}: also {found}")
    sys.exit(bool(failed))


main()
