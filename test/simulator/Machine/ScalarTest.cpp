//===- ScalarTest.cpp - edge cases of instructions on one lane --------------------------------===//
#include "Lab.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace sim;
using namespace sim::lab;

namespace {

struct Case {
  std::string text;
  std::vector<uint64_t> sources;
  uint64_t expected;
};

void check(const std::vector<Case> &cases) {
  for (const Case &one : cases) {
    uint64_t found = 0;
    ASSERT_NO_THROW(found = evaluate(one.text, one.sources)) << one.text;
    EXPECT_EQ(found, one.expected)
        << one.text << std::hex << " gives " << found << ", not " << one.expected;
  }
}

TEST(Integer, ArithmeticWrapsAndSaturates) {
  check({
      {"add.s32 %r0, %r1, %r2;", {0x7fffffff, 1}, 0x80000000},
      {"add.sat.s32 %r0, %r1, %r2;", {0x7fffffff, 1}, 0x7fffffff},
      {"sub.sat.s32 %r0, %r1, %r2;", {0x80000000, 1}, 0x80000000},
      {"add.u16 %h0, %h1, %h2;", {0xffff, 2}, 1},
      {"sub.s16 %h0, %h1, %h2;", {0x8000, 1}, 0x7fff},
      {"mul.lo.u16 %h0, %h1, %h2;", {0xffff, 0xffff}, 1},
      {"mul.hi.u16 %h0, %h1, %h2;", {0xffff, 0xffff}, 0xfffe},
      {"mul.hi.s32 %r0, %r1, %r2;", {0x80000000, 0x80000000}, 0x40000000},
      {"mul.hi.u64 %d0, %d1, %d2;", {~0ull, ~0ull}, ~0ull - 1},
      {"mul.hi.s64 %d0, %d1, %d2;", {~0ull, 2}, ~0ull},
      {"mul.wide.s16 %r0, %h1, %h2;", {0xffff, 3}, 0xfffffffd},
      {"mul.wide.u32 %d0, %r1, %r2;", {0xffffffff, 0xffffffff}, 0xfffffffe00000001},
      {"mad.wide.s32 %d0, %r1, %r2, %d3;", {0xffffffff, 5, 3}, uint64_t(-2)},
      {"mad.hi.sat.s32 %r0, %r1, %r2, %r3;", {0x80000000, 0x80000000, 0x7fffffff}, 0x7fffffff},
      {"mul24.lo.s32 %r0, %r1, %r2;", {0x01ffffff, 2}, 0xfffffffe},
      {"mul24.hi.u32 %r0, %r1, %r2;", {0xffffff, 0xffffff}, 0xfffffe00},
      {"div.s32 %r0, %r1, %r2;", {0x80000000, 0xffffffff}, 0x80000000},
      {"rem.s32 %r0, %r1, %r2;", {0x80000000, 0xffffffff}, 0},
      {"div.u32 %r0, %r1, %r2;", {7, 0}, 0xffffffff},
      {"rem.s64 %d0, %d1, %d2;", {uint64_t(-7), 0}, uint64_t(-7)},
      {"div.s16 %h0, %h1, %h2;", {0xfff9, 2}, 0xfffd},
      {"abs.s32 %r0, %r1;", {0x80000000}, 0x80000000},
      {"min.s16 %h0, %h1, %h2;", {0x8000, 1}, 0x8000},
      {"max.u16 %h0, %h1, %h2;", {0x8000, 1}, 0x8000},
      {"sad.s32 %r0, %r1, %r2, %r3;", {0x80000000, 0x7fffffff, 2}, 1},
      {"dp4a.s32.u32 %r0, %r1, %r2, %r3;", {0xff02ff01, 0xff010203, 10}, 10u - 255 + 2 - 2 + 3},
      {"dp2a.hi.s32.s32 %r0, %r1, %r2, %r3;", {0xffff0002, 0x7f800000, 0}, 0xffffff00 - 127},
      {"max.relu.s16x2 %r0, %r1, %r2;", {0xfffe0003, 0xffff0001}, 3},
      {"vabsdiff4.u32.u32.u32.add %r0, %r1, %r2, %r3;", {0x01ff0000, 0x02000001, 5}, 262},
  });
}

TEST(Integer, CarryIsOnePerLane) {
  // Chains run within one warp, which the lab does not keep; the flag in is clear.
  check({
      {"addc.u32 %r0, %r1, %r2;", {0xffffffff, 1}, 0},
      {"subc.u64 %d0, %d1, %d2;", {0, 1}, ~0ull},
      {"madc.hi.u32 %r0, %r1, %r2, %r3;", {0x80000000, 4, 1}, 3},
  });
}

TEST(Bits, ShiftsAndFields) {
  check({
      {"shl.b32 %r0, %r1, %r2;", {1, 32}, 0},
      {"shl.b16 %h0, %h1, %r2;", {1, 15}, 0x8000},
      {"shr.s32 %r0, %r1, %r2;", {0x80000000, 77}, 0xffffffff},
      {"shr.u32 %r0, %r1, %r2;", {0x80000000, 32}, 0},
      {"shr.s64 %d0, %d1, %r2;", {1ull << 63, 64}, ~0ull},
      {"shr.s16 %h0, %h1, %r2;", {0x8000, 4}, 0xf800},
      {"shf.l.clamp.b32 %r0, %r1, %r2, %r3;", {0x12345678, 0x9abcdef0, 40}, 0x12345678},
      {"shf.l.wrap.b32 %r0, %r1, %r2, %r3;", {0x12345678, 0x9abcdef0, 36}, 0xabcdef01},
      {"shf.r.clamp.b32 %r0, %r1, %r2, %r3;", {0x12345678, 0x9abcdef0, 32}, 0x9abcdef0},
      {"shf.r.wrap.b32 %r0, %r1, %r2, %r3;", {0x12345678, 0x9abcdef0, 8}, 0xf0123456},
      {"bfe.u32 %r0, %r1, %r2, %r3;", {0xffffffff, 28, 8}, 0xf},
      {"bfe.s32 %r0, %r1, %r2, %r3;", {0x00000080, 4, 4}, 0xfffffff8},
      {"bfe.s32 %r0, %r1, %r2, %r3;", {0x80000000, 40, 4}, 0xffffffff},
      {"bfe.s32 %r0, %r1, %r2, %r3;", {0x80000000, 40, 0}, 0},
      {"bfe.u64 %d0, %d1, %r2, %r3;", {~0ull, 0, 64}, ~0ull},
      {"bfe.s64 %d0, %d1, %r2, %r3;", {1ull << 40, 40, 1}, ~0ull},
      {"bfi.b32 %r0, %r1, %r2, %r3, %r4;", {0xff, 0, 28, 8}, 0xf0000000},
      {"bfi.b32 %r0, %r1, %r2, %r3, %r4;", {0xff, 5, 32, 8}, 5},
      {"bfi.b64 %d0, %d1, %d2, %r3, %r4;", {~0ull, 0, 0, 255}, ~0ull},
      {"bfind.u32 %r0, %r1;", {0}, 0xffffffff},
      {"bfind.s32 %r0, %r1;", {0xfffffffe}, 0},
      {"bfind.shiftamt.u64 %r0, %d1;", {1}, 63},
      {"brev.b32 %r0, %r1;", {0x1}, 0x80000000},
      {"brev.b64 %d0, %d1;", {0x2}, 1ull << 62},
      {"clz.b64 %r0, %d1;", {0}, 64},
      {"popc.b64 %r0, %d1;", {~0ull}, 64},
      {"fns.b32 %r0, %r1, %r2, %r3;", {0xaaaaaaaa, 2, uint32_t(-1)}, 1},
      {"fns.b32 %r0, %r1, %r2, %r3;", {0xaaaaaaaa, 3, 0}, 3},
      {"fns.b32 %r0, %r1, %r2, %r3;", {0x80000000, 0, 2}, 0xffffffff},
      {"szext.clamp.s32 %r0, %r1, %r2;", {0x80, 8}, 0xffffff80},
      {"szext.wrap.u32 %r0, %r1, %r2;", {0xffffffff, 32}, 0},
      {"szext.clamp.s32 %r0, %r1, %r2;", {0x7fffffff, 99}, 0x7fffffff},
      {"bmsk.clamp.b32 %r0, %r1, %r2;", {4, 99}, 0xfffffff0},
      {"bmsk.wrap.b32 %r0, %r1, %r2;", {33, 2}, 6},
      {"bmsk.wrap.b32 %r0, %r1, %r2;", {1, 32}, 0},
      {"prmt.b32 %r0, %r1, %r2, %r3;", {0x83020100, 0x07060504, 0x3b47}, 0x83ff0407},
      {"prmt.b32.b4e %r0, %r1, %r2, %r3;", {0x03020100, 0x07060504, 1}, 0x06070001},
      {"prmt.b32.ecr %r0, %r1, %r2, %r3;", {0x03020100, 0x07060504, 1}, 0x01010100},
      {"lop3.b32 %r0, %r1, %r2, %r3, 0xca;",
       {0xff00ff00, 0x12345678, 0x9abcdef0, 0xca},
       0x12bc56f0},
      {"cnot.b16 %h0, %h1;", {0}, 1},
      {"not.b16 %h0, %h1;", {0xff}, 0xff00},
      {"slct.b32.f32 %r0, %r1, %r2, %r3;", {1, 2, 0x80000000}, 1},
      {"slct.b32.f32 %r0, %r1, %r2, %r3;", {1, 2, 0x7fc00000}, 2},
      {"slct.b64.s32 %d0, %d1, %d2, %r3;", {1, 2, 0x80000000}, 2},
      {"mov.b64 %d0, {%r1, %r2};", {0x11111111, 0x22222222}, 0x2222222211111111},
      {"mov.b32 {%h0, %h1}, %r2;", {0x12345678}, 0x5678},
      {"selp.b16 %h0, %h1, %h2, !%p3;", {1, 2, 1}, 2},
      {"xor.pred %p0, %p1, %p2;", {1, 1}, 0},
  });
}

const uint64_t nan32 = 0x7fffffff, minimum32 = 1, infinity32 = 0x7f800000;

TEST(Float, RoundingAndFlushing) {
  check({
      {"add.rn.f32 %r0, %r1, %r2;", {bits(1.0f), bits(0x1p-24f)}, bits(1.0f)},
      {"add.rp.f32 %r0, %r1, %r2;", {bits(1.0f), bits(0x1p-60f)}, bits(std::nextafter(1.0f, 2.0f))},
      {"add.rm.f32 %r0, %r1, %r2;",
       {bits(1.0f), bits(-0x1p-60f)},
       bits(std::nextafter(1.0f, 0.0f))},
      {"add.rz.f32 %r0, %r1, %r2;",
       {bits(-1.0f), bits(0x1p-60f)},
       bits(-std::nextafter(1.0f, 0.0f))},
      {"add.rm.f32 %r0, %r1, %r2;", {bits(1.0f), bits(-1.0f)}, bits(-0.0f)},
      {"sub.rm.f32 %r0, %r1, %r2;", {bits(0.0f), bits(0.0f)}, bits(-0.0f)},
      {"mul.rz.f32 %r0, %r1, %r2;", {bits(3e38f), bits(2.0f)}, 0x7f7fffff},
      {"mul.rp.f32 %r0, %r1, %r2;", {minimum32, minimum32}, minimum32},
      {"mul.rm.f32 %r0, %r1, %r2;", {minimum32 | 0x80000000, minimum32}, minimum32 | 0x80000000},
      {"mul.ftz.f32 %r0, %r1, %r2;", {bits(-0x1p-70f), bits(0x1p-70f)}, bits(-0.0f)},
      {"mul.sat.f32 %r0, %r1, %r2;", {nan32, bits(1.0f)}, 0},
      {"mul.f32 %r0, %r1, %r2;", {infinity32, 0}, nan32},
      {"fma.rn.f32 %r0, %r1, %r2, %r3;",
       {bits(1 + 0x1p-12f), bits(1 + 0x1p-12f), bits(-(1 + 0x1p-11f))},
       bits(0x1p-24f)},
      {"fma.rm.f32 %r0, %r1, %r2, %r3;", {bits(1.0f), bits(1.0f), bits(-1.0f)}, bits(-0.0f)},
      {"fma.rp.f32 %r0, %r1, %r2, %r3;",
       {bits(0x1p-100f), bits(0x1p-100f), bits(1.0f)},
       0x3f800001},
      {"div.rn.f32 %r0, %r1, %r2;", {bits(1.0f), bits(3.0f)}, 0x3eaaaaab},
      {"div.rz.f32 %r0, %r1, %r2;", {bits(1.0f), bits(3.0f)}, 0x3eaaaaaa},
      {"div.rm.f32 %r0, %r1, %r2;", {bits(1.0f), bits(-3.0f)}, 0xbeaaaaab},
      {"rcp.rp.f32 %r0, %r1;", {bits(3.0f)}, 0x3eaaaaab},
      {"sqrt.rm.f32 %r0, %r1;", {bits(2.0f)}, 0x3fb504f3},
      {"sqrt.rp.f32 %r0, %r1;", {bits(2.0f)}, 0x3fb504f4},
      {"sqrt.rn.ftz.f32 %r0, %r1;", {0x80000001}, 0x80000000},
      {"add.rp.f64 %d0, %d1, %d2;", {bits(1.0), bits(0x1p-200)}, bits(1 + 0x1p-52)},
      {"div.rm.f64 %d0, %d1, %d2;", {bits(1.0), bits(3.0)}, bits(1.0 / 3)},
      {"min.f32 %r0, %r1, %r2;", {bits(0.0f), bits(-0.0f)}, bits(-0.0f)},
      {"max.f32 %r0, %r1, %r2;", {bits(-0.0f), bits(0.0f)}, 0},
      {"max.f32 %r0, %r1, %r2;", {0x7fc00001, bits(-3.0f)}, bits(-3.0f)},
      {"max.NaN.f32 %r0, %r1, %r2;", {0x7fc00001, bits(-3.0f)}, nan32},
      {"min.xorsign.abs.f32 %r0, %r1, %r2;", {bits(-2.0f), bits(3.0f)}, bits(-2.0f)},
      {"copysign.f32 %r0, %r1, %r2;", {bits(-1.0f), bits(5.0f)}, bits(-5.0f)},
      {"neg.ftz.f32 %r0, %r1;", {minimum32}, 0x80000000},
      {"testp.subnormal.f32 %p0, %r1;", {minimum32}, 1},
      {"testp.normal.f64 %p0, %d1;", {bits(0.0)}, 0},
      {"testp.notanumber.f32 %p0, %r1;", {nan32}, 1},
  });
}

TEST(Half, RoundsOnce) {
  check({
      {"add.f16 %h0, %h1, %h2;", {0x3c00, 0x1000}, 0x3c00},
      {"add.f16 %h0, %h1, %h2;", {0x3c01, 0x1000}, 0x3c02},
      {"add.f16 %h0, %h1, %h2;", {0x7bff, 0x4c00}, 0x7c00},
      {"mul.f16 %h0, %h1, %h2;", {0x0001, 0x3800}, 0},
      {"mul.f16 %h0, %h1, %h2;", {0x0003, 0x3800}, 2},
      {"mul.ftz.f16 %h0, %h1, %h2;", {0x0400, 0xb800}, 0x8000},
      // 2^-24 above the middle of two numbers: only a single rounding goes up.
      {"fma.rn.f16 %h0, %h1, %h2, %h3;", {0x7801, 0x3c00, 0x0001}, 0x7801},
      {"fma.rn.f16 %h0, %h1, %h2, %h3;", {0x3c01, 0x3801, 0x0001}, 0x3802},
      {"fma.rn.relu.f16 %h0, %h1, %h2, %h3;", {0xbc00, 0x3c00, 0}, 0},
      {"fma.rn.sat.f16 %h0, %h1, %h2, %h3;", {0x4000, 0x4000, 0}, 0x3c00},
      {"fma.rn.f16x2 %r0, %r1, %r2, %r3;", {0x3c004000, 0x40003c00, 0x3c003c00}, 0x42004200},
      {"fma.rn.bf16 %h0, %h1, %h2, %h3;", {0x3f81, 0x3f80, 0x3b80}, 0x3f82},
      {"fma.rn.bf16 %h0, %h1, %h2, %h3;", {0x3f80, 0x3f80, 0x3b80}, 0x3f80},
      {"fma.rn.bf16 %h0, %h1, %h2, %h3;", {0x3b80, 0x3f80, 0x0001}, 0x3b80},
      {"add.bf16x2 %r0, %r1, %r2;", {0x3f803f80, 0x3f80bf80}, 0x40000000},
      {"max.NaN.bf16 %h0, %h1, %h2;", {0x7fc0, 0}, 0x7fff},
      {"min.f16x2 %r0, %r1, %r2;", {0x00008000, 0x80007e00}, 0x80008000},
      {"abs.bf16 %h0, %h1;", {0xbf80}, 0x3f80},
  });
}

TEST(Compare, OrderedAndUnordered) {
  check({
      {"setp.ne.f32 %p0, %r1, %r2;", {nan32, 0}, 0},
      {"setp.neu.f32 %p0, %r1, %r2;", {nan32, 0}, 1},
      {"setp.geu.f32 %p0, %r1, %r2;", {bits(1.0f), bits(2.0f)}, 0},
      {"setp.num.f64 %p0, %d1, %d2;", {0, bits(2.0)}, 1},
      {"setp.nan.f32 %p0, %r1, %r2;", {0, nan32}, 1},
      {"setp.eq.ftz.f32 %p0, %r1, %r2;", {1, 0x80000002}, 1},
      {"setp.lt.s16 %p0, %h1, %h2;", {0xffff, 0}, 1},
      {"setp.hi.u32 %p0, %r1, %r2;", {0xffffffff, 0}, 1},
      {"setp.lt.and.s32 %p0, %r1, %r2, !%p3;", {1, 2, 1}, 0},
      {"setp.lt.xor.s64 %p0, %d1, %d2, %p3;", {uint64_t(-1), 2, 1}, 0},
      {"setp.gt.f16 %p0, %h1, %h2;", {0x3c00, 0xbc00}, 1},
      {"set.lt.u32.s32 %r0, %r1, %r2;", {0xffffffff, 0}, 0xffffffff},
      {"set.eq.f32.f32 %r0, %r1, %r2;", {0, 0x80000000}, bits(1.0f)},
      {"set.gt.f16x2.f16x2 %r0, %r1, %r2;", {0x3c00bc00, 0}, 0x3c000000},
      {"set.le.u32.f16x2 %r0, %r1, %r2;", {0x3c00bc00, 0}, 0x0000ffff},
  });
}

TEST(Convert, IntegersKeepTheirSign) {
  check({
      {"cvt.s32.s8 %r0, %r1;", {0x180}, 0xffffff80},
      {"cvt.s64.s8 %d0, %d1;", {0x180}, uint64_t(-128)},
      {"cvt.u16.u8 %h0, %h1;", {0x1ff}, 0xff},
      {"cvt.s8.s32 %h0, %r1;", {0x180}, 0xff80},
      {"cvt.u8.u32 %r0, %r1;", {0x1ff}, 0xff},
      {"cvt.u32.u64 %r0, %d1;", {0x123456789}, 0x23456789},
      {"cvt.s64.s32 %d0, %r1;", {0x80000000}, 0xffffffff80000000},
      {"cvt.u64.u32 %d0, %r1;", {0x80000000}, 0x80000000},
      {"cvt.sat.u8.s32 %r0, %r1;", {uint32_t(-5)}, 0},
      {"cvt.sat.s8.s32 %r0, %r1;", {uint32_t(-500)}, 0xffffff80},
      {"cvt.sat.s32.u64 %r0, %d1;", {~0ull}, 0x7fffffff},
  });
}

TEST(Convert, FloatsToIntegersClamp) {
  check({
      {"cvt.rzi.s32.f32 %r0, %r1;", {bits(-1.9f)}, uint32_t(-1)},
      {"cvt.rni.s32.f32 %r0, %r1;", {bits(2.5f)}, 2},
      {"cvt.rmi.s32.f32 %r0, %r1;", {bits(-0.1f)}, uint32_t(-1)},
      {"cvt.rpi.ftz.s32.f32 %r0, %r1;", {1}, 0},
      {"cvt.rpi.s32.f32 %r0, %r1;", {1}, 1},
      {"cvt.rzi.s32.f32 %r0, %r1;", {bits(3e9f)}, 0x7fffffff},
      {"cvt.rzi.u32.f32 %r0, %r1;", {bits(-3.0f)}, 0},
      {"cvt.rzi.u32.f32 %r0, %r1;", {bits(4e9f)}, 4000000000},
      {"cvt.rzi.s32.f32 %r0, %r1;", {nan32}, 0},
      {"cvt.rzi.s64.f32 %d0, %r1;", {nan32}, 1ull << 63},
      {"cvt.rzi.s32.f64 %r0, %d1;", {0x7ff8000000000000}, 0x80000000},
      {"cvt.rzi.u64.f64 %d0, %d1;", {bits(1.8e19)}, 18000000000000000000ull},
      {"cvt.rzi.u16.f32 %h0, %r1;", {bits(70000.0f)}, 0xffff},
      {"cvt.rzi.s8.f32 %r0, %r1;", {bits(-1000.0f)}, 0xffffff80},
      {"cvt.rni.s32.f16 %r0, %h1;", {0xc100}, uint32_t(-2)},
  });
}

TEST(Convert, Floats) {
  check({
      {"cvt.rn.f32.s32 %r0, %r1;", {16777217}, bits(16777216.0f)},
      {"cvt.rp.f32.s32 %r0, %r1;", {16777217}, bits(16777218.0f)},
      {"cvt.rm.f32.s32 %r0, %r1;", {uint32_t(-16777217)}, bits(-16777218.0f)},
      {"cvt.rz.f32.u64 %r0, %d1;", {~0ull}, bits(0x1.fffffep63f)},
      {"cvt.rn.f64.u64 %d0, %d1;", {~0ull}, bits(0x1p64)},
      {"cvt.rn.f16.s32 %h0, %r1;", {65520}, 0x7c00},
      {"cvt.rz.f16.s32 %h0, %r1;", {65520}, 0x7bff},
      {"cvt.rn.f16.f32 %h0, %r1;", {bits(1 + 0x1p-11f)}, 0x3c00},
      {"cvt.rn.f16.f32 %h0, %r1;", {bits(0x1p-25f)}, 0},
      {"cvt.rn.f16.f32 %h0, %r1;", {bits(0x1.8p-25f)}, 1},
      {"cvt.rp.f16.f32 %h0, %r1;", {bits(0x1p-140f)}, 1},
      {"cvt.rm.f16.f32 %h0, %r1;", {bits(-0x1p-140f)}, 0x8001},
      {"cvt.rz.f16.f32 %h0, %r1;", {bits(1e9f)}, 0x7bff},
      // Just above a middle that f32 would round to.
      {"cvt.rn.f16.f64 %h0, %d1;", {bits(1 + 0x1p-11 + 0x1p-50)}, 0x3c01},
      {"cvt.f32.f16 %r0, %h1;", {0x0001}, bits(0x1p-24f)},
      {"cvt.f32.f16 %r0, %h1;", {0xfc00}, 0xff800000},
      {"cvt.rn.bf16.f32 %h0, %r1;", {0x3f808000}, 0x3f80},
      {"cvt.rn.bf16.f32 %h0, %r1;", {0x3f818000}, 0x3f82},
      {"cvt.rz.bf16.f32 %h0, %r1;", {0x3f81ffff}, 0x3f81},
      {"cvt.rn.relu.bf16.f32 %h0, %r1;", {bits(-1.0f)}, 0},
      {"cvt.rn.bf16.f32 %h0, %r1;", {0x7f800001}, 0x7fff},
      {"cvt.rn.bf16x2.f32 %r0, %r1, %r2;", {bits(1.0f), bits(2.0f)}, 0x3f804000},
      {"cvt.rz.f16x2.f32 %r0, %r1, %r2;", {bits(1.0f), bits(1e9f)}, 0x3c007bff},
      {"cvt.rna.tf32.f32 %r0, %r1;", {0x3f801000}, 0x3f802000},
      {"cvt.rna.tf32.f32 %r0, %r1;", {0x3f800fff}, 0x3f800000},
      {"cvt.rn.tf32.f32 %r0, %r1;", {0x3f801000}, 0x3f800000},
      {"cvt.rz.f32.f64 %r0, %d1;", {bits(-1 - 0x1p-30)}, bits(-1.0f)},
      {"cvt.rp.f32.f64 %r0, %d1;", {bits(1e-300)}, 1},
      {"cvt.rn.ftz.f32.f64 %r0, %d1;", {bits(-1e-40)}, 0x80000000},
      {"cvt.sat.f32.f32 %r0, %r1;", {bits(7.0f)}, bits(1.0f)},
      {"cvt.rni.f32.f32 %r0, %r1;", {bits(-0.5f)}, bits(-0.0f)},
      {"cvt.rpi.f64.f64 %d0, %d1;", {bits(1.25)}, bits(2.0)},
      {"cvt.f64.f32 %d0, %r1;", {1}, bits(0x1p-149)},
  });
}

TEST(Approximate, SpecialValuesAndAccuracy) {
  check({
      {"ex2.approx.f32 %r0, %r1;", {bits(-150.0f)}, 0},
      {"ex2.approx.f32 %r0, %r1;", {bits(-149.0f)}, 1},
      {"ex2.approx.ftz.f32 %r0, %r1;", {bits(-127.0f)}, 0},
      {"ex2.approx.f32 %r0, %r1;", {infinity32}, infinity32},
      {"ex2.approx.f32 %r0, %r1;", {nan32}, nan32},
      {"lg2.approx.f32 %r0, %r1;", {bits(-0.0f)}, 0xff800000},
      {"lg2.approx.f32 %r0, %r1;", {1}, bits(-149.0f)},
      {"lg2.approx.ftz.f32 %r0, %r1;", {1}, 0xff800000},
      {"lg2.approx.f32 %r0, %r1;", {bits(-1.0f)}, nan32},
      {"lg2.approx.f32 %r0, %r1;", {bits(8.0f)}, bits(3.0f)},
      {"sin.approx.f32 %r0, %r1;", {bits(-0.0f)}, bits(-0.0f)},
      {"sin.approx.f32 %r0, %r1;", {infinity32}, nan32},
      {"cos.approx.f32 %r0, %r1;", {0}, bits(1.0f)},
      {"tanh.approx.f32 %r0, %r1;", {0xff800000}, bits(-1.0f)},
      {"tanh.approx.f32 %r0, %r1;", {1}, 1},
      {"rsqrt.approx.f32 %r0, %r1;", {bits(-0.0f)}, 0xff800000},
      {"rsqrt.approx.f32 %r0, %r1;", {bits(4.0f)}, bits(0.5f)},
      {"rcp.approx.ftz.f32 %r0, %r1;", {0x80000001}, 0xff800000},
      {"div.approx.f32 %r0, %r1, %r2;", {bits(-1.0f), bits(0x1.8p126f)}, bits(-0.0f)},
      {"div.approx.f32 %r0, %r1, %r2;", {infinity32, bits(0x1.8p126f)}, nan32},
      {"div.full.f32 %r0, %r1, %r2;", {bits(1.0f), bits(0x1p127f)}, bits(0x1p-127f)},
      {"rcp.approx.ftz.f64 %d0, %d1;", {bits(2.0)}, bits(0.5)},
      {"ex2.approx.f16 %h0, %h1;", {0x3c00}, 0x4000},
      {"tanh.approx.f16x2 %r0, %r1;", {0x7c000000}, 0x3c000000},
  });
  for (float x : {0.1f, 1.0f, -2.5f, 100.0f, 3e5f, -1e20f}) {
    EXPECT_EQ(evaluate("sin.approx.f32 %r0, %r1;", {bits(x)}), bits(float(std::sin(double(x)))))
        << x;
    EXPECT_EQ(evaluate("cos.approx.f32 %r0, %r1;", {bits(x)}), bits(float(std::cos(double(x)))))
        << x;
  }
  for (float x : {0.1f, 1.3f, 7e-40f, 1e30f})
    EXPECT_EQ(evaluate("lg2.approx.f32 %r0, %r1;", {bits(x)}), bits(float(std::log2(double(x)))))
        << x;
  for (float x : {0.1f, 1.3f, -33.7f, -140.3f, 100.9f}) {
    EXPECT_EQ(evaluate("ex2.approx.f32 %r0, %r1;", {bits(x)}), bits(float(std::exp2(double(x)))))
        << x;
    EXPECT_EQ(evaluate("tanh.approx.f32 %r0, %r1;", {bits(x)}), bits(float(std::tanh(double(x)))))
        << x;
  }
}

} // namespace
