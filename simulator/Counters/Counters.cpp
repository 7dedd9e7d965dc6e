//===- Counters.cpp - what a launch costs by the hardware's rules -----------------------------===//
#include "simulator/Counters/Counters.h"

#include "simulator/Machine/Warp.h"

#include <algorithm>
#include <array>

using namespace sim;

void Counters::add(const Counters &other) {
  warpInstructions += other.warpInstructions;
  for (const auto &[opcode, count] : other.mix)
    mix[opcode] += count;
  flops += other.flops;
  globalRequests += other.globalRequests;
  globalSectors += other.globalSectors;
  globalIdealSectors += other.globalIdealSectors;
  sharedRequests += other.sharedRequests;
  sharedWays += other.sharedWays;
  barriers += other.barriers;
}

/// Distinct 32-byte sectors that the lanes touch; ideal: the fewest that hold as many distinct
/// bytes. Lanes that read the same bytes are served together.
static void countGlobal(const Access &access, LaneMask lanes, Counters &counters) {
  constexpr uint64_t sectorBytes = 32;
  std::array<std::pair<uint64_t, uint64_t>, warpSize> ranges;
  unsigned count = 0;
  forEachLane(lanes, [&](unsigned lane) {
    ranges[count++] = {access.address[lane], access.address[lane] + access.bytes};
  });
  std::sort(ranges.begin(), ranges.begin() + count);
  uint64_t sectors = 0, bytes = 0, nextSector = 0, covered = 0;
  for (unsigned i = 0; i < count; ++i) {
    auto [begin, end] = ranges[i];
    uint64_t first = std::max(begin / sectorBytes, nextSector);
    uint64_t last = (end - 1) / sectorBytes + 1;
    if (last > first)
      sectors += last - first;
    nextSector = std::max(nextSector, last);
    uint64_t fresh = std::max(begin, covered);
    if (end > fresh)
      bytes += end - fresh;
    covered = std::max(covered, end);
  }
  ++counters.globalRequests;
  counters.globalSectors += sectors;
  counters.globalIdealSectors += (bytes + sectorBytes - 1) / sectorBytes;
}

/// 32 banks of 4 bytes. An access of up to 4 bytes a lane is one phase; 8 bytes are two half-warps,
/// 16 four quarter-warps. The ways of a phase: the most distinct words that fall into one bank.
static uint64_t ways(const Access &access, LaneMask lanes) {
  constexpr unsigned banks = 32;
  unsigned perPhase = access.bytes <= 4 ? 32 : access.bytes <= 8 ? 16 : 8;
  uint64_t total = 0;
  for (unsigned first = 0; first < warpSize; first += perPhase) {
    LaneMask phase = lanes & (perPhase == 32 ? allLanes : ((1u << perPhase) - 1) << first);
    if (!phase)
      continue;
    std::array<uint64_t, 160> words;
    unsigned count = 0;
    forEachLane(phase, [&](unsigned lane) {
      uint64_t last = (access.address[lane] + access.bytes - 1) / 4;
      for (uint64_t word = access.address[lane] / 4; word <= last && count < words.size(); ++word)
        words[count++] = word;
    });
    std::sort(words.begin(), words.begin() + count);
    auto end = std::unique(words.begin(), words.begin() + count);
    std::array<uint8_t, banks> load{};
    unsigned most = 0;
    for (auto word = words.begin(); word != end; ++word)
      most = std::max<unsigned>(most, ++load[*word % banks]);
    total += most;
  }
  return total;
}

void sim::countAccess(Warp &warp, Counters &counters) {
  const Access &access = warp.access;
  if (LaneMask shared = access.lanes & access.shared) {
    ++counters.sharedRequests;
    counters.sharedWays += ways(access, shared);
  }
  if (LaneMask global = access.lanes & ~access.shared & ~access.local)
    countGlobal(access, global, counters);
}
