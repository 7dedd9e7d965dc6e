//===- Footprint.h - the global memory that one piece of work has used --------------*- C++ -*-===//
//
// Bytes read and written, for comparing work that nothing orders: launches bit by bit, as the
// shadows of their accesses say; copies and fills, which may be large, as ranges.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_CHECKERS_FOOTPRINT_H
#define DPC_SIMULATOR_CHECKERS_FOOTPRINT_H

#include "simulator/Checkers/PageTable.h"

#include <algorithm>
#include <bitset>
#include <map>
#include <vector>

namespace sim {

/// Which kinds of access there were to a byte. Strong ones (atomics and the like, of a scope wider
/// than a block) do not race with one another.
struct Use {
  bool read = false, written = false, weak = false;
};

class Footprint {
public:
  /// Adds the `Use useOf(word, byte)` of the bytes of a page, word by word; of a word that is not
  /// split() they are all the same.
  template <class UseOf, class Split> void addPage(uint64_t number, UseOf useOf, Split isSplit) {
    Page &page = pages[number];
    widen(number * pageBytes, (number + 1) * pageBytes);
    for (unsigned word = 0; word < wordsPerPage; ++word) {
      bool split = isSplit(word);
      Use use = useOf(word, 0);
      if (!split && !use.read && !use.written)
        continue;
      for (unsigned byte = 0; byte < 4; ++byte) {
        if (split && byte)
          use = useOf(word, byte);
        page.read[4 * word + byte] = page.read[4 * word + byte] | use.read;
        page.written[4 * word + byte] = page.written[4 * word + byte] | use.written;
        page.weak[4 * word + byte] = page.weak[4 * word + byte] | use.weak;
      }
    }
  }
  /// Ranges come by address and do not overlap, apart for reads and for writes.
  void addRange(uint64_t begin, uint64_t bytes, bool written);
  bool empty() const { return pages.empty() && reads.empty() && writes.empty(); }

  /// False if the two cannot have a byte in common.
  bool isNear(const Footprint &other) const { return first < other.last && other.first < last; }

  struct Conflict {
    bool exists = false;
    uint64_t address = 0;
    bool mineWrites = false, otherWrites = false;
  };
  /// A byte that both have used and at least one has written.
  Conflict conflictWith(const Footprint &other) const;

private:
  struct Page {
    std::bitset<pageBytes> read, written, weak;
  };
  struct Range {
    uint64_t begin, end;
  };
  using Ranges = std::vector<Range>;

  void widen(uint64_t begin, uint64_t end) {
    first = std::min(first, begin);
    last = std::max(last, end);
  }
  static Conflict between(const Ranges &mine, const Ranges &other);
  Conflict withPages(const Ranges &ranges, bool written) const;

  std::map<uint64_t, Page> pages; ///< by number
  Ranges reads, writes;
  uint64_t first = ~0ull, last = 0; ///< all lies in [first, last)
};

} // namespace sim
#endif
