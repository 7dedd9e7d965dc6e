//===- PhaseShadow.h - who accessed each byte, between barriers ---------------------*- C++ -*-===//
//
// Where nothing orders threads but barriers of all threads of a block (Program::barriersOnly), two
// accesses of different threads are ordered exactly if they are of one block and a barrier lies
// between them. Then the last write and two readers of a byte suffice to tell whether any access to
// it is in conflict, and which of the past races with the present one.
//
// A barrier does not order what threads did after their last barrier that had exited when it came:
// that is as unordered as if it were of another block.
//
// A phase is what lies between two barriers of a block. Phases of all blocks of a core have numbers
// of their own, which grow with time.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_PHASESHADOW_H
#define DPC_SIMULATOR_CHECKERS_PHASESHADOW_H

#include "simulator/Checkers/Clock.h"
#include "simulator/Checkers/Footprint.h"
#include "simulator/Checkers/PageTable.h"

namespace sim {

/// The warp that accesses memory.
struct PhaseAccessor {
  Agent firstOfBlock;
  uint32_t agentsPerBlock; ///< threads per block rounded up to whole warps
  Agent firstOfWarp;
  uint32_t phase;
  const uint32_t *exitPhases; ///< of the block's threads; 0: it runs. Null while all run.
};

/// The lanes of an access that are in conflict, each with the earlier access.
struct PhaseConflicts {
  LaneMask lanes = 0;
  LaneMask otherWrites = 0;
  Agent other[warpSize];
};

class PhaseShadow {
public:
  PhaseShadow();
  ~PhaseShadow();
  /// Records accesses of `bytes` bytes each at `address[lane]`.
  void read(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address, unsigned bytes,
            PhaseConflicts &conflicts);
  void write(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address, unsigned bytes,
             PhaseConflicts &conflicts);
  /// Whether a byte was accessed in both, and written in one.
  bool conflictsWith(const PhaseShadow &other) const;
  /// Adds all accesses to `footprint`.
  void collect(Footprint &footprint) const;

private:
  struct Reader {
    Agent agent = 0; ///< 1 + agent; 0: nobody
    uint32_t phase = 0;
  };
  /// Agents are 1 + agent; 0: nobody. The readers have read since the write. If they are of one
  /// block and run, no other thread of it has read in a later phase; the second one is there if
  /// another thread has read in the phase of the first, or another block has.
  struct Record {
    Reader writer, first, second;
  };
  struct Page;

  static Record *split(Page &page, unsigned word);
  template <bool writes> struct Step;
  template <bool writes, unsigned words>
  bool accessWords(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address,
                   PhaseConflicts &conflicts);
  template <bool writes>
  void access(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address, unsigned bytes,
              PhaseConflicts &conflicts);

  PageTable<Page> pages;
};

} // namespace sim
#endif
