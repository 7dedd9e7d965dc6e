//===- BlockChecker.h - what the checkers hear about a running block ----------------*- C++ -*-===//
//
// The machine calls these hooks, with checkers on, after the instruction has executed. Everything a
// block does to its own memory is judged here; what it does to global memory goes to the
// GridChecker of its core, which knows the other blocks.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_BLOCKCHECKER_H
#define DPC_SIMULATOR_CHECKERS_BLOCKCHECKER_H

#include "simulator/Checkers/Clock.h"
#include "simulator/Checkers/PhaseShadow.h"
#include "simulator/Checkers/Races.h"
#include "simulator/Checkers/Report.h"
#include "simulator/Machine/Warp.h"

#include <string>

namespace sim {

/// Global memory as seen by the blocks of one core: who accessed which bytes, and what atomics have
/// published. One for a launch on one core.
class GridChecker {
public:
  /// `barriersOnly`: as in Program; then the shadows of phases do the work of the general ones.
  GridChecker(uint32_t threadsPerBlock, bool barriersOnly);
  /// Whether blocks of the two cores touched a byte that one of them wrote: the launch has a race,
  /// or an order that only a run on one core shows. Exact reports come from running it there again.
  bool conflictsWith(const GridChecker &other) const;
  /// Adds all accesses of the blocks to `footprint`.
  void collect(Footprint &footprint) const;

private:
  friend class BlockChecker;
  uint32_t threadsPerBlock; ///< rounded up to whole warps
  bool barriersOnly;
  uint32_t phases = 0;     ///< so far
  Shadow memory;           ///< keyed by device address
  PhaseShadow phaseMemory; ///< the same, with barriersOnly
  Publications flags;      ///< of atomics and strong stores to global memory
};

class BlockChecker {
public:
  BlockChecker(Block &block, GridChecker &grid, unsigned threads);

  /// Warp::access of an executed load, store or atomic: races, copies in flight, and what strong
  /// operations publish or observe. Poison is moved by the `check` handlers themselves.
  void onAccess(Warp &warp, const Op &op);
  /// cp.async was issued: `shared` are offsets of the destination, `bytes` per lane. The global
  /// side is reported through onAccess as a read.
  void onAsyncCopy(Warp &warp, const Op &op, LaneMask lanes, const uint64_t *shared,
                   unsigned bytes);
  /// Copies that the wait_group or wait_all of `lanes` has completed.
  void onAsyncComplete(Warp &warp, LaneMask lanes, const uint64_t *shared, unsigned bytes);
  /// `lanes` arrive at a barrier and go on.
  void onArrive(Warp &warp, LaneMask lanes, unsigned barrier);
  /// A barrier phase of the block is complete. `waiting[w]`: lanes of warp w that waited in it.
  /// `everyone`: all lanes of the block that have not exited.
  void onBarrier(unsigned barrier, const std::vector<LaneMask> &waiting, bool everyone);
  /// A collective of `lanes` is about to execute.
  void onCollective(Warp &warp, const Op &op, LaneMask lanes);
  /// membar, fence, and the fence half of acquire, release and acq_rel operations.
  void onFence(Warp &warp, LaneMask lanes, Access::Scope scope);
  /// Lanes leave the kernel. `pendingGroups`: those with cp.async groups not waited for.
  void onExit(Warp &warp, const Op &op, LaneMask lanes, LaneMask pendingGroups);

  /// A fault at `op`, for the first lane of `lanes`; `message` is one sentence.
  void report(Warp &warp, const Op &op, LaneMask lanes, Fault fault, std::string message);
  Reports &reports() { return found; }

private:
  void race(Warp &warp, const Op &op, unsigned lane, const Conflict &conflict, bool shared,
            uint64_t address, bool writes);
  /// onAccess with barriersOnly.
  void phaseAccess(Warp &warp, const Op &op);
  PhaseAccessor phaseAccessor(const Warp &warp) const;
  void races(Warp &warp, const Op &op, const PhaseConflicts &conflicts, LaneMask shared,
             const uint64_t *address, bool writes);
  /// Whether the lanes store the same bytes to the same place.
  bool storesAlike(Warp &warp, const Op &op, unsigned lane, unsigned other) const;
  void strong(Warp &warp, unsigned lane, const Access &access);
  /// Whether a cp.async to one of the bytes is in flight.
  bool flies(uint64_t address, unsigned bytes) const;
  void inFlight(Warp &warp, const Op &op);

  Block &block;
  GridChecker &grid;
  BlockClock clock;
  Shadow memory;           ///< of shared memory, keyed by offset
  PhaseShadow phaseMemory; ///< the same, with GridChecker::barriersOnly
  uint32_t phase;
  std::vector<uint32_t> exitPhases; ///< PhaseAccessor::exitPhases; empty until somebody exits
  Publications flags;               ///< of atomics and strong stores to shared memory
  /// Per byte of shared memory: 1 + the thread whose cp.async will write it, 0 = none.
  std::vector<uint16_t> flying;
  unsigned flyingBytes = 0;
  Reports found;
};

} // namespace sim
#endif
