//===- MatrixMemoryTest.cpp - ldmatrix, wmma.load and wmma.store in kernels -------------------===//
#include "simulator/Machine/Launch.h"

#include <bit>
#include <cstring>
#include <gtest/gtest.h>

using namespace sim;

namespace {

struct WarpRun {
  LaunchResult result;
  std::vector<uint32_t> words; ///< of the buffer afterwards
};

/// Runs `body` by one warp; %rd0 is the address of a buffer of `words`.
WarpRun runWarp(const std::string &body, std::vector<uint32_t> words, bool initialised = true) {
  std::string text = ".version 9.0\n.target sm_90\n.address_size 64\n.entry k(.param .u64 p) {\n"
                     ".reg .b32 %r<64>; .reg .b64 %rd<8>;\n.shared .align 16 .b8 tile[2048];\n"
                     "ld.param.u64 %rd0, [p];\n" +
                     body + "\nret;\n}\n";
  WarpRun run;
  ptx::ParseResult parsed = ptx::parseModule(text, "test");
  EXPECT_TRUE(parsed.module) << parsed.error.line << ": " << parsed.error.message;
  if (!parsed.module)
    return run;
  DecodeResult decoded = decode(std::make_shared<ptx::Module>(std::move(*parsed.module)), 90);
  EXPECT_TRUE(decoded.program) << decoded.error.message;
  if (!decoded.program)
    return run;
  Memory memory(1 << 24);
  std::unique_ptr<LoadedModule> loaded = load(decoded.program, memory);
  Allocation *buffer = memory.allocate(words.size() * 4, "buffer", initialised);
  std::memcpy(buffer->data, words.data(), words.size() * 4);
  LaunchShape shape;
  shape.block[0] = warpSize;
  shape.parameters.resize(8);
  std::memcpy(shape.parameters.data(), &buffer->base, 8);
  LaunchOptions options;
  options.architecture = 90;
  run.result = launch(*loaded, 0, shape, memory, options);
  run.words.resize(words.size());
  std::memcpy(run.words.data(), buffer->data, words.size() * 4);
  return run;
}

std::string vector(unsigned first, unsigned count) {
  std::string result = "{";
  for (unsigned i = 0; i < count; ++i)
    result += (i ? ",%r" : "%r") + std::to_string(first + i);
  return result + "}";
}

/// d = a * b + c of f32 accumulators and bf16 inputs; strides beyond the tile.
void checkProduct(unsigned m, unsigned n, bool aColumns, bool bColumns, bool cColumns) {
  constexpr unsigned k = 16, base = 8;
  auto layout = [](bool columns) { return std::string(columns ? "col" : "row"); };
  unsigned aStride = (aColumns ? m : k) + base, bStride = (bColumns ? k : n) + base;
  unsigned cStride = (cColumns ? m : n) + 4;
  // In words: a at 0, b at 512, c at 1024, d at 2560 (by rows, no gap).
  std::vector<uint32_t> words(4096);
  auto half = [&](unsigned word, unsigned index) {
    return reinterpret_cast<uint16_t *>(words.data() + word) + index;
  };
  auto a = [&](unsigned i, unsigned j) {
    return half(0, aColumns ? j * aStride + i : i * aStride + j);
  };
  auto b = [&](unsigned i, unsigned j) {
    return half(512, bColumns ? j * bStride + i : i * bStride + j);
  };
  auto c = [&](unsigned i, unsigned j) {
    return &words[1024 + (cColumns ? j * cStride + i : i * cStride + j)];
  };
  auto small = [](unsigned x) { return float(int(x % 5) - 2); };
  auto set = [&](uint16_t *to, float value) {
    *to = uint16_t(std::bit_cast<uint32_t>(value) >> 16);
  };
  for (unsigned i = 0; i < m; ++i)
    for (unsigned j = 0; j < k; ++j)
      set(a(i, j), small(3 * i + j));
  for (unsigned i = 0; i < k; ++i)
    for (unsigned j = 0; j < n; ++j)
      set(b(i, j), small(i + 2 * j));
  for (unsigned i = 0; i < m; ++i)
    for (unsigned j = 0; j < n; ++j)
      *c(i, j) = std::bit_cast<uint32_t>(small(i * j));
  std::string shape = "m" + std::to_string(m) + "n" + std::to_string(n) + "k16";
  unsigned aCount = m * k * 2 / 128, bCount = n * k * 2 / 128;
  std::string body = "wmma.load.a.sync.aligned." + layout(aColumns) + "." + shape +
                     ".global.bf16 " + vector(0, aCount) + ", [%rd0], " + std::to_string(aStride) +
                     ";\n" + "wmma.load.b.sync.aligned." + layout(bColumns) + "." + shape +
                     ".global.bf16 " + vector(8, bCount) + ", [%rd0+2048], " +
                     std::to_string(bStride) + ";\n" + "wmma.load.c.sync.aligned." +
                     layout(cColumns) + "." + shape + ".f32 " + vector(16, 8) + ", [%rd0+4096], " +
                     std::to_string(cStride) + ";\n" + "wmma.mma.sync.aligned." + layout(aColumns) +
                     "." + layout(bColumns) + "." + shape + ".f32.bf16.bf16.f32 " + vector(24, 8) +
                     ", " + vector(0, aCount) + ", " + vector(8, bCount) + ", " + vector(16, 8) +
                     ";\n" + "wmma.store.d.sync.aligned.row." + shape +
                     ".global.f32 [%rd0+10240], " + vector(24, 8) + ";\n";
  WarpRun run = runWarp(body, words);
  ASSERT_FALSE(run.words.empty());
  EXPECT_TRUE(run.result.reports.empty()) << run.result.reports.all()[0].message << "\n" << body;
  for (unsigned i = 0; i < m; ++i)
    for (unsigned j = 0; j < n; ++j) {
      float sum = std::bit_cast<float>(*c(i, j));
      for (unsigned l = 0; l < k; ++l)
        sum += small(3 * i + l) * small(l + 2 * j);
      ASSERT_EQ(std::bit_cast<float>(run.words[2560 + i * n + j]), sum) << i << " " << j << "\n"
                                                                        << body;
    }
}

TEST(MatrixMemory, EveryLayoutOfWarpMatrices) {
  const unsigned shapes[3][2] = {{16, 16}, {8, 32}, {32, 8}};
  for (const auto &shape : shapes)
    for (unsigned layouts = 0; layouts < 8; ++layouts)
      checkProduct(shape[0], shape[1], layouts & 1, layouts & 2, layouts & 4);
}

TEST(MatrixMemory, GarbageOfOneRowOnly) {
  // Row 1 of c is never written; only its elements of d are garbage.
  std::string body =
      "wmma.load.c.sync.aligned.row.m16n16k16.global.f32 " + vector(0, 8) + ", [%rd0];\n";
  std::string store =
      "wmma.store.d.sync.aligned.row.m16n16k16.global.f32 [%rd0], " + vector(0, 8) + ";\n";
  WarpRun run = runWarp(body + store, std::vector<uint32_t>(256), false);
  ASSERT_EQ(run.result.reports.all().size(), 1u);
  EXPECT_EQ(run.result.reports.all()[0].fault, Fault::Uninitialised);
  EXPECT_TRUE(runWarp(body, std::vector<uint32_t>(256), false).result.reports.empty());
}

TEST(MatrixMemory, LdmatrixPlainAndTransposed) {
  // Row r of the four tiles holds the halves 8 r .. 8 r + 7.
  for (bool transposed : {false, true}) {
    std::vector<uint32_t> words(128 + 128);
    for (unsigned i = 0; i < 128; ++i)
      words[i] = (2 * i) | (2 * i + 1) << 16;
    std::string body = R"(
      mov.u32 %r10, %tid.x;
      shl.b32 %r11, %r10, 4;
      cvt.u64.u32 %rd1, %r11;
      add.s64 %rd2, %rd0, %rd1;
      ld.global.v4.u32 {%r0,%r1,%r2,%r3}, [%rd2];
      mov.u32 %r12, tile;
      add.s32 %r12, %r12, %r11;
      st.shared.v4.u32 [%r12], {%r0,%r1,%r2,%r3};
      bar.sync 0;
      ldmatrix.sync.aligned.m8n8.x4)";
    body += transposed ? ".trans" : "";
    body += R"(.shared.b16 {%r4,%r5,%r6,%r7}, [%r12];
      st.global.v4.u32 [%rd2+512], {%r4,%r5,%r6,%r7};)";
    WarpRun run = runWarp(body, words);
    ASSERT_FALSE(run.words.empty());
    EXPECT_TRUE(run.result.reports.empty());
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned tile = 0; tile < 4; ++tile) {
        auto element = [&](unsigned row, unsigned column) { return 64 * tile + 8 * row + column; };
        unsigned group = lane / 4, pair = 2 * (lane % 4);
        unsigned low = transposed ? element(pair, group) : element(group, pair);
        unsigned high = transposed ? element(pair + 1, group) : element(group, pair + 1);
        EXPECT_EQ(run.words[128 + 4 * lane + tile], low | high << 16) << lane << " " << tile;
      }
  }
}

} // namespace
