//===- Races.h - who read and wrote each byte ---------------------------------------*- C++ -*-===//
//
// Per byte, the last write and the reads since then that are not ordered before one another, kept
// per 4-byte word for as long as its bytes are accessed together (after FastTrack, Flanagan and
// Freund, PLDI 2009).
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_RACES_H
#define DPC_SIMULATOR_CHECKERS_RACES_H

#include "simulator/Checkers/Clock.h"
#include "simulator/Checkers/Footprint.h"
#include "simulator/Checkers/PageTable.h"

namespace sim {

/// The earlier access that an access is in conflict with and not ordered after.
struct Conflict {
  bool exists = false;
  bool otherWrites = false;
  Agent other = 0;
};

/// Strong accesses (atomic, volatile, relaxed ...) have the scope of the block, or a wider one
/// (Party).
enum class Strength : uint8_t { Weak, Block, Wide };

/// The accessing thread, as the shadow needs it.
struct Accessor {
  const BlockClock &clock;
  uint32_t agentsPerBlock; ///< threads per block rounded up to whole warps
  unsigned thread;         ///< in its block
  Strength strength;

  Agent agent() const { return clock.blockNumber() * agentsPerBlock + thread; }
};

class Shadow {
public:
  Shadow();
  ~Shadow();
  /// Records an access of `bytes` bytes; returns the first conflict.
  Conflict read(const Accessor &by, uint64_t address, unsigned bytes);
  Conflict write(const Accessor &by, uint64_t address, unsigned bytes);
  bool conflictsWith(const Shadow &other) const;
  /// Adds all accesses to `footprint`.
  void collect(Footprint &footprint) const;

private:
  struct Record {
    Agent writer = 0; ///< 1 + agent; 0: nobody
    Agent reader = 0; ///< 1 + agent; 0: nobody, or those of `readers`
    uint32_t writeClock = 0, readClock = 0;
    uint32_t readers = 0; ///< index of a set in `sets`; 0: none was ever needed
    Strength writeStrength = Strength::Weak, readStrength = Strength::Weak;
    bool several = false; ///< the readers are those of the set
  };
  /// Lanes of a warp that have last read at a clock.
  struct Reader {
    uint32_t warp; ///< agent / 32
    LaneMask lanes;
    uint32_t clock;
    Strength strength;
  };
  struct Readers {
    std::vector<Reader> list;
    uint32_t floor = 0; ///< of the block when the set was begun
    uint32_t block = 0;
    bool mixed = false; ///< readers of several blocks
  };
  struct Page;

  template <class Visit> Conflict visit(uint64_t address, unsigned bytes, Visit visit);
  Conflict readRecord(const Accessor &by, Record &record);
  Conflict writeRecord(const Accessor &by, Record &record);
  void remember(const Accessor &by, Record &record, Agent agent, uint32_t clock, Strength strength);
  static bool isPast(const Accessor &by, const Readers &set);
  static bool touches(const Record &a, const Record &b);

  PageTable<Page> pages;
  std::vector<Readers> sets;
};

} // namespace sim
#endif
