//===- FloatOps.h - rounding to the formats of PTX ----------------------------------*- C++ -*-===//
//
// Scalar functions without branches that matter, so that loops over lanes of them become vectors.
// The host rounds to nearest and keeps subnormals; everything else is made from that:
//
// - A result in f16 or bf16 comes from an exact value or from one rounded to odd in f32, whose last
//   bit then says "inexact". Rounding that once more is rounding once, since f32 has at least two
//   more bits than the target wherever the target's spacing is.
// - A directed f32 result comes from a pair of doubles, the sum rounded to nearest and its error
//   (or something with the error's sign).
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_FLOATOPS_H
#define DPC_SIMULATOR_MACHINE_FLOATOPS_H

#include "simulator/Machine/LaneOps.h"

#include <limits>

namespace sim::DPC_SIMD_NAMESPACE {

enum class Rounding : uint8_t { Nearest, Zero, Down, Up };

/// .rn, .rz, .rm, .rp; without any, nearest.
inline Rounding rounding(const ptx::Instruction &instruction) {
  return instruction.has("rz")   ? Rounding::Zero
         : instruction.has("rm") ? Rounding::Down
         : instruction.has("rp") ? Rounding::Up
                                 : Rounding::Nearest;
}

[[gnu::always_inline]] inline uint32_t bitsOf(float x) { return std::bit_cast<uint32_t>(x); }
[[gnu::always_inline]] inline uint64_t bitsOf(double x) { return std::bit_cast<uint64_t>(x); }
[[gnu::always_inline]] inline float toFloat(uint32_t bits) { return std::bit_cast<float>(bits); }

/// NaN results are these; payloads of operands get lost (as on the device, for all but f64).
[[gnu::always_inline]] inline float canonical(float x) { return x == x ? x : toFloat(0x7fffffff); }
[[gnu::always_inline]] inline double canonical(double x) {
  return x == x ? x : std::bit_cast<double>(uint64_t(0x7ff8000000000000));
}
constexpr uint16_t halfNaN = 0x7fff, bfloatNaN = 0x7fff;

/// .ftz: subnormal f32 values become zeros of the same sign.
[[gnu::always_inline]] inline float flush(float x) {
  return toFloat(bitsOf(x) & 0x7f800000 ? bitsOf(x) : bitsOf(x) & 0x80000000);
}
template <bool ftz> [[gnu::always_inline]] inline float flushIf(float x) {
  return ftz ? flush(x) : x;
}
template <bool ftz> [[gnu::always_inline]] inline double flushIf(double x) { return x; }

/// .sat: into [0, 1]; NaN and -0 become +0.
template <class F> [[gnu::always_inline]] inline F saturate01(F x) {
  return x > F(0) ? (x < F(1) ? x : F(1)) : F(0);
}

//===----------------------------------------------------------------------===//
// f16 and bf16
//===----------------------------------------------------------------------===//

/// Exact.
[[gnu::always_inline]] inline float toFloat(Half x) {
  uint32_t magnitude = x.bits & 0x7fffu, sign = uint32_t(x.bits & 0x8000u) << 16;
  // As bits of an f32 the value is 2^112 times too small; subnormals come out normal.
  uint32_t scaled = bitsOf(toFloat(magnitude << 13) * 0x1p112f);
  return toFloat(sign | (magnitude >= 0x7c00 ? 0x7f800000u | magnitude << 13 : scaled));
}
[[gnu::always_inline]] inline float toFloat(BFloat x) { return toFloat(uint32_t(x.bits) << 16); }

/// Rounded to nearest even, from an exact or odd value.
template <class H> [[gnu::always_inline]] inline H nearest(float x);
template <> [[gnu::always_inline]] inline Half nearest<Half>(float x) {
  uint32_t sign = (bitsOf(x) >> 16) & 0x8000, magnitude = bitsOf(x) & 0x7fffffff;
  uint32_t normal = (magnitude - 0x38000000 + 0xfff + ((magnitude >> 13) & 1)) >> 13;
  // The spacing of f32 numbers at 1/2 is that of subnormal f16.
  uint32_t subnormal = bitsOf(toFloat(magnitude) + 0.5f) - 0x3f000000;
  uint32_t result = magnitude < 0x38800000 ? subnormal : magnitude < 0x47800000 ? normal : 0x7c00u;
  return {uint16_t(magnitude > 0x7f800000 ? halfNaN : sign | result)};
}
template <> [[gnu::always_inline]] inline BFloat nearest<BFloat>(float x) {
  uint32_t bits = bitsOf(x);
  uint32_t result = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  return {uint16_t((bits & 0x7fffffff) > 0x7f800000 ? bfloatNaN : result)};
}

/// One more unit in the last place for what was cut off? `rest` against `half`, the weight of the
/// first bit cut off.
[[gnu::always_inline]] inline bool awayFromZero(Rounding mode, bool negative, uint32_t kept,
                                                uint32_t rest, uint32_t half) {
  switch (mode) {
  case Rounding::Nearest:
    return rest > half || (rest == half && (kept & 1));
  case Rounding::Zero:
    return false;
  case Rounding::Down:
    return negative && rest;
  case Rounding::Up:
    return !negative && rest;
  }
  return false;
}

/// Rounded by `mode`, from an exact or odd value.
template <class H> [[gnu::always_inline]] inline H rounded(float x, Rounding mode) {
  uint32_t bits = bitsOf(x), magnitude = bits & 0x7fffffff;
  bool negative = bits >> 31;
  if constexpr (std::is_same_v<H, BFloat>) {
    uint32_t kept = magnitude >> 16;
    kept += magnitude >= 0x7f800000
                ? 0u
                : uint32_t(awayFromZero(mode, negative, kept, magnitude & 0xffff, 0x8000));
    return {uint16_t(magnitude > 0x7f800000 ? bfloatNaN : kept | negative << 15)};
  } else {
    uint32_t kept = (magnitude - 0x38000000) >> 13, rest = magnitude & 0x1fff, half = 0x1000;
    if (magnitude < 0x38800000) { // subnormal, in units of 2^-24
      uint32_t exponent = magnitude >> 23, mantissa = (magnitude & 0x7fffff) | 0x800000;
      uint32_t shift = exponent >= 102 ? 126 - exponent : 24;
      kept = exponent >= 102 ? mantissa >> shift : 0;
      half = 1u << (shift - 1);
      // Below a quarter of the smallest subnormal all that counts is whether it is zero.
      rest = exponent >= 102 ? mantissa & ((1u << shift) - 1) : magnitude ? 1u : 0u;
    } else if (magnitude >= 0x47800000) { // too large: as the largest and a lot
      kept = 0x7bff;
      rest = 0x1fff;
    }
    kept += awayFromZero(mode, negative, kept, rest, half);
    if (magnitude == 0x7f800000)
      kept = 0x7c00;
    return {uint16_t(magnitude > 0x7f800000 ? halfNaN : kept | negative << 15)};
  }
}

/// f32 rounded to odd.
[[gnu::always_inline]] inline float oddFloat(double x) {
  float near = float(x);
  uint32_t bits = bitsOf(near);
  double magnitude = __builtin_fabs(double(near)), exact = __builtin_fabs(x);
  uint32_t toward = magnitude < exact ? 1u : magnitude > exact ? ~0u : 0u;
  return toFloat(bits & 1 ? bits : bits + toward);
}

/// a + b as a double rounded to odd.
[[gnu::always_inline]] inline double oddSum(double a, double b) {
  double sum = a + b, part = sum - a;
  double error = (a - (sum - part)) + (b - part);
  uint64_t bits = bitsOf(sum);
  bool larger = sum < 0 ? error < 0 : error > 0, smaller = sum < 0 ? error > 0 : error < 0;
  uint64_t toward = larger ? uint64_t(1) : smaller ? ~uint64_t(0) : uint64_t(0);
  return std::bit_cast<double>(bits & 1 ? bits : bits + toward);
}

/// a * b + c rounded once. Of f16 the sum in double cannot reach the middle between two f16 numbers
/// by rounding: where a * b is large enough to matter, all bits fit in 53.
[[gnu::always_inline]] inline Half fusedNearest(Half a, Half b, Half c) {
  return nearest<Half>(oddFloat(double(toFloat(a)) * toFloat(b) + toFloat(c)));
}
[[gnu::always_inline]] inline BFloat fusedNearest(BFloat a, BFloat b, BFloat c) {
  return nearest<BFloat>(oddFloat(oddSum(double(toFloat(a)) * toFloat(b), toFloat(c))));
}

//===----------------------------------------------------------------------===//
// Directed f32
//===----------------------------------------------------------------------===//

[[gnu::always_inline]] inline float above(float x) {
  uint32_t bits = bitsOf(x);
  return toFloat((bits & 0x7fffffff) == 0 ? 1u : bits >> 31 ? bits - 1 : bits + 1);
}
[[gnu::always_inline]] inline float below(float x) { return -above(-x); }

/// `near + error` to f32, where near is the exact value rounded to double and error has the sign of
/// what that lost (any NaN: nothing).
template <Rounding mode> [[gnu::always_inline]] inline float directed(double near, double error) {
  float result = float(near);
  bool tooHigh = double(result) > near || (double(result) == near && error < 0);
  bool tooLow = double(result) < near || (double(result) == near && error > 0);
  bool lower = mode == Rounding::Down || (mode == Rounding::Zero && near > 0);
  bool raise = mode == Rounding::Up || (mode == Rounding::Zero && near < 0);
  float down = below(result), up = above(result);
  return tooHigh && lower ? down : tooLow && raise ? up : result;
}

template <Rounding mode> [[gnu::always_inline]] inline float directedSum(double a, double b) {
  double sum = a + b, part = sum - a;
  double error = (a - (sum - part)) + (b - part);
  float result = directed<mode>(sum, error);
  // An exact zero of two values that cancel is -0 when rounding down.
  bool cancels = sum == 0 && __builtin_signbit(a) != __builtin_signbit(b);
  return mode == Rounding::Down && cancels ? -0.0f : result;
}
template <Rounding mode> [[gnu::always_inline]] inline float directedQuotient(float a, float b) {
  double quotient = double(a) / b;
  double rest = __builtin_fma(-quotient, double(b), double(a));
  return directed<mode>(quotient, b < 0 ? -rest : rest);
}
template <Rounding mode> [[gnu::always_inline]] inline float directedRoot(float a) {
  double root = __builtin_sqrt(double(a));
  return directed<mode>(root, __builtin_fma(-root, root, double(a)));
}

//===----------------------------------------------------------------------===//
// Minimum and maximum
//===----------------------------------------------------------------------===//

/// -0 is less than +0. A NaN loses against a number unless `propagatesNaN`.
template <bool isMax, bool propagatesNaN, class F>
[[gnu::always_inline]] inline F extremum(F a, F b) {
  bool first = isMax ? a > b || (a == b && !__builtin_signbit(a))
                     : a < b || (a == b && __builtin_signbit(a));
  F result = first || b != b ? a : b;
  if (propagatesNaN && a != a)
    result = a;
  if (propagatesNaN && b != b)
    result = b;
  return canonical(result);
}

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
