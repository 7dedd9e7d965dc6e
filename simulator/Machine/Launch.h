//===- Launch.h - run a kernel over a grid ------------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_LAUNCH_H
#define DPC_SIMULATOR_MACHINE_LAUNCH_H

#include "simulator/Checkers/Footprint.h"
#include "simulator/Checkers/Report.h"
#include "simulator/Counters/Counters.h"
#include "simulator/Machine/Memory.h"
#include "simulator/Machine/Program.h"

namespace sim {

/// A loaded module: its program and where its variables live.
struct LoadedModule {
  std::shared_ptr<const Program> program;
  std::vector<Allocation *> variables; ///< parallel to module->variables; null for shared ones
};

/// Allocates and initialises the module's global and constant variables. Null when memory is full.
std::unique_ptr<LoadedModule> load(std::shared_ptr<const Program> program, Memory &memory);
void unload(LoadedModule &module, Memory &memory);

struct LaunchShape {
  uint32_t grid[3] = {1, 1, 1};
  uint32_t block[3] = {1, 1, 1};
  uint64_t dynamicShared = 0;        ///< bytes
  std::vector<std::byte> parameters; ///< the kernel's parameter block
  /// As by cuLaunchCooperativeKernel: the blocks have a barrier, `grid.sync()` of CUDA.
  bool cooperative = false;
};

struct LaunchOptions {
  bool check = true;
  bool count = false;
  bool footprint = false; ///< with `check`: tell which memory the launch has used
  uint64_t seed =
      0; ///< of the order of blocks and warps and of when asynchronous copies land; 0: as numbered
  uint64_t maximumSteps = ~0ull; ///< warp instructions of the launch
  unsigned cores = 0;            ///< 0: all. Results and reports do not depend on it.
  unsigned architecture = 80;
};

struct LaunchResult {
  Reports reports;
  Counters counters;   ///< warpInstructions always, the rest with LaunchOptions::count
  Footprint footprint; ///< with LaunchOptions::footprint
  std::string output;  ///< of printf
};

/// Limits of an architecture (CUDA programming guide, table of compute capabilities).
struct ArchitectureLimits {
  uint32_t threadsPerBlock, warpsPerMultiprocessor, blocksPerMultiprocessor, multiprocessors;
  uint32_t registersPerMultiprocessor, registersPerThread;
  uint64_t sharedPerBlock; ///< without opting in
  uint64_t sharedPerBlockOptIn, sharedPerMultiprocessor;
};
ArchitectureLimits limits(unsigned architecture);

/// Whether the shape is one that the driver would launch; else the fault (Limits) in words.
std::string checkShape(const LoadedModule &module, ptx::FunctionId kernel, const LaunchShape &shape,
                       unsigned architecture);

/// Runs the kernel to its end, to a fault that stops it, or to maximumSteps. With checkers off,
/// accesses outside of memory are still reported and not executed.
LaunchResult launch(const LoadedModule &module, ptx::FunctionId kernel, const LaunchShape &shape,
                    Memory &memory, const LaunchOptions &options);

} // namespace sim
#endif
