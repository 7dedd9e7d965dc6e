//===- BlockChecker.cpp - what the checkers hear about a running block ------------------------===//
#include "simulator/Checkers/BlockChecker.h"

#include "simulator/Machine/Locate.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace sim;

static unsigned threadOf(const Warp &warp, unsigned lane) { return warp.index * warpSize + lane; }

static uint32_t roundedToWarps(uint32_t threads) {
  return (threads + warpSize - 1) / warpSize * warpSize;
}

GridChecker::GridChecker(uint32_t threadsPerBlock, bool barriersOnly)
    : threadsPerBlock(roundedToWarps(threadsPerBlock)), barriersOnly(barriersOnly) {}

bool GridChecker::conflictsWith(const GridChecker &other) const {
  return barriersOnly ? phaseMemory.conflictsWith(other.phaseMemory)
                      : memory.conflictsWith(other.memory);
}

void GridChecker::collect(Footprint &footprint) const {
  barriersOnly ? phaseMemory.collect(footprint) : memory.collect(footprint);
}

BlockChecker::BlockChecker(Block &block, GridChecker &grid, unsigned threads)
    : block(block), grid(grid), clock(static_cast<uint32_t>(block.linear), roundedToWarps(threads)),
      phase(++grid.phases), flying(block.shared.size()) {}

void BlockChecker::report(Warp &warp, const Op &op, LaneMask lanes, Fault fault,
                          std::string message) {
  Report report = locate(warp, op, lanes);
  report.fault = fault;
  report.message = std::move(message);
  found.add(std::move(report));
}

/// CUDA defines what happens where lanes of one instruction store to one place: one of them does
/// (programming guide, SIMT architecture). With the same value it does not matter which. `other`
/// has stored last, so if it is a lane before this one, it was by this instruction.
bool BlockChecker::storesAlike(Warp &warp, const Op &op, unsigned lane, unsigned other) const {
  const Access &access = warp.access;
  if (instructionOf(warp, op).opcode != ptx::Opcode::St || other > lane ||
      !(access.lanes >> other & 1) || access.address[lane] != access.address[other] ||
      ((access.shared >> lane ^ access.shared >> other) & 1))
    return false;
  const OperandRole *begin = op.roles, *end = op.roles + op.operandCount;
  auto isValue = [](OperandRole role) { return role.kind == OperandRole::Kind::ValueIn; };
  size_t bytes = access.bytes / std::max<ptrdiff_t>(std::count_if(begin, end, isValue), 1);
  for (unsigned i = 0; i < op.operandCount; ++i) {
    if (!isValue(op.roles[i]))
      continue;
    auto stored = [&](unsigned which) {
      uint64_t value = op.roles[i].bytes == 8 ? lanes<uint64_t>(warp, op.operands[i])[which]
                                              : lanes<uint32_t>(warp, op.operands[i])[which];
      return bytes < 8 ? value & ((1ull << 8 * bytes) - 1) : value;
    };
    if (stored(lane) != stored(other))
      return false;
  }
  return true;
}

void BlockChecker::race(Warp &warp, const Op &op, unsigned lane, const Conflict &conflict,
                        bool shared, uint64_t address, bool writes) {
  uint32_t otherBlock = conflict.other / grid.threadsPerBlock;
  uint32_t otherThread = conflict.other % grid.threadsPerBlock;
  if (writes && conflict.otherWrites && otherBlock == block.linear &&
      otherThread / warpSize == warp.index && storesAlike(warp, op, lane, otherThread % warpSize))
    return;
  std::string where = shared ? describeShared(block, address)
                             : describeGlobal(warp.access.allocation[lane], address);
  std::string who = otherBlock == block.linear
                        ? fmt::format("thread {}", otherThread)
                        : fmt::format("block {} thread {}", otherBlock, otherThread);
  report(
      warp, op, 1u << lane, Fault::Race,
      fmt::format("{} {} and an earlier {} by {} are not ordered by a barrier, or by a fence and "
                  "an atomic",
                  writes ? "this write to" : "this read of", where,
                  conflict.otherWrites ? "write" : "read", who));
}

/// Whether the scope of a strong access is wider than the block.
static bool isWide(const Access &access) {
  // A volatile access is relaxed at system scope (PTX ISA 8.6).
  return access.order == Access::Order::Volatile || access.scope != Access::Scope::Block;
}

/// What a strong operation observes and makes known.
void BlockChecker::strong(Warp &warp, unsigned lane, const Access &access) {
  Publications &to = access.shared >> lane & 1 ? flags : grid.flags;
  uint64_t address = access.address[lane];
  unsigned thread = threadOf(warp, lane);
  Party me{clock.blockNumber(), isWide(access)};
  bool acquires = access.kind == Access::Kind::Atomic || access.order == Access::Order::Acquire ||
                  access.order == Access::Order::AcquireRelease;
  if (access.kind != Access::Kind::Write)
    if (const Publications::Publication *seen = to.observed(address, me)) {
      bool own = seen->writer.block == me.block;
      clock.observe(thread, own ? seen->toOwnBlock : seen->toOthers, own, acquires);
    }
  if (access.kind == Access::Kind::Read)
    return;
  if (access.order == Access::Order::Release || access.order == Access::Order::AcquireRelease)
    clock.fence(thread, access.scope);
  to.publish(address, {clock.published(thread, true), clock.published(thread, false), me},
             access.kind == Access::Kind::Atomic);
}

bool BlockChecker::flies(uint64_t address, unsigned bytes) const {
  uint64_t any = 0;
  if (address + bytes > flying.size())
    return false;
  const uint16_t *at = flying.data() + address;
  for (; bytes >= 4; bytes -= 4, at += 4) {
    uint64_t four;
    std::memcpy(&four, at, sizeof(four));
    any |= four;
  }
  for (; bytes; --bytes, ++at)
    any |= *at;
  return any;
}

void BlockChecker::inFlight(Warp &warp, const Op &op) {
  const Access &access = warp.access;
  forEachLane(access.lanes & access.shared, [&](unsigned lane) {
    uint64_t address = access.address[lane];
    if (!flies(address, access.bytes)) [[likely]]
      return;
    while (!flying[address])
      ++address;
    report(warp, op, 1u << lane, Fault::Async,
           fmt::format("{} is {} while a cp.async of thread {} to it is in flight",
                       describeShared(block, address),
                       access.kind == Access::Kind::Read ? "read" : "written",
                       flying[address] - 1));
  });
}

void BlockChecker::onAccess(Warp &warp, const Op &op) {
  const Access &access = warp.access;
  if (flyingBytes)
    inFlight(warp, op);
  if (grid.barriersOnly)
    return phaseAccess(warp, op);
  bool weak = access.kind != Access::Kind::Atomic && access.order == Access::Order::Weak;
  bool writes = access.kind != Access::Kind::Read;
  Strength strength = weak ? Strength::Weak : isWide(access) ? Strength::Wide : Strength::Block;
  forEachLane(access.lanes & ~access.local, [&](unsigned lane) {
    bool shared = access.shared >> lane & 1;
    uint64_t address = access.address[lane];
    if (!weak)
      strong(warp, lane, access);
    else if (writes && !(shared ? flags : grid.flags).empty())
      (shared ? flags : grid.flags).erase(address);
    Accessor by{clock, grid.threadsPerBlock, threadOf(warp, lane), strength};
    Shadow &shadow = shared ? memory : grid.memory;
    Conflict conflict =
        writes ? shadow.write(by, address, access.bytes) : shadow.read(by, address, access.bytes);
    if (conflict.exists)
      race(warp, op, lane, conflict, shared, address, writes);
  });
}

PhaseAccessor BlockChecker::phaseAccessor(const Warp &warp) const {
  Agent first = clock.blockNumber() * grid.threadsPerBlock;
  return {first, grid.threadsPerBlock, first + warp.index * warpSize, phase,
          exitPhases.empty() ? nullptr : exitPhases.data()};
}

void BlockChecker::races(Warp &warp, const Op &op, const PhaseConflicts &conflicts, LaneMask shared,
                         const uint64_t *address, bool writes) {
  forEachLane(conflicts.lanes, [&](unsigned lane) {
    Conflict conflict{true, (conflicts.otherWrites >> lane & 1) != 0, conflicts.other[lane]};
    race(warp, op, lane, conflict, shared >> lane & 1, address[lane], writes);
  });
}

void BlockChecker::phaseAccess(Warp &warp, const Op &op) {
  const Access &access = warp.access;
  PhaseAccessor by = phaseAccessor(warp);
  PhaseConflicts conflicts;
  bool writes = access.kind != Access::Kind::Read;
  auto record = [&](PhaseShadow &shadow, LaneMask lanes) {
    if (!lanes)
      return;
    if (writes)
      shadow.write(by, lanes, access.address, access.bytes, conflicts);
    else
      shadow.read(by, lanes, access.address, access.bytes, conflicts);
  };
  record(phaseMemory, access.lanes & access.shared);
  record(grid.phaseMemory, access.lanes & ~access.shared & ~access.local);
  if (conflicts.lanes) [[unlikely]]
    races(warp, op, conflicts, access.shared, access.address, writes);
}

void BlockChecker::onAsyncCopy(Warp &warp, const Op &op, LaneMask lanes, const uint64_t *shared,
                               unsigned bytes) {
  forEachLane(lanes, [&](unsigned lane) {
    unsigned thread = threadOf(warp, lane);
    bool twice = flies(shared[lane], bytes);
    auto first = flying.begin() + static_cast<ptrdiff_t>(shared[lane]), last = first + bytes;
    flyingBytes += twice ? static_cast<unsigned>(std::count(first, last, 0)) : bytes;
    std::fill(first, last, static_cast<uint16_t>(1 + thread));
    if (twice)
      report(warp, op, 1u << lane, Fault::Async,
             fmt::format("{} is copied to while another cp.async to it is in flight",
                         describeShared(block, shared[lane])));
    if (grid.barriersOnly)
      return;
    // The bytes may land any time from now on.
    Accessor by{clock, grid.threadsPerBlock, thread, Strength::Weak};
    if (Conflict conflict = memory.write(by, shared[lane], bytes); conflict.exists)
      race(warp, op, lane, conflict, true, shared[lane], true);
  });
  if (!grid.barriersOnly)
    return;
  PhaseConflicts conflicts;
  phaseMemory.write(phaseAccessor(warp), lanes, shared, bytes, conflicts);
  races(warp, op, conflicts, lanes, shared, true);
}

void BlockChecker::onAsyncComplete(Warp &warp, LaneMask lanes, const uint64_t *shared,
                                   unsigned bytes) {
  forEachLane(lanes, [&](unsigned lane) {
    auto first = flying.begin() + static_cast<ptrdiff_t>(shared[lane]), last = first + bytes;
    flyingBytes -= bytes - static_cast<unsigned>(std::count(first, last, 0));
    std::fill(first, last, 0);
    // Written by now: for the others it is a write of this moment.
    if (grid.barriersOnly)
      return;
    Accessor by{clock, grid.threadsPerBlock, threadOf(warp, lane), Strength::Weak};
    memory.write(by, shared[lane], bytes);
  });
  PhaseConflicts ignored;
  if (grid.barriersOnly && lanes)
    phaseMemory.write(phaseAccessor(warp), lanes, shared, bytes, ignored);
}

void BlockChecker::onArrive(Warp &warp, LaneMask lanes, unsigned barrier) {
  forEachLane(lanes, [&](unsigned lane) { clock.arrive(threadOf(warp, lane), barrier); });
}

void BlockChecker::onBarrier(unsigned barrier, const std::vector<LaneMask> &waiting,
                             bool everyone) {
  phase = ++grid.phases;
  if (grid.barriersOnly)
    return; // nobody asks the clocks
  if (everyone)
    clock.barrier();
  else
    clock.barrier(barrier, waiting);
}

void BlockChecker::onCollective(Warp &warp, const Op &op, LaneMask lanes) {
  if (op.wholeWarp && lanes != allLanes) [[unlikely]]
    report(warp, op, lanes, Fault::Barrier,
           fmt::format("only lanes {:#x} execute an instruction that needs all 32 of the warp",
                       lanes));
  if (grid.barriersOnly)
    return;
  if (op.step == Step::WarpSync)
    clock.warpSync(warp.index, lanes);
  else if (!op.wholeWarp)
    clock.passOn(warp.index, lanes);
}

void BlockChecker::onFence(Warp &warp, LaneMask lanes, Access::Scope scope) {
  forEachLane(lanes, [&](unsigned lane) { clock.fence(threadOf(warp, lane), scope); });
}

void BlockChecker::onExit(Warp &warp, const Op &op, LaneMask lanes, LaneMask pendingGroups) {
  if (LaneMask guilty = lanes & pendingGroups)
    report(warp, op, guilty, Fault::Async,
           "the thread exits with cp.async groups that it never waited for");
  if (grid.barriersOnly && exitPhases.empty())
    exitPhases.resize(grid.threadsPerBlock);
  forEachLane(lanes, [&](unsigned lane) {
    if (grid.barriersOnly)
      exitPhases[threadOf(warp, lane)] = phase;
    else
      clock.exit(threadOf(warp, lane));
  });
}
