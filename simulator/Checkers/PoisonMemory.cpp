//===- PoisonMemory.cpp - poison between registers and memory ---------------------------------===//
#include "simulator/Checkers/PoisonRules.h"

#include "simulator/Machine/Locate.h"

#include <algorithm>
#include <cstring>

using namespace sim;
using Role = OperandRole::Kind;

/// Bit b: byte b is not initialised.
static uint8_t gather(const uint8_t *poison, unsigned bytes) {
  uint8_t mask = 0;
  for (unsigned byte = 0; byte < bytes; ++byte)
    mask |= static_cast<uint8_t>((poison[byte] != 0) << byte);
  return mask;
}

static bool anyPoison(const uint8_t *poison, unsigned bytes) {
  uint64_t word;
  for (; bytes >= 8; bytes -= 8, poison += 8) {
    std::memcpy(&word, poison, 8);
    if (word)
      return true;
  }
  if (bytes == 4) {
    uint32_t half;
    std::memcpy(&half, poison, 4);
    return half != 0;
  }
  for (unsigned byte = 0; byte < bytes; ++byte)
    if (poison[byte])
      return true;
  return false;
}

/// Lanes of the access with a byte in memory that is not initialised.
static LaneMask poisonInMemory(const Access &access) {
  LaneMask found = 0;
  if (access.bytes == 4 && access.lanes == allLanes) { // the usual access, without branches
    bool isNull = false;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      isNull |= !access.poison[lane];
    if (!isNull) {
      uint32_t any = 0;
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        uint32_t word;
        std::memcpy(&word, access.poison[lane], sizeof(word));
        any |= word;
      }
      if (!any)
        return 0;
    }
  }
  forEachLane(access.lanes, [&](unsigned lane) {
    if (access.poison[lane] && anyPoison(access.poison[lane], access.bytes))
      found |= 1u << lane;
  });
  return found;
}

static void clearMemory(const Access &access, LaneMask lanes) {
  forEachLane(lanes & access.lanes, [&](unsigned lane) {
    if (access.poison[lane])
      std::memset(access.poison[lane], 0, access.bytes);
  });
}

/// Calls back with the position among its kind, operand and role of each operand of a kind.
template <class Callback> static void forEachOperand(const Op &op, Role kind, Callback callback) {
  unsigned position = 0;
  for (unsigned i = 0; i < op.operandCount; ++i)
    if (op.roles[i].kind == kind || (kind == Role::ValueOut && op.roles[i].kind == Role::Unused)) {
      if (op.roles[i].kind == kind)
        callback(position, op.operands[i], op.roles[i].bytes);
      ++position;
    }
}

static unsigned elementBytes(const Warp &warp, const Op &op) {
  return std::clamp(ptx::bitWidth(instructionOf(warp, op).type()) / 8, 1u, 8u);
}

void sim::checkLoad(Warp &warp, const Op &op, LaneMask active) {
  checkOperands(warp, op, active);
  const Access &access = warp.access;
  cleanResults(warp, op, active);
  LaneMask poisoned = poisonInMemory(access);
  if (!poisoned) [[likely]]
    return;
  unsigned element = elementBytes(warp, op);
  bool extends = ptx::isSigned(instructionOf(warp, op).type());
  forEachOperand(op, Role::ValueOut, [&](unsigned index, uint32_t slot, unsigned width) {
    forEachLane(poisoned, [&](unsigned lane) {
      unsigned mask = gather(access.poison[lane] + index * element, element);
      if (extends && mask >> (element - 1) & 1)
        mask |= ~0u << element;
      setPoison(warp, slot, lane, static_cast<uint8_t>(mask & ((1u << width) - 1)));
    });
  });
}

void sim::checkStore(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, active);
  const Access &access = warp.access;
  clearMemory(access, access.lanes);
  if (!poisoned) [[likely]]
    return;
  unsigned element = elementBytes(warp, op);
  LaneMask global = access.lanes & ~access.shared & ~access.local, garbage = 0;
  forEachOperand(op, Role::ValueIn, [&](unsigned index, uint32_t slot, unsigned) {
    forEachLane(poisoned & access.lanes, [&](unsigned lane) {
      unsigned mask = poisonOf(warp, slot, lane) & ((1u << element) - 1);
      if (!mask)
        return;
      if (global >> lane & 1)
        garbage |= 1u << lane;
      else if (access.poison[lane])
        for (unsigned byte = 0; byte < element; ++byte)
          access.poison[lane][index * element + byte] = mask >> byte & 1;
    });
  });
  if (garbage)
    reportGarbage(warp, op, garbage, "global memory");
}

void sim::checkAtomic(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, active);
  const Access &access = warp.access;
  cleanResults(warp, op, active);
  LaneMask before = poisonInMemory(access);
  if (!(poisoned | before)) [[likely]]
    return;
  bool replaces = instructionOf(warp, op).has("exch");
  forEachOperand(op, Role::ValueOut, [&](unsigned, uint32_t slot, unsigned width) {
    forEachLane(before, [&](unsigned lane) {
      setPoison(warp, slot, lane, static_cast<uint8_t>((1u << width) - 1));
    });
  });
  LaneMask after = (poisoned | (replaces ? 0 : before)) & access.lanes;
  LaneMask global = ~access.shared & ~access.local;
  clearMemory(access, access.lanes & ~(after & ~global));
  forEachLane(after & ~global, [&](unsigned lane) {
    if (access.poison[lane])
      std::memset(access.poison[lane], 1, access.bytes);
  });
  if (after & global)
    reportGarbage(warp, op, after & global, "global memory");
}

/// Matrix m's row r is the 16 bytes that lane 8 m + r supplied (PTX ISA, ldmatrix).
template <class PoisonAt>
static void checkMatrices(Warp &warp, const Op &op, LaneMask active, PoisonAt poisonAt) {
  checkOperands(warp, op, active);
  cleanResults(warp, op, active);
  const Access &access = warp.access;
  if (!poisonInMemory(access)) [[likely]]
    return;
  auto half = [&](unsigned supplier, unsigned byte) -> unsigned {
    const uint8_t *poison = access.lanes >> supplier & 1 ? access.poison[supplier] : nullptr;
    return poison ? gather(poison + byte, 2) : 0;
  };
  forEachOperand(op, Role::ValueOut, [&](unsigned matrix, uint32_t slot, unsigned) {
    forEachLane(active, [&](unsigned lane) {
      setPoison(warp, slot, lane, static_cast<uint8_t>(poisonAt(8 * matrix, lane, half)));
    });
  });
}

void sim::checkLdmatrix(Warp &warp, const Op &op, LaneMask active) {
  checkMatrices(warp, op, active, [](unsigned first, unsigned lane, auto half) {
    unsigned supplier = first + lane / 4, byte = 4 * (lane % 4);
    return half(supplier, byte) | half(supplier, byte + 2) << 2;
  });
}

void sim::checkLdmatrixTransposed(Warp &warp, const Op &op, LaneMask active) {
  checkMatrices(warp, op, active, [](unsigned first, unsigned lane, auto half) {
    unsigned supplier = first + 2 * (lane % 4), byte = 2 * (lane / 4);
    return half(supplier, byte) | half(supplier + 1, byte) << 2;
  });
}

/// Poison of the element in this row and column of a register's tile of 8x8 halves: two bits.
static unsigned halfInTile(const Poison &poison, unsigned row, unsigned column) {
  unsigned lane = 4 * row + column / 2;
  unsigned bytes = poison.any >> lane & 1 ? poison.bytes[lane] : 0u;
  return bytes >> 2 * (column % 2) & 3;
}

void sim::checkStmatrix(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, allLanes);
  const Access &access = warp.access;
  clearMemory(access, access.lanes);
  if (!poisoned) [[likely]]
    return;
  bool transposed = instructionOf(warp, op).has("trans");
  forEachOperand(op, Role::ValueIn, [&](unsigned matrix, uint32_t slot, unsigned) {
    forEachLane(access.lanes & active & 0xffu << 8 * matrix, [&](unsigned supplier) {
      unsigned row = supplier % 8;
      for (unsigned column = 0; column < 8 && access.poison[supplier]; ++column) {
        unsigned half = transposed ? halfInTile(warp.poison[slot], column, row)
                                   : halfInTile(warp.poison[slot], row, column);
        access.poison[supplier][2 * column] = half & 1;
        access.poison[supplier][2 * column + 1] = half >> 1;
      }
    });
  });
}

void sim::checkMovmatrix(Warp &warp, const Op &op, LaneMask active) {
  const Poison source = warp.poison[op.operands[1]];
  cleanResults(warp, op, active);
  if (!source.any) [[likely]]
    return;
  forEachLane(active, [&](unsigned lane) {
    unsigned row = 2 * (lane % 4), column = lane / 4;
    setPoison(warp, op.operands[0], lane,
              static_cast<uint8_t>(halfInTile(source, row, column) |
                                   halfInTile(source, row + 1, column) << 2));
  });
}
