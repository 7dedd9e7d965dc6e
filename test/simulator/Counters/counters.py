# RUN: %python %s
"""The counters of `--report` by the hardware's rules, each expected value worked out by hand: 32-byte sectors
of global memory, ways of the 32 banks of shared memory, operations, barriers, the instruction mix."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "lib"))
import ptxsim

# Thread t has its number in %t, t < 8 in %p0, and zeros in %f0 to %f3, %w0 to %w3 and %c0 to %c3.
BEGIN = """.version 8.0
.target sm_80
.address_size 64
.visible .entry kernel(.param .u64 pData)
{
  .reg .pred %p<2>;
  .reg .b32 %w<8>, %t, %at;
  .reg .f32 %f<8>, %c<4>;
  .reg .f64 %e<4>;
  .reg .b64 %v, %data, %to;
  .shared .align 128 .b8 smem[8192];
  ld.param.u64 %data, [pData];
  mov.u32 %t, %tid.x;
  setp.lt.u32 %p0, %t, 8;
  setp.lt.u32 %p1, %t, 0;
"""
BEGIN += "".join(f"  mov.b32 %{kind}{i}, 0;\n" for kind in "fwc" for i in range(4))
BEGIN += "".join(f"  mov.f64 %e{i}, 0d0000000000000000;\n" for i in range(4))
END = "  ret;\n}\n"


def at(stride, space):
    """The address of thread t's access in `space`, `stride` bytes from its neighbour's."""
    if space == "global":
        return f"mad.wide.u32 %to, %t, {stride}, %data;\n"
    return f"mov.u32 %w4, smem; mad.lo.u32 %at, %t, {stride}, %w4;\n"


# Stride, instruction: sectors touched, sectors that the same bytes would need side by side.
GLOBAL = [
    (4, "ld.global.u32 %w5, [%to];", 4, 4),
    (4, "ld.global.u32 %w5, [%to+4];", 5, 4),  # one word too far
    (1, "ld.global.u8 %w5, [%to];", 1, 1),
    (8, "ld.global.u64 %v, [%to];", 8, 8),
    (16, "ld.global.v4.u32 {%w4, %w5, %w6, %w7}, [%to];", 16, 16),
    (32, "ld.global.u32 %w5, [%to];", 32, 4),
    (16, "ld.global.v4.u32 {%w4, %w5, %w6, %w7}, [%to+16];", 17, 16),
    (64, "ld.global.v4.u32 {%w4, %w5, %w6, %w7}, [%to];", 32, 16),
    (0, "ld.global.u32 %w5, [%to];", 1, 1),  # all the same
    (4, "@%p0 ld.global.u32 %w5, [%to];", 1, 1),  # eight lanes
    (4, "ld.u32 %w5, [%to];", 4, 4),  # generic
    (4, "st.global.u32 [%to], %w0;", 4, 4),
    (4, "red.global.add.u32 [%to], 1;", 4, 4),
]

# Stride, instruction: ways, summed over phases of 32, 16 or 8 lanes.
SHARED = [
    (4, "ld.shared.u32 %w5, [%at];", 1),
    (0, "ld.shared.u32 %w5, [%at];", 1),  # a broadcast
    (8, "ld.shared.u32 %w5, [%at];", 2),
    (128, "ld.shared.u32 %w5, [%at];", 32),
    (132, "ld.shared.u32 %w5, [%at];", 1),  # a row of 33 words
    (2, "ld.shared.u16 %w5, [%at];", 1),
    (8, "ld.shared.u64 %v, [%at];", 2),
    (0, "ld.shared.u64 %v, [%at];", 2),  # each phase a broadcast
    (16, "ld.shared.u64 %v, [%at];", 4),
    (16, "ld.shared.v4.u32 {%w4, %w5, %w6, %w7}, [%at];", 4),
    (0, "ld.shared.v4.u32 {%w4, %w5, %w6, %w7}, [%at];", 4),
    (32, "ld.shared.v4.u32 {%w4, %w5, %w6, %w7}, [%at];", 8),
    (144, "ld.shared.v4.u32 {%w4, %w5, %w6, %w7}, [%at];", 4),  # a row of 36 words
    (128, "@%p0 ld.shared.u32 %w5, [%at];", 8),
    (4, "st.shared.u32 [%at], %w0;", 1),
    (16, "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%w4}, [%at];", 1),
    (16, "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%w4, %w5, %w6, %w7}, [%at];", 4),
    (128, "ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%w4, %w5, %w6, %w7}, [%at];", 32),
]

# An instruction and the operations of a warp.
MMA = "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%c0, %c1, %c2, %c3}, {%w0, %w1, %w2, %w3}, {%w0, %w1}, {%c0, %c1, %c2, %c3};"
TF32 = "mma.sync.aligned.m16n8k8.row.col.f32.tf32.tf32.f32 {%c0, %c1, %c2, %c3}, {%w0, %w1, %w2, %w3}, {%w0, %w1}, {%c0, %c1, %c2, %c3};"
C8 = "{%c0, %c1, %c2, %c3, %f4, %f5, %f6, %f7}"
WMMA = f"wmma.mma.sync.aligned.row.col.m16n16k8.f32.tf32.tf32.f32 {C8}, {{%w0, %w1, %w2, %w3}}, {{%w0, %w1, %w2, %w3}}, {C8};"
FLOPS = [
    ("add.f32 %f4, %f0, %f1;", 32),
    ("sub.f32 %f4, %f0, %f1;", 32),
    ("mul.f32 %f4, %f0, %f1;", 32),
    ("fma.rn.f32 %f4, %f0, %f1, %f2;", 64),
    ("fma.rn.f64 %e3, %e0, %e1, %e2;", 64),
    ("fma.rn.f16x2 %w4, %w0, %w1, %w2;", 128),
    ("@%p0 fma.rn.f32 %f4, %f0, %f1, %f2;", 16),
    ("@%p1 fma.rn.f32 %f4, %f0, %f1, %f2;", 0),
    ("max.f32 %f4, %f0, %f1;", 0),
    ("mad.lo.u32 %w4, %w0, %w1, %w2;", 0),
    (MMA, 2 * 16 * 8 * 16),
    (TF32, 2 * 16 * 8 * 8),
    (WMMA, 2 * 16 * 16 * 8),
    ("@%p1 " + MMA, 0),
]

simulator = ptxsim.Simulator()


def report(body, grid=1, block=32):
    buffers = {"data": ("U8", bytes(4096))}
    result = simulator.run(BEGIN + body + END, "kernel", grid, block, [ptxsim.buffer("data")], buffers,
                           flags=["--no-check", "--cores", "4"])  # fmt: skip
    assert result.code == 0, result.stderr
    return result.report


failures = 0


def expect(what, found, expected):
    global failures
    if found != expected:
        failures += 1
        print(f"FAIL {what}: {found}, expected {expected}")


for stride, instruction, sectors, ideal in GLOBAL:
    expected = {"requests": 1, "sectors": sectors, "ideal_sectors": ideal}
    expect(f"{instruction} stride {stride}", report(at(stride, "global") + instruction)["global"], expected)
for stride, instruction, ways in SHARED:
    found = report(at(stride, "shared") + instruction)["shared"]
    expect(f"{instruction} stride {stride}", found, {"requests": 1, "ways": ways})
for instruction, flops in FLOPS:
    expect(instruction, report(instruction)["flops"], flops)

# Sums over warps and blocks; an instruction that no lane executes was issued all the same.
BODY = at(4, "global") + "st.global.u32 [%to], %w0; bar.sync 0; bar.sync 0; @%p1 add.rn.ftz.f32 %f4, %f0, %f1;\n"
nothing, sums = report("", 3, 64), report(BODY, 3, 64)
expect("requests of six warps", sums["global"], {"requests": 6, "sectors": 24, "ideal_sectors": 24})
expect("barriers of three blocks", sums["barriers"], 6)
mix = {name: count - nothing["mix"].get(name, 0) for name, count in sums["mix"].items()}
mix = {name: count for name, count in mix.items() if count}
expect("mix", mix, {"mad.wide.u32": 6, "st.global.u32": 6, "bar.sync": 12, "add.rn.ftz.f32": 6})
expect("warp instructions", sums["warp_instructions"] - nothing["warp_instructions"], 30)
expect("their sum", sum(sums["mix"].values()), sums["warp_instructions"])
# The same from several cores, once there is enough to do for them.
many = report(BODY, 30000, 64)
expect("mix of many blocks", many["mix"], {name: 10000 * count for name, count in sums["mix"].items()})
expect("requests of many blocks", many["global"]["requests"], 60000)

# Some threads wait, some only arrive.
expect("named barrier", report("@%p0 bar.sync 1, 64; @!%p0 bar.arrive 1, 64;", 1, 64)["barriers"], 1)
expect("warps", report("bar.warp.sync -1;", 1, 64)["barriers"], 0)
sys.exit(failures > 0)
