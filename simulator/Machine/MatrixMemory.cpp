//===- MatrixMemory.cpp - ldmatrix, wmma.load and wmma.store (PTX ISA 9.7.14) -----------------===//
//
// ldmatrix leaves one access of 16 bytes by each lane that supplies a row. A wmma fragment may need
// several accesses per lane, while an instruction leaves only one for the checkers; so all but the
// last are shown to them here, and poison is moved here too.
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

template <bool transposed, unsigned count>
static void ldmatrix(Warp &warp, const Op &op, LaneMask active) {
  MemoryOperands memory = MemoryOperands::unpack(op.extra);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[count], memory.wideBase, op.immediate, addresses);
  LaneMask suppliers = count == 4 ? allLanes : (1u << (8 * count)) - 1;
  LaneMask legal =
      resolve(warp, op, active & suppliers, addresses, memory.space, 16, 16, Access::Kind::Read);
  // Rows of lanes that are missing or whose address was wrong read as zeros.
  alignas(64) uint16_t rows[8 * count][8] = {};
  for (LaneMask rest = legal; rest; rest &= rest - 1) {
    unsigned lane = static_cast<unsigned>(std::countr_zero(rest));
    std::memcpy(rows[lane], warp.access.host[lane], 16);
  }
  for (unsigned matrix = 0; matrix < count; ++matrix) {
    if (op.operands[matrix] == noPredicate)
      continue;
    const uint16_t (*tile)[8] = rows + 8 * matrix;
    alignas(64) uint32_t result[warpSize];
    if constexpr (transposed) {
      for (unsigned lane = 0; lane < warpSize; ++lane)
        result[lane] = tile[2 * (lane % 4)][lane / 4] | uint32_t(tile[2 * (lane % 4) + 1][lane / 4])
                                                            << 16;
    } else {
      std::memcpy(result, tile, sizeof(result));
    }
    uint32_t *d = words(warp, op, matrix);
    if (active == allLanes) {
      std::memcpy(d, result, sizeof(result));
      continue;
    }
    for (LaneMask rest = active; rest; rest &= rest - 1)
      d[std::countr_zero(rest)] = result[std::countr_zero(rest)];
  }
}

namespace {

/// What a wmma.load or .store needs to know; in the 12 free bits of MemoryOperands.
struct Transfer {
  WmmaFragment fragment;
  bool byColumns = false; ///< in memory
  bool hasStride = false;

  uint32_t pack() const {
    auto size = [](unsigned extent) { return unsigned(std::countr_zero(extent)) - 3; };
    return uint32_t(fragment.role) | size(fragment.rows) << 2 | size(fragment.columns) << 4 |
           uint32_t(fragment.countsColumns) << 6 | uint32_t(fragment.elementBytes == 4) << 7 |
           uint32_t(std::countr_zero(fragment.registers) - 1) << 8 | uint32_t(byColumns) << 10 |
           uint32_t(hasStride) << 11;
  }
  static Transfer unpack(uint32_t bits) {
    Transfer result;
    result.fragment = {.role = Role(bits & 3),
                       .rows = uint8_t(8 << (bits >> 2 & 3)),
                       .columns = uint8_t(8 << (bits >> 4 & 3)),
                       .countsColumns = bool(bits >> 6 & 1),
                       .elementBytes = uint8_t(bits >> 7 & 1 ? 4 : 2),
                       .registers = uint8_t(2 << (bits >> 8 & 3))};
    result.byColumns = bits >> 10 & 1;
    result.hasStride = bits >> 11 & 1;
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
      strides[lane] = transfer.hasStride ? words(warp, op, strideOperand)[lane] : transfer.line();
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
      uint64_t row = fragment.row(element), column = fragment.column(element);
      uint64_t offset =
          transfer.byColumns ? column * strides[lane] + row : row * strides[lane] + column;
      addresses[lane] = bases[lane] + offset * fragment.elementBytes;
    }
    return resolve(warp, op, active, addresses, memory.space, bytes, std::min(bytes, 16u), kind);
  }

  Warp &warp;
  const Op &op;
  MemoryOperands memory;
  Transfer transfer;
  Access::Kind kind;
  uint64_t bases[warpSize];
  uint64_t strides[warpSize];
};

} // namespace

/// Bits of `size` bytes at element `index` of a lane's registers.
static uint8_t poisonBits(unsigned index, unsigned size) {
  return static_cast<uint8_t>(size == 4 ? 15 : index & 1 ? 12 : 3);
}

/// Operands: registers, address, stride.
static void loadFragment(Warp &warp, const Op &op, LaneMask active) {
  unsigned registers = Transfer::unpack(MemoryOperands::unpack(op.extra).uses).fragment.registers;
  FragmentAccess access(warp, op, Access::Kind::Read, registers, registers + 1);
  unsigned size = access.fragment().elementBytes, parts = 4 / size;
  uint8_t garbage[8][warpSize] = {};
  access.forEach(active,
                 [&](unsigned lane, unsigned index, const std::byte *host, const uint8_t *poison) {
                   unsigned number = index / parts;
                   if (op.operands[number] == noPredicate)
                     return;
                   auto *to = reinterpret_cast<std::byte *>(words(warp, op, number) + lane);
                   std::memcpy(to + index % parts * size, host, size);
                   for (unsigned byte = 0; poison && byte < size; ++byte)
                     if (poison[byte])
                       garbage[number][lane] |= uint8_t(1u << (index % parts * size + byte));
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
  unsigned size = access.fragment().elementBytes, parts = 4 / size;
  LaneMask escaped = 0;
  access.forEach(active, [&](unsigned lane, unsigned index, std::byte *host, uint8_t *poison) {
    unsigned number = index / parts, slot = op.operands[1 + number];
    const auto *from = reinterpret_cast<const std::byte *>(words(warp, op, 1 + number) + lane);
    std::memcpy(host, from + index % parts * size, size);
    if (!warp.poison)
      return;
    bool garbage = poisonOf(warp, slot, lane) & poisonBits(index, size);
    bool isGlobal = !((warp.access.shared | warp.access.local) >> lane & 1);
    if (poison)
      std::memset(poison, garbage && !isGlobal, size);
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

static Handler selectLdmatrix(const ptx::Instruction &instruction) {
  bool transposed = instruction.has("trans");
  if (instruction.has("x1"))
    return transposed ? &ldmatrix<true, 1> : &ldmatrix<false, 1>;
  if (instruction.has("x2"))
    return transposed ? &ldmatrix<true, 2> : &ldmatrix<false, 2>;
  return transposed ? &ldmatrix<true, 4> : &ldmatrix<false, 4>;
}

Selected sim::selectMatrixMemory(const ptx::Instruction &instruction,
                                 const ptx::Function &function) {
  bool isStore = instruction.has("store");
  MemoryOperands memory;
  memory.space = spaceOf(instruction);
  const ptx::Operand &address = instruction.operands.at(isStore ? 0 : 1);
  memory.wideBase = isWide(address, function);
  auto offset = static_cast<uint64_t>(address.elements.at(0).offset);
  if (instruction.opcode == ptx::Opcode::Ldmatrix)
    return {.run = selectLdmatrix(instruction), .immediate = offset, .extra = memory.pack()};
  Transfer transfer{.fragment = wmmaFragment(instruction),
                    .byColumns = instruction.has("col"),
                    .hasStride = instruction.operands.size() > 2};
  if (transfer.fragment.rows < 8 || transfer.fragment.columns < 8)
    return {};
  memory.uses = transfer.pack();
  return {
      .run = isStore ? &storeFragment : &loadFragment, .immediate = offset, .extra = memory.pack()};
}
