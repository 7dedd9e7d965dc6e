//===- WarpTest.cpp - instructions across lanes, and lanes that are not active ----------------===//
#include "Lab.h"

#include "simulator/Machine/MatrixLayout.h"

#include <bit>
#include <cmath>
#include <gtest/gtest.h>
#include <random>

using namespace sim;
using namespace sim::lab;

namespace {

Values iota(uint64_t from = 0) {
  Values values;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    values[lane] = from + lane;
  return values;
}
Values all(uint64_t value) {
  Values values;
  values.fill(value);
  return values;
}

std::vector<Values> runOne(const std::string &text, const std::vector<Values> &sources,
                           LaneMask active = allLanes) {
  return Instruction(text, instructionSets().back()).run(sources, active);
}

TEST(Lanes, InactiveOnesKeepTheirValue) {
  LaneMask active = 0x0f0f00f1;
  for (const char *text : {"add.u32 %r0, %r1, %r2;", "fma.rn.f32 %r0, %r1, %r2, %r2;",
                           "cvt.s32.s8 %r0, %r1;", "mov.b32 %r0, %r1;", "popc.b32 %r0, %r1;",
                           "add.rz.f32 %r0, %r1, %r2;", "sin.approx.f32 %r0, %r1;"}) {
    std::vector<Values> sources(3, iota(1));
    Values full = runOne(text, sources)[0], some = runOne(text, sources, active)[0];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      EXPECT_EQ(some[lane], active >> lane & 1 ? full[lane] : 0xa5a5a5a5) << text << " " << lane;
  }
  Values predicate = runOne("setp.ge.u32 %p0, %r1, %r2;", {iota(), all(0)}, active)[0];
  for (unsigned lane = 0; lane < warpSize; ++lane)
    EXPECT_EQ(predicate[lane], active >> lane & 1);
}

TEST(Lanes, DestinationMayBeASource) {
  // The lab gives every operand a slot of its own; handlers read before they write by lane.
  std::vector<Values> results = runOne("mov.b64 {%r0, %r1}, %d2;", {iota(0x700000000)});
  EXPECT_EQ(results[0], iota());
  EXPECT_EQ(results[1], all(7));
}

TEST(Collective, Shuffles) {
  auto shuffle = [](const std::string &mode, unsigned b, unsigned c) {
    return runOne("shfl.sync." + mode + ".b32 %r0|%p1, %r2, %r3, %r4, %r5;",
                  {iota(100), all(b), all(c), all(~0u)});
  };
  std::vector<Values> up = shuffle("up", 1, 0), down = shuffle("down", 2, 31),
                      butterfly = shuffle("bfly", 16, 31), index = shuffle("idx", 5, 31),
                      halves = shuffle("down", 8, 0x100f | 0x0f);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    EXPECT_EQ(up[0][lane], lane ? 99 + lane : 100);
    EXPECT_EQ(up[1][lane], lane != 0);
    EXPECT_EQ(down[0][lane], lane < 30 ? 102 + lane : 100 + lane);
    EXPECT_EQ(down[1][lane], lane < 30);
    EXPECT_EQ(butterfly[0][lane], 100 + (lane ^ 16));
    EXPECT_EQ(index[0][lane], 105u);
    // Segments of 16 lanes: segmask 0x10.
    EXPECT_EQ(halves[0][lane], lane % 16 < 8 ? 108 + lane : 100 + lane);
  }
}

TEST(Collective, VotesMatchesAndReductions) {
  Values bit;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    bit[lane] = lane % 3 == 0;
  EXPECT_EQ(runOne("vote.sync.any.pred %p0, %p1, %r2;", {bit, all(~0u)})[0][1], 1u);
  EXPECT_EQ(runOne("vote.sync.all.pred %p0, !%p1, %r2;", {bit, all(~0u)}, 0x6)[0][1], 1u);
  EXPECT_EQ(runOne("vote.sync.uni.pred %p0, %p1, %r2;", {bit, all(~0u)})[0][1], 0u);
  EXPECT_EQ(runOne("vote.sync.ballot.b32 %r0, %p1, %r2;", {bit, all(~0u)})[0][1], 0x49249249u);
  Values third;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    third[lane] = lane % 3;
  Values match = runOne("match.any.sync.b32 %r0, %r1, %r2;", {third, all(~0u)})[0];
  EXPECT_EQ(match[3], 0x49249249u);
  EXPECT_EQ(match[4], 0x92492492u);
  std::vector<Values> same =
      runOne("match.all.sync.b64 %r0|%p1, %d2, %r3;", {third, all(~0u)}, 0x9);
  EXPECT_EQ(same[0][3], 9u);
  EXPECT_EQ(same[1][3], 1u);
  EXPECT_EQ(runOne("redux.sync.add.s32 %r0, %r1, %r2;", {iota(), all(~0u)})[0][9], 496u);
  EXPECT_EQ(runOne("redux.sync.min.s32 %r0, %r1, %r2;", {iota(-3ull), all(~0u)})[0][9],
            uint32_t(-3));
  EXPECT_EQ(runOne("redux.sync.max.u32 %r0, %r1, %r2;", {iota(-3ull), all(~0u)})[0][9], ~0u);
  EXPECT_EQ(runOne("activemask.b32 %r0;", {}, 0xf0)[0][4], 0xf0u);
}

//===----------------------------------------------------------------------===//
// mma: small integers, whose sums are exact in every format
//===----------------------------------------------------------------------===//

enum class Format { F16, BF16, TF32, F32 };

uint64_t encode(Format format, float value) {
  uint32_t word = std::bit_cast<uint32_t>(value);
  if (format == Format::BF16)
    return word >> 16;
  if (format != Format::F16)
    return word;
  if (value == 0)
    return 0;
  return (word >> 16 & 0x8000) | ((word >> 23 & 0xff) - 112) << 10 | (word >> 13 & 0x3ff);
}

struct Mma {
  std::string text;
  Format inputs, sums;
  unsigned k;
};

/// Fragments by the formulas of PTX ISA 9.7.14.5.
void checkMma(const Mma &mma) {
  std::mt19937 random(7);
  auto number = [&] { return float(int(random() % 7) - 3); };
  float a[16][16], b[16][8], c[16][8];
  for (auto &row : a)
    for (float &x : row)
      x = number();
  for (auto &row : b)
    for (float &x : row)
      x = number();
  for (auto &row : c)
    for (float &x : row)
      x = number();
  bool narrow = mma.inputs == Format::F16 || mma.inputs == Format::BF16;
  unsigned per = narrow ? 2 : 1, line = narrow ? 8 : 4;
  std::vector<Values> sources;
  for (unsigned reg = 0; reg < 2 * mma.k / line; ++reg) {
    Values values{};
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned i = 0; i < per; ++i)
        values[lane] |=
            encode(mma.inputs, a[lane / 4 + 8 * (reg % 2)][per * (lane % 4) + i + line * (reg / 2)])
            << (16 * i);
    sources.push_back(values);
  }
  for (unsigned reg = 0; reg < mma.k / line; ++reg) {
    Values values{};
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned i = 0; i < per; ++i)
        values[lane] |= encode(mma.inputs, b[per * (lane % 4) + i + line * reg][lane / 4])
                        << (16 * i);
    sources.push_back(values);
  }
  bool halfSums = mma.sums == Format::F16;
  auto sumRegisters = [&](const float (&matrix)[16][8]) {
    std::vector<Values> registers(halfSums ? 2 : 4);
    for (auto &values : registers)
      values.fill(0);
    for (unsigned i = 0; i < 4; ++i)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        registers[halfSums ? i / 2 : i][lane] |=
            encode(mma.sums, matrix[lane / 4 + 8 * (i / 2)][2 * (lane % 4) + i % 2])
            << (halfSums ? 16 * (i % 2) : 0);
    return registers;
  };
  for (const Values &values : sumRegisters(c))
    sources.push_back(values);
  for (unsigned i = 0; i < 16; ++i)
    for (unsigned j = 0; j < 8; ++j)
      for (unsigned k = 0; k < mma.k; ++k)
        c[i][j] += a[i][k] * b[k][j];
  for (const std::string &set : instructionSets())
    EXPECT_EQ(Instruction(mma.text, set).run(sources), sumRegisters(c)) << mma.text << " " << set;
}

TEST(Matrix, FragmentsAreAsTheIsaSays) {
  const std::string d4 = "{%r0,%r1,%r2,%r3}", c4 = "{%r20,%r21,%r22,%r23}";
  const std::string d2 = "{%r0,%r1}", c2 = "{%r20,%r21}";
  const std::string a4 = "{%r4,%r5,%r6,%r7}", a2 = "{%r4,%r5}", b2 = "{%r8,%r9}", b1 = "{%r8}";
  auto text = [](const std::string &shape, const std::string &types, const std::string &d,
                 const std::string &a, const std::string &b, const std::string &c) {
    return "mma.sync.aligned." + shape + ".row.col." + types + " " + d + ", " + a + ", " + b +
           ", " + c + ";";
  };
  for (const Mma &mma : {
           Mma{text("m16n8k16", "f32.bf16.bf16.f32", d4, a4, b2, c4), Format::BF16, Format::F32,
               16},
           Mma{text("m16n8k8", "f32.bf16.bf16.f32", d4, a2, b1, c4), Format::BF16, Format::F32, 8},
           Mma{text("m16n8k16", "f32.f16.f16.f32", d4, a4, b2, c4), Format::F16, Format::F32, 16},
           Mma{text("m16n8k16", "f16.f16.f16.f16", d2, a4, b2, c2), Format::F16, Format::F16, 16},
           Mma{text("m16n8k8", "f16.f16.f16.f16", d2, a2, b1, c2), Format::F16, Format::F16, 8},
           Mma{text("m16n8k8", "f32.tf32.tf32.f32", d4, a4, b2, c4), Format::TF32, Format::F32, 8},
           Mma{text("m16n8k4", "f32.tf32.tf32.f32", d4, a2, b1, c4), Format::TF32, Format::F32, 4},
       })
    checkMma(mma);
}

TEST(Matrix, Doubles) {
  std::vector<Values> sources(4);
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    sources[0][lane] = bits(double(lane));                     // a[lane / 4][lane % 4]
    sources[1][lane] = bits(lane / 4 == lane % 4 ? 1.0 : 0.0); // b[lane % 4][lane / 4]
    sources[2][lane] = sources[3][lane] = bits(0.5);
  }
  std::vector<Values> d =
      runOne("mma.sync.aligned.m8n8k4.row.col.f64.f64.f64.f64 {%d0,%d1}, {%d2}, {%d3}, {%d4,%d5};",
             sources);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    for (unsigned i = 0; i < 2; ++i) {
      unsigned row = lane / 4, column = 2 * (lane % 4) + i;
      EXPECT_EQ(d[i][lane], bits(column < 4 ? 4 * row + column + 0.5 : 0.5));
    }
}

/// wmma: against the mapping of MatrixLayout.h.
void checkWmma(const std::string &modifiers, Format inputs, unsigned aCount, unsigned bCount,
               bool halfC, bool halfD) {
  std::string text = "wmma.mma.sync.aligned." + modifiers + " ";
  unsigned next = 0;
  auto vector = [&](unsigned count) {
    std::string result = "{";
    for (unsigned i = 0; i < count; ++i)
      result += (i ? ",%r" : "%r") + std::to_string(next++);
    return result + "}";
  };
  text += vector(halfD ? 4 : 8) + ", " + vector(aCount) + ", " + vector(bCount) + ", " +
          vector(halfC ? 4 : 8) + ";";
  std::string source = ".version 9.0\n.target sm_90\n.address_size 64\n.entry k() {\n.reg .b32 "
                       "%r<40>;\n" +
                       text + "\n}\n";
  ptx::ParseResult parsed = ptx::parseModule(source, "wmma");
  ASSERT_TRUE(parsed.module) << parsed.error.message << text;
  WmmaOperands of = wmmaOperands(parsed.module->functions[0].instructions[0]);
  std::mt19937 random(3);
  std::vector<float> a(of.a.elements()), b(of.b.elements()), c(of.c.elements());
  auto at = [](std::vector<float> &tile, const WmmaFragment &fragment,
               unsigned element) -> float & {
    return tile[fragment.row(element) * fragment.columns + fragment.column(element)];
  };
  for (auto *tile : {&a, &b, &c})
    for (float &x : *tile)
      x = float(int(random() % 7) - 3);
  auto fragment = [&](std::vector<float> &tile, const WmmaFragment &of, Format format) {
    std::vector<Values> registers(of.registers, all(0));
    unsigned per = 4 / of.elementBytes;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned i = 0; i < of.perLane(); ++i)
        registers[i / per][lane] |= encode(format, at(tile, of, of.element(lane, i)))
                                    << (16 * (i % per) * (per - 1));
    return registers;
  };
  std::vector<Values> sources = fragment(a, of.a, inputs);
  for (const Values &values : fragment(b, of.b, inputs))
    sources.push_back(values);
  for (const Values &values : fragment(c, of.c, halfC ? Format::F16 : Format::F32))
    sources.push_back(values);
  for (unsigned i = 0; i < of.shape.m; ++i)
    for (unsigned j = 0; j < of.shape.n; ++j)
      for (unsigned k = 0; k < of.shape.k; ++k)
        c[i * of.shape.n + j] += a[i * of.shape.k + k] * b[k * of.shape.n + j];
  EXPECT_EQ(runOne(text, sources), fragment(c, of.d, halfD ? Format::F16 : Format::F32)) << text;
}

TEST(Matrix, WarpMatrices) {
  for (std::string layouts : {"row.col", "row.row", "col.row", "col.col"}) {
    checkWmma(layouts + ".m16n16k16.f32.bf16.bf16.f32", Format::BF16, 4, 4, false, false);
    checkWmma(layouts + ".m8n32k16.f32.bf16.bf16.f32", Format::BF16, 2, 8, false, false);
    checkWmma(layouts + ".m32n8k16.f32.bf16.bf16.f32", Format::BF16, 8, 2, false, false);
    checkWmma(layouts + ".m16n16k8.f32.tf32.tf32.f32", Format::TF32, 4, 4, false, false);
    for (std::string shape : {"m16n16k16", "m8n32k16", "m32n8k16"}) {
      checkWmma(layouts + "." + shape + ".f32.f16", Format::F16, 8, 8, true, false);
      checkWmma(layouts + "." + shape + ".f16.f16", Format::F16, 8, 8, true, true);
      checkWmma(layouts + "." + shape + ".f32.f32", Format::F16, 8, 8, false, false);
    }
  }
}

//===----------------------------------------------------------------------===//
// Instruction sets
//===----------------------------------------------------------------------===//

/// Operands of all kinds: random bits, small numbers, and what floats find special.
uint64_t interesting(std::mt19937_64 &random) {
  const uint64_t special[] = {
      0,          1,      0x80000000, 0x7f800000, 0x7fc00000, 0x00800000, 0x3f800000, 0xbf800000,
      0x7fffffff, 0x3c00, 0x7c00,     0x8001,     0x7e00,     31,         32,         0x7f7fffff};
  uint64_t one = special[random() % std::size(special)];
  switch (random() % 4) {
  case 0:
    return one | one << 32;
  case 1:
    return random() % 64;
  default:
    return random();
  }
}

TEST(InstructionSets, Agree) {
  std::mt19937_64 random(1);
  for (const char *text : {
           "add.s16 %h0, %h1, %h2;",
           "mul.hi.s64 %d0, %d1, %d2;",
           "div.s32 %r0, %r1, %r2;",
           "rem.u64 %d0, %d1, %d2;",
           "sad.u16 %h0, %h1, %h2, %h3;",
           "bfe.s64 %d0, %d1, %r2, %r3;",
           "bfi.b64 %d0, %d1, %d2, %r3, %r4;",
           "prmt.b32 %r0, %r1, %r2, %r3;",
           "shf.l.wrap.b32 %r0, %r1, %r2, %r3;",
           "popc.b64 %r0, %d1;",
           "clz.b32 %r0, %r1;",
           "add.f32 %r0, %r1, %r2;",
           "mul.ftz.f32 %r0, %r1, %r2;",
           "fma.rn.f32 %r0, %r1, %r2, %r3;",
           "fma.rm.f32 %r0, %r1, %r2, %r3;",
           "fma.rz.ftz.sat.f32 %r0, %r1, %r2, %r3;",
           "div.rn.f32 %r0, %r1, %r2;",
           "div.rp.f32 %r0, %r1, %r2;",
           "sqrt.rz.f32 %r0, %r1;",
           "fma.rn.f64 %d0, %d1, %d2, %d3;",
           "fma.rp.f64 %d0, %d1, %d2, %d3;",
           "add.f64 %d0, %d1, %d2;",
           "min.f32 %r0, %r1, %r2;",
           "max.NaN.f16x2 %r0, %r1, %r2;",
           "fma.rn.f16 %h0, %h1, %h2, %h3;",
           "fma.rn.bf16x2 %r0, %r1, %r2, %r3;",
           "add.ftz.sat.f16x2 %r0, %r1, %r2;",
           "mul.bf16 %h0, %h1, %h2;",
           "ex2.approx.f32 %r0, %r1;",
           "lg2.approx.f32 %r0, %r1;",
           "sin.approx.ftz.f32 %r0, %r1;",
           "cos.approx.f32 %r0, %r1;",
           "tanh.approx.f32 %r0, %r1;",
           "rsqrt.approx.f32 %r0, %r1;",
           "div.approx.f32 %r0, %r1, %r2;",
           "rcp.approx.ftz.f64 %d0, %d1;",
           "cvt.rni.s32.f32 %r0, %r1;",
           "cvt.rzi.u64.f32 %d0, %r1;",
           "cvt.rmi.s64.f64 %d0, %d1;",
           "cvt.rn.f32.u64 %r0, %d1;",
           "cvt.rz.f32.s64 %r0, %d1;",
           "cvt.rn.f16.f32 %h0, %r1;",
           "cvt.rn.bf16x2.f32 %r0, %r1, %r2;",
           "cvt.rpi.f32.f32 %r0, %r1;",
           "cvt.f32.f16 %r0, %h1;",
           "cvt.rm.f16.f64 %h0, %d1;",
           "cvt.rna.tf32.f32 %r0, %r1;",
           "cvt.s16.s8 %h0, %h1;",
           "setp.ltu.f32 %p0, %r1, %r2;",
           "setp.gt.s64 %p0, %d1, %d2;",
           "set.le.f16x2.f16x2 %r0, %r1, %r2;",
           "lop3.b32 %r0, %r1, %r2, %r3, 0x96;",
       }) {
    for (int round = 0; round < 50; ++round) {
      std::vector<Values> sources(4);
      for (Values &values : sources)
        for (uint64_t &value : values)
          value = interesting(random);
      // 16-bit registers are zero above.
      if (std::string(text).find("%h1") != std::string::npos)
        for (Values &values : sources)
          for (uint64_t &value : values)
            value &= 0xffff;
      LaneMask active = round % 2 ? allLanes : LaneMask(random()) | 1;
      std::vector<Values> expected = Instruction(text, "baseline").run(sources, active);
      for (const std::string &set : instructionSets())
        ASSERT_EQ(Instruction(text, set).run(sources, active), expected) << text << " " << set;
    }
  }
}

} // namespace
