//===- PhaseShadow.cpp - who accessed each byte, between barriers -----------------------------===//
#include "simulator/Checkers/PhaseShadow.h"

#include <algorithm>
#include <bit>

using namespace sim;

struct PhaseShadow::Page {
  std::array<Record, wordsPerPage> words;
  /// Words whose bytes went different ways have four records in `bytes` instead.
  std::array<bool, wordsPerPage> isSplit = {};
  std::vector<std::array<Record, 4>> bytes; ///< per word; empty until there is one

  const Record &at(unsigned word, unsigned byte) const {
    return isSplit[word] ? bytes[word][byte] : words[word];
  }
};

PhaseShadow::PhaseShadow() = default;
PhaseShadow::~PhaseShadow() = default;

PhaseShadow::Record *PhaseShadow::split(Page &page, unsigned word) {
  if (page.bytes.empty())
    page.bytes.resize(wordsPerPage);
  if (!page.isSplit[word]) {
    page.isSplit[word] = true;
    page.bytes[word].fill(page.words[word]);
  }
  return page.bytes[word].data();
}

/// One thread's access of one record. Returns the access that it is in conflict with, or null.
template <bool writes> struct PhaseShadow::Step {
  const PhaseAccessor by;

  /// Whether a barrier of this block can order that access.
  bool isMine(const Reader &past) const {
    uint32_t thread = past.agent - 1 - by.firstOfBlock; // modulo 2^32
    return thread < by.agentsPerBlock && (!by.exitPhases || by.exitPhases[thread] != past.phase);
  }

  /// Whether the access of another time and maybe another thread races with that of `me` now.
  [[gnu::always_inline]] bool races(const Reader &past, Agent me) const {
    if (past.phase == by.phase)
      return past.agent != me;
    return past.agent && !isMine(past);
  }

  [[gnu::always_inline]] const Reader *operator()(Record &record, Agent me, Reader &before) const {
    bool conflict = races(record.writer, me);
    before = record.writer;
    if constexpr (writes) {
      if (!conflict && races(record.first, me)) {
        conflict = true;
        before = record.first;
      }
      if (!conflict && races(record.second, me)) {
        conflict = true;
        before = record.second;
      }
      bool isWrite = before.agent == record.writer.agent && before.phase == record.writer.phase;
      record.writer = {me, by.phase};
      record.first = record.second = {};
      return !conflict ? nullptr : isWrite ? &record.writer : &before;
    } else {
      remember(record, me);
      return conflict ? &record.writer : nullptr;
    }
  }

  [[gnu::always_inline]] void remember(Record &record, Agent me) const {
    Reader &first = record.first, &second = record.second;
    if (second.phase == by.phase || (first.phase == by.phase && first.agent == me)) [[likely]]
      return;
    if (!first.agent) {
      first = {me, by.phase};
    } else if (isMine(first)) {
      bool secondMatters = second.agent && !isMine(second);
      if (first.phase != by.phase) { // ordered before whatever comes after us
        first = {me, by.phase};
        if (!secondMatters)
          second = {};
      } else if (!secondMatters) {
        second = {me, by.phase};
      }
    } else if (!second.agent || isMine(second) || sameBlock(first.agent, second.agent)) {
      second = {me, by.phase}; // with two blocks, whoever writes races with one of them
    }
  }

  bool sameBlock(Agent a, Agent b) const {
    return (a - 1) / by.agentsPerBlock == (b - 1) / by.agentsPerBlock;
  }
};

static void note(PhaseConflicts &conflicts, unsigned lane, Agent other, bool otherWrites) {
  LaneMask bit = 1u << lane;
  if (conflicts.lanes & bit)
    return;
  conflicts.lanes |= bit;
  conflicts.other[lane] = other;
  if (otherWrites)
    conflicts.otherWrites |= bit;
}

/// The usual access: of whole words within one page that were never accessed otherwise. False if
/// it is none, with nothing done.
template <bool writes, unsigned words>
bool PhaseShadow::accessWords(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address,
                              PhaseConflicts &conflicts) {
  uint64_t base = address[std::countr_zero(lanes)] / pageBytes * pageBytes, wrong = 0;
  if (lanes == allLanes)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      wrong |= (address[lane] - base) & ~uint64_t(pageBytes - 4 * words);
  else
    for (LaneMask left = lanes; left; left &= left - 1)
      wrong |= (address[std::countr_zero(left)] - base) & ~uint64_t(pageBytes - 4 * words);
  if (wrong)
    return false;
  Page &in = pages[base / pageBytes];
  if (!in.bytes.empty())
    return false;
  Step<writes> step{by};
  const Record *previous = nullptr;
  bool again = false;
  for (LaneMask left = lanes; left; left &= left - 1) {
    auto lane = static_cast<unsigned>(std::countr_zero(left));
    Record *record = &in.words[(address[lane] - base) / 4];
    if constexpr (!writes) {
      // The third thread of a warp to read a word in a row adds nothing.
      if (record == previous) {
        if (again && !conflicts.lanes)
          continue;
        again = true;
      } else {
        again = false;
        previous = record;
      }
    }
    for (unsigned word = 0; word < words; ++word, ++record) {
      if constexpr (!writes)
        if (record->second.phase == by.phase && record->writer.phase != by.phase &&
            (step.isMine(record->writer) || !record->writer.agent)) [[likely]]
          continue;
      Reader before;
      if (const Reader *past = step(*record, by.firstOfWarp + lane + 1, before)) [[unlikely]]
        note(conflicts, lane, before.agent - 1, past == &record->writer);
    }
  }
  return true;
}

template <bool writes>
void PhaseShadow::access(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address,
                         unsigned bytes, PhaseConflicts &conflicts) {
  if ((bytes == 4 && accessWords<writes, 1>(by, lanes, address, conflicts)) ||
      (bytes == 8 && accessWords<writes, 2>(by, lanes, address, conflicts)) ||
      (bytes == 16 && accessWords<writes, 4>(by, lanes, address, conflicts))) [[likely]]
    return;
  Step<writes> step{by};
  uint64_t number = ~0ull;
  Page *in = nullptr;
  auto visit = [&](unsigned lane, Record &record) {
    Reader before;
    const Reader *past = step(record, by.firstOfWarp + lane + 1, before);
    if (past) [[unlikely]]
      note(conflicts, lane, before.agent - 1, past == &record.writer);
  };
  for (LaneMask left = lanes; left; left &= left - 1) {
    unsigned lane = static_cast<unsigned>(std::countr_zero(left));
    uint64_t at = address[lane], end = at + bytes;
    while (at < end) {
      if (at / pageBytes != number) {
        number = at / pageBytes;
        in = &pages[number];
      }
      unsigned word = at % pageBytes / 4, from = at % 4;
      auto to = static_cast<unsigned>(std::min<uint64_t>(4, from + (end - at)));
      if (from == 0 && to == 4 && !in->isSplit[word]) [[likely]] {
        visit(lane, in->words[word]);
      } else {
        Record *records = split(*in, word);
        for (unsigned byte = from; byte < to; ++byte)
          visit(lane, records[byte]);
      }
      at += to - from;
    }
  }
}

void PhaseShadow::read(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address,
                       unsigned bytes, PhaseConflicts &conflicts) {
  access<false>(by, lanes, address, bytes, conflicts);
}

void PhaseShadow::write(const PhaseAccessor &by, LaneMask lanes, const uint64_t *address,
                        unsigned bytes, PhaseConflicts &conflicts) {
  access<true>(by, lanes, address, bytes, conflicts);
}

bool PhaseShadow::conflictsWith(const PhaseShadow &other) const {
  return pages.anyShared(other.pages, [&](const Page &mine, const Page &theirs) {
    for (unsigned word = 0; word < wordsPerPage; ++word)
      for (unsigned byte = 0; byte < 4; ++byte) {
        if (byte && !mine.isSplit[word] && !theirs.isSplit[word])
          break;
        const Record &a = mine.at(word, byte), &b = theirs.at(word, byte);
        if ((a.writer.agent && (b.writer.agent || b.first.agent)) ||
            (b.writer.agent && a.first.agent))
          return true;
      }
    return false;
  });
}

void PhaseShadow::collect(Footprint &footprint) const {
  pages.forEach([&](uint64_t number, const Page &page) {
    footprint.addPage(
        number,
        [&](unsigned word, unsigned byte) {
          const Record &record = page.at(word, byte);
          return Use{record.first.agent != 0, record.writer.agent != 0, true};
        },
        [&](unsigned word) { return page.isSplit[word]; });
  });
}
