# RUN: %python %s %t.folder
"""Special registers (PTX ISA, chapter 10) of a grid and a block of three dimensions."""

import struct
import sys

from oracle import simulator

GRID, BLOCK = (3, 2, 2), (5, 7, 2)
THREADS, BLOCKS = 70, 12
MASKS = {
    "eq": lambda lane: 1 << lane, "lt": lambda lane: (1 << lane) - 1, "le": lambda lane: (2 << lane) - 1,
    "gt": lambda lane: 0xFFFFFFFF & ~((2 << lane) - 1), "ge": lambda lane: 0xFFFFFFFF & ~((1 << lane) - 1),
}  # fmt: skip
expected = {}
for axis, name in enumerate("xyz"):
    scale = (1, BLOCK[0], BLOCK[0] * BLOCK[1])[axis]
    blocks = (1, GRID[0], GRID[0] * GRID[1])[axis]
    expected[f"%tid.{name}"] = lambda b, t, axis=axis, scale=scale: t // scale % BLOCK[axis]
    expected[f"%ntid.{name}"] = lambda b, t, axis=axis: BLOCK[axis]
    expected[f"%ctaid.{name}"] = lambda b, t, axis=axis, blocks=blocks: b // blocks % GRID[axis]
    expected[f"%nctaid.{name}"] = lambda b, t, axis=axis: GRID[axis]
    # Without clusters each block is a cluster of its own.
    expected[f"%clusterid.{name}"] = expected[f"%ctaid.{name}"]
    expected[f"%nclusterid.{name}"] = expected[f"%nctaid.{name}"]
    expected[f"%cluster_ctaid.{name}"] = lambda b, t: 0
    expected[f"%cluster_nctaid.{name}"] = lambda b, t: 1
expected["%laneid"] = lambda b, t: t % 32
for name, mask in MASKS.items():
    expected[f"%lanemask_{name}"] = lambda b, t, mask=mask: mask(t % 32)
expected["%cluster_ctarank"] = lambda b, t: 0
expected["%cluster_nctarank"] = lambda b, t: 1
expected["%dynamic_smem_size"] = lambda b, t: 1024
for name in ("%tid.w", "%ntid.w", "%ctaid.w", "%nctaid.w", "%envreg0", "%envreg31", "%pm0", "%pm7"):
    expected[name] = lambda b, t: 0
expected["WARP_SZ"] = lambda b, t: 32

text = f"""{simulator.HEADER}.extern .shared .align 16 .b8 dynamic[];
.visible .entry k(.param .u64 out)
{{
.reg .pred %p<4>;
.reg .b32 %r<20>;
.reg .b64 %d<8>;
ld.param.u64 %d1, [out];
mov.u32 %r1, %ctaid.z; mov.u32 %r2, %nctaid.y; mov.u32 %r3, %ctaid.y; mad.lo.u32 %r1, %r1, %r2, %r3;
mov.u32 %r2, %nctaid.x; mov.u32 %r3, %ctaid.x; mad.lo.u32 %r1, %r1, %r2, %r3;
mov.u32 %r4, %tid.z; mov.u32 %r2, %ntid.y; mov.u32 %r3, %tid.y; mad.lo.u32 %r4, %r4, %r2, %r3;
mov.u32 %r2, %ntid.x; mov.u32 %r3, %tid.x; mad.lo.u32 %r4, %r4, %r2, %r3;
mad.lo.u32 %r1, %r1, {THREADS}, %r4;
mad.wide.u32 %d1, %r1, 4, %d1;
"""
for i, name in enumerate(expected):
    text += f"mov.u32 %r5, {name}; st.global.u32 [%d1+{i * THREADS * BLOCKS * 4}], %r5;\n"
# What a program may rely on of the others: bounds and order.
bounds = len(expected) * THREADS * BLOCKS * 4
text += f"""mov.u32 %r6, %warpid; mov.u32 %r7, %nwarpid; setp.lt.u32 %p1, %r6, %r7;
mov.u32 %r6, %smid; mov.u32 %r7, %nsmid; setp.lt.and.u32 %p1, %r6, %r7, %p1;
mov.u64 %d2, %clock64; mov.u64 %d3, %clock64; setp.le.and.u64 %p1, %d2, %d3, %p1;
mov.u64 %d2, %globaltimer; mov.u64 %d3, %globaltimer; setp.le.and.u64 %p1, %d2, %d3, %p1;
mov.u32 %r6, %total_smem_size; setp.ge.and.u32 %p1, %r6, 1024, %p1;
mov.u32 %r6, %clock; mov.u32 %r6, %clock_hi; mov.u64 %d4, %gridid; mov.u32 %r6, %gridid; mov.u64 %d4, %pm7_64;
mov.u32 %r6, %globaltimer_lo; mov.u32 %r6, %globaltimer_hi;
mov.pred %p2, %is_explicit_cluster; not.pred %p2, %p2; and.pred %p1, %p1, %p2;
selp.u32 %r5, 1, 0, %p1; st.global.u32 [%d1+{bounds}], %r5;
ret;
}}
"""
buffers = {"out": bytes(bounds + THREADS * BLOCKS * 4)}
done = simulator.run(sys.argv[1], "special", text, ",".join(map(str, GRID)), ",".join(map(str, BLOCK)), buffers,
                     ["--shared", "1024"])["out"]  # fmt: skip
values = struct.unpack(f"<{len(done) // 4}I", done)
wrong = 0
expected["bounds of the others"] = lambda b, t: 1
for i, (name, value) in enumerate(expected.items()):
    for b in range(BLOCKS):
        for t in range(THREADS):
            got = values[(i * BLOCKS + b) * THREADS + t]
            if got != value(b, t):
                print(f"{name} is {got:#x}, expected {value(b, t):#x}: block {b}, thread {t}")
                wrong += 1
sys.exit(bool(wrong))
