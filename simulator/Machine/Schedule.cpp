//===- Schedule.cpp - in which order warps and blocks run -------------------------------------===//
//
// Orders come from the seed and the number of the block alone, never from the core or from time.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include <algorithm>
#include <bit>

using namespace sim;

namespace {

/// A block that has begun.
struct Running {
  std::unique_ptr<Block> block;
  std::unique_ptr<BlockChecker> checker;
  Reports reports;
  uint64_t position = 0;
};

/// The block at each position of the launch: a bijection made by a Feistel network over the next
/// power of four, walking until the number is one of the grid's.
class BlockOrder {
public:
  BlockOrder(uint64_t blocks, uint64_t seed) : blocks(blocks), seed(seed) {
    half = std::max(1u, (static_cast<unsigned>(std::bit_width(blocks - 1)) + 1) / 2);
  }
  uint64_t operator[](uint64_t position) const {
    if (!seed)
      return position;
    do
      position = permute(position);
    while (position >= blocks);
    return position;
  }

private:
  uint64_t permute(uint64_t value) const {
    uint64_t mask = (1ull << half) - 1, left = value >> half, right = value & mask;
    for (uint64_t round = 0; round < 4; ++round) {
      uint64_t state = seed * 4 + round + (right << 8);
      uint64_t next = left ^ (nextRandom(state) & mask);
      left = right;
      right = next;
    }
    return left << half | right;
  }
  uint64_t blocks, seed;
  unsigned half;
};

} // namespace

/// For interleavings of all kinds: every length is possible, and any order of magnitude below
/// 2^magnitudes as likely as another.
static uint64_t randomQuantum(uint64_t &random, unsigned magnitudes) {
  uint64_t atLeast = 1ull << nextRandom(random) % magnitudes;
  return atLeast + nextRandom(random) % atLeast;
}

/// The warp that runs next, or null if none is ready.
static Warp *pickWarp(Block &block, uint64_t seed) {
  size_t count = block.warps.size();
  size_t first = seed ? nextRandom(block.random) % count : block.lastWarp + 1;
  for (size_t i = 0; i < count; ++i) {
    size_t at = (first + i) % count;
    if (isReady(block.warps[at])) {
      block.lastWarp = at;
      return &block.warps[at];
    }
  }
  return nullptr;
}

/// Nothing of the block runs: lanes that wait for lanes of their own warp, or a deadlock.
static void unlock(Block &block) {
  for (Warp &warp : block.warps)
    if (!isFinished(warp) && releaseParked(warp))
      return;
  for (Warp &warp : block.warps)
    if (forceCollectives(warp))
      return;
  for (Warp &warp : block.warps)
    for (Fragment &fragment : warp.control->fragments)
      if (fragment.state == Fragment::State::AtBarrier) {
        useFrame(warp, *fragment.frame);
        return stopLaunch(warp, fragment.frame->code->ops[fragment.pc], fragment.lanes,
                          Fault::Deadlock, describeBarrier(block, fragment.barrier));
      }
  block.launch->stop = true; // cannot be
}

/// Runs the block for about `budget` warp instructions. True when it has finished.
static bool runBlock(Core &core, Block &block, uint64_t budget) {
  Launch &launch = core.launch;
  uint64_t seed = launch.options.seed;
  constexpr uint64_t warpQuantum = 8192;
  // A block that polls more than this probably waits for another.
  constexpr uint64_t mostPolls = 2048;
  uint64_t polls = 0;
  while (block.liveThreads && budget && !launch.stop && polls < mostPolls) {
    Warp *warp = pickWarp(block, seed);
    if (!warp) {
      unlock(block);
      continue;
    }
    uint64_t quantum = seed ? randomQuantum(block.random, 13) : warpQuantum;
    uint64_t before = warp->executed, most = launch.options.maximumSteps;
    uint64_t pollsBefore = warp->polls;
    uint64_t steps = launch.steps.load(std::memory_order_relaxed);
    // One more than allowed shows that it was not enough.
    uint64_t left = steps < most ? std::max(most - steps, most - steps + 1) : 1;
    runWarp(core, *warp, std::min({quantum, budget, left}));
    uint64_t used = warp->executed - before;
    bool polled = warp->polls != pollsBefore;
    polls += warp->polls - pollsBefore;
    // Between what it has seen of others and what it does about it, blocks that do the same run.
    if (seed && polled && nextRandom(block.random) & 1)
      budget = 0;
    budget -= std::min(budget, std::max<uint64_t>(used, 1));
    core.counters.warpInstructions += used;
    if (launch.steps.fetch_add(used, std::memory_order_relaxed) + used > most) {
      launch.outOfSteps = true;
      launch.stop = true;
    }
  }
  return !block.liveThreads;
}

static Running begin(Core &core, uint64_t position, uint64_t linear) {
  Running running;
  if (!core.idle.empty()) {
    running.block = std::move(core.idle.back());
    core.idle.pop_back();
  } else {
    running.block = std::make_unique<Block>();
  }
  running.position = position;
  startBlock(core, *running.block, running.checker, linear);
  return running;
}

static void end(Core &core, Running &running) {
  Reports &found = running.checker ? running.checker->reports() : running.reports;
  if (!found.empty())
    core.reports.push_back({running.position, std::move(found)});
  running.block->checker = nullptr;
  running.block->reports = nullptr;
  core.idle.push_back(std::move(running.block));
}

/// Blocks that share the device's multiprocessors at a time.
static uint64_t mostTogether(const Launch &launch) {
  const ArchitectureLimits &limits = launch.limits;
  uint64_t warps = (launch.threadsPerBlock + warpSize - 1) / warpSize;
  uint64_t each = std::min<uint64_t>(limits.blocksPerMultiprocessor,
                                     limits.warpsPerMultiprocessor / std::max<uint64_t>(warps, 1));
  if (launch.sharedBytes)
    each = std::min(each, limits.sharedPerMultiprocessor / launch.sharedBytes);
  if (uint32_t registers = launch.program.functions[launch.kernel].source->maximumRegisters)
    each = std::min<uint64_t>(each, limits.registersPerMultiprocessor /
                                        (uint64_t(registers) * warps * warpSize));
  return std::max<uint64_t>(each, 1) * limits.multiprocessors;
}

void sim::runBlocks(Core &core, std::atomic<uint64_t> &take, bool together,
                    const std::function<bool()> &interrupted) {
  Launch &launch = core.launch;
  BlockOrder order(launch.blocks, launch.options.seed);
  uint64_t most = together ? mostTogether(launch) : 1;
  constexpr uint64_t blockQuantum = 1 << 15;
  uint64_t random = launch.options.seed;
  std::vector<Running> running;
  size_t next = 0;
  while (!launch.stop) {
    if (running.empty() && interrupted && interrupted())
      return;
    // Another block begins when all that have begun used up their turn.
    if (next >= running.size() && running.size() < most) {
      uint64_t position = take.fetch_add(1);
      if (position < launch.blocks) {
        running.push_back(begin(core, position, order[position]));
        running.back().block->reports = &running.back().reports;
      } else {
        take.store(launch.blocks); // does not run over
        if (running.empty())
          break;
      }
    }
    if (next >= running.size())
      next = 0;
    Running &now = running[next];
    now.block->reports = &now.reports;
    uint64_t quantum = !together             ? ~0ull
                       : launch.options.seed ? randomQuantum(random, 16)
                                             : blockQuantum;
    if (!runBlock(core, *now.block, quantum)) {
      ++next;
      continue;
    }
    end(core, now);
    running.erase(running.begin() + static_cast<ptrdiff_t>(next));
  }
  for (Running &left : running)
    end(core, left);
}
