//===- MatrixMemory.cpp - tiles between memory and registers (PTX ISA 9.7.14) -----------------===//
//
// ldmatrix, stmatrix, movmatrix, wmma.load, wmma.store. The first two leave one access of 16 bytes
// by each lane that supplies a row. A wmma fragment may need several accesses per lane, while an
// instruction leaves only one for the checkers; so all but the last are shown to them here, and
// poison is moved here too.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/MatrixMemory.h"

#include "simulator/Checkers/BlockChecker.h"
#include "simulator/Checkers/PoisonRules.h"
#include "simulator/Machine/Access.h"
#include "simulator/Machine/MatrixLayout.h"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace sim;
using Role = WmmaFragment::Role;
using Kind = ptx::Operand::Kind;

static uint32_t *words(Warp &warp, const Op &op, unsigned number) {
  return reinterpret_cast<uint32_t *>(warp.slots + size_t(op.operands[number]) * slotBytes);
}

/// The lanes that supply the addresses of `count` matrices.
static LaneMask suppliersOf(unsigned count) {
  return count == 4 ? allLanes : (1u << (8 * count)) - 1;
}

using Tile = uint16_t[8][8];

/// A tile as the words of a register, from rows or, transposed, from columns.
template <bool transposed> static void toWords(const Tile &tile, uint32_t (&result)[warpSize]) {
  if (!transposed) {
    std::memcpy(result, tile, sizeof(result));
    return;
  }
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = tile[2 * (lane % 4)][lane / 4] | uint32_t(tile[2 * (lane % 4) + 1][lane / 4])
                                                        << 16;
}

static void putWords(Warp &warp, uint32_t slot, LaneMask active,
                     const uint32_t (&result)[warpSize]) {
  auto *d = reinterpret_cast<uint32_t *>(warp.slots + size_t(slot) * slotBytes);
  if (active == allLanes)
    std::memcpy(d, result, sizeof(result));
  else
    forEachLane(active, [&](unsigned lane) { d[lane] = result[lane]; });
}

template <bool transposed, unsigned count>
static void ldmatrix(Warp &warp, const Op &op, LaneMask active) {
  MemoryOperands memory = MemoryOperands::unpack(op.extra);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[count], memory.wideBase, op.immediate, addresses);
  LaneMask legal = resolve(warp, op, active & suppliersOf(count), addresses, memory.space, 16, 16,
                           Access::Kind::Read);
  // Rows of lanes that are missing or whose address was wrong read as zeros.
  alignas(64) Tile tiles[count] = {};
  for (LaneMask rest = legal; rest; rest &= rest - 1) {
    unsigned lane = static_cast<unsigned>(std::countr_zero(rest));
    std::memcpy(tiles[lane / 8][lane % 8], warp.access.host[lane], 16);
  }
  for (unsigned matrix = 0; matrix < count; ++matrix) {
    if (op.operands[matrix] == noPredicate)
      continue;
    alignas(64) uint32_t result[warpSize];
    toWords<transposed>(tiles[matrix], result);
    putWords(warp, op.operands[matrix], active, result);
  }
}

/// Operands: address, registers.
template <bool transposed, unsigned count>
static void stmatrix(Warp &warp, const Op &op, LaneMask active) {
  MemoryOperands memory = MemoryOperands::unpack(op.extra);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[0], memory.wideBase, op.immediate, addresses);
  LaneMask legal = resolve(warp, op, active & suppliersOf(count), addresses, memory.space, 16, 16,
                           Access::Kind::Write);
  alignas(64) uint32_t rows[count][warpSize];
  for (unsigned matrix = 0; matrix < count; ++matrix) {
    Tile tile;
    std::memcpy(tile, words(warp, op, 1 + matrix), sizeof(tile));
    toWords<transposed>(tile, rows[matrix]);
  }
  forEachLane(legal, [&](unsigned lane) {
    std::memcpy(warp.access.host[lane], rows[lane / 8] + lane % 8 * 4, 16);
  });
}

static void movmatrix(Warp &warp, const Op &op, LaneMask active) {
  Tile tile;
  std::memcpy(tile, words(warp, op, 1), sizeof(tile));
  alignas(64) uint32_t result[warpSize];
  toWords<true>(tile, result);
  putWords(warp, op.operands[0], active, result);
}

namespace {

/// What a wmma.load or .store needs to know; in the free bits of MemoryOperands.
struct Transfer {
  WmmaFragment fragment;
  bool byColumns = false; ///< in memory
  bool hasStride = false;
  uint8_t strideBits = 0; ///< of an element as the stride counts them

  uint32_t pack() const {
    auto log = [](unsigned power) { return uint32_t(std::countr_zero(power)); };
    return uint32_t(fragment.role) | (log(fragment.rows) - 2) << 2 |
           (log(fragment.columns) - 2) << 4 | uint32_t(fragment.countsColumns) << 6 |
           log(fragment.elementBytes) << 7 | log(fragment.registers) << 9 |
           uint32_t(byColumns) << 11 | uint32_t(hasStride) << 12 | log(strideBits) << 13;
  }
  static Transfer unpack(uint32_t bits) {
    Transfer result;
    result.fragment = {.role = Role(bits & 3),
                       .rows = uint8_t(4 << (bits >> 2 & 3)),
                       .columns = uint8_t(4 << (bits >> 4 & 3)),
                       .countsColumns = bool(bits >> 6 & 1),
                       .elementBytes = uint8_t(1 << (bits >> 7 & 3)),
                       .registers = uint8_t(1 << (bits >> 9 & 3))};
    result.byColumns = bits >> 11 & 1;
    result.hasStride = bits >> 12 & 1;
    result.strideBits = uint8_t(1 << (bits >> 13 & 7));
    return result;
  }
  /// Elements in a line of the tile in memory.
  unsigned line() const { return byColumns ? fragment.rows : fragment.columns; }
  /// Of one lane, that lie side by side in memory.
  unsigned run() const {
    return byColumns == fragment.countsColumns ? std::min(fragment.perLane(), line()) : 1;
  }
};

/// One wmma.load or .store: its accesses one after the other, `element` for each value that moves.
class FragmentAccess {
public:
  FragmentAccess(Warp &warp, const Op &op, Access::Kind kind, unsigned addressOperand,
                 unsigned strideOperand)
      : warp(warp), op(op), memory(MemoryOperands::unpack(op.extra)),
        transfer(Transfer::unpack(memory.uses)), kind(kind) {
    addressesOf(warp, op.operands[addressOperand], memory.wideBase, op.immediate, bases);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      strides[lane] = transfer.hasStride
                          ? uint64_t(words(warp, op, strideOperand)[lane]) * transfer.strideBits / 8
                          : transfer.line() * transfer.fragment.elementBytes;
  }

  /// Calls element(lane, index, host, poison) for what a lane holds at `index`. Poison may be null.
  template <class F> void forEach(LaneMask active, F element) {
    const WmmaFragment &fragment = transfer.fragment;
    unsigned run = transfer.run(), bytes = fragment.elementBytes;
    for (unsigned first = 0; first < fragment.perLane(); first += run) {
      if (first && warp.observed && warp.block->checker)
        warp.block->checker->onAccess(warp, op);
      LaneMask legal = access(active, first, run * bytes);
      for (LaneMask rest = legal; rest; rest &= rest - 1) {
        unsigned lane = static_cast<unsigned>(std::countr_zero(rest));
        uint8_t *poison = warp.poison ? warp.access.poison[lane] : nullptr;
        for (unsigned i = 0; i < run; ++i)
          element(lane, first + i, warp.access.host[lane] + i * bytes,
                  poison ? poison + i * bytes : nullptr);
      }
    }
  }
  const WmmaFragment &fragment() const { return transfer.fragment; }

private:
  LaneMask access(LaneMask active, unsigned index, unsigned bytes) {
    const WmmaFragment &fragment = transfer.fragment;
    uint64_t addresses[warpSize];
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      unsigned element = fragment.element(lane, index);
      uint64_t outer = fragment.row(element), inner = fragment.column(element);
      if (transfer.byColumns)
        std::swap(outer, inner);
      addresses[lane] = bases[lane] + outer * strides[lane] + inner * fragment.elementBytes;
    }
    return resolve(warp, op, active, addresses, memory.space, bytes, std::min(bytes, 16u), kind);
  }

  Warp &warp;
  const Op &op;
  MemoryOperands memory;
  Transfer transfer;
  Access::Kind kind;
  uint64_t bases[warpSize];
  uint64_t strides[warpSize]; ///< in bytes
};

/// Where a lane's element `index` is in its registers.
struct ElementPlace {
  ElementPlace(const WmmaFragment &fragment, unsigned index)
      : number(index / fragment.perRegister()),
        at(index % fragment.perRegister() * fragment.elementBytes), size(fragment.elementBytes) {}
  std::byte *in(Warp &warp, uint32_t slot, unsigned lane) const {
    return warp.slots + size_t(slot) * slotBytes + lane * std::max(4u, size) + at;
  }
  uint8_t poisonBits() const { return static_cast<uint8_t>(((1u << size) - 1) << at); }

  unsigned number, at, size; ///< of the register; byte in it; bytes
};
} // namespace

/// Operands: registers, address, stride.
static void loadFragment(Warp &warp, const Op &op, LaneMask active) {
  unsigned registers = Transfer::unpack(MemoryOperands::unpack(op.extra).uses).fragment.registers;
  FragmentAccess access(warp, op, Access::Kind::Read, registers, registers + 1);
  uint8_t garbage[8][warpSize] = {};
  access.forEach(active,
                 [&](unsigned lane, unsigned index, const std::byte *host, const uint8_t *poison) {
                   ElementPlace place(access.fragment(), index);
                   uint32_t slot = op.operands[place.number];
                   if (slot == noPredicate)
                     return;
                   std::memcpy(place.in(warp, slot, lane), host, place.size);
                   for (unsigned byte = 0; poison && byte < place.size; ++byte)
                     if (poison[byte])
                       garbage[place.number][lane] |= uint8_t(1u << (place.at + byte));
                 });
  if (!warp.poison)
    return;
  for (unsigned number = 0; number < registers; ++number)
    for (LaneMask rest = active; rest && op.operands[number] != noPredicate; rest &= rest - 1) {
      unsigned lane = static_cast<unsigned>(std::countr_zero(rest));
      setPoison(warp, op.operands[number], lane, garbage[number][lane]);
    }
}

/// Operands: address, registers, stride.
static void storeFragment(Warp &warp, const Op &op, LaneMask active) {
  unsigned registers = Transfer::unpack(MemoryOperands::unpack(op.extra).uses).fragment.registers;
  FragmentAccess access(warp, op, Access::Kind::Write, 0, registers + 1);
  LaneMask escaped = 0;
  access.forEach(active, [&](unsigned lane, unsigned index, std::byte *host, uint8_t *poison) {
    ElementPlace place(access.fragment(), index);
    uint32_t slot = op.operands[1 + place.number];
    std::memcpy(host, place.in(warp, slot, lane), place.size);
    if (!warp.poison)
      return;
    bool garbage = poisonOf(warp, slot, lane) & place.poisonBits();
    bool isGlobal = !((warp.access.shared | warp.access.local) >> lane & 1);
    if (poison)
      std::memset(poison, garbage && !isGlobal, place.size);
    if (garbage && isGlobal)
      escaped |= 1u << lane;
  });
  if (escaped)
    reportGarbage(warp, op, escaped, "global memory");
}

void sim::checkWmmaLoad(Warp &warp, const Op &op, LaneMask active) {
  checkOperands(warp, op, active);
}
void sim::checkWmmaStore(Warp &warp, const Op &op, LaneMask active) {
  checkOperands(warp, op, active);
}

static bool isWide(const ptx::Operand &address, const ptx::Function &function) {
  const ptx::Operand &base = address.elements.at(0);
  return base.kind != Kind::Register || ptx::bitWidth(function.registers.at(base.reg).type) == 64;
}

template <bool transposed> static Handler selectTiles(const ptx::Instruction &instruction) {
  bool loads = instruction.opcode == ptx::Opcode::Ldmatrix;
  if (instruction.has("x1"))
    return loads ? &ldmatrix<transposed, 1> : &stmatrix<transposed, 1>;
  if (instruction.has("x2"))
    return loads ? &ldmatrix<transposed, 2> : &stmatrix<transposed, 2>;
  return loads ? &ldmatrix<transposed, 4> : &stmatrix<transposed, 4>;
}

Selected sim::selectMatrixMemory(const ptx::Instruction &instruction,
                                 const ptx::Function &function) {
  if (instruction.opcode == ptx::Opcode::Movmatrix)
    return {.run = &movmatrix};
  bool isStore = instruction.has("store") || instruction.opcode == ptx::Opcode::Stmatrix;
  MemoryOperands memory;
  memory.space = spaceOf(instruction);
  const ptx::Operand &address = instruction.operands.at(isStore ? 0 : 1);
  memory.wideBase = isWide(address, function);
  auto offset = static_cast<uint64_t>(address.elements.at(0).offset);
  if (instruction.opcode != ptx::Opcode::Wmma)
    return {.run = instruction.has("trans") ? selectTiles<true>(instruction)
                                            : selectTiles<false>(instruction),
            .immediate = offset,
            .extra = memory.pack()};
  Transfer transfer{.fragment = wmmaFragment(instruction),
                    .byColumns = instruction.has("col"),
                    .hasStride = instruction.operands.size() > 2,
                    .strideBits = uint8_t(ptx::bitWidth(instruction.type()))};
  if (transfer.fragment.rows < 4 || transfer.fragment.columns < 4)
    return {};
  memory.uses = transfer.pack();
  return {
      .run = isStore ? &storeFragment : &loadFragment, .immediate = offset, .extra = memory.pack()};
}
