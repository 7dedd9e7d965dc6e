//===- Races.cpp - who read and wrote each byte -----------------------------------------------===//
#include "simulator/Checkers/Races.h"

#include <algorithm>
#include <bit>

using namespace sim;

/// Further warps that read a byte are forgotten: their races with a later write go unreported.
static constexpr size_t mostReaders = 256;

struct Shadow::Page {
  std::array<Record, wordsPerPage> words;
  /// Words whose bytes went different ways: their four records. Null until there is one.
  std::unique_ptr<std::array<std::unique_ptr<std::array<Record, 4>>, wordsPerPage>> bytes;

  bool isSplit(unsigned word) const { return bytes && (*bytes)[word]; }
  const Record &at(unsigned word, unsigned byte) const {
    return isSplit(word) ? (*(*bytes)[word])[byte] : words[word];
  }
};

Shadow::Shadow() : sets(1) {}
Shadow::~Shadow() = default;

template <class Visit> Conflict Shadow::visit(uint64_t address, unsigned bytes, Visit visitRecord) {
  Conflict first;
  auto note = [&](const Conflict &conflict) {
    if (conflict.exists && !first.exists)
      first = conflict;
  };
  uint64_t end = address + bytes;
  while (address < end) {
    Page &in = pages[address / pageBytes];
    unsigned word = address % pageBytes / 4, from = address % 4;
    unsigned to = static_cast<unsigned>(std::min<uint64_t>(4, from + (end - address)));
    if (!in.isSplit(word) && from == 0 && to == 4) {
      note(visitRecord(in.words[word]));
    } else {
      if (!in.bytes)
        in.bytes =
            std::make_unique<std::array<std::unique_ptr<std::array<Record, 4>>, wordsPerPage>>();
      auto &own = (*in.bytes)[word];
      if (!own) {
        own = std::make_unique<std::array<Record, 4>>();
        for (Record &record : *own) {
          record = in.words[word];
          if (record.readers) { // every byte gets a set of its own
            sets.push_back(sets[record.readers]);
            record.readers = static_cast<uint32_t>(sets.size() - 1);
          }
        }
      }
      for (unsigned byte = from; byte < to; ++byte)
        note(visitRecord((*own)[byte]));
    }
    address += to - from;
  }
  return first;
}

/// Whether agent's access at `clock` happened before what `by` does now, or needs no order.
static bool harmless(const Accessor &by, Agent agent, uint32_t clock, Strength strength) {
  uint32_t block = agent / by.agentsPerBlock;
  Party me{by.clock.blockNumber(), by.strength == Strength::Wide};
  if (by.strength != Strength::Weak && strength != Strength::Weak &&
      me.reaches({block, strength == Strength::Wide}))
    return true;
  return by.clock.ordered(by.thread, block, agent % by.agentsPerBlock, clock);
}

Conflict Shadow::readRecord(const Accessor &by, Record &record) {
  Conflict conflict;
  if (record.writer && !harmless(by, record.writer - 1, record.writeClock, record.writeStrength))
    conflict = {true, true, record.writer - 1};

  Agent me = by.agent();
  uint32_t now = by.clock.now(by.thread);
  if (record.several) {
    remember(by, record, me, now, by.strength);
    return conflict;
  }
  if (record.reader == me + 1) {
    // A weak read stays one until somebody else reads.
    record.readClock = now;
    record.readStrength = std::min(record.readStrength, by.strength);
  } else if (record.reader == 0 ||
             by.clock.ordered(by.thread, (record.reader - 1) / by.agentsPerBlock,
                              (record.reader - 1) % by.agentsPerBlock, record.readClock)) {
    record.reader = me + 1;
    record.readClock = now;
    record.readStrength = by.strength;
  } else {
    if (!record.readers) {
      sets.emplace_back();
      record.readers = static_cast<uint32_t>(sets.size() - 1);
    }
    Readers &set = sets[record.readers];
    set.list.clear();
    set.mixed = false;
    set.floor = by.clock.blockFloor();
    set.block = by.clock.blockNumber();
    record.several = true;
    remember(by, record, record.reader - 1, record.readClock, record.readStrength);
    remember(by, record, me, now, by.strength);
    record.reader = 0;
  }
  return conflict;
}

/// Whether all of them read before the last barrier of the accessor's block, for certain.
bool Shadow::isPast(const Accessor &by, const Readers &set) {
  return !set.mixed && set.block == by.clock.blockNumber() && set.floor < by.clock.blockFloor() &&
         by.clock.allRun();
}

void Shadow::remember(const Accessor &by, Record &record, Agent agent, uint32_t clock,
                      Strength strength) {
  Readers &set = sets[record.readers];
  uint32_t block = agent / by.agentsPerBlock, warp = agent / warpSize;
  if (block != set.block) {
    set.mixed = true;
  } else if (!set.mixed && set.floor != by.clock.blockFloor()) {
    // Whoever reads after a barrier stands for those before it.
    std::erase_if(set.list, [&](Reader &reader) {
      if (by.clock.allRun())
        return true;
      forEachLane(reader.lanes, [&](unsigned lane) {
        if (by.clock.isBelowFloor((reader.warp * warpSize + lane) % by.agentsPerBlock,
                                  reader.clock))
          reader.lanes &= ~(1u << lane);
      });
      return reader.lanes == 0;
    });
    set.floor = by.clock.blockFloor();
  }
  LaneMask lane = 1u << agent % warpSize;
  for (Reader &reader : set.list)
    if (reader.warp == warp && reader.clock == clock && reader.strength == strength) {
      reader.lanes |= lane;
      return;
    }
  // The later read of a thread stands for its earlier ones.
  std::erase_if(set.list, [&](Reader &reader) {
    if (reader.warp == warp && reader.strength == strength)
      reader.lanes &= ~lane;
    return reader.lanes == 0;
  });
  if (set.list.size() < mostReaders)
    set.list.push_back({warp, lane, clock, strength});
}

Conflict Shadow::writeRecord(const Accessor &by, Record &record) {
  Conflict conflict;
  if (record.writer && !harmless(by, record.writer - 1, record.writeClock, record.writeStrength))
    conflict = {true, true, record.writer - 1};
  if (record.reader && !conflict.exists &&
      !harmless(by, record.reader - 1, record.readClock, record.readStrength))
    conflict = {true, false, record.reader - 1};
  if (record.several && !conflict.exists && !isPast(by, sets[record.readers]))
    for (const Reader &reader : sets[record.readers].list)
      for (LaneMask left = reader.lanes; left && !conflict.exists; left &= left - 1) {
        Agent agent = reader.warp * warpSize + std::countr_zero(left);
        if (!harmless(by, agent, reader.clock, reader.strength))
          conflict = {true, false, agent};
      }
  record.writer = by.agent() + 1;
  record.writeClock = by.clock.now(by.thread);
  record.writeStrength = by.strength;
  record.reader = 0;
  record.several = false;
  return conflict;
}

Conflict Shadow::read(const Accessor &by, uint64_t address, unsigned bytes) {
  return visit(address, bytes, [&](Record &record) { return readRecord(by, record); });
}

Conflict Shadow::write(const Accessor &by, uint64_t address, unsigned bytes) {
  return visit(address, bytes, [&](Record &record) { return writeRecord(by, record); });
}

bool Shadow::touches(const Record &a, const Record &b) {
  auto used = [](const Record &record) { return record.writer || record.reader || record.several; };
  return (a.writer && used(b)) || (b.writer && used(a));
}

bool Shadow::conflictsWith(const Shadow &other) const {
  return pages.anyShared(other.pages, [&](const Page &mine, const Page &theirs) {
    for (unsigned word = 0; word < wordsPerPage; ++word)
      for (unsigned byte = 0; byte < 4; ++byte) {
        if (byte && !mine.isSplit(word) && !theirs.isSplit(word))
          break;
        if (touches(mine.at(word, byte), theirs.at(word, byte)))
          return true;
      }
    return false;
  });
}

void Shadow::collect(Footprint &footprint) const {
  // The scope of a block includes no thread of another launch.
  auto isWeak = [](Strength strength) { return strength != Strength::Wide; };
  auto useOf = [&](const Record &record) {
    bool weak = (record.writer && isWeak(record.writeStrength)) ||
                (record.reader && isWeak(record.readStrength));
    if (record.several)
      for (const Reader &reader : sets[record.readers].list)
        weak |= isWeak(reader.strength);
    return Use{record.reader || record.several, record.writer != 0, weak};
  };
  pages.forEach([&](uint64_t number, const Page &page) {
    footprint.addPage(
        number, [&](unsigned word, unsigned byte) { return useOf(page.at(word, byte)); },
        [&](unsigned word) { return page.isSplit(word); });
  });
}
