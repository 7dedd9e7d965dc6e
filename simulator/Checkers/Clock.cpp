//===- Clock.cpp - what happened before what --------------------------------------------------===//
#include "simulator/Checkers/Clock.h"

#include <algorithm>
#include <bit>

using namespace sim;

bool Knowledge::covers(uint32_t block, uint32_t thread, uint32_t clock) const {
  auto past = blocks.find(block);
  if (past == blocks.end())
    return false;
  if (clock < past->second.floor)
    return true;
  auto known = past->second.threads.find(thread);
  return known != past->second.threads.end() && clock <= known->second;
}

void Knowledge::add(const Knowledge &other) {
  for (const auto &[number, past] : other.blocks) {
    Past &mine = blocks[number];
    mine.floor = std::max(mine.floor, past.floor);
    for (auto [thread, clock] : past.threads) {
      uint32_t &known = mine.threads[thread];
      known = std::max(known, clock);
    }
    std::erase_if(mine.threads, [&](const auto &entry) { return entry.second < mine.floor; });
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

BlockClock::BlockClock(uint32_t block, unsigned threads) : block(block), clocks(threads, 1) {}

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

/// What was observed without a fence counts from here on.
void BlockClock::settle(unsigned thread) {
  if (pending.empty() || !pending[thread])
    return;
  if (far.empty())
    far.resize(clocks.size());
  far[thread] = join(far[thread], pending[thread]);
  pending[thread] = nullptr;
}

void BlockClock::barrier() {
  floor = ++top;
  std::fill(clocks.begin(), clocks.end(), floor);
  for (unsigned thread = 0; thread < clocks.size(); ++thread)
    settle(thread);
  if (far.empty())
    return;
  KnowledgePtr all;
  for (const KnowledgePtr &one : far)
    all = join(all, one);
  std::fill(far.begin(), far.end(), all);
}

template <class Callback>
static void forEach(const std::vector<LaneMask> &participants, Callback callback) {
  for (unsigned warp = 0; warp < participants.size(); ++warp)
    for (LaneMask left = participants[warp]; left; left &= left - 1)
      callback(warp * warpSize + std::countr_zero(left));
}

void BlockClock::barrier(const std::vector<LaneMask> &participants) {
  auto all = std::make_shared<Knowledge>();
  KnowledgePtr last;
  if (far.empty())
    far.resize(clocks.size());
  forEach(participants, [&](unsigned thread) {
    settle(thread);
    if (far[thread] && far[thread] != last)
      all->add(*(last = far[thread]));
  });
  Knowledge::Past &here = all->blocks[block];
  here.floor = floor;
  auto learn = [&](unsigned thread, uint32_t clock) {
    uint32_t &known = here.threads[thread];
    known = std::max(known, clock);
  };
  forEach(participants, [&](unsigned thread) {
    learn(thread, clocks[thread]);
    for (unsigned lane = 0; !rows.empty() && lane < warpSize; ++lane)
      if (rows[thread][lane] >= floor)
        learn(thread / warpSize * warpSize + lane, rows[thread][lane]);
  });
  std::erase_if(here.threads, [&](const auto &entry) { return entry.second < floor; });
  forEach(participants, [&](unsigned thread) {
    far[thread] = all;
    advance(thread);
  });
}

void BlockClock::warpSync(unsigned warp, LaneMask members) {
  Row joined{};
  KnowledgePtr all;
  unsigned first = warp * warpSize;
  for (LaneMask left = members; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    const Row &known = row(first + lane);
    for (unsigned other = 0; other < warpSize; ++other)
      joined[other] = std::max(joined[other], known[other]);
    settle(first + lane);
    if (!far.empty())
      all = join(all, far[first + lane]);
  }
  for (LaneMask left = members; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    joined[lane] = std::max(joined[lane], clocks[first + lane]);
  }
  for (LaneMask left = members; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    rows[first + lane] = joined;
    if (all)
      far[first + lane] = all;
    advance(first + lane);
  }
}

void BlockClock::fence(unsigned thread, Access::Scope scope) {
  settle(thread);
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

KnowledgePtr BlockClock::published(unsigned thread, Access::Scope scope) {
  if (fences.empty())
    return nullptr;
  Fence &fence = scope == Access::Scope::Block ? fences[thread].block : fences[thread].device;
  if (fence.clock == 0)
    return nullptr;
  if (fence.built)
    return fence.built;
  auto past = fence.far ? std::make_shared<Knowledge>(*fence.far) : std::make_shared<Knowledge>();
  Knowledge::Past &here = past->blocks[block];
  here.floor = std::max(here.floor, fence.floor);
  unsigned first = thread / warpSize * warpSize;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    if (fence.row[lane] >= here.floor)
      here.threads[first + lane] = std::max(here.threads[first + lane], fence.row[lane]);
  here.threads[thread] = std::max(here.threads[thread], fence.clock);
  fence.built = past;
  return past;
}

void BlockClock::observe(unsigned thread, const KnowledgePtr &knowledge, bool acquires) {
  std::vector<KnowledgePtr> &known = acquires ? far : pending;
  if (known.empty())
    known.resize(clocks.size());
  known[thread] = join(known[thread], knowledge);
}

KnowledgePtr Publications::observed(uint64_t address, uint32_t block) const {
  auto flag = flags.find(address);
  if (flag == flags.end())
    return nullptr;
  const Publication &published = flag->second;
  if (published.scope == Access::Scope::Block && published.block != block)
    return nullptr;
  return published.knowledge;
}

void Publications::publish(uint64_t address, KnowledgePtr knowledge, Access::Scope scope,
                           uint32_t block, bool continues) {
  auto flag = flags.find(address);
  if (flag != flags.end() && continues) {
    if (!knowledge)
      return;
    flag->second = {join(flag->second.knowledge, knowledge), scope, block};
    return;
  }
  if (!knowledge) {
    if (flag != flags.end())
      flags.erase(flag);
    return;
  }
  flags[address] = {std::move(knowledge), scope, block};
}
