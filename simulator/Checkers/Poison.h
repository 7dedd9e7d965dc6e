//===- Poison.h - how uninitialised bytes travel through registers ------------------*- C++ -*-===//
//
// Loading garbage is legal and correct kernels do it; letting it decide something is not. Every
// byte of a register carries a bit that says whether it is initialised. Instructions move these
// bits as they move the bytes; they are reported where garbage reaches a predicate, a branch, an
// address or global memory, and count as initialised from there on, so that one cause gives one
// report.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_POISON_H
#define DPC_SIMULATOR_CHECKERS_POISON_H

#include "simulator/Machine/Warp.h"

namespace sim {

/// The `check` handler of an instruction; null if it has nothing to check. Expects Op::roles, and
/// for instructions that access memory the Access that `run` left.
Handler checkHandler(const ptx::Instruction &instruction);
/// Of an auxiliary op, which copies a register into one of another width.
Handler resizeHandler();

/// A guard is about to be applied to `lanes`: reports those whose predicate is garbage.
void checkGuard(Warp &warp, const Op &op, LaneMask lanes);

/// Poison of the lanes of a slot, as bit b of byte `lane` for byte b; 0 for initialised lanes.
inline uint8_t poisonOf(const Warp &warp, uint32_t slot, unsigned lane) {
  const Poison &poison = warp.poison[slot];
  return poison.any >> lane & 1 ? poison.bytes[lane] : 0;
}
inline void setPoison(Warp &warp, uint32_t slot, unsigned lane, uint8_t bytes) {
  Poison &poison = warp.poison[slot];
  poison.bytes[lane] = bytes;
  poison.any = bytes ? poison.any | 1u << lane : poison.any & ~(1u << lane);
}

} // namespace sim
#endif
