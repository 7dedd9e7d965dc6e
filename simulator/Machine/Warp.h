//===- Warp.h - the state of warps and blocks while they run ------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_WARP_H
#define DPC_SIMULATOR_MACHINE_WARP_H

#include "simulator/Machine/Memory.h"
#include "simulator/Machine/Program.h"

#include <array>

namespace sim {

struct Block;
class BlockChecker; // Checkers/BlockChecker.h
struct Counters;    // Counters/Counters.h
class Reports;      // Checkers/Report.h
class Launch;       // Machine/Machine.h

/// Which bytes of a register's lanes are not initialised. `bytes[lane]`: bit b for byte b; only
/// meaningful for lanes in `any`.
struct Poison {
  LaneMask any = 0;
  uint8_t bytes[warpSize] = {};
};

/// A memory access of one instruction, resolved by its `run` handler and left for its `check` and
/// `count` handlers.
struct Access {
  enum class Kind : uint8_t { Read, Write, Atomic };
  enum class Order : uint8_t { Weak, Volatile, Relaxed, Acquire, Release, AcquireRelease };
  enum class Scope : uint8_t { Block, Device, System };
  Kind kind = Kind::Read;
  Order order = Order::Weak;
  Scope scope = Scope::System;
  uint16_t bytes = 0;         ///< per lane, all elements of a vector
  LaneMask lanes = 0;         ///< lanes whose address was legal; the others have been reported
  LaneMask shared = 0;        ///< of those: lanes that go to shared memory,
  LaneMask local = 0;         ///< to local memory or `.param` space of calls (private to the lane);
                              ///< the rest go to global or constant memory
  uint64_t address[warpSize]; ///< offset in shared or local memory, device address in global memory
  /// Poison of the bytes at `host` (not 0: not initialised); null where all are initialised. Filled
  /// with checkers on only.
  uint8_t *poison[warpSize];
  std::byte *host[warpSize];        ///< where the bytes are
  Allocation *allocation[warpSize]; ///< global lanes
};

struct Warp {
  // What handlers use.
  std::byte *slots = nullptr;
  LaneMask *predicates = nullptr;
  Poison *poison = nullptr;
  LaneMask *predicatePoison = nullptr;
  Block *block = nullptr;
  Access access;
  LaneMask carry = 0; ///< CC.CF of every lane (PTX ISA, extended-precision arithmetic)

  unsigned index = 0;    ///< in its block
  LaneMask existing = 0; ///< lanes that were launched
  LaneMask exited = 0;
  uint64_t executed = 0; ///< warp instructions so far
  /// Loads and atomics so far that a loop may use to wait for other threads.
  uint64_t polls = 0;
  /// Whether `access` has to be filled: checkers or counters are on.
  bool observed = false;
  /// The allocations that global accesses have hit last, by instruction.
  static constexpr unsigned recentAllocations = 8;
  Allocation *recent[recentAllocations] = {};

  // See Machine/Control.h for the rest: program counters, divergence, frames, local memory.
  struct Control;
  std::unique_ptr<Control> control;

  Warp();
  Warp(Warp &&) noexcept;
  ~Warp();
};

/// The lanes of a value slot, as T (32- or 64-bit).
template <class T> inline Lanes<T> &lanes(Warp &warp, uint32_t slot) {
  return *reinterpret_cast<Lanes<T> *>(warp.slots + size_t(slot) * slotBytes);
}

/// A barrier of the block while some threads have arrived and others have not.
struct NamedBarrier {
  uint32_t expected = 0; ///< threads; 0: all that have not exited
  bool any = false, all = true;
  uint32_t count = 0;                 ///< of lanes whose predicate holds, for bar.red.popc
  std::vector<LaneMask> participants; ///< per warp; empty while nobody has arrived
  std::vector<LaneMask> waiting;      ///< of those; the others go on (bar.arrive)
};
/// The last one is barrier.cluster: clusters have one block.
constexpr unsigned clusterBarrier = 16, barriersPerBlock = 17;

struct Block {
  Launch *launch = nullptr;
  uint64_t linear = 0; ///< x + nx * (y + ny * z)
  uint32_t coordinates[3] = {0, 0, 0};
  std::vector<Warp> warps;
  std::array<NamedBarrier, barriersPerBlock> barriers;
  uint32_t liveThreads = 0; ///< that have not exited
  size_t lastWarp = 0;      ///< that ran
  uint64_t random = 0;      ///< state of the numbers that decide about the order of its warps
  std::vector<std::byte> shared;
  std::vector<uint8_t> sharedPoison; ///< as Allocation::poison; empty with checkers off
  BlockChecker *checker = nullptr;   ///< null with checkers off
  Reports *reports = nullptr;        ///< what the machine itself finds, with checkers off
  Counters *counters = nullptr;      ///< of the core that runs the block; null with counters off
};

} // namespace sim
#endif
