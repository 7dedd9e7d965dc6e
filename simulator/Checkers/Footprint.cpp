//===- Footprint.cpp - the global memory that one piece of work has used ----------------------===//
#include "simulator/Checkers/Footprint.h"

#include <algorithm>

using namespace sim;

void Footprint::addRange(uint64_t begin, uint64_t bytes, bool written) {
  Ranges &ranges = written ? writes : reads;
  if (!ranges.empty() && ranges.back().end == begin)
    ranges.back().end += bytes;
  else if (bytes)
    ranges.push_back({begin, begin + bytes});
  if (bytes)
    widen(begin, begin + bytes);
}

Footprint::Conflict Footprint::between(const Ranges &mine, const Ranges &other) {
  for (auto a = mine.begin(), b = other.begin(); a != mine.end() && b != other.end();) {
    if (a->begin < b->end && b->begin < a->end)
      return {true, std::max(a->begin, b->begin)};
    a->end < b->end ? ++a : ++b;
  }
  return {};
}

/// Between our pages, which it calls mine, and the ranges of somebody else.
Footprint::Conflict Footprint::withPages(const Ranges &ranges, bool written) const {
  for (const Range &range : ranges)
    for (auto at = pages.lower_bound(range.begin / pageBytes);
         at != pages.end() && at->first * pageBytes < range.end; ++at) {
      const auto &[number, page] = *at;
      std::bitset<pageBytes> used = written ? page.read | page.written : page.written;
      if (used.none())
        continue;
      uint64_t first = std::max(range.begin, number * pageBytes);
      uint64_t end = std::min(range.end, (number + 1) * pageBytes);
      for (uint64_t address = first; address < end; ++address)
        if (used[address % pageBytes])
          return {true, address, page.written[address % pageBytes], written};
    }
  return {};
}

Footprint::Conflict Footprint::conflictWith(const Footprint &other) const {
  if (!isNear(other))
    return {};
  for (bool written : {true, false}) {
    if (Conflict found = withPages(written ? other.writes : other.reads, written); found.exists)
      return found;
    if (Conflict found = other.withPages(written ? writes : reads, written); found.exists)
      return {true, found.address, found.otherWrites, found.mineWrites};
  }
  for (auto [mine, theirs] : {std::pair{true, true}, {true, false}, {false, true}})
    if (Conflict found = between(mine ? writes : reads, theirs ? other.writes : other.reads);
        found.exists)
      return {true, found.address, mine, theirs};
  for (const auto &[number, page] : pages) {
    auto at = other.pages.find(number);
    if (at == other.pages.end())
      continue;
    const Page &theirs = at->second;
    auto both = ((page.written & (theirs.read | theirs.written)) | (page.read & theirs.written)) &
                (page.weak | theirs.weak);
    if (both.none())
      continue;
    for (unsigned byte = 0; byte < pageBytes; ++byte)
      if (both[byte])
        return {true, number * pageBytes + byte, page.written[byte], theirs.written[byte]};
  }
  return {};
}
