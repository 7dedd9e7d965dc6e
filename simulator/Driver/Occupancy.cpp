//===- Occupancy.cpp - how many blocks fit on a multiprocessor --------------------------------===//
#include "simulator/Driver/Occupancy.h"

#include "simulator/Driver/Calls.h"

#include <algorithm>

using namespace sim::driver;

static uint64_t roundUp(uint64_t value, uint64_t multiple) {
  return (value + multiple - 1) / multiple * multiple;
}

static sim::ArchitectureLimits limit() {
  return sim::limits(State::get().configuration.architecture);
}

unsigned sim::driver::registersOf(const ptx::Function &function) {
  if (function.maximumRegisters)
    return function.maximumRegisters;
  uint64_t threads = uint64_t(mostThreads(function)) * std::max(function.minimumBlocks, 1u);
  return static_cast<unsigned>(
      std::clamp<uint64_t>(limit().registersPerMultiprocessor / threads / 8 * 8, 16, 32));
}

unsigned sim::driver::mostThreads(const ptx::Function &function) {
  const uint32_t *given =
      function.requiredThreads[0] ? function.requiredThreads : function.maximumThreads;
  unsigned most = limit().threadsPerBlock;
  if (!given[0])
    return most;
  uint64_t threads = uint64_t(given[0]) * std::max(given[1], 1u) * std::max(given[2], 1u);
  return static_cast<unsigned>(std::min<uint64_t>(threads, most));
}

const sim::FunctionCode &sim::driver::codeOf(const Kernel &kernel) {
  std::shared_ptr<Module> module = kernel.module.lock();
  require(module != nullptr, Result::InvalidHandle);
  return module->loaded->program->functions[kernel.function];
}

uint64_t sim::driver::mostDynamicShared(const Kernel &kernel) {
  uint64_t fixed = codeOf(kernel).dynamicShared, without = limit().sharedPerBlock;
  return std::max(kernel.dynamicSharedLimit, without - std::min(fixed, without));
}

unsigned sim::driver::activeBlocks(const Kernel &kernel, uint64_t threads, uint64_t dynamicShared) {
  const FunctionCode &code = codeOf(kernel);
  const ptx::Function &source = *code.source;
  ArchitectureLimits limits = limit();
  if (!threads || threads > mostThreads(source) ||
      code.dynamicShared + dynamicShared > limits.sharedPerBlockOptIn)
    return 0;
  uint64_t warps = roundUp(threads, 32) / 32;
  uint64_t blocks =
      std::min<uint64_t>(limits.blocksPerMultiprocessor, limits.warpsPerMultiprocessor / warps);
  // Registers are given to warps in units of 256, shared memory to blocks in units of 128 bytes,
  // plus 1 KiB for the system (CUDA occupancy calculator, 8.0 and newer).
  uint64_t registers = roundUp(uint64_t(registersOf(source)) * 32, 256);
  blocks = std::min(blocks, limits.registersPerMultiprocessor / registers / warps);
  uint64_t shared = roundUp(code.dynamicShared + dynamicShared, 128) + 1024;
  return static_cast<unsigned>(std::min(blocks, limits.sharedPerMultiprocessor / shared));
}

Result sim::driver::occupancyBlocks(int *numBlocks, Handle function, int blockSize,
                                    size_t sharedBytes) {
  currentContext();
  require(blockSize > 0);
  auto kernel = State::get().find<Kernel>(function);
  required(numBlocks) =
      static_cast<int>(activeBlocks(*kernel, static_cast<uint64_t>(blockSize), sharedBytes));
  return Result::Success;
}

Result sim::driver::occupancyBlocksFlags(int *numBlocks, Handle function, int blockSize,
                                         size_t sharedBytes, unsigned) {
  return occupancyBlocks(numBlocks, function, blockSize, sharedBytes);
}

Result sim::driver::occupancyBlockSize(int *minGridSize, int *blockSize, Handle function,
                                       SharedOfBlockSize sharedOf, size_t sharedBytes, int most) {
  currentContext();
  auto kernel = State::get().find<Kernel>(function);
  int threads = static_cast<int>(mostThreads(*codeOf(*kernel).source));
  if (most > 0)
    threads = std::min(threads, most);
  int best = 0;
  unsigned bestThreads = 0, bestBlocks = 0;
  for (int size = (threads + 31) / 32 * 32; size > 0; size -= 32) {
    int tried = std::min(size, threads);
    size_t shared = sharedBytes;
    if (sharedOf)
      callOut([&] { shared = sharedOf(tried); });
    unsigned blocks = activeBlocks(*kernel, static_cast<uint64_t>(tried), shared);
    if (blocks * static_cast<unsigned>(tried) > bestThreads) {
      bestThreads = blocks * static_cast<unsigned>(tried);
      best = tried;
      bestBlocks = blocks;
    }
  }
  required(blockSize) = best;
  required(minGridSize) = static_cast<int>(bestBlocks * limit().multiprocessors);
  return Result::Success;
}

Result sim::driver::occupancyBlockSizeFlags(int *minGridSize, int *blockSize, Handle function,
                                            SharedOfBlockSize sharedOf, size_t sharedBytes,
                                            int most, unsigned) {
  return occupancyBlockSize(minGridSize, blockSize, function, sharedOf, sharedBytes, most);
}

Result sim::driver::occupancyShared(size_t *sharedBytes, Handle function, int numBlocks,
                                    int blockSize) {
  currentContext();
  auto kernel = State::get().find<Kernel>(function);
  require(numBlocks > 0 && blockSize > 0);
  required(sharedBytes) = 0;
  for (uint64_t bytes = mostDynamicShared(*kernel) / 128 * 128; bytes > 0; bytes -= 128)
    if (activeBlocks(*kernel, static_cast<uint64_t>(blockSize), bytes) >=
        static_cast<unsigned>(numBlocks)) {
      *sharedBytes = bytes;
      break;
    }
  return Result::Success;
}
