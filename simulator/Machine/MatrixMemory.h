//===- MatrixMemory.h - tiles between memory and registers --------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_MATRIXMEMORY_H
#define DPC_SIMULATOR_MACHINE_MATRIXMEMORY_H

#include "simulator/Machine/Handlers.h"

namespace sim {

/// One handler for every instruction set: memory, not arithmetic, is what these take.
Selected selectMatrixMemory(const ptx::Instruction &instruction, const ptx::Function &function);

} // namespace sim
#endif
