//===- Matrix.cpp - mma.sync of real numbers (PTX ISA 9.7.14.5) -------------------------------===//
//
// The layouts of the ISA in one sentence: the 32 lanes of a register are an 8x8 (of 16-bit values),
// 8x4 (32-bit) or, of 32-bit accumulators, 8 x (4 even or odd columns) tile by rows; b is stored
// transposed; further registers of a come below, then to the right.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Directed.h"
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

/// f64, with 8 or 16 rows: tiles of 8x4. Op::extra: the rounding.
template <unsigned rows, unsigned k> void mmaDouble(Warp &warp, const Op &op, LaneMask active) {
  constexpr unsigned line = 4, below = rows / 8, sums = rows / 4;
  constexpr unsigned firstA = sums, firstB = firstA + below * k / line, firstC = firstB + k / line;
  alignas(64) uint64_t result[sums][warpSize];
  alignas(64) double sum[warpSize], left[warpSize], right[warpSize];
  for (unsigned number = 0; number < sums; ++number) {
    std::memcpy(sum, operand<double>(warp, op, firstC + number), sizeof(sum));
    for (unsigned step = 0; step < k; ++step) {
      unsigned tile = step / line, inside = step % line;
      const uint64_t *a = operand<double>(warp, op, firstA + tile * below + number / 2);
      const uint64_t *b = operand<double>(warp, op, firstB + tile);
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        unsigned row = lane / 4, column = 2 * (lane % 4) + (number & 1);
        left[lane] = std::bit_cast<double>(a[line * row + inside]);
        right[lane] = std::bit_cast<double>(b[line * column + inside]);
      }
      if (op.extra) {
        directedDoubles(DirectedOp::Fma, op.extra, left, right, sum, sum);
        continue;
      }
      for (unsigned lane = 0; lane < warpSize; ++lane)
        sum[lane] = __builtin_fma(left[lane], right[lane], sum[lane]);
    }
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[number][lane] = bitsOf(canonical(sum[lane]));
  }
  writeRegisters(warp, op, active, 0, sums, result);
}

Handler selectFloatMma(const ptx::Instruction &instruction) {
  MatrixShape shape = shapeOf(instruction);
  bool halfSums = instruction.type(0) == Type::F16;
  Type inputs = instruction.type(1);
  if (inputs == Type::F64)
    return shape.m == 8    ? &mmaDouble<8, 4>
           : shape.k == 4  ? &mmaDouble<16, 4>
           : shape.k == 8  ? &mmaDouble<16, 8>
           : shape.k == 16 ? &mmaDouble<16, 16>
                           : nullptr;
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
  // The fragments of wmma's m8n8 shapes are those of mma.
  if (instruction.opcode == ptx::Opcode::Mma ||
      (instruction.has("mma") && shapeOf(instruction).m == 8 && shapeOf(instruction).n == 8))
    return ptx::isFloat(instruction.type())
               ? Selected{.run = selectFloatMma(instruction),
                          .extra = static_cast<uint32_t>(rounding(instruction))}
               : selectIntegerMma(instruction, function);
  return selectWmma(instruction, function);
}

} // namespace sim::DPC_SIMD_NAMESPACE
