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
  if (bytes > limit - std::min(limit, usedBytes) || bytes > (1ull << 40))
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

bool Memory::free(uint64_t base) {
  auto at = allocations.find(base);
  if (at == allocations.end() || !at->second->live)
    return false;
  Allocation &allocation = *at->second;
  allocation.live = false;
  allocation.storage.reset();
  allocation.poison.reset();
  allocation.data = nullptr;
  usedBytes -= allocation.bytes;
  size_t freed = 0;
  if (allocations.size() > mostFreed) {
    for (auto each = allocations.begin(); each != allocations.end();) {
      bool forget = !each->second->live && each != at && ++freed > mostFreed / 2;
      each = forget ? allocations.erase(each) : std::next(each);
    }
  }
  return true;
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
