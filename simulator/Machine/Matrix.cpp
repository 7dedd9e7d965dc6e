//===- Matrix.cpp - mma.sync (PTX ISA 9.7.14.5) -----------------------------------------------===//
//
// The layouts of the ISA in one sentence: the 32 lanes of a register are an 8x8 (of 16-bit values),
// 8x4 (32-bit) or, of 32-bit accumulators, 8 x (4 even or odd columns) tile by rows; b is stored
// transposed; further registers of a come below, then to the right.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/MatrixLayout.h"
#include "simulator/Machine/MatrixOps.h"

using namespace sim;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// Values of In in the 32 lanes of one register, row by row of the 8x8 or 8x4 tile.
template <class In>
[[gnu::always_inline]] inline void unpack(const uint32_t *lanes, float *values) {
  if constexpr (sizeof(In) == 2) {
    alignas(64) uint16_t halves[2 * warpSize];
    std::memcpy(halves, lanes, sizeof(halves));
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned i = 0; i < 2 * warpSize; ++i)
      values[i] = toFloat(In{halves[i]});
  } else {
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned i = 0; i < warpSize; ++i)
      values[i] = toFloat(In{lanes[i]});
  }
}

/// d = a * b + c with 16 rows, 8 columns and an inner dimension of k. Operands: d, a, b, c.
template <class In, bool halfSums, unsigned k> void mma(Warp &warp, const Op &op, LaneMask active) {
  constexpr unsigned line = 16 / sizeof(In); // of the tile of one register
  constexpr unsigned aRegisters = 2 * k / line, bRegisters = k / line;
  constexpr unsigned sums = halfSums ? 2 : 4;
  constexpr unsigned firstA = sums, firstB = firstA + aRegisters, firstC = firstB + bRegisters;
  alignas(64) float a[16][k], tile[64];
  alignas(64) float b[k][8], sum[16][8];
  for (unsigned number = 0; number < aRegisters; ++number) {
    unpack<In>(operand<uint32_t>(warp, op, firstA + number), tile);
    for (unsigned row = 0; row < 8; ++row)
      std::memcpy(&a[row + 8 * (number & 1)][line * (number >> 1)], tile + row * line,
                  line * sizeof(float));
  }
  for (unsigned number = 0; number < bRegisters; ++number) {
    unpack<In>(operand<uint32_t>(warp, op, firstB + number), tile);
    for (unsigned row = 0; row < line; ++row)
      for (unsigned column = 0; column < 8; ++column)
        b[number * line + row][column] = tile[column * line + row];
  }
  alignas(64) uint32_t result[sums][warpSize];
  for (unsigned number = 0; number < sums; ++number) {
    const uint32_t *c = operand<uint32_t>(warp, op, firstC + number);
    if constexpr (halfSums)
      unpack<Half>(c, sum[8 * number]);
    else
      for (unsigned lane = 0; lane < warpSize; ++lane)
        sum[8 * (number >> 1) + lane / 4][2 * (lane % 4) + (number & 1)] = toFloat(c[lane]);
  }
  multiply<1>(&a[0][0], reinterpret_cast<const Float8 *>(b), reinterpret_cast<Float8 *>(sum), 16,
              k);
  for (unsigned number = 0; number < sums; ++number) {
    if constexpr (halfSums) {
      const float *values = sum[8 * number];
      alignas(64) uint16_t halves[2 * warpSize];
#pragma clang loop vectorize(enable) unroll(disable)
      for (unsigned i = 0; i < 2 * warpSize; ++i)
        halves[i] = nearest<Half>(values[i]).bits;
      std::memcpy(result[number], halves, sizeof(halves));
    } else {
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[number][lane] =
            bitsOf(canonical(sum[8 * (number >> 1) + lane / 4][2 * (lane % 4) + (number & 1)]));
    }
  }
  writeRegisters(warp, op, active, 0, sums, result);
}

/// m8n8k4 of f64: a is 8x4 by rows, b 4x8 by columns, c two registers of even and odd columns.
void mmaDouble(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) double a[warpSize], b[warpSize];
  alignas(64) uint64_t result[2][warpSize];
  std::memcpy(a, operand<double>(warp, op, 2), sizeof(a));
  std::memcpy(b, operand<double>(warp, op, 3), sizeof(b));
  for (unsigned number = 0; number < 2; ++number) {
    const uint64_t *c = operand<double>(warp, op, 4 + number);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned row = lane / 4, column = 2 * (lane % 4) + number;
      double sum = std::bit_cast<double>(c[lane]);
      for (unsigned k = 0; k < 4; ++k)
        sum = __builtin_fma(a[4 * row + k], b[4 * column + k], sum);
      result[number][lane] = bitsOf(canonical(sum));
    }
  }
  writeRegisters(warp, op, active, 0, 2, result);
}

Handler selectMma(const ptx::Instruction &instruction) {
  MatrixShape shape = shapeOf(instruction);
  bool halfSums = instruction.type(0) == Type::F16;
  Type inputs = instruction.type(1);
  if (shape.m == 8)
    return inputs == Type::F64 ? &mmaDouble : nullptr;
  if (shape.m != 16 || shape.n != 8)
    return nullptr;
  if (inputs == Type::F16 && shape.k == 8)
    return halfSums ? &mma<Half, true, 8> : &mma<Half, false, 8>;
  if (inputs == Type::F16 && shape.k == 16)
    return halfSums ? &mma<Half, true, 16> : &mma<Half, false, 16>;
  if (inputs == Type::BF16)
    return shape.k == 8    ? &mma<BFloat, false, 8>
           : shape.k == 16 ? &mma<BFloat, false, 16>
                           : nullptr;
  if (inputs == Type::TF32)
    return shape.k == 4   ? &mma<TensorFloat, false, 4>
           : shape.k == 8 ? &mma<TensorFloat, false, 8>
                          : nullptr;
  return nullptr;
}

} // namespace

Selected selectMatrix(const ptx::Instruction &instruction, const ptx::Function &function) {
  if (instruction.opcode == ptx::Opcode::Mma)
    return {.run = selectMma(instruction)};
  return selectWmma(instruction, function);
}

} // namespace sim::DPC_SIMD_NAMESPACE
