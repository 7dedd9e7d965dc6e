//===- Wmma.cpp - wmma.mma (PTX ISA 9.7.14.4) -------------------------------------------------===//
#include "simulator/Machine/MatrixLayout.h"
#include "simulator/Machine/MatrixMemory.h"
#include "simulator/Machine/MatrixOps.h"

#include <concepts>

using namespace sim;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// Op::extra.
enum Flags : uint32_t { AByColumns = 1, BByColumns = 2, HalfC = 4, HalfD = 8, Saturates = 16 };

constexpr unsigned mostElements = 512;

struct Single {
  uint32_t bits;
};
[[gnu::always_inline]] inline float valueOf(Single x) { return toFloat(x.bits); }
[[gnu::always_inline]] inline float valueOf(TensorFloat x) { return toFloat(x); }
[[gnu::always_inline]] inline float valueOf(Half x) { return toFloat(x); }
[[gnu::always_inline]] inline float valueOf(BFloat x) { return toFloat(x); }
/// Sums of integers are exact until they are narrowed.
template <std::integral T> [[gnu::always_inline]] inline int64_t valueOf(T x) { return x; }

/// The registers from operand `first` on, in the order in which the fragment counts elements.
template <class In, class Value>
[[gnu::always_inline]] inline void unpack(Warp &warp, const Op &op, unsigned first,
                                          unsigned registers, Value *values) {
  alignas(64) uint32_t words[mostElements / 2];
  for (unsigned number = 0; number < registers; ++number) {
    const uint32_t *lanes = operand<uint32_t>(warp, op, first + number);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      words[lane * registers + number] = lanes[lane];
  }
  alignas(64) In elements[mostElements / 2 * sizeof(uint32_t) / sizeof(In)];
  size_t bytes = warpSize * registers * sizeof(uint32_t);
  std::memcpy(elements, words, bytes);
#pragma clang loop vectorize(enable) unroll(disable)
  for (unsigned i = 0; i < bytes / sizeof(In); ++i)
    values[i] = valueOf(elements[i]);
}

/// A tile counted along its columns, by rows.
template <unsigned rows, unsigned columns, class Value>
[[gnu::always_inline]] inline void byRows(const Value *from, Value *to, bool fromColumns) {
  if (!fromColumns) {
    std::memcpy(to, from, rows * columns * sizeof(Value));
    return;
  }
  for (unsigned row = 0; row < rows; ++row)
    for (unsigned column = 0; column < columns; ++column)
      to[row * columns + column] = from[column * rows + row];
}

template <unsigned m, unsigned n, unsigned k>
[[gnu::always_inline]] inline void multiplyTiles(const float *a, const float *b, float *sum) {
  multiply<n / 8>(a, reinterpret_cast<const Float8 *>(b), reinterpret_cast<Float8 *>(sum), m, k);
}
template <unsigned m, unsigned n, unsigned k>
[[gnu::always_inline]] inline void multiplyTiles(const int64_t *a, const int64_t *b, int64_t *sum) {
  for (unsigned row = 0; row < m; ++row)
    for (unsigned step = 0; step < k; ++step)
      for (unsigned column = 0; column < n; ++column)
        sum[row * n + column] += a[row * k + step] * b[step * n + column];
}

template <class In, unsigned m, unsigned n, unsigned k>
void wmma(Warp &warp, const Op &op, LaneMask active) {
  constexpr bool isHalf = std::is_same_v<In, Half>, isInteger = std::is_integral_v<In>;
  using Value = decltype(valueOf(In{}));
  constexpr unsigned aRegisters = isHalf ? 8 : m * k * sizeof(In) / slotBytes;
  constexpr unsigned bRegisters = isHalf ? 8 : k * n * sizeof(In) / slotBytes;
  unsigned dRegisters = op.extra & HalfD ? 4 : 8, cRegisters = op.extra & HalfC ? 4 : 8;
  unsigned firstA = dRegisters, firstB = firstA + aRegisters, firstC = firstB + bRegisters;
  alignas(64) Value counted[mostElements], a[m * k], b[k * n], sum[m * n];
  unpack<In>(warp, op, firstA, aRegisters, counted);
  byRows<m, k>(counted, a, op.extra & AByColumns);
  unpack<In>(warp, op, firstB, bRegisters, counted);
  byRows<k, n>(counted, b, op.extra & BByColumns);
  if constexpr (isInteger)
    unpack<int32_t>(warp, op, firstC, cRegisters, sum);
  else if (op.extra & HalfC)
    unpack<Half>(warp, op, firstC, cRegisters, sum);
  else
    unpack<Single>(warp, op, firstC, cRegisters, sum);
  multiplyTiles<m, n, k>(a, b, sum);
  alignas(64) uint32_t result[8][warpSize];
  if constexpr (isInteger) {
    for (unsigned number = 0; number < 8; ++number)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[number][lane] = narrow(sum[8 * lane + number], op.extra & Saturates);
  } else if (op.extra & HalfD) {
    alignas(64) uint16_t halves[m * n];
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned i = 0; i < m * n; ++i)
      halves[i] = nearest<Half>(sum[i]).bits;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned number = 0; number < 4; ++number)
        std::memcpy(&result[number][lane], halves + 8 * lane + 2 * number, sizeof(uint32_t));
  } else {
    for (unsigned number = 0; number < 8; ++number)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[number][lane] = bitsOf(canonical(sum[8 * lane + number]));
  }
  writeRegisters(warp, op, active, 0, dRegisters, result);
}

template <class In> Handler forShape16(MatrixShape shape) {
  if (shape.k != 16)
    return nullptr;
  if (shape.m == 16 && shape.n == 16)
    return &wmma<In, 16, 16, 16>;
  if (shape.m == 8 && shape.n == 32)
    return &wmma<In, 8, 32, 16>;
  if (shape.m == 32 && shape.n == 8)
    return &wmma<In, 32, 8, 16>;
  return nullptr;
}

} // namespace

Selected selectWmma(const ptx::Instruction &instruction, const ptx::Function &function) {
  if (instruction.opcode != ptx::Opcode::Wmma || !instruction.has("mma"))
    return selectMatrixMemory(instruction, function);
  WmmaOperands operands = wmmaOperands(instruction);
  uint32_t flags =
      (operands.a.countsColumns ? AByColumns : 0) | (operands.b.countsColumns ? BByColumns : 0) |
      (operands.c.elementBytes == 2 ? HalfC : 0) | (operands.d.elementBytes == 2 ? HalfD : 0) |
      (instruction.has("satfinite") ? Saturates : 0);
  Type inputs = instruction.types.size() == 4 ? instruction.type(1) : Type::F16;
  MatrixShape shape = operands.shape;
  Handler run = inputs == Type::F16    ? forShape16<Half>(shape)
                : inputs == Type::BF16 ? forShape16<BFloat>(shape)
                : inputs == Type::S8   ? forShape16<int8_t>(shape)
                : inputs == Type::U8   ? forShape16<uint8_t>(shape)
                : inputs == Type::TF32 && shape.m == 16 && shape.n == 16 && shape.k == 8
                    ? &wmma<TensorFloat, 16, 16, 8>
                    : nullptr;
  return {.run = run, .extra = flags};
}

} // namespace sim::DPC_SIMD_NAMESPACE
