//===- Access.h - from addresses to bytes -------------------------------------------*- C++ -*-===//
//
// Every access of a program is checked against allocations, windows and alignment, with checkers on
// or off; what is wrong is reported and not executed.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_ACCESS_H
#define DPC_SIMULATOR_MACHINE_ACCESS_H

#include "simulator/Machine/MemoryOperands.h"
#include "simulator/Machine/Warp.h"

namespace sim {

/// Addresses of all lanes: the base in `slot`, of 64 or 32 bits, plus `offset`.
void addressesOf(const Warp &warp, uint32_t slot, bool wide, uint64_t offset,
                 uint64_t (&addresses)[warpSize]);

/// Fills Warp::access for the lanes in `active`, whose legal ones it returns: `bytes` bytes per
/// lane, which have to be aligned to `alignment`. The order of the access is weak; whoever knows
/// better sets it afterwards. Writes that may have to be undone are noted.
LaneMask resolve(Warp &warp, const Op &op, LaneMask active, const uint64_t (&addresses)[warpSize],
                 ptx::Space space, unsigned bytes, unsigned alignment, Access::Kind kind);

/// The allocation that a global access of `op` has hit last, or does at `address`; may not contain
/// it.
Allocation *recentAllocation(Warp &warp, const Op &op, uint64_t address);

} // namespace sim
#endif
