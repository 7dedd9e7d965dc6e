//===- Clock.cpp - what happened before what --------------------------------------------------===//
#include "simulator/Checkers/Clock.h"

#include <algorithm>
#include <utility>

using namespace sim;

bool Knowledge::Past::covers(uint32_t thread, uint32_t clock) const {
  if (isBelow(floor, *exits, thread, clock))
    return true;
  auto known = threads.find(thread);
  return known != threads.end() && clock <= known->second;
}

void Knowledge::Past::trim() {
  std::erase_if(threads, [&](const auto &entry) {
    return isBelow(floor, *exits, entry.first, entry.second);
  });
}

bool Knowledge::covers(uint32_t block, uint32_t thread, uint32_t clock) const {
  auto past = blocks.find(block);
  return past != blocks.end() && past->second.covers(thread, clock);
}

void Knowledge::add(const Knowledge &other) {
  for (const auto &[number, past] : other.blocks) {
    Past &mine = blocks[number];
    mine.floor = std::max(mine.floor, past.floor);
    mine.exits = past.exits;
    for (auto [thread, clock] : past.threads) {
      uint32_t &known = mine.threads[thread];
      known = std::max(known, clock);
    }
    mine.trim();
  }
}

KnowledgePtr sim::join(const KnowledgePtr &a, const KnowledgePtr &b) {
  if (!a || a == b)
    return b;
  if (!b)
    return a;
  auto both = std::make_shared<Knowledge>(*a);
  both->add(*b);
  return both;
}

BlockClock::BlockClock(uint32_t block, unsigned threads)
    : block(block), clocks(threads, 1), exits(std::make_shared<Exits>()) {}

BlockClock::Row &BlockClock::row(unsigned thread) {
  if (rows.empty())
    rows.resize(clocks.size());
  return rows[thread];
}

bool BlockClock::orderedFar(unsigned thread, uint32_t otherBlock, uint32_t otherThread,
                            uint32_t clock) const {
  if (otherBlock == block && otherThread / warpSize == thread / warpSize && !rows.empty() &&
      rows[thread][otherThread % warpSize] >= clock)
    return true;
  return !far.empty() && far[thread] && far[thread]->covers(otherBlock, otherThread, clock);
}

void BlockClock::learn(unsigned thread, const KnowledgePtr &knowledge) {
  if (!knowledge)
    return;
  if (far.empty())
    far.resize(clocks.size());
  far[thread] = join(far[thread], knowledge);
}

/// What the living know, through bar.warp.sync, of exited lanes: no floor covers it.
KnowledgePtr BlockClock::knownOfExited() const {
  if (rows.empty() || exits->empty())
    return nullptr;
  Knowledge::Past past;
  past.exits = exits;
  for (unsigned thread = 0; thread < clocks.size(); ++thread)
    if (uint32_t exit = (*exits)[thread])
      for (unsigned lane = 0, first = thread / warpSize * warpSize; lane < warpSize; ++lane)
        if (uint32_t clock = rows[first + lane][thread - first];
            clock >= exit && !hasExited(first + lane))
          past.threads[thread] = std::max(past.threads[thread], clock);
  if (past.threads.empty())
    return nullptr;
  auto known = std::make_shared<Knowledge>();
  known->blocks[block] = std::move(past);
  return known;
}

void BlockClock::barrier() {
  floor = ++top;
  std::fill(clocks.begin(), clocks.end(), floor);
  KnowledgePtr all = knownOfExited();
  if (far.empty() && !all)
    return;
  far.resize(clocks.size());
  for (unsigned thread = 0; thread < clocks.size(); ++thread)
    if (!hasExited(thread))
      all = join(all, far[thread]);
  std::fill(far.begin(), far.end(), all);
}

template <class Callback>
static void forEach(const std::vector<LaneMask> &lanes, Callback callback) {
  for (unsigned warp = 0; warp < lanes.size(); ++warp)
    forEachLane(lanes[warp], [&](unsigned lane) { callback(warp * warpSize + lane); });
}

void BlockClock::addPast(Knowledge &to, unsigned thread) const {
  Knowledge::Past &here = to.blocks[block];
  here.floor = std::max(here.floor, floor);
  here.exits = exits;
  auto add = [&](unsigned other, uint32_t clock) {
    if (isBelow(here.floor, *exits, other, clock))
      return;
    uint32_t &known = here.threads[other];
    known = std::max(known, clock);
  };
  add(thread, clocks[thread]);
  for (unsigned lane = 0; !rows.empty() && lane < warpSize; ++lane)
    if (rows[thread][lane])
      add(thread / warpSize * warpSize + lane, rows[thread][lane]);
}

void BlockClock::arrive(unsigned thread, unsigned barrier) {
  if (!arrived[barrier])
    arrived[barrier] = std::make_unique<Knowledge>();
  if (!far.empty() && far[thread])
    arrived[barrier]->add(*far[thread]);
  addPast(*arrived[barrier], thread);
  advance(thread);
}

void BlockClock::barrier(unsigned barrier, const std::vector<LaneMask> &waiting) {
  std::shared_ptr<Knowledge> all = std::move(arrived[barrier]);
  if (!all)
    all = std::make_shared<Knowledge>();
  if (far.empty())
    far.resize(clocks.size());
  KnowledgePtr last; // usually that of all
  forEach(waiting, [&](unsigned thread) {
    if (far[thread] && far[thread] != last)
      all->add(*(last = far[thread]));
    addPast(*all, thread);
  });
  forEach(waiting, [&](unsigned thread) {
    far[thread] = all;
    advance(thread);
  });
}

void BlockClock::warpSync(unsigned warp, LaneMask members) {
  Row joined{};
  KnowledgePtr all;
  unsigned first = warp * warpSize;
  forEachLane(members, [&](unsigned lane) {
    const Row &known = row(first + lane);
    for (unsigned other = 0; other < warpSize; ++other)
      joined[other] = std::max(joined[other], known[other]);
    if (!far.empty())
      all = join(all, far[first + lane]);
  });
  forEachLane(members,
              [&](unsigned lane) { joined[lane] = std::max(joined[lane], clocks[first + lane]); });
  forEachLane(members, [&](unsigned lane) {
    rows[first + lane] = joined;
    if (all)
      far[first + lane] = all;
    advance(first + lane);
  });
}

void BlockClock::passOn(unsigned warp, LaneMask members) {
  if (far.empty())
    return;
  KnowledgePtr all;
  unsigned first = warp * warpSize;
  forEachLane(members, [&](unsigned lane) { all = join(all, far[first + lane]); });
  forEachLane(members, [&](unsigned lane) { far[first + lane] = all; });
}

void BlockClock::fence(unsigned thread, Access::Scope scope) {
  if (!pending.empty()) {
    learn(thread, std::exchange(pending[thread].ofOwnBlock, nullptr));
    if (scope != Access::Scope::Block)
      learn(thread, std::exchange(pending[thread].ofOthers, nullptr));
  }
  if (fences.empty())
    fences.resize(clocks.size());
  Fence now;
  now.floor = floor;
  now.clock = clocks[thread];
  if (!far.empty())
    now.far = far[thread];
  if (!rows.empty())
    now.row = rows[thread];
  if (scope != Access::Scope::Block)
    fences[thread].device = now;
  fences[thread].block = std::move(now);
  advance(thread);
}

void BlockClock::exit(unsigned thread) {
  if (exits->empty())
    exits->resize(clocks.size());
  (*exits)[thread] = floor;
}

KnowledgePtr BlockClock::published(unsigned thread, bool toOwnBlock) {
  if (fences.empty())
    return nullptr;
  Fence &fence = toOwnBlock ? fences[thread].block : fences[thread].device;
  if (fence.clock == 0)
    return nullptr;
  if (fence.built)
    return fence.built;
  auto past = fence.far ? std::make_shared<Knowledge>(*fence.far) : std::make_shared<Knowledge>();
  Knowledge::Past &here = past->blocks[block];
  here.floor = std::max(here.floor, fence.floor);
  here.exits = exits;
  unsigned first = thread / warpSize * warpSize;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (fence.row[lane])
      here.threads[first + lane] = std::max(here.threads[first + lane], fence.row[lane]);
  here.threads[thread] = std::max(here.threads[thread], fence.clock);
  here.trim();
  fence.built = past;
  return past;
}

void BlockClock::observe(unsigned thread, const KnowledgePtr &knowledge, bool ofOwnBlock,
                         bool acquires) {
  if (acquires)
    return learn(thread, knowledge);
  if (pending.empty())
    pending.resize(clocks.size());
  KnowledgePtr &known = ofOwnBlock ? pending[thread].ofOwnBlock : pending[thread].ofOthers;
  known = join(known, knowledge);
}

const Publications::Publication *Publications::observed(uint64_t address,
                                                        const Party &reader) const {
  auto flag = flags.find(address);
  return flag != flags.end() && flag->second.writer.reaches(reader) ? &flag->second : nullptr;
}

void Publications::publish(uint64_t address, Publication publication, bool continues) {
  if (const Publication *before = continues ? observed(address, publication.writer) : nullptr) {
    bool same = before->writer.block == publication.writer.block;
    publication.toOwnBlock =
        join(same ? before->toOwnBlock : before->toOthers, publication.toOwnBlock);
    publication.toOthers = join(before->toOthers, publication.toOthers);
  }
  if (publication.toOwnBlock || publication.toOthers)
    flags[address] = std::move(publication);
  else
    flags.erase(address);
}
