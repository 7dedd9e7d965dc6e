//===- FlowTest.cpp - control flow, calls and barriers ----------------------------------------===//
#include "test/simulator/Machine/Device.h"

#include <algorithm>

using namespace sim;
using namespace sim::test;

namespace {

/// A kernel of one buffer of u32, with the address of the thread's element in %rd1 and its thread
/// number in %t.
std::string kernel(const std::string &body, const std::string &before = "") {
  return head + before + R"(
.visible .entry k(.param .u64 p) {
  .reg .pred %p<9>;
  .reg .b32 %r<20>, %t;
  .reg .b64 %rd<9>;
  ld.param.u64 %rd2, [p];
  cvta.to.global.u64 %rd0, %rd2;
  mov.u32 %t, %tid.x;
  mad.wide.u32 %rd1, %t, 4, %rd0;
)" + body +
         "\n}\n";
}

std::vector<uint32_t> results(const std::string &text, uint32_t threads, uint64_t seed = 0,
                              std::string *reports = nullptr) {
  Device device(text, seed);
  uint64_t at = device.buffer(std::vector<uint32_t>(threads));
  LaunchResult result = device.run("k", {1}, {threads}, at);
  if (reports)
    *reports = test::text(result);
  else
    EXPECT_EQ(test::text(result), "");
  return device.read<uint32_t>(at);
}

class Flow : public testing::TestWithParam<uint64_t> {};

} // namespace

TEST_P(Flow, LoopsWithDifferentTripCounts) {
  // Sum of 0 .. tid - 1, with a `continue` on multiples of 3 and a `break` at 20.
  auto got = results(kernel(R"(
  mov.u32 %r1, 0;
  mov.u32 %r2, 0;
LOOP:
  setp.ge.u32 %p1, %r1, %t;
  @%p1 bra DONE;
  setp.eq.u32 %p2, %r1, 20;
  @%p2 bra DONE;
  rem.u32 %r3, %r1, 3;
  add.u32 %r1, %r1, 1;
  setp.eq.u32 %p3, %r3, 0;
  @%p3 bra LOOP;
  add.u32 %r2, %r2, %r1;
  bra LOOP;
DONE:
  activemask.b32 %r4;
  popc.b32 %r4, %r4;
  mad.lo.u32 %r2, %r4, 1000, %r2;
  st.global.u32 [%rd1], %r2;
  ret;)"),
                     32, GetParam());
  for (uint32_t t = 0; t < 32; ++t) {
    uint32_t sum = 0;
    for (uint32_t i = 0; i < t && i != 20; ++i)
      if (i % 3)
        sum += i + 1;
    EXPECT_EQ(got[t], 32000 + sum) << t; // they have all met again
  }
}

TEST_P(Flow, EarlyExitsDoNotKeepTheOthersApart) {
  auto got = results(kernel(R"(
  and.b32 %r1, %t, 1;
  setp.eq.u32 %p1, %r1, 1;
  @%p1 bra ODD;
  setp.lt.u32 %p2, %t, 8;
  @%p2 exit;
  mov.u32 %r2, 100;
  bra JOIN;
ODD:
  setp.gt.u32 %p3, %t, 28;
  @%p3 bra LEAVE;
  mov.u32 %r2, 200;
JOIN:
  activemask.b32 %r3;
  popc.b32 %r3, %r3;
  add.u32 %r2, %r2, %r3;
  st.global.u32 [%rd1], %r2;
  ret;
LEAVE:
  ret;)"),
                     32, GetParam());
  for (uint32_t t = 0; t < 32; ++t) {
    bool left = t % 2 ? t > 28 : t < 8;
    EXPECT_EQ(got[t], left ? 0 : (t % 2 ? 200u : 100u) + 26) << t;
  }
}

TEST_P(Flow, LockWithinAWarp) {
  // The winner waits at the loop's exit for those that spin: it has to get on.
  Device device(kernel(R"(
  mov.u64 %rd3, lock;
  setp.eq.u32 %p2, %t, 0;
  @%p2 st.shared.v2.u32 [%rd3], {0, 0};
  bar.sync 0;
SPIN:
  atom.shared.cas.b32 %r1, [%rd3], 0, 1;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra SPIN;
  membar.cta;
  ld.volatile.shared.u32 %r2, [%rd3+4];
  add.u32 %r2, %r2, 1;
  st.volatile.shared.u32 [%rd3+4], %r2;
  membar.cta;
  atom.shared.exch.b32 %r3, [%rd3], 0;
  st.global.u32 [%rd1], %r2;
  ret;)",
                       ".shared .align 8 .b8 lock[8];\n"),
                GetParam());
  uint64_t at = device.buffer(std::vector<uint32_t>(64));
  EXPECT_EQ(text(device.run("k", {1}, {64}, at)), "");
  std::vector<uint32_t> order = device.read<uint32_t>(at);
  std::sort(order.begin(), order.end());
  for (uint32_t i = 0; i < 64; ++i)
    EXPECT_EQ(order[i], i + 1);
}

TEST_P(Flow, OneLaneWaitsForAnother) {
  // Lane 0 waits for what lane 31 writes behind the point where both meet again.
  Device device(kernel(R"(
  setp.ne.u32 %p1, %t, 0;
  @%p1 bra MEET;
WAIT:
  ld.volatile.global.u32 %r1, [%rd0+124];
  setp.eq.u32 %p2, %r1, 0;
  @%p2 bra WAIT;
MEET:
  add.u32 %r2, %t, 1;
  st.volatile.global.u32 [%rd1], %r2;
  ret;)"),
                GetParam());
  uint64_t at = device.buffer(std::vector<uint32_t>(32));
  EXPECT_EQ(text(device.run("k", {1}, {32}, at)), "");
  EXPECT_EQ(device.read<uint32_t>(at)[0], 1u);
}

TEST_P(Flow, BlocksWaitForOthers) {
  // Every block waits for its successor: the first can only end after the last has begun.
  Device device(head + R"(
.visible .entry k(.param .u64 p) {
  .reg .pred %p<9>;
  .reg .b32 %r<20>;
  .reg .b64 %rd<9>;
  ld.param.u64 %rd0, [p];
  mov.u32 %r0, %ctaid.x;
  mul.wide.u32 %rd1, %r0, 4;
  add.u64 %rd1, %rd0, %rd1;
  mov.u32 %r1, %nctaid.x;
  sub.u32 %r1, %r1, 1;
  setp.eq.u32 %p1, %r0, %r1;
  mov.u32 %r2, 0;
  @%p1 bra LAST;
WAIT:
  ld.acquire.gpu.u32 %r2, [%rd1+4];
  setp.eq.u32 %p2, %r2, 0;
  @%p2 bra WAIT;
LAST:
  add.u32 %r2, %r2, 1;
  st.release.gpu.u32 [%rd1], %r2;
  ret;
})",
                GetParam());
  uint64_t at = device.buffer(std::vector<uint32_t>(40));
  EXPECT_EQ(text(device.run("k", {40}, {1}, at)), "");
  for (uint32_t i = 0; i < 40; ++i)
    EXPECT_EQ(device.read<uint32_t>(at)[i], 40 - i);
}

TEST_P(Flow, RecursiveCallsOfDifferentDepth) {
  auto got = results(kernel(R"(
  {
  .param .b32 a;
  .param .b32 d;
  st.param.b32 [a], %t;
  call.uni (d), fibonacci, (a);
  ld.param.b32 %r1, [d];
  }
  st.global.u32 [%rd1], %r1;
  ret;)",
                            R"(
.func (.param .b32 d) fibonacci(.param .b32 n) {
  .reg .pred %p;
  .reg .b32 %r<9>;
  ld.param.b32 %r1, [n];
  setp.lt.u32 %p, %r1, 2;
  @%p bra SMALL;
  sub.u32 %r2, %r1, 1;
  {
  .param .b32 a;
  .param .b32 b;
  st.param.b32 [a], %r2;
  call.uni (b), fibonacci, (a);
  ld.param.b32 %r3, [b];
  }
  sub.u32 %r2, %r1, 2;
  {
  .param .b32 a;
  .param .b32 b;
  st.param.b32 [a], %r2;
  call.uni (b), fibonacci, (a);
  ld.param.b32 %r4, [b];
  }
  add.u32 %r1, %r3, %r4;
SMALL:
  st.param.b32 [d], %r1;
  ret;
}
)"),
                     12, GetParam());
  uint32_t expected[] = {0, 1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89};
  for (uint32_t t = 0; t < 12; ++t)
    EXPECT_EQ(got[t], expected[t]) << t;
}

TEST_P(Flow, BarriersWithCounts) {
  // Warp 0 hands a value to warp 1 through barrier 1, which the others never see.
  auto got = results(kernel(R"(
  mov.u64 %rd3, box;
  shr.u32 %r0, %t, 5;
  setp.eq.u32 %p0, %r0, 0;
  setp.eq.u32 %p1, %r0, 1;
  @%p1 bra READ;
  @!%p0 bra END;
  setp.eq.u32 %p4, %t, 0;
  @%p4 st.shared.u32 [%rd3], 77;
  bar.arrive 1, 64;
  bra END;
READ:
  bar.sync 1, 64;
  ld.shared.u32 %r1, [%rd3];
  st.global.u32 [%rd1], %r1;
END:
  setp.lt.u32 %p2, %t, 40;
  bar.red.popc.u32 %r2, 0, %p2;
  setp.eq.u32 %p3, %t, 0;
  @%p3 st.global.u32 [%rd1], %r2;
  ret;)",
                            ".shared .align 4 .b8 box[4];\n"),
                     128, GetParam());
  EXPECT_EQ(got[0], 40u);
  EXPECT_EQ(got[32], 77u);
  EXPECT_EQ(got[64], 0u);
}

TEST_P(Flow, CollectivesWaitForTheirMembers) {
  // Half of the warp comes later, from the other side of a branch.
  auto got = results(kernel(R"(
  setp.lt.u32 %p1, %t, 16;
  mov.u32 %r1, %t;
  @%p1 bra FIRST;
  add.u32 %r1, %r1, 1000;
FIRST:
  shfl.sync.bfly.b32 %r2, %r1, 16, 31, -1;
  st.global.u32 [%rd1], %r2;
  ret;)"),
                     32, GetParam());
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(got[t], t < 16 ? t + 16 + 1000 : t - 16) << t;
}

INSTANTIATE_TEST_SUITE_P(Orders, Flow, testing::Values(0, 1, 2, 3));

TEST(FlowReports, Deadlock) {
  std::string reports;
  results(kernel(R"(
  setp.lt.u32 %p1, %t, 32;
  @%p1 bar.sync 2, 64;
  ret;)"),
          64, 0, &reports);
  EXPECT_NE(reports.find("deadlock line 15"), std::string::npos) << reports;
}

TEST(FlowReports, MissingMembers) {
  std::string reports;
  results(kernel(R"(
  setp.lt.u32 %p1, %t, 16;
  @!%p1 bra OTHERS;
  shfl.sync.idx.b32 %r2, %t, 0, 31, -1;
  bra END;
OTHERS:
  bar.sync 0;
END:
  st.global.u32 [%rd1], %t;
  ret;)"),
          32, 0, &reports);
  EXPECT_NE(reports.find("barrier"), std::string::npos) << reports;
}

TEST(FlowReports, TrapAndSteps) {
  std::string reports;
  results(kernel("setp.eq.u32 %p1, %t, 5;\n@%p1 trap;\nret;"), 32, 0, &reports);
  EXPECT_NE(reports.find("trap line 14 block 0 thread 5"), std::string::npos) << reports;
  Device device(kernel("LOOP: bra LOOP;"));
  device.options.maximumSteps = 1000;
  LaunchResult result = device.run("k", {4}, {32}, device.buffer(std::vector<uint32_t>(32)));
  EXPECT_NE(text(result).find("steps"), std::string::npos);
}

TEST_P(Flow, BlocksOfACooperativeLaunchMeet) {
  // grid.sync() as CUDA's headers have it: block 0 adds what makes the sum flip the highest bit.
  std::string text = kernel(R"(
  mov.u32 %r1, %envreg1;
  mov.u32 %r2, %envreg2;
  mov.b64 %rd3, {%r2, %r1};
  mov.u32 %r3, %ctaid.x;
  mov.u32 %r4, %nctaid.x;
  mad.wide.u32 %rd4, %r3, 4, %rd0;
  setp.ne.u64 %p1, %rd3, 0;
  @!%p1 bra ALONE;
  add.u32 %r5, %r3, 100;
  st.global.u32 [%rd4], %r5;
  mov.u32 %r6, 1;
  setp.ne.u32 %p2, %r3, 0;
  sub.u32 %r7, 0x80000001, %r4;
  selp.u32 %r6, %r6, %r7, %p2;
  atom.add.release.gpu.u32 %r8, [%rd3+4], %r6;
WAIT:
  ld.acquire.gpu.u32 %r9, [%rd3+4];
  xor.b32 %r9, %r9, %r8;
  setp.ge.s32 %p3, %r9, 0;
  @%p3 bra WAIT;
  sub.u32 %r10, %r4, 1;
  sub.u32 %r10, %r10, %r3;
  mad.wide.u32 %rd5, %r10, 4, %rd0;
  ld.global.u32 %r11, [%rd5];
  mad.wide.u32 %rd5, %r4, 4, %rd4;
  st.global.u32 [%rd5], %r11;
  ret;
ALONE:
  st.global.u32 [%rd4], 7;
  ret;)");
  for (bool cooperative : {true, false}) {
    Device device(text, GetParam());
    device.cooperative = cooperative;
    uint64_t at = device.buffer(std::vector<uint32_t>(10));
    EXPECT_EQ(test::text(device.run("k", {5}, {1}, at)), "");
    std::vector<uint32_t> expected = {100, 101, 102, 103, 104, 104, 103, 102, 101, 100};
    if (!cooperative)
      expected = {7, 7, 7, 7, 7, 0, 0, 0, 0, 0};
    EXPECT_EQ(device.read<uint32_t>(at), expected);
  }
}

TEST(FlowReserved, SharedMemoryOfTheSystemIsApart) {
  // Variables, dynamic shared memory and the reserved part do not overlap; it may be read at once.
  std::string text = kernel(R"(
  mov.u32 %r1, %reserved_smem_offset_1;
  mov.u32 %r2, fixed;
  mov.u32 %r3, dynamic;
  st.shared.u32 [%r2+60], 1;
  st.shared.u32 [%r3+12], 2;
  st.shared.u32 [%r1], 3;
  st.shared.u32 [%r1+284], 4;
  ld.shared.u32 %r4, [%r2+60];
  ld.shared.u32 %r5, [%r3+12];
  ld.shared.u32 %r6, [%r1];
  ld.shared.u32 %r7, [%r1+4];
  st.global.v4.u32 [%rd0], {%r4, %r5, %r6, %r7};
  mov.u32 %r4, %reserved_smem_offset_begin;
  mov.u32 %r5, %reserved_smem_offset_end;
  mov.u32 %r6, %reserved_smem_offset_cap;
  mov.u32 %r7, %total_smem_size;
  st.global.v4.u32 [%rd0+16], {%r4, %r5, %r6, %r7};)",
                            ".shared .align 4 .b8 fixed[64];\n"
                            ".extern .shared .align 4 .b8 dynamic[];\n");
  Device device(text);
  device.dynamicShared = 16;
  uint64_t at = device.buffer(std::vector<uint32_t>(8));
  EXPECT_EQ(test::text(device.run("k", {1}, {1}, at)), "");
  EXPECT_EQ(device.read<uint32_t>(at),
            (std::vector<uint32_t>{1, 2, 3, 0xffffffff, 0, 1024, 1024, 80}));
}
