//===- MatrixLayout.h - which lane holds which element of a matrix ------------------*- C++ -*-===//
//
// Fragments of mma.sync are as PTX ISA 9.7.14.5 says. Those of wmma are opaque; here, with P
// elements per lane, element i of lane l is element l * P + i of the tile, counted along rows or
// columns. For a and b the count follows the layout in memory, so that what a lane loads is
// contiguous wherever a line of the tile is at least as long as P. The m8n8 shapes count as mma
// does: a along rows, b along columns; elements of less than a byte as words of 32 bits. The
// accumulator counts along rows whatever its layout in memory is: a fragment loaded by columns and
// one loaded by rows hold the same elements. Where a tile has fewer elements than the lanes have
// room for (f16), the count starts over.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_MATRIXLAYOUT_H
#define DPC_SIMULATOR_MACHINE_MATRIXLAYOUT_H

#include "simulator/Machine/Lanes.h"
#include "simulator/Parse/Module.h"

namespace sim {

struct MatrixShape {
  uint16_t m = 0, n = 0, k = 0;
};
/// The modifier like m16n8k16; zeros if there is none.
MatrixShape shapeOf(const ptx::Instruction &instruction);

/// A wmma fragment: what a tile is and how it lies in the registers of a warp.
struct WmmaFragment {
  enum class Role : uint8_t { A, B, Accumulator };
  Role role = Role::A;
  uint8_t rows = 0, columns = 0; ///< m x k, k x n, m x n
  bool countsColumns = false;    ///< elements are counted along columns
  uint8_t elementBytes = 2;
  uint8_t registers = 0; ///< per lane

  /// Elements in a register, which has 32 bits, or 64 for elements of so many.
  unsigned perRegister() const { return elementBytes < 4 ? 4u / elementBytes : 1u; }
  unsigned perLane() const { return registers * perRegister(); }
  unsigned elements() const { return unsigned(rows) * columns; }
  /// The element of the tile that a lane holds at `index` (below perLane()).
  unsigned element(unsigned lane, unsigned index) const {
    return (lane * perLane() + index) % elements();
  }
  unsigned row(unsigned element) const {
    return countsColumns ? element % rows : element / columns;
  }
  unsigned column(unsigned element) const {
    return countsColumns ? element / rows : element % columns;
  }
};

/// Of `wmma.load.a`, `.load.b`, `.load.c` and `.store.d`.
WmmaFragment wmmaFragment(const ptx::Instruction &instruction);

/// Of the operands d, a, b, c of `wmma.mma`.
struct WmmaOperands {
  MatrixShape shape;
  WmmaFragment d, a, b, c;
};
WmmaOperands wmmaOperands(const ptx::Instruction &instruction);

} // namespace sim
#endif
