//===- Machine.h - a launch while it runs -------------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_MACHINE_H
#define DPC_SIMULATOR_MACHINE_MACHINE_H

#include "simulator/Checkers/BlockChecker.h"
#include "simulator/Machine/Control.h"
#include "simulator/Machine/Launch.h"
#include "simulator/Machine/Locate.h"
#include "simulator/Machine/Random.h"

#include <atomic>
#include <functional>
#include <span>

namespace sim {

/// What all cores of a launch share.
class Launch {
public:
  const LoadedModule &module;
  const Program &program;
  ptx::FunctionId kernel;
  const LaunchShape &shape;
  Memory &memory;
  const LaunchOptions &options;
  ArchitectureLimits limits;
  uint32_t threadsPerBlock = 0;
  uint64_t blocks = 0;
  uint64_t sharedBytes = 0; ///< of a block, static and dynamic
  /// Where a cooperative launch has its size and the barrier of its blocks, two words
  /// (cooperative_groups/details/driver_abi.h); else 0.
  uint64_t gridWorkspace = 0;
  /// Warp instructions of blocks that have finished, or are accounted for otherwise.
  std::atomic<uint64_t> steps = 0;
  /// A fault ended the launch (trap, deadlock, steps).
  std::atomic<bool> stop = false;
  std::atomic<bool> outOfSteps = false;
  std::string output = {}; ///< of printf; whoever prints runs on one core (Program::communicates)
};

/// How often each op ran, for the instruction mix.
struct OpCounts {
  std::vector<uint64_t> executions, activeLanes;
};

/// One host thread and the blocks that it runs.
struct Core {
  Launch &launch;
  std::unique_ptr<GridChecker> checker; ///< null with checkers off
  Counters counters;
  std::vector<OpCounts> opCounts;                    ///< per function; empty with counters off
  std::vector<std::unique_ptr<Block>> idle;          ///< finished blocks whose memory is reused
  std::vector<std::pair<uint64_t, Reports>> reports; ///< by position in the order of blocks
};

// Frames.cpp
/// Prepares the warps of a block to begin the kernel.
void startBlock(Core &core, Block &block, std::unique_ptr<BlockChecker> &checker, uint64_t linear);
/// A frame of `function`; null when the lanes' local memory is exhausted.
Frame *enterFrame(Warp &warp, uint32_t function, Frame *caller, LaneMask lanes);
void leaveFrame(Warp &warp, Frame *frame);
/// `which` is the operand's number where one Special stands for several registers.
uint64_t specialValue(const Warp &warp, ptx::Special special, uint64_t which, unsigned lane);

// Divergence.cpp
/// Splits the current fragment, whose lanes `taken` go to `target` and all others to `next`.
void split(Warp &warp, const Op &op, LaneMask taken, uint32_t target, uint32_t next);
/// Several targets at once: lanes[i] go to targets[i].
struct Way {
  uint32_t target;
  LaneMask lanes;
};
void splitAll(Warp &warp, const Op &op, std::span<const Way> ways);
/// brx.idx.
void branchIndexed(Warp &warp, const Op &op, LaneMask lanes);
/// The lanes of the current fragment are where its join is: they wait there for the others.
void park(Warp &warp);
/// `lanes` of the current fragment leave the kernel. The fragment keeps the others, at `next`.
void exitLanes(Warp &warp, const Op &op, LaneMask lanes, uint32_t next);
void call(Warp &warp, const Op &op, LaneMask lanes, uint32_t next);
void returnLanes(Warp &warp, LaneMask lanes, uint32_t next);
/// Lets all parked lanes go on. False if there are none.
bool releaseParked(Warp &warp);
/// Fragments at the same place that wait for the same join become one.
void mergeFragments(Warp &warp);

/// The lanes of the current fragment outside of `lanes` go on alone, at `next`.
void splitOff(Warp &warp, LaneMask lanes, uint32_t next);

// Barrier.cpp
/// The current fragment executes `op` for `lanes`.
void arriveAtBarrier(Warp &warp, const Op &op, LaneMask lanes);
/// Completes barriers that only waited for threads that have exited.
void recheckBarriers(Block &block);
/// Whether the block waits for a barrier; in words, for a report.
std::string describeBarrier(const Block &block, unsigned number);

// Convergence.cpp
/// As above, for an instruction that waits for the lanes of its member mask.
void arriveAtCollective(Warp &warp, LaneMask lanes);
/// Runs collectives without the lanes that cannot come, and reports that. False if none waits.
bool forceCollectives(Warp &warp);
/// Runs what has all its lanes.
void runCollectives(Warp &warp);

// Machine.cpp
/// Runs warps until nothing of this one is ready or `budget` warp instructions are over.
void runWarp(Core &core, Warp &warp, uint64_t budget);
bool isReady(const Warp &warp);
bool isFinished(const Warp &warp);
/// A fault found by the machine.
void report(Warp &warp, const Op &op, LaneMask lanes, Fault fault, std::string message);
/// The same, ending the launch.
void stopLaunch(Warp &warp, const Op &op, LaneMask lanes, Fault fault, std::string message);
/// Calls the handlers of `op`, with those of checkers and counters that are on.
void execute(Warp &warp, const Op &op, LaneMask lanes);
/// Makes the registers of `frame` those that handlers see.
void useFrame(Warp &warp, Frame &frame);

// Schedule.cpp
/// Runs blocks of the launch until they are done; `take` hands out positions in their order.
/// `together`: they may wait for one another. Returns early between blocks when `interrupted`.
void runBlocks(Core &core, std::atomic<uint64_t> &take, bool together,
               const std::function<bool()> &interrupted);

// AsyncCopy.cpp
void landAll(Warp &warp, LaneMask lanes);

// External.cpp
/// Executes a call of a function without a body (vprintf, malloc ...).
void callExternal(Warp &warp, const Op &op, LaneMask lanes, const ptx::Function &function,
                  const CallSite &site);

} // namespace sim
#endif
