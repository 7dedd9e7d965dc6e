//===- Memory.cpp - allocations of the simulated device ---------------------------------------===//
#include "simulator/Machine/Memory.h"

#include "simulator/Machine/Journal.h"

#include <algorithm>
#include <cstring>
#include <thread>

using namespace sim;

Allocation::Allocation() = default;
Allocation::~Allocation() = default;

/// Freed allocations are remembered for messages; beyond this many the oldest are forgotten.
static constexpr size_t mostFreed = 4096;

Allocation *Memory::allocate(uint64_t bytes, std::string name, bool initialised) {
  uint64_t span = std::max<uint64_t>(bytes, 1);
  // Addresses are not given out again, so that a use after free is seen; there are 10 TiB of them.
  constexpr uint64_t most = 1ull << 40;
  if (bytes > limit - std::min(limit, usedBytes) || bytes > most || next > deviceEnd - 2 * most)
    return nullptr;
  auto allocation = std::make_unique<Allocation>();
  allocation->base = next;
  allocation->bytes = bytes;
  allocation->name = std::move(name);
  try {
    // A vector load may touch up to its own width; the tail keeps host memory mapped for it.
    allocation->storage = std::make_unique<std::byte[]>(span);
    if (!initialised) {
      allocation->poison = std::make_unique_for_overwrite<uint8_t[]>(span);
      std::memset(allocation->poison.get(), 0xff, span);
    }
  } catch (const std::bad_alloc &) {
    return nullptr;
  }
  allocation->data = allocation->storage.get();
  usedBytes += bytes;
  // The gap catches accesses beyond the end even when the size is a multiple of the alignment.
  uint64_t gap = allocationAlignment;
  next += (span + gap + allocationAlignment - 1) / allocationAlignment * allocationAlignment;
  Allocation *result = allocation.get();
  allocations.emplace(result->base, std::move(allocation));
  return result;
}

Allocation *Memory::map(uint64_t base, uint64_t bytes, std::byte *data, std::string name) {
  if (bytes > ~base || (base < deviceEnd && base + bytes > deviceBase))
    return nullptr;
  auto first = allocations.upper_bound(base);
  if (first != allocations.begin()) {
    auto before = std::prev(first);
    if (before->first + before->second->bytes > base)
      first = before;
  }
  auto last = allocations.lower_bound(base + bytes);
  for (auto at = first; at != last; ++at)
    if (at->second->live)
      return nullptr;
  // The host gives addresses out again: what was freed there is forgotten.
  allocations.erase(first, last);
  auto allocation = std::make_unique<Allocation>();
  allocation->base = base;
  allocation->bytes = bytes;
  allocation->name = std::move(name);
  allocation->data = data;
  return allocations.insert_or_assign(base, std::move(allocation)).first->second.get();
}

void Memory::release(Allocation &allocation) {
  allocation.storage.reset();
  allocation.poison.reset();
  allocation.data = nullptr;
}

void Memory::forgetOldest() {
  if (allocations.size() <= mostFreed)
    return;
  auto freed = static_cast<size_t>(std::count_if(
      allocations.begin(), allocations.end(), [](const auto &each) { return !each.second->live; }));
  for (auto each = allocations.begin(); each != allocations.end() && freed > mostFreed / 2;) {
    bool forget = !each->second->live;
    freed -= forget;
    each = forget ? allocations.erase(each) : std::next(each);
  }
}

bool Memory::free(uint64_t base) {
  auto at = allocations.find(base);
  if (at == allocations.end() || !at->second->live)
    return false;
  Allocation &allocation = *at->second;
  allocation.live = false;
  if (allocation.storage)
    usedBytes -= allocation.bytes;
  if (isRunning) {
    freedMeanwhile.push_back(&allocation);
    return true;
  }
  release(allocation);
  forgetOldest();
  return true;
}

void Memory::setRunning(bool running) {
  isRunning = running;
  if (running)
    return;
  for (Allocation *allocation : freedMeanwhile)
    release(*allocation);
  freedMeanwhile.clear();
  forgetOldest();
}

Allocation *Memory::find(uint64_t address) {
  auto above = allocations.upper_bound(address);
  return above == allocations.begin() ? nullptr : std::prev(above)->second.get();
}

Journal::Journal(Allocation &of)
    : of(of), count((std::max<uint64_t>(of.bytes, 1) + chunkBytes - 1) / chunkBytes),
      chunks(std::make_unique<Chunk[]>(count)) {}

uint64_t Journal::sizeOf(uint64_t chunk) const {
  return std::min(chunkBytes, of.bytes - chunk * chunkBytes);
}

void Journal::save(uint64_t number) {
  Chunk &chunk = chunks[number];
  State expected = State::Fresh;
  if (!chunk.state.compare_exchange_strong(expected, State::Saving)) {
    // Somebody else copies it: nothing may be written before that is done.
    while (chunk.state.load(std::memory_order_acquire) != State::Saved)
      std::this_thread::yield();
    return;
  }
  uint64_t at = number * chunkBytes, bytes = sizeOf(number);
  chunk.data = std::make_unique_for_overwrite<std::byte[]>(bytes);
  std::memcpy(chunk.data.get(), of.data + at, bytes);
  if (of.poison) {
    chunk.poison = std::make_unique_for_overwrite<std::byte[]>(bytes);
    std::memcpy(chunk.poison.get(), of.poison.get() + at, bytes);
  }
  chunk.state.store(State::Saved, std::memory_order_release);
}

void Journal::restore() {
  for (uint64_t number = 0; number < count; ++number) {
    Chunk &chunk = chunks[number];
    if (chunk.state.load() != State::Saved)
      continue;
    uint64_t at = number * chunkBytes, bytes = sizeOf(number);
    std::memcpy(of.data + at, chunk.data.get(), bytes);
    if (chunk.poison)
      std::memcpy(of.poison.get() + at, chunk.poison.get(), bytes);
  }
}
