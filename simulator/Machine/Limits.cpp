//===- Limits.cpp - what an architecture allows -----------------------------------------------===//
#include "simulator/Machine/Launch.h"

#include <fmt/format.h>

using namespace sim;

/// CUDA C++ programming guide, 16.2 (technical specifications per compute capability). The number
/// of multiprocessors is that of a common device: A100, RTX 3080, L4, H100, B200.
ArchitectureLimits sim::limits(unsigned architecture) {
  constexpr uint64_t kib = 1024;
  ArchitectureLimits limits{.threadsPerBlock = 1024,
                            .warpsPerMultiprocessor = 64,
                            .blocksPerMultiprocessor = 32,
                            .multiprocessors = 108,
                            .registersPerMultiprocessor = 65536,
                            .registersPerThread = 255,
                            .sharedPerBlock = 48 * kib,
                            .sharedPerBlockOptIn = 163 * kib,
                            .sharedPerMultiprocessor = 164 * kib};
  if (architecture < 80) {
    limits.warpsPerMultiprocessor = architecture == 75 ? 32 : 64;
    limits.blocksPerMultiprocessor = architecture == 75 ? 16 : 32;
    limits.multiprocessors = architecture == 75 ? 40 : 80;
    limits.sharedPerBlockOptIn = architecture == 75   ? 64 * kib
                                 : architecture >= 70 ? 96 * kib
                                                      : 48 * kib;
    limits.sharedPerMultiprocessor = architecture == 75 ? 64 * kib : 96 * kib;
  } else if (architecture == 86 || architecture == 89) {
    limits.warpsPerMultiprocessor = 48;
    limits.blocksPerMultiprocessor = architecture == 86 ? 16 : 24;
    limits.multiprocessors = architecture == 86 ? 68 : 58;
    limits.sharedPerBlockOptIn = 99 * kib;
    limits.sharedPerMultiprocessor = 100 * kib;
  } else if (architecture >= 90 && architecture < 120) {
    limits.multiprocessors = architecture == 90 ? 132 : 148;
    limits.sharedPerBlockOptIn = 227 * kib;
    limits.sharedPerMultiprocessor = 228 * kib;
  } else if (architecture >= 120) {
    limits.warpsPerMultiprocessor = 48;
    limits.blocksPerMultiprocessor = 24;
    limits.multiprocessors = 170;
    limits.sharedPerBlockOptIn = 99 * kib;
    limits.sharedPerMultiprocessor = 100 * kib;
  }
  return limits;
}

std::string sim::checkShape(const LoadedModule &module, ptx::FunctionId kernel,
                            const LaunchShape &shape, unsigned architecture) {
  const Program &program = *module.program;
  if (kernel >= program.functions.size())
    return "there is no such kernel";
  const FunctionCode &code = program.functions[kernel];
  const ptx::Function &source = *code.source;
  if (!source.isKernel || source.isDeclaration)
    return fmt::format("{} is no kernel", source.name);
  ArchitectureLimits limit = limits(architecture);
  // CUDA C++ programming guide, 16.2: 2^31-1, 65535, 65535; 1024, 1024, 64.
  const uint64_t mostGrid[] = {0x7fffffff, 65535, 65535}, mostBlock[] = {1024, 1024, 64};
  uint64_t threads = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    if (shape.grid[axis] == 0 || shape.grid[axis] > mostGrid[axis])
      return fmt::format("the grid's size {} is {}, allowed are 1 to {}", "xyz"[axis],
                         shape.grid[axis], mostGrid[axis]);
    if (shape.block[axis] == 0 || shape.block[axis] > mostBlock[axis])
      return fmt::format("the block's size {} is {}, allowed are 1 to {}", "xyz"[axis],
                         shape.block[axis], mostBlock[axis]);
    threads *= shape.block[axis];
  }
  if (threads > limit.threadsPerBlock)
    return fmt::format("a block of {} threads, {} are the most", threads, limit.threadsPerBlock);
  const uint32_t *required = source.requiredThreads, *maximum = source.maximumThreads;
  if (required[0]) {
    for (unsigned axis = 0; axis < 3; ++axis)
      if (shape.block[axis] != std::max(required[axis], 1u))
        return fmt::format("{} has .reqntid {}, {}, {}, the block is {}, {}, {}", source.name,
                           required[0], std::max(required[1], 1u), std::max(required[2], 1u),
                           shape.block[0], shape.block[1], shape.block[2]);
  }
  if (maximum[0]) {
    uint64_t most = uint64_t(maximum[0]) * std::max(maximum[1], 1u) * std::max(maximum[2], 1u);
    if (threads > most)
      return fmt::format("{} has .maxntid for {} threads, the block has {}", source.name, most,
                         threads);
  }
  uint64_t shared = code.dynamicShared + shape.dynamicShared;
  if (shape.dynamicShared > limit.sharedPerBlockOptIn || shared > limit.sharedPerBlockOptIn)
    return fmt::format("a block needs {} bytes of shared memory, sm_{} has {}", shared,
                       architecture, limit.sharedPerBlockOptIn);
  if (uint64_t(source.maximumRegisters) * threads > limit.registersPerMultiprocessor)
    return fmt::format("a block needs {} registers, sm_{} has {}",
                       uint64_t(source.maximumRegisters) * threads, architecture,
                       limit.registersPerMultiprocessor);
  if (shape.parameters.size() < source.parameterBytes)
    return fmt::format("{} takes {} bytes of parameters, {} are given", source.name,
                       source.parameterBytes, shape.parameters.size());
  return "";
}
