//===- Occupancy.h - how many blocks fit on a multiprocessor ------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_OCCUPANCY_H
#define DPC_SIMULATOR_DRIVER_OCCUPANCY_H

#include "simulator/Driver/State.h"

namespace sim::driver {

/// Registers per thread. PTX does not say how many an assembler would use: `.maxnreg`, or what fits
/// `.maxntid` and `.minnctapersm`, at most 32.
unsigned registersOf(const ptx::Function &function);
/// Threads of a block by the directives of the kernel and the architecture.
unsigned mostThreads(const ptx::Function &function);
const FunctionCode &codeOf(const Kernel &kernel);
/// Bytes that a launch may ask for.
uint64_t mostDynamicShared(const Kernel &kernel);
/// Blocks of `threads` threads that are on a multiprocessor at a time.
unsigned activeBlocks(const Kernel &kernel, uint64_t threads, uint64_t dynamicShared);

} // namespace sim::driver
#endif
