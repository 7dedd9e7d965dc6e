//===- Clock.h - what happened before what ------------------------------------------*- C++ -*-===//
//
// Happens-before between the threads of a launch, after the PTX memory model (PTX ISA 8): program
// order, barriers, and fence-atomic patterns. Every thread has a clock that advances when something
// of its past is made known to others; an access is stamped with the clock of its thread. A thread
// knows the past of another one up to some clock, kept at three distances: everything in the block
// before the last barrier of all its threads (one number, `floor`), the lanes of its own warp (a
// row of 32 numbers, made by bar.warp.sync), and everybody else (a shared, immutable Knowledge,
// made by barriers of some threads and by atomics).
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

/// Pasts that somebody knows of. Never changed once shared.
struct Knowledge {
  struct Past {
    uint32_t floor = 0;                   ///< accesses of any thread with a smaller clock, and
    std::map<uint32_t, uint32_t> threads; ///< of these threads up to these clocks
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
  /// Accesses of this block's threads with a smaller clock happened before whatever comes now.
  uint32_t blockFloor() const { return floor; }

  /// Whether an access of another thread at `clock` happened before what `thread` does now.
  bool ordered(unsigned thread, uint32_t otherBlock, uint32_t otherThread, uint32_t clock) const {
    if (otherBlock == block && (clock < floor || otherThread == thread))
      return true;
    return orderedFar(thread, otherBlock, otherThread, clock);
  }

  /// A barrier of all threads that have not exited.
  void barrier();
  /// A barrier of some: `participants[w]` are lanes of warp w.
  void barrier(const std::vector<LaneMask> &participants);
  void warpSync(unsigned warp, LaneMask members);
  void fence(unsigned thread, Access::Scope scope);
  /// What a strong write of `thread` makes known to those who observe it: its past up to its last
  /// fence of at least `scope`. Null without one.
  KnowledgePtr published(unsigned thread, Access::Scope scope);
  /// `thread` has observed a strong write. Without acquire semantics the knowledge only counts
  /// after the next fence or barrier.
  void observe(unsigned thread, const KnowledgePtr &knowledge, bool acquires);

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

  bool orderedFar(unsigned thread, uint32_t otherBlock, uint32_t otherThread, uint32_t clock) const;
  void advance(unsigned thread) { top = std::max(top, ++clocks[thread]); }
  void settle(unsigned thread);
  Row &row(unsigned thread);

  uint32_t block;
  uint32_t floor = 1, top = 1;
  std::vector<uint32_t> clocks;
  std::vector<Row> rows;             ///< per thread; empty until the first warpSync
  std::vector<KnowledgePtr> far;     ///< per thread; empty until the first
  std::vector<KnowledgePtr> pending; ///< observed without a fence so far; empty until the first
  std::vector<Fences> fences;        ///< per thread; empty until the first
};

/// What the last strong write to each address has made known.
class Publications {
public:
  struct Publication {
    KnowledgePtr knowledge;
    Access::Scope scope;
    uint32_t block; ///< of the writer
  };
  bool empty() const { return flags.empty(); }
  /// Null if there is none that a thread of `block` can observe.
  KnowledgePtr observed(uint64_t address, uint32_t block) const;
  /// A strong store, or with `continues` an atomic, which also passes on what it observed.
  void publish(uint64_t address, KnowledgePtr knowledge, Access::Scope scope, uint32_t block,
               bool continues);
  void erase(uint64_t address) { flags.erase(address); }

private:
  std::unordered_map<uint64_t, Publication> flags;
};

} // namespace sim
#endif
