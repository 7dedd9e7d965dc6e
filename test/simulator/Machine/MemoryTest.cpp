//===- MemoryTest.cpp - loads, stores, atomics and copies -------------------------------------===//
#include "test/simulator/Machine/Device.h"

#include <numeric>

using namespace sim;
using namespace sim::test;

namespace {

std::string kernel(const std::string &body, const std::string &before = "") {
  return head + before + R"(
.visible .entry k(.param .u64 to, .param .u64 from) {
  .reg .pred %p<9>;
  .reg .b16 %h<9>;
  .reg .b32 %r<20>, %t;
  .reg .b64 %rd<9>;
  .reg .f32 %f<9>;
  ld.param.u64 %rd0, [to];
  ld.param.u64 %rd1, [from];
  mov.u32 %t, %tid.x;
)" + body +
         "\nret;\n}\n";
}

} // namespace

TEST(Memory, WidthsAndSigns) {
  Device device(kernel(R"(
  mul.wide.u32 %rd2, %t, 16;
  add.u64 %rd3, %rd0, %rd2;
  cvt.u64.u32 %rd4, %t;
  add.u64 %rd4, %rd1, %rd4;
  ld.global.s8 %r1, [%rd4];
  ld.global.u8 %r2, [%rd4];
  ld.global.s8 %rd5, [%rd4];
  ld.global.s8 %h1, [%rd4];
  cvt.u32.u16 %r3, %h1;
  cvt.u32.u64 %r4, %rd5;
  st.global.v4.u32 [%rd3], {%r1, %r2, %r3, %r4};)"));
  std::vector<uint8_t> from(32);
  for (size_t i = 0; i < 32; ++i)
    from[i] = static_cast<uint8_t>(120 + i);
  uint64_t to = device.buffer(std::vector<uint32_t>(128));
  EXPECT_EQ(text(device.run("k", {1}, {32}, to, device.buffer(from))), "");
  auto got = device.read<uint32_t>(to);
  for (size_t t = 0; t < 32; ++t) {
    auto sign = static_cast<uint32_t>(int8_t(from[t]));
    EXPECT_EQ(got[4 * t], sign);
    EXPECT_EQ(got[4 * t + 1], from[t]);
    EXPECT_EQ(got[4 * t + 2], sign & 0xffff);
    EXPECT_EQ(got[4 * t + 3], sign);
  }
}

TEST(Memory, Patterns) {
  // Consecutive, equal, reversed and strided addresses, some lanes only.
  Device device(kernel(R"(
  mul.wide.u32 %rd2, %t, 4;
  add.u64 %rd3, %rd0, %rd2;
  add.u64 %rd4, %rd1, %rd2;
  sub.u64 %rd5, %rd1, %rd2;
  ld.global.u32 %r1, [%rd4];
  ld.global.u32 %r2, [%rd1+8];
  ld.global.u32 %r3, [%rd5+124];
  mov.u32 %r4, 0;
  setp.gt.u32 %p1, %t, 5;
  @%p1 ld.global.u32 %r4, [%rd4];
  mad.lo.u32 %r1, %r2, 100, %r1;
  mad.lo.u32 %r1, %r3, 10000, %r1;
  mad.lo.u32 %r1, %r4, 1000000, %r1;
  st.global.u32 [%rd3], %r1;)"));
  std::vector<uint32_t> from(32);
  std::iota(from.begin(), from.end(), 1);
  uint64_t to = device.buffer(std::vector<uint32_t>(32));
  EXPECT_EQ(text(device.run("k", {1}, {32}, to, device.buffer(from))), "");
  auto got = device.read<uint32_t>(to);
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(got[t], t + 1 + 300 + (32 - t) * 10000 + (t > 5 ? (t + 1) * 1000000 : 0)) << t;
}

TEST(Memory, FaultsAreReportedAndNotExecuted) {
  for (bool check : {false, true}) {
    Device device(kernel(R"(
  mul.wide.u32 %rd2, %t, 4;
  add.u64 %rd3, %rd0, %rd2;
  ld.global.u32 %r1, [%rd3+64];
  st.global.u32 [%rd3+64], %t;
  ld.global.u32 %r2, [%rd1+2];
  mov.u64 %rd4, 0;
  ld.u32 %r3, [%rd4];
  ld.shared.u32 %r4, [%rd4+4];
  mov.u64 %rd5, table;
  st.u32 [%rd5], %t;)",
                         ".const .align 4 .b8 table[4];\n"));
    device.options.check = check;
    uint64_t to = device.buffer(std::vector<uint32_t>(32), "C");
    LaunchResult result = device.run("k", {1}, {32}, to, to);
    std::string reports = text(result);
    EXPECT_NE(reports.find("bounds line 18 block 0 thread 16"), std::string::npos) << reports;
    EXPECT_NE(reports.find("C+0x80"), std::string::npos) << reports;
    EXPECT_NE(reports.find("alignment line 20"), std::string::npos) << reports;
    EXPECT_NE(reports.find("bounds line 22"), std::string::npos) << reports;
    EXPECT_NE(reports.find("bounds line 23"), std::string::npos) << reports;
    EXPECT_NE(reports.find("read-only line 25"), std::string::npos) << reports;
    auto got = device.read<uint32_t>(to);
    EXPECT_EQ(got[16], 0u);
    EXPECT_EQ(got[31], 15u);
  }
}

TEST(Memory, UseAfterFree) {
  Device device(kernel("st.global.u32 [%rd0], %t;"));
  uint64_t to = device.buffer(std::vector<uint32_t>(32), "C");
  device.memory.free(to);
  EXPECT_NE(text(device.run("k", {1}, {1}, to, to)).find("use-after-free"), std::string::npos);
}

TEST(Memory, Atomics) {
  Device device(kernel(R"(
  atom.global.add.u32 %r1, [%rd0], 1;
  red.global.max.s32 [%rd0+4], %t;
  red.global.inc.u32 [%rd0+8], 9;
  atom.global.add.f32 %f1, [%rd0+12], 0f3F000000;
  red.or.b32 [%rd0+16], 5;
  mov.u64 %rd3, counter;
  setp.eq.u32 %p1, %t, 0;
  @%p1 st.shared.u64 [%rd3], 0;
  bar.sync 0;
  atom.shared.add.u64 %rd4, [%rd3], 3;
  bar.sync 0;
  ld.shared.u64 %rd4, [%rd3];
  st.global.u64 [%rd0+24], %rd4;)",
                       ".shared .align 8 .b8 counter[8];\n"));
  device.options.check = false; // all threads write the same value at the end
  uint64_t to = device.buffer(std::vector<uint32_t>(8));
  EXPECT_EQ(text(device.run("k", {3}, {64}, to, to)), "");
  auto got = device.read<uint32_t>(to);
  EXPECT_EQ(got[0], 192u);
  EXPECT_EQ(got[1], 63u);
  EXPECT_EQ(got[2], 192u % 10);
  EXPECT_EQ(got[3], 0x42c00000u); // 96
  EXPECT_EQ(got[4], 5u);
  EXPECT_EQ(got[6], 192u);
}

TEST(Memory, AsynchronousCopies) {
  for (uint64_t seed : {0, 1, 2, 3}) {
    Device device(kernel(R"(
  mul.wide.u32 %rd2, %t, 16;
  mov.u64 %rd3, tile;
  add.u64 %rd3, %rd3, %rd2;
  add.u64 %rd4, %rd1, %rd2;
  cp.async.cg.shared.global [%rd3], [%rd4], 16;
  cp.async.commit_group;
  cp.async.ca.shared.global [%rd3+512], [%rd4], 8, 5;
  cp.async.ca.shared.global [%rd3+520], [%rd4+8], 8;
  cp.async.commit_group;
  cp.async.wait_group 1;
  ld.shared.v4.u32 {%r1, %r2, %r3, %r4}, [%rd3];
  cp.async.wait_all;
  ld.shared.v4.u32 {%r5, %r6, %r7, %r8}, [%rd3+512];
  add.u32 %r1, %r1, %r6;
  add.u32 %r2, %r2, %r7;
  add.u64 %rd5, %rd0, %rd2;
  st.global.v4.u32 [%rd5], {%r1, %r2, %r3, %r4};)",
                         ".shared .align 16 .b8 tile[1024];\n"),
                  seed);
    std::vector<uint32_t> from(128);
    for (uint32_t i = 0; i < 128; ++i)
      from[i] = 0x01010101u * i;
    uint64_t to = device.buffer(std::vector<uint32_t>(128));
    EXPECT_EQ(text(device.run("k", {1}, {32}, to, device.buffer(from))), "");
    auto got = device.read<uint32_t>(to);
    for (uint32_t t = 0; t < 32; ++t) {
      EXPECT_EQ(got[4 * t], from[4 * t] + (from[4 * t + 1] & 0xff)); // 5 bytes, then zeros
      EXPECT_EQ(got[4 * t + 1], from[4 * t + 1] + from[4 * t + 2]);
    }
  }
}

TEST(Memory, ParametersByAddress) {
  Device device(head + R"(
.visible .entry k(.param .u64 to, .param .align 8 .b8 values[64]) {
  .reg .b32 %r<20>, %t;
  .reg .b64 %rd<9>;
  ld.param.u64 %rd0, [to];
  mov.b64 %rd1, values;
  mov.u32 %t, %tid.x;
  mul.wide.u32 %rd2, %t, 4;
  add.u64 %rd3, %rd1, %rd2;
  add.u64 %rd0, %rd0, %rd2;
  ld.param.u32 %r1, [%rd3+-4];
  ld.param.u32 %r2, [values+8];
  add.u32 %r1, %r1, %r2;
  st.global.u32 [%rd0], %r1;
  ret;
})");
  struct {
    uint32_t values[16];
  } values;
  std::iota(values.values, values.values + 16, 100);
  uint64_t to = device.buffer(std::vector<uint32_t>(16));
  std::string reports = text(device.run("k", {1}, {16}, to, values));
  auto got = device.read<uint32_t>(to);
  for (uint32_t t = 1; t < 16; ++t)
    EXPECT_EQ(got[t], 99 + t + 102);
}

TEST(Memory, ResultsDoNotDependOnCores) {
  // Blocks write a common word: the order decides, and the launch has to be repeated on one core.
  std::string kernelText = kernel(R"(
  mov.u32 %r1, %ctaid.x;
  st.global.u32 [%rd0], %r1;
  mov.u32 %r2, 0;
LOOP:
  add.u32 %r2, %r2, 1;
  setp.lt.u32 %p1, %r2, 500;
  @%p1 bra LOOP;
  mul.wide.u32 %rd2, %r1, 4;
  add.u64 %rd2, %rd1, %rd2;
  ld.global.u32 %r3, [%rd2];
  add.u32 %r3, %r3, %r2;
  st.global.u32 [%rd2], %r3;)");
  std::vector<uint32_t> first;
  std::string reports;
  for (unsigned cores : {1, 2, 3}) {
    Device device(kernelText, 5);
    device.options.cores = cores;
    uint64_t common = device.buffer(std::vector<uint32_t>(1), "common");
    uint64_t own = device.buffer(std::vector<uint32_t>(2000), "own");
    LaunchResult result = device.run("k", {2000}, {32}, common, own);
    auto got = device.read<uint32_t>(common);
    std::vector<uint32_t> counts = device.read<uint32_t>(own);
    EXPECT_EQ(counts, std::vector<uint32_t>(2000, 500)) << cores;
    if (first.empty()) {
      first = got;
      reports = text(result);
      EXPECT_NE(reports.find("race"), std::string::npos);
    }
    EXPECT_EQ(got, first);
    EXPECT_EQ(text(result), reports);
  }
}
