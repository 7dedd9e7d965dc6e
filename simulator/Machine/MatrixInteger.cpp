//===- MatrixInteger.cpp - mma.sync of integers and bits (PTX ISA 9.7.14.5) -------------------===//
//
// The layouts are those of Matrix.cpp with lines of 128 bits: the 32 words of a register are 8
// lines of 4 words each, and a word has 4, 8 or 32 neighbours along the inner dimension.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/MatrixLayout.h"
#include "simulator/Machine/MatrixOps.h"

#include <bit>

using namespace sim;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// The sum of the products of the elements of two words.
template <unsigned bits, bool signedA, bool signedB> int32_t dot(uint32_t a, uint32_t b) {
  auto element = [](uint32_t word, unsigned index, bool isSigned) {
    uint32_t top = word << (32 - bits * (index + 1));
    return isSigned ? static_cast<int32_t>(top) >> (32 - bits)
                    : static_cast<int32_t>(top >> (32 - bits));
  };
  int32_t sum = 0;
  for (unsigned index = 0; index < 32 / bits; ++index)
    sum += element(a, index, signedA) * element(b, index, signedB);
  return sum;
}
int32_t commonBits(uint32_t a, uint32_t b) { return std::popcount(a & b); }
int32_t differentBits(uint32_t a, uint32_t b) { return std::popcount(a ^ b); }

using Dot = int32_t (*)(uint32_t, uint32_t);

/// d = a * b + c with 8 columns; the inner dimension has `tiles` lines. Op::extra: saturates.
template <Dot dot, unsigned rows, unsigned tiles>
void mma(Warp &warp, const Op &op, LaneMask active) {
  constexpr unsigned line = 4, below = rows / 8, sums = rows / 4;
  constexpr unsigned firstA = sums, firstB = firstA + below * tiles, firstC = firstB + tiles;
  alignas(64) uint32_t result[sums][warpSize];
  for (unsigned number = 0; number < sums; ++number) {
    const uint32_t *c = operand<uint32_t>(warp, op, firstC + number);
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned row = lane / 4, column = 2 * (lane % 4) + (number & 1);
      int64_t sum = static_cast<int32_t>(c[lane]);
      for (unsigned tile = 0; tile < tiles; ++tile) {
        const uint32_t *a = operand<uint32_t>(warp, op, firstA + tile * below + number / 2);
        const uint32_t *b = operand<uint32_t>(warp, op, firstB + tile);
        for (unsigned word = 0; word < line; ++word)
          sum += dot(a[line * row + word], b[line * column + word]);
      }
      result[number][lane] = narrow(sum, op.extra);
    }
  }
  writeRegisters(warp, op, active, 0, sums, result);
}

template <Dot dot> Handler forShape(MatrixShape shape, unsigned bits) {
  bool one = shape.k * bits == 128;
  if (shape.m == 8)
    return one ? &mma<dot, 8, 1> : nullptr;
  return one ? &mma<dot, 16, 1> : &mma<dot, 16, 2>;
}

template <unsigned bits> Handler forSigns(MatrixShape shape, bool signedA, bool signedB) {
  if (signedA)
    return signedB ? forShape<dot<bits, true, true>>(shape, bits)
                   : forShape<dot<bits, true, false>>(shape, bits);
  return signedB ? forShape<dot<bits, false, true>>(shape, bits)
                 : forShape<dot<bits, false, false>>(shape, bits);
}

} // namespace

Selected selectIntegerMma(const ptx::Instruction &instruction, const ptx::Function &) {
  MatrixShape shape = shapeOf(instruction);
  Type a = instruction.type(1), b = instruction.type(2);
  Selected selected{.extra = instruction.has("satfinite")};
  switch (ptx::bitWidth(a)) {
  case 8:
    selected.run = forSigns<8>(shape, ptx::isSigned(a), ptx::isSigned(b));
    break;
  case 4:
    selected.run = forSigns<4>(shape, ptx::isSigned(a), ptx::isSigned(b));
    break;
  default:
    selected.run =
        instruction.has("xor") ? forShape<differentBits>(shape, 1) : forShape<commonBits>(shape, 1);
  }
  return selected;
}

} // namespace sim::DPC_SIMD_NAMESPACE
