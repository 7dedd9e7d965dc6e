//===- MemoryOperands.h - what Op::extra says about a memory instruction ------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_MEMORYOPERANDS_H
#define DPC_SIMULATOR_MACHINE_MEMORYOPERANDS_H

#include "simulator/Machine/Warp.h"

namespace sim {

/// The state space among an instruction's modifiers; Generic when there is none.
ptx::Space spaceOf(const ptx::Instruction &instruction);

/// Op::extra of ld, ldu, st, atom, red, cp.async: packed by the selectors, read by the handlers.
struct MemoryOperands {
  ptx::Space space = ptx::Space::Generic;
  Access::Order order = Access::Order::Weak;
  Access::Scope scope = Access::Scope::System;
  bool wideBase = true;      ///< the base of the address is a 64-bit slot
  bool wideRegister = false; ///< the value register has 64 bits although the type has fewer
  bool extendSign = false;   ///< into such a register
  uint32_t uses = 0;         ///< 16 bits, the handler's own

  uint32_t pack() const {
    return uint32_t(space) | uint32_t(order) << 4 | uint32_t(scope) << 8 |
           uint32_t(wideBase) << 10 | uint32_t(wideRegister) << 11 | uint32_t(extendSign) << 12 |
           uses << 16;
  }
  // Parts of what pack() gave, for handlers that ask at every execution.
  static bool isStrong(uint32_t bits) { return bits & 15u << 4; }
  static bool hasWideBase(uint32_t bits) { return bits >> 10 & 1; }
  static MemoryOperands unpack(uint32_t bits) {
    MemoryOperands result;
    result.space = ptx::Space(bits & 15);
    result.order = Access::Order(bits >> 4 & 15);
    result.scope = Access::Scope(bits >> 8 & 3);
    result.wideBase = bits >> 10 & 1;
    result.wideRegister = bits >> 11 & 1;
    result.extendSign = bits >> 12 & 1;
    result.uses = bits >> 16;
    return result;
  }
};
Access::Scope scopeOf(const ptx::Instruction &instruction, Access::Scope otherwise);

} // namespace sim
#endif
