# RUN: %python %s
"""Orders are different enough: an update that blocks can lose, because they read and write where an
atomic is needed, is lost in some of ten orders, wherever in the block it is. It is no race, for the
accesses are strong."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ptxsim

TEXT = """.version 8.0
.target sm_80
.address_size 64
.visible .entry kernel(.param .u64 count)
{
  .reg .pred %p;
  .reg .b32 %r<3>;
  .reg .b64 %rd;
  ld.param.u64 %rd, [count];
  mov.u32 %r0, %tid.x;
  setp.ne.u32 %p, %r0, 0;
BEFORE
  @%p bra DONE;
  ld.relaxed.gpu.global.u32 %r1, [%rd];
  add.u32 %r1, %r1, 1;
  st.relaxed.gpu.global.u32 [%rd], %r1;
DONE:
  bar.sync 0;
  ret;
}
"""
BLOCKS = 6

simulator = ptxsim.Simulator()
failures = 0
for before in (0, 1, 5, 10, 20, 50):
    text = TEXT.replace("BEFORE", "  add.u32 %r2, %r0, 1;\n" * before)
    seen = set()
    for order in range(10):
        result = simulator.run(text, "kernel", BLOCKS, 64, [ptxsim.buffer("count")], {"count": ("U32", [0])}, order=order)
        assert result.code == 0, result.stderr
        seen.update(result.read("count", "U32"))
    if BLOCKS not in seen or len(seen) == 1:
        failures += 1
        print(f"FAIL after {before} instructions: {sorted(seen)}")
sys.exit(failures > 0)
