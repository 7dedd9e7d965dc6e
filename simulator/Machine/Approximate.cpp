//===- Approximate.cpp - ex2, lg2, sin, cos, tanh, rsqrt and .approx (PTX ISA 9.7.3) ----------===//
//
// Computed in double to some 2^-45 and rounded to nearest, which is closer than the ISA's bounds on
// the error ask for. The device's own bits differ, and differ between devices.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/HalfOps.h"

#include <cmath>

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// Adding it leaves the nearest integer in the low bits.
constexpr double shifter = 0x1.8p52;

/// 2^x for |x| up to about 1000; NaN stays.
[[gnu::always_inline]] inline double exponential(double x) {
  x = x > 400 ? 400 : x < -400 ? -400 : x;
  double shifted = x + shifter;
  double rest = x - (shifted - shifter);
  // Terms ln(2)^k / k!.
  double sum = 0x1.e8cac7351bb25p-32;
  sum = sum * rest + 0x1.e4cf5158b8ecap-28;
  sum = sum * rest + 0x1.b5253d395e7c4p-24;
  sum = sum * rest + 0x1.62c0223a5c824p-20;
  sum = sum * rest + 0x1.ffcbfc588b0c7p-17;
  sum = sum * rest + 0x1.430912f86c787p-13;
  sum = sum * rest + 0x1.5d87fe78a6731p-10;
  sum = sum * rest + 0x1.3b2ab6fba4e77p-7;
  sum = sum * rest + 0x1.c6b08d704a0cp-5;
  sum = sum * rest + 0x1.ebfbdff82c58fp-3;
  sum = sum * rest + 0x1.62e42fefa39efp-1;
  sum = sum * rest + 1;
  double scale = std::bit_cast<double>((bitsOf(shifted) << 52) + bitsOf(1.0));
  return sum * scale;
}

/// log2 of a positive finite normal double.
[[gnu::always_inline]] inline double logarithm(double x) {
  // x = 2^exponent * mantissa with a mantissa around 1.
  constexpr uint64_t rootHalf = 0x3fe6a09e667f3bcd;
  uint64_t difference = bitsOf(x) - rootHalf;
  uint64_t exponent = (difference >> 52) - (difference >> 63 << 12);
  double mantissa = std::bit_cast<double>(bitsOf(x) - (exponent << 52));
  double whole = std::bit_cast<double>(bitsOf(shifter) + exponent) - shifter;
  double s = (mantissa - 1) / (mantissa + 1), t = s * s;
  double sum = 1 / 19.0;
  sum = sum * t + 1 / 17.0;
  sum = sum * t + 1 / 15.0;
  sum = sum * t + 1 / 13.0;
  sum = sum * t + 1 / 11.0;
  sum = sum * t + 1 / 9.0;
  sum = sum * t + 1 / 7.0;
  sum = sum * t + 1 / 5.0;
  sum = sum * t + 1 / 3.0;
  sum = sum * t + 1;
  return whole + sum * (s * 0x1.71547652b82fep+1);
}

template <bool ftz> float ex2(float x) {
  return canonical(flushIf<ftz>(float(exponential(flushIf<ftz>(x)))));
}

template <bool ftz> float lg2(float x) {
  x = flushIf<ftz>(x);
  constexpr float infinity = std::numeric_limits<float>::infinity();
  bool ordinary = x > 0 && x < infinity;
  float result = float(logarithm(ordinary ? double(x) : 1.0));
  float special = x == 0 ? -infinity : x > 0 ? x : toFloat(0x7fffffff);
  return flushIf<ftz>(ordinary ? result : special);
}

/// Beyond this the reduction below loses bits.
constexpr float largestAngle = 0x1p18f;

template <bool isCosine, bool ftz> float sine(float x) {
  x = flushIf<ftz>(x);
  double shifted = double(x) * 0x1.45f306dc9c883p-1 + shifter;
  double turns = shifted - shifter;
  // pi / 2 in two parts, the first of 33 bits.
  double r = (x - turns * 0x1.921fb544p+0) - turns * 0x1.0b4611a626331p-34;
  double t = r * r;
  double odd = -0x1.ae7f3e733b81fp-41;
  odd = odd * t + 0x1.6124613a86d09p-33;
  odd = odd * t - 0x1.ae64567f544e4p-26;
  odd = odd * t + 0x1.71de3a556c734p-19;
  odd = odd * t - 0x1.a01a01a01a01ap-13;
  odd = odd * t + 0x1.1111111111111p-7;
  odd = odd * t - 0x1.5555555555555p-3;
  odd = r * (1 + t * odd); // keeps the sign of zero
  double even = -0x1.93974a8c07c9dp-37;
  even = even * t + 0x1.1eed8eff8d898p-29;
  even = even * t - 0x1.27e4fb7789f5cp-22;
  even = even * t + 0x1.a01a01a01a01ap-16;
  even = even * t - 0x1.6c16c16c16c17p-10;
  even = even * t + 0x1.5555555555555p-5;
  even = even * t - 0.5;
  even = 1 + t * even;
  uint64_t quadrant = bitsOf(shifted) + (isCosine ? 1 : 0);
  double result = quadrant & 1 ? even : odd;
  result = quadrant & 2 ? -result : result;
  return canonical(flushIf<ftz>(float(result)));
}

/// sin and cos with the library's reduction where angles are large.
template <bool isCosine, bool ftz> void sineOfAll(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) float angle[warpSize];
  std::memcpy(angle, operand<float>(warp, op, 1), sizeof(angle));
  each<sine<isCosine, ftz>>(warp, op, active);
  float *d = reinterpret_cast<float *>(operand<float>(warp, op, 0));
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    float magnitude = std::fabs(angle[lane]);
    if (magnitude > largestAngle && magnitude <= std::numeric_limits<float>::max() &&
        (active >> lane) & 1)
      d[lane] = flushIf<ftz>(
          float(isCosine ? std::cos(double(angle[lane])) : std::sin(double(angle[lane]))));
  }
}

float tanhOf(float x) {
  double magnitude = __builtin_fabs(double(x));
  double t = exponential(magnitude * -0x1.71547652b82fep+1);
  double large = (1 - t) / (1 + t);
  double square = magnitude * magnitude;
  double small = magnitude * (1 - square * (1 / 3.0 - square * (2 / 15.0)));
  double result = magnitude < 0x1p-9 ? small : large;
  return canonical(__builtin_copysignf(float(result), x));
}

template <bool ftz> float rsqrt(float x) {
  return canonical(flushIf<ftz>(float(1 / __builtin_sqrt(double(flushIf<ftz>(x))))));
}
template <bool ftz> float squareRoot(float x) {
  return canonical(flushIf<ftz>(__builtin_sqrtf(flushIf<ftz>(x))));
}
template <bool ftz> float reciprocal(float x) {
  return canonical(flushIf<ftz>(1 / flushIf<ftz>(x)));
}
template <bool ftz> float divideFull(float a, float b) {
  return canonical(flushIf<ftz>(flushIf<ftz>(a) / flushIf<ftz>(b)));
}
/// a * (1 / b), whose factor is zero for |b| > 2^126.
template <bool ftz> float divide(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  float quotient = a / b;
  float magnitude = __builtin_fabsf(b);
  bool large = magnitude > 0x1p126f && magnitude <= std::numeric_limits<float>::max();
  float zero = toFloat((bitsOf(a) ^ bitsOf(b)) & 0x80000000);
  float ofLarge = a - a == 0 ? zero : toFloat(0x7fffffff);
  return canonical(flushIf<ftz>(large ? ofLarge : quotient));
}

double rsqrt64(double x) { return canonical(1 / __builtin_sqrt(x)); }

/// Of f64 only the upper words of operand and result count.
double upperWord(double x) { return std::bit_cast<double>(bitsOf(x) & 0xffffffff00000000); }
double flush64(double x) {
  uint64_t bits = bitsOf(x);
  return std::bit_cast<double>(bits & 0x7ff0000000000000 ? bits : bits & 1ull << 63);
}
double roundUpperWord(double x) {
  bool finite = (bitsOf(x) & 0x7ff0000000000000) != 0x7ff0000000000000;
  return upperWord(finite ? std::bit_cast<double>(bitsOf(x) + 0x80000000) : canonical(x));
}
double reciprocalGross(double x) { return roundUpperWord(flush64(1 / upperWord(flush64(x)))); }
double rsqrtGross(double x) {
  return roundUpperWord(flush64(1 / __builtin_sqrt(upperWord(flush64(x)))));
}

template <class H, float (*f)(float), After after> H ofHalf(H x) {
  return leave<after>(nearest<H>(f(toFloat(enter<after>(x)))));
}

template <class H> Handler selectHalfType(Opcode opcode, bool ftz, bool packed) {
  if (opcode == Opcode::Tanh)
    return packed ? handlerOf<H, true, ofHalf<H, tanhOf, After::Nothing>>()
                  : handlerOf<H, false, ofHalf<H, tanhOf, After::Nothing>>();
  if (opcode != Opcode::Ex2)
    return nullptr;
  if (ftz)
    return packed ? handlerOf<H, true, ofHalf<H, ex2<false>, After::Flush>>()
                  : handlerOf<H, false, ofHalf<H, ex2<false>, After::Flush>>();
  return packed ? handlerOf<H, true, ofHalf<H, ex2<false>, After::Nothing>>()
                : handlerOf<H, false, ofHalf<H, ex2<false>, After::Nothing>>();
}

template <bool ftz> Handler selectSingle(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Ex2:
    return each<ex2<ftz>>;
  case Opcode::Lg2:
    return each<lg2<ftz>>;
  case Opcode::Sin:
    return &sineOfAll<false, ftz>;
  case Opcode::Cos:
    return &sineOfAll<true, ftz>;
  case Opcode::Tanh:
    return each<tanhOf>;
  case Opcode::Rsqrt:
    return each<rsqrt<ftz>>;
  case Opcode::Sqrt:
    return each<squareRoot<ftz>>;
  case Opcode::Rcp:
    return each<reciprocal<ftz>>;
  case Opcode::Div:
    return instruction.has("full") ? each<divideFull<ftz>> : each<divide<ftz>>;
  default:
    return nullptr;
  }
}

Handler selectHandler(const ptx::Instruction &instruction) {
  bool ftz = instruction.has("ftz");
  switch (instruction.type()) {
  case Type::F16:
    return selectHalfType<Half>(instruction.opcode, ftz, false);
  case Type::F16x2:
    return selectHalfType<Half>(instruction.opcode, ftz, true);
  case Type::BF16:
    return selectHalfType<BFloat>(instruction.opcode, ftz, false);
  case Type::BF16x2:
    return selectHalfType<BFloat>(instruction.opcode, ftz, true);
  case Type::F32:
    return ftz ? selectSingle<true>(instruction) : selectSingle<false>(instruction);
  case Type::F64:
    if (instruction.opcode == Opcode::Rcp)
      return each<reciprocalGross>;
    if (instruction.opcode == Opcode::Rsqrt)
      return ftz ? each<rsqrtGross> : each<rsqrt64>;
    return nullptr;
  default:
    return nullptr;
  }
}

} // namespace

Selected selectApproximate(const ptx::Instruction &instruction, const ptx::Function &) {
  return {.run = selectHandler(instruction)};
}

} // namespace sim::DPC_SIMD_NAMESPACE
