//===- Counters.h - what a launch costs by the hardware's rules ---------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_COUNTERS_COUNTERS_H
#define DPC_SIMULATOR_COUNTERS_COUNTERS_H

#include <cstdint>
#include <map>
#include <string>

namespace sim {

struct Warp;

/// Sums over a launch; adding the counters of its blocks in any order gives the same.
struct Counters {
  uint64_t warpInstructions = 0;
  std::map<std::string, uint64_t> mix; ///< by full opcode with modifiers, in warp instructions
  uint64_t flops = 0;                  ///< fma 2, add and mul 1 per active lane, mma 2 M N K
  uint64_t globalRequests = 0;         ///< warp instructions that touched global memory
  uint64_t globalSectors = 0;          ///< distinct 32-byte sectors, summed over requests
  uint64_t globalIdealSectors = 0;     ///< the fewest that hold as many bytes
  uint64_t sharedRequests = 0;
  uint64_t sharedWays = 0; ///< summed over phases: conflict-free 32-, 64-, 128-bit = 1, 2, 4
  uint64_t barriers = 0;   ///< completed phases

  void add(const Counters &other);
};

/// Of the access that `run` left in the warp.
void countAccess(Warp &warp, Counters &counters);

} // namespace sim
#endif
