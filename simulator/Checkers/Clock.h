//===- Clock.h - what happened before what ------------------------------------------*- C++ -*-===//
//
// Happens-before between the threads of a launch, after the PTX memory model (PTX ISA 8): program
// order, barriers, and fence-atomic patterns. Every thread has a clock that advances when something
// of its past is made known to others; an access is stamped with the clock of its thread. A thread
// knows the past of another one up to some clock, kept at three distances: everything in the block
// before the last barrier of all its threads (one number, `floor`; but not what threads that had
// exited by then did after their own last barrier), the lanes of its own warp (a row of 32 numbers,
// made by bar.warp.sync), and everybody else (a shared, immutable Knowledge, made by barriers of
// some threads and by atomics).
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_CLOCK_H
#define DPC_SIMULATOR_CHECKERS_CLOCK_H

#include "simulator/Machine/Warp.h"

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sim {

/// A thread of the launch: block * (threads per block rounded up to whole warps) + thread.
using Agent = uint32_t;

/// Per thread of a block that has exited, the block's floor at that time; 0: it has not, and empty
/// until one has. Shared by all who know of the block: a floor that somebody learned earlier is not
/// larger than what is entered later, so that later entries change nothing for them.
using Exits = std::vector<uint32_t>;

/// Whether an access of `thread` at `clock` happened before the barrier that made `floor`.
inline bool isBelow(uint32_t floor, const Exits &exits, uint32_t thread, uint32_t clock) {
  return clock < floor && (exits.empty() || !exits[thread] || clock < exits[thread]);
}

/// Pasts that somebody knows of. Never changed once shared.
struct Knowledge {
  struct Past {
    uint32_t floor = 0;                   ///< accesses of any thread below it (isBelow), and
    std::map<uint32_t, uint32_t> threads; ///< of these threads up to these clocks
    std::shared_ptr<const Exits> exits;

    bool covers(uint32_t thread, uint32_t clock) const;
    /// Drops what the floor covers.
    void trim();
  };
  std::map<uint32_t, Past> blocks;

  bool covers(uint32_t block, uint32_t thread, uint32_t clock) const;
  void add(const Knowledge &other);
};
using KnowledgePtr = std::shared_ptr<const Knowledge>;

KnowledgePtr join(const KnowledgePtr &a, const KnowledgePtr &b);

/// The clocks of a block's threads.
class BlockClock {
public:
  BlockClock(uint32_t block, unsigned threads);

  uint32_t now(unsigned thread) const { return clocks[thread]; }
  uint32_t blockNumber() const { return block; }
  /// Changes with every barrier of all threads.
  uint32_t blockFloor() const { return floor; }
  /// Whether no thread of this block has exited: then the floor is above all earlier clocks.
  bool allRun() const { return exits->empty(); }
  /// Whether an access of a thread of this block happened before the last of these.
  bool isBelowFloor(uint32_t thread, uint32_t clock) const {
    return isBelow(floor, *exits, thread, clock);
  }

  /// Whether an access of another thread at `clock` happened before what `thread` does now.
  bool ordered(unsigned thread, uint32_t otherBlock, uint32_t otherThread, uint32_t clock) const {
    if (otherBlock == block && (otherThread == thread || isBelowFloor(otherThread, clock)))
      return true;
    return orderedFar(thread, otherBlock, otherThread, clock);
  }

  /// A barrier of all threads that have not exited.
  void barrier();
  /// `thread` arrives at a barrier and goes on.
  void arrive(unsigned thread, unsigned barrier);
  /// A barrier of some: of lanes `waiting[w]` of warp w, who learn of each other's past and of that
  /// of those who have arrived.
  void barrier(unsigned barrier, const std::vector<LaneMask> &waiting);
  void warpSync(unsigned warp, LaneMask members);
  /// What lanes have acquired from others is known to all that take part in a shuffle, vote, match
  /// or reduction with them; what they did themselves is not. PTX gives these no order at all, but
  /// NVIDIA's cooperative groups let one lane acquire for its warp that way.
  void passOn(unsigned warp, LaneMask members);
  void fence(unsigned thread, Access::Scope scope);
  void exit(unsigned thread);
  /// What a strong write of `thread` makes known to those who observe it: its past up to its last
  /// fence, of any scope to its own block and of a wider one to others. Null without one.
  KnowledgePtr published(unsigned thread, bool toOwnBlock);
  /// `thread` has observed a strong write, of its own block or not. Without acquire semantics the
  /// knowledge only counts after the next fence that is wide enough.
  void observe(unsigned thread, const KnowledgePtr &knowledge, bool ofOwnBlock, bool acquires);

private:
  using Row = std::array<uint32_t, warpSize>;
  struct Fence {
    uint32_t floor = 0, clock = 0; ///< clock 0: no fence yet
    KnowledgePtr far;
    Row row{};
    KnowledgePtr built; ///< of the above, once it is needed
  };
  struct Fences {
    Fence block, device;
  };
  struct Pending {
    KnowledgePtr ofOwnBlock, ofOthers;
  };

  bool orderedFar(unsigned thread, uint32_t otherBlock, uint32_t otherThread, uint32_t clock) const;
  void advance(unsigned thread) { top = std::max(top, ++clocks[thread]); }
  /// `thread` knows it from here on.
  void learn(unsigned thread, const KnowledgePtr &knowledge);
  /// The past of `thread` in its block, without what is in `far`.
  void addPast(Knowledge &to, unsigned thread) const;
  KnowledgePtr knownOfExited() const;
  bool hasExited(unsigned thread) const { return !exits->empty() && (*exits)[thread]; }
  Row &row(unsigned thread);

  uint32_t block;
  uint32_t floor = 1, top = 1;
  std::vector<uint32_t> clocks;
  std::shared_ptr<Exits> exits;
  std::array<std::unique_ptr<Knowledge>, barriersPerBlock> arrived; ///< null: nobody has
  std::vector<Row> rows;         ///< per thread; empty until the first warpSync
  std::vector<KnowledgePtr> far; ///< per thread; empty until the first
  std::vector<Pending> pending;  ///< observed without a fence so far; empty until the first
  std::vector<Fences> fences;    ///< per thread; empty until the first
};

/// Who executes a strong operation. Two of them can synchronise, and do not race, if the scope of
/// each includes the other's thread (PTX ISA 8.9.3, moral strength).
struct Party {
  uint32_t block;
  bool wide; ///< scope beyond the block
  bool reaches(const Party &other) const { return block == other.block || (wide && other.wide); }
};

/// What the last strong write to each address has made known, through atomics that observed it.
class Publications {
public:
  struct Publication {
    KnowledgePtr toOwnBlock, toOthers;
    Party writer;
  };
  bool empty() const { return flags.empty(); }
  /// Null if there is none that `reader` can observe.
  const Publication *observed(uint64_t address, const Party &reader) const;
  /// A strong store, or with `continues` an atomic, which also passes on what it observed.
  void publish(uint64_t address, Publication publication, bool continues);
  void erase(uint64_t address) { flags.erase(address); }

private:
  std::unordered_map<uint64_t, Publication> flags;
};

} // namespace sim
#endif
