//===- HalfOps.h - f16 and bf16 instructions on one value ---------------------------*- C++ -*-===//
//
// H is Half or BFloat. Sums and products of two values are computed in f32, where they are exact or
// have enough bits that rounding twice is rounding once: 24 >= 2 * 11 + 2.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_HALFOPS_H
#define DPC_SIMULATOR_MACHINE_HALFOPS_H

#include "simulator/Machine/FloatOps.h"

namespace sim::DPC_SIMD_NAMESPACE {

/// What happens to results (and with .ftz to f16 operands).
enum class After : uint8_t { Nothing, Flush, Saturate, FlushSaturate, Relu, FlushRelu };
constexpr bool flushes(After after) {
  return after == After::Flush || after == After::FlushSaturate || after == After::FlushRelu;
}
constexpr bool saturates(After after) {
  return after == After::Saturate || after == After::FlushSaturate;
}
constexpr bool clampsNegative(After after) {
  return after == After::Relu || after == After::FlushRelu;
}

inline After after(const ptx::Instruction &instruction) {
  bool ftz = instruction.has("ftz");
  if (instruction.has("sat"))
    return ftz ? After::FlushSaturate : After::Saturate;
  if (instruction.has("relu"))
    return ftz ? After::FlushRelu : After::Relu;
  return ftz ? After::Flush : After::Nothing;
}

template <class H> constexpr uint16_t exponentBits = std::is_same_v<H, Half> ? 0x7c00 : 0x7f80;

template <After after, class H> [[gnu::always_inline]] inline H enter(H x) {
  if (flushes(after))
    x.bits = x.bits & exponentBits<H> ? x.bits : x.bits & 0x8000;
  return x;
}
template <After after, class H> [[gnu::always_inline]] inline H leave(H x) {
  x = enter<after>(x);
  bool isNaN = (x.bits & 0x7fff) > exponentBits<H>, negative = x.bits >> 15;
  constexpr uint16_t one = std::is_same_v<H, Half> ? 0x3c00 : 0x3f80;
  if (saturates(after))
    x.bits = isNaN || negative ? 0 : x.bits < one ? x.bits : one;
  if (clampsNegative(after))
    x.bits = negative && !isNaN ? 0 : x.bits;
  return x;
}

template <class H, After after> H halfAdd(H a, H b) {
  return leave<after>(nearest<H>(toFloat(enter<after>(a)) + toFloat(enter<after>(b))));
}
template <class H, After after> H halfSub(H a, H b) {
  return leave<after>(nearest<H>(toFloat(enter<after>(a)) - toFloat(enter<after>(b))));
}
template <class H, After after> H halfMul(H a, H b) {
  return leave<after>(nearest<H>(toFloat(enter<after>(a)) * toFloat(enter<after>(b))));
}
template <class H, After after> H halfFma(H a, H b, H c) {
  return leave<after>(fusedNearest(enter<after>(a), enter<after>(b), enter<after>(c)));
}
template <class H, After after> H halfNeg(H a) {
  a = enter<after>(a);
  return {uint16_t(a.bits ^ 0x8000)};
}
template <class H, After after> H halfAbs(H a) {
  a = enter<after>(a);
  return {uint16_t(a.bits & 0x7fff)};
}

template <class H, bool isMax, bool propagatesNaN, bool xorSign, After after>
H halfExtremum(H a, H b) {
  a = enter<after>(a);
  b = enter<after>(b);
  uint16_t sign = (a.bits ^ b.bits) & 0x8000;
  if (xorSign) {
    a.bits &= 0x7fff;
    b.bits &= 0x7fff;
  }
  H result = nearest<H>(extremum<isMax, propagatesNaN>(toFloat(a), toFloat(b)));
  if (xorSign)
    result.bits |= (result.bits & 0x7fff) > exponentBits<H> ? 0 : sign;
  return result;
}

/// f on both halves of a register.
template <class H, auto f> struct Both;
template <class H, H (*f)(H)> struct Both<H, f> {
  static uint32_t run(uint32_t a) {
    [[clang::always_inline]] return f(H{uint16_t(a)}).bits | uint32_t(f(H{uint16_t(a >> 16)}).bits)
                                                                 << 16;
  }
};
template <class H, H (*f)(H, H)> struct Both<H, f> {
  static uint32_t run(uint32_t a, uint32_t b) {
    [[clang::always_inline]] return f(H{uint16_t(a)}, H{uint16_t(b)}).bits |
        uint32_t(f(H{uint16_t(a >> 16)}, H{uint16_t(b >> 16)}).bits) << 16;
  }
};
template <class H, H (*f)(H, H, H)> struct Both<H, f> {
  static uint32_t run(uint32_t a, uint32_t b, uint32_t c) {
    [[clang::always_inline]] return f(H{uint16_t(a)}, H{uint16_t(b)}, H{uint16_t(c)}).bits |
        uint32_t(f(H{uint16_t(a >> 16)}, H{uint16_t(b >> 16)}, H{uint16_t(c >> 16)}).bits) << 16;
  }
};

/// The handler of f on one value, or on both halves of a register.
template <class H, bool packed, auto f> constexpr Handler handlerOf() {
  if constexpr (packed)
    return each<&Both<H, f>::run>;
  else
    return each<f>;
}

template <class H, bool packed, After after> Handler selectHalfArithmetic(ptx::Opcode opcode) {
  switch (opcode) {
  case ptx::Opcode::Add:
    return handlerOf<H, packed, halfAdd<H, after>>();
  case ptx::Opcode::Sub:
    return handlerOf<H, packed, halfSub<H, after>>();
  case ptx::Opcode::Mul:
    return handlerOf<H, packed, halfMul<H, after>>();
  case ptx::Opcode::Fma:
    return handlerOf<H, packed, halfFma<H, after>>();
  default:
    return nullptr;
  }
}

template <class H, bool packed, bool isMax, After after>
Handler selectHalfExtremum(const ptx::Instruction &instruction) {
  bool propagates = instruction.has("NaN"), xorSign = instruction.has("xorsign");
  if (propagates)
    return xorSign ? handlerOf<H, packed, halfExtremum<H, isMax, true, true, after>>()
                   : handlerOf<H, packed, halfExtremum<H, isMax, true, false, after>>();
  return xorSign ? handlerOf<H, packed, halfExtremum<H, isMax, false, true, after>>()
                 : handlerOf<H, packed, halfExtremum<H, isMax, false, false, after>>();
}

/// add sub mul fma min max neg abs of f16 and bf16, `packed` or not.
template <class H, bool packed> Handler selectHalf(const ptx::Instruction &instruction) {
  bool ftz = instruction.has("ftz");
  switch (instruction.opcode) {
  case ptx::Opcode::Min:
    return ftz ? selectHalfExtremum<H, packed, false, After::Flush>(instruction)
               : selectHalfExtremum<H, packed, false, After::Nothing>(instruction);
  case ptx::Opcode::Max:
    return ftz ? selectHalfExtremum<H, packed, true, After::Flush>(instruction)
               : selectHalfExtremum<H, packed, true, After::Nothing>(instruction);
  case ptx::Opcode::Neg:
    return ftz ? handlerOf<H, packed, halfNeg<H, After::Flush>>()
               : handlerOf<H, packed, halfNeg<H, After::Nothing>>();
  case ptx::Opcode::Abs:
    return ftz ? handlerOf<H, packed, halfAbs<H, After::Flush>>()
               : handlerOf<H, packed, halfAbs<H, After::Nothing>>();
  default:
    break;
  }
  switch (after(instruction)) {
  case After::Nothing:
    return selectHalfArithmetic<H, packed, After::Nothing>(instruction.opcode);
  case After::Flush:
    return selectHalfArithmetic<H, packed, After::Flush>(instruction.opcode);
  case After::Saturate:
    return selectHalfArithmetic<H, packed, After::Saturate>(instruction.opcode);
  case After::FlushSaturate:
    return selectHalfArithmetic<H, packed, After::FlushSaturate>(instruction.opcode);
  case After::Relu:
    return selectHalfArithmetic<H, packed, After::Relu>(instruction.opcode);
  case After::FlushRelu:
    return selectHalfArithmetic<H, packed, After::FlushRelu>(instruction.opcode);
  }
  return nullptr;
}

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
