//===- PoisonMatrix.cpp - poison through mma and wmma.mma -------------------------------------===//
//
// An element of the result is garbage where its row of a, its column of b or its own element of c
// has garbage.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Checkers/PoisonRules.h"

#include "simulator/Machine/Locate.h"
#include "simulator/Machine/MatrixLayout.h"

using namespace sim;
using ptx::Type;

namespace {

/// Garbage among the elements of the operands, by row and column of the product.
struct Garbage {
  uint32_t rows = 0, columns = 0; ///< bits
  uint32_t sum[32] = {};          ///< per row: its columns
  bool any() const {
    uint32_t all = rows | columns;
    for (uint32_t row : sum)
      all |= row;
    return all != 0;
  }
  bool at(unsigned row, unsigned column) const {
    return (rows >> row | columns >> column | sum[row] >> column) & 1;
  }
};

} // namespace

/// Calls element(lane, index) for the garbage in `count` registers from operand `first` on: the
/// index counts elements of `size` bytes along the registers of a lane.
template <class F>
static void forEachGarbage(const Warp &warp, const Op &op, unsigned first, unsigned count,
                           unsigned size, F element) {
  unsigned parts = size < 4 ? 4 / size : 1, bits = (1u << size) - 1;
  for (unsigned number = 0; number < count; ++number) {
    uint32_t slot = op.operands[first + number];
    if (slot == noPredicate || !warp.poison[slot].any)
      continue;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      for (unsigned part = 0; part < parts; ++part)
        if (poisonOf(warp, slot, lane) & bits << (size * part))
          element(lane, number * parts + part);
  }
}

/// Sets every element of `count` registers from operand 0 on.
template <class F>
static void setResults(Warp &warp, const Op &op, LaneMask active, unsigned count, unsigned size,
                       F isGarbage) {
  for (unsigned number = 0; number < count; ++number) {
    if (op.operands[number] == noPredicate)
      continue;
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      if (!(active >> lane & 1))
        continue;
      unsigned bytes = 0;
      if (size == 2)
        bytes =
            (isGarbage(lane, 2 * number) ? 3u : 0u) | (isGarbage(lane, 2 * number + 1) ? 12u : 0u);
      else if (isGarbage(lane, number))
        bytes = size == 8 ? 0xff : 0xf;
      setPoison(warp, op.operands[number], lane, static_cast<uint8_t>(bytes));
    }
  }
}

/// Of element `index` of a lane's part of c and d.
static void place(unsigned lane, unsigned index, unsigned &row, unsigned &column) {
  row = lane / 4 + 8 * (index / 2);
  column = 2 * (lane % 4) + index % 2;
}

void sim::checkMma(Warp &warp, const Op &op, LaneMask active) {
  const ptx::Instruction &instruction = instructionOf(warp, op);
  unsigned inputSize = instruction.type(1) == Type::F64 ? 8 : 4; // of registers
  unsigned sumSize = ptx::bitWidth(instruction.type()) / 8;
  unsigned below = shapeOf(instruction).m / 8;
  unsigned count[4];
  for (unsigned i = 0; i < 4; ++i)
    count[i] = static_cast<unsigned>(instruction.operands[i].elements.size());
  unsigned firstA = count[0], firstB = firstA + count[1], firstC = firstB + count[2];
  // What a lane has in a register is part of one row of a or column of b: lane / 4 of the tile; of
  // two tiles of a one is below the other.
  Garbage garbage;
  forEachGarbage(warp, op, firstA, count[1], inputSize, [&](unsigned lane, unsigned number) {
    garbage.rows |= 1u << (lane / 4 + 8 * (number % below));
  });
  forEachGarbage(warp, op, firstB, count[2], inputSize,
                 [&](unsigned lane, unsigned) { garbage.columns |= 1u << lane / 4; });
  unsigned row, column;
  forEachGarbage(warp, op, firstC, count[3], sumSize, [&](unsigned lane, unsigned index) {
    place(lane, index, row, column);
    garbage.sum[row] |= 1u << column;
  });
  if (!garbage.any()) [[likely]]
    return cleanResults(warp, op, active);
  setResults(warp, op, active, count[0], sumSize, [&](unsigned lane, unsigned index) {
    unsigned i, j;
    place(lane, index, i, j);
    return garbage.at(i, j);
  });
}

void sim::checkWmma(Warp &warp, const Op &op, LaneMask active) {
  WmmaOperands of = wmmaOperands(instructionOf(warp, op));
  unsigned firstA = of.d.registers, firstB = firstA + of.a.registers;
  Garbage garbage;
  forEachGarbage(warp, op, firstA, of.a.registers, of.a.elementBytes,
                 [&](unsigned lane, unsigned index) {
                   garbage.rows |= 1u << of.a.row(of.a.element(lane, index));
                 });
  forEachGarbage(warp, op, firstB, of.b.registers, of.b.elementBytes,
                 [&](unsigned lane, unsigned index) {
                   garbage.columns |= 1u << of.b.column(of.b.element(lane, index));
                 });
  forEachGarbage(warp, op, firstB + of.b.registers, of.c.registers, of.c.elementBytes,
                 [&](unsigned lane, unsigned index) {
                   unsigned element = of.c.element(lane, index);
                   garbage.sum[of.c.row(element)] |= 1u << of.c.column(element);
                 });
  if (!garbage.any()) [[likely]]
    return cleanResults(warp, op, active);
  setResults(warp, op, active, of.d.registers, of.d.elementBytes,
             [&](unsigned lane, unsigned index) {
               unsigned element = of.d.element(lane, index);
               return garbage.at(of.d.row(element), of.d.column(element));
             });
}
