//===- EightBitFloat.h - e4m3 and e5m2 ----------------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_EIGHTBITFLOAT_H
#define DPC_SIMULATOR_MACHINE_EIGHTBITFLOAT_H

#include "simulator/Parse/Module.h"

#include <algorithm>
#include <cmath>

namespace sim::DPC_SIMD_NAMESPACE {

/// Formats of 8 bits (PTX ISA 5.2.3): e4m3 has no infinity, and one NaN of each sign.
struct EightBits {
  int mantissa, least; ///< stored bits; exponent of the smallest normal number
  uint8_t largest;
};
constexpr uint8_t eightBitNaN = 0x7f;
inline EightBits eightBits(ptx::Type type) {
  return type == ptx::Type::E4M3x2 ? EightBits{3, -6, 0x7e} : EightBits{2, -14, 0x7b};
}

/// To nearest even; beyond the largest number that one.
inline uint8_t toEightBits(double x, EightBits format) {
  if (x != x)
    return eightBitNaN;
  uint8_t sign = __builtin_signbit(x) ? 0x80 : 0;
  double magnitude = std::fabs(x);
  if (magnitude >= 0x1p16)
    return sign | format.largest;
  int exponent = magnitude == 0 ? format.least : std::max(std::ilogb(magnitude), format.least);
  int units = static_cast<int>(std::nearbyint(std::ldexp(magnitude, format.mantissa - exponent)));
  int code = ((exponent - format.least) << format.mantissa) + units;
  return sign | static_cast<uint8_t>(std::min<int>(code, format.largest));
}

inline double ofEightBits(uint8_t bits, EightBits format) {
  int magnitude = bits & 0x7f, exponent = magnitude >> format.mantissa;
  if (magnitude > format.largest)
    return format.mantissa == 2 && magnitude == 0x7c ? (bits & 0x80 ? -HUGE_VAL : HUGE_VAL)
                                                     : __builtin_nan("");
  int fraction = magnitude & ((1 << format.mantissa) - 1);
  if (exponent > 0)
    fraction |= 1 << format.mantissa;
  double value = std::ldexp(fraction, std::max(exponent, 1) - 1 + format.least - format.mantissa);
  return bits & 0x80 ? -value : value;
}

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
