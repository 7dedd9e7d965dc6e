//===- MatrixOps.h - products of small tiles ----------------------------------------*- C++ -*-===//
//
// What the ISA leaves open is fixed here: every product is rounded to f32 (which is exact for f16,
// bf16 and tf32 unless it leaves the range of f32), and the sum starts with c and takes the
// products in order of k, rounding after each. f16 accumulators are summed in f32 and rounded once
// at the end.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_MATRIXOPS_H
#define DPC_SIMULATOR_MACHINE_MATRIXOPS_H

#include "simulator/Machine/FloatOps.h"

#include <algorithm>

namespace sim::DPC_SIMD_NAMESPACE {

using Float8 = float __attribute__((vector_size(32)));

/// Inputs of tf32: the low 13 bits do not count.
struct TensorFloat {
  uint32_t bits;
};
[[gnu::always_inline]] inline float toFloat(TensorFloat x) { return toFloat(x.bits & 0xffffe000); }

/// A sum of s32 accumulators: it wraps around, or saturates.
[[gnu::always_inline]] inline uint32_t narrow(int64_t sum, bool saturates) {
  if (saturates)
    sum = std::clamp<int64_t>(sum, INT32_MIN, INT32_MAX);
  return static_cast<uint32_t>(sum);
}

/// sum[row] += a[row][0..k) * b[0..k) for `rows` rows of 8 * `vectors` columns.
template <unsigned vectors>
[[gnu::always_inline]] inline void multiply(const float *a, const Float8 *b, Float8 *sum,
                                            unsigned rows, unsigned k) {
  // Four rows at a time keep the adders busy.
  for (unsigned row = 0; row < rows; row += 4)
    for (unsigned vector = 0; vector < vectors; ++vector) {
      Float8 part[4];
      for (unsigned i = 0; i < 4; ++i)
        part[i] = sum[(row + i) * vectors + vector];
      for (unsigned step = 0; step < k; ++step)
        for (unsigned i = 0; i < 4; ++i)
          part[i] += b[step * vectors + vector] * a[(row + i) * k + step];
      for (unsigned i = 0; i < 4; ++i)
        sum[(row + i) * vectors + vector] = part[i];
    }
}

/// Writes `count` registers' lanes to the slots of operands `first`, `first + 1`, ...
template <class U>
[[gnu::always_inline]] inline void writeRegisters(Warp &warp, const Op &op, LaneMask active,
                                                  unsigned first, unsigned count,
                                                  const U (*values)[warpSize]) {
  for (unsigned i = 0; i < count; ++i) {
    if (op.operands[first + i] == noPredicate)
      continue;
    U *d = operand<U>(warp, op, first + i);
    keepInactive(d, active, [&]() __attribute__((always_inline)) {
      std::memcpy(d, values[i], sizeof(values[i]));
    });
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
