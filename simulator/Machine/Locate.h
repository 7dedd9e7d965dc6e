//===- Locate.h - places and addresses in words -------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_LOCATE_H
#define DPC_SIMULATOR_MACHINE_LOCATE_H

#include "simulator/Checkers/Report.h"
#include "simulator/Machine/Warp.h"

namespace sim {

/// The instruction that `op` was made from, in the function that the warp executes.
const ptx::Instruction &instructionOf(const Warp &warp, const Op &op);
/// A report with kernel, PTX line, source line, block and the first thread of `lanes` filled in.
Report locate(const Warp &warp, const Op &op, LaneMask lanes);

/// `tile+0x40 (shared)`, from an offset in shared memory.
std::string describeShared(const Block &block, uint64_t offset);
/// `C+0x1000`, or `0x200000000000 (no buffer)`.
std::string describeGlobal(const Allocation *allocation, uint64_t address);

} // namespace sim
#endif
