//===- FastAccess.h - the usual access of a warp ------------------------------------*- C++ -*-===//
//
// Compiled once per instruction set.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_FASTACCESS_H
#define DPC_SIMULATOR_MACHINE_FASTACCESS_H

#include "simulator/Machine/Journal.h"
#include "simulator/Machine/MemoryRest.h"

#include <bit>
#include <cstring>

namespace sim {

/// Where an access usually goes. Generic addresses are usually global.
enum class Region : uint8_t { Shared, Global };

namespace DPC_SIMD_NAMESPACE {

struct FastAccess {
  static constexpr unsigned groupLanes = 8;
  std::byte *base;
  bool consecutive; ///< all lanes are active, and each begins where the one before ends
  bool equal;
  /// The same within each of four groups of eight lanes: rows of tiles are that long.
  bool groupsConsecutive, groupsEqual;
  alignas(64) uint32_t offset[warpSize]; ///< those of inactive lanes are of an active one

  /// False if the access has to be resolved lane by lane.
  template <Region R, unsigned bytes, bool writes>
  [[gnu::always_inline]] bool find(Warp &warp, const Op &op, uint32_t slot, LaneMask active) {
    const std::byte *from = warp.slots + size_t(slot) * slotBytes;
    bool wide = MemoryOperands::hasWideBase(op.extra);
    Allocation *allocation = nullptr;
    uint64_t origin = 0, size;
    if constexpr (R == Region::Shared) {
      base = warp.block->shared.data();
      size = warp.block->shared.size();
    } else {
      unsigned first = active == allLanes ? 0 : std::countr_zero(active);
      if (!wide)
        return false;
      uint64_t address = reinterpret_cast<const uint64_t *>(from)[first] + op.immediate;
      allocation = warp.recent[op.instruction % Warp::recentAllocations];
      if (!allocation || address - allocation->base >= allocation->bytes) [[unlikely]] {
        if (address - sharedWindow < 3 * windowBytes)
          return false;
        allocation = recentAllocation(warp, op, address);
        if (!allocation)
          return false;
      }
      base = allocation->data;
      origin = allocation->base;
      size = allocation->bytes;
      if (!allocation->live || (writes && allocation->isConstant) || size > 0xffffffffull)
        return false;
    }
    if (size < bytes)
      return false;
    if (wide) {
      auto *addresses = reinterpret_cast<const uint64_t *>(from);
      uint64_t shift = op.immediate - origin;
#pragma clang loop vectorize(enable)
      for (unsigned lane = 0; lane < warpSize; ++lane) {
        uint64_t distance = addresses[lane] + shift;
        offset[lane] = distance >> 32 ? ~0u : static_cast<uint32_t>(distance);
      }
    } else {
      auto *addresses = reinterpret_cast<const uint32_t *>(from);
      auto shift = static_cast<uint32_t>(op.immediate);
      for (unsigned lane = 0; lane < warpSize; ++lane)
        offset[lane] = addresses[lane] + shift;
    }
    if (active != allLanes) {
      uint32_t usual = offset[std::countr_zero(active)];
      for (LaneMask left = ~active; left; left &= left - 1)
        offset[std::countr_zero(left)] = usual;
    }
    auto limit = static_cast<uint32_t>(size - bytes);
    using Group = uint32_t __attribute__((vector_size(groupLanes * sizeof(uint32_t))));
    Group wrong = {}, step = {}, difference = {};
    constexpr Group steps = {0,         bytes,     2 * bytes, 3 * bytes,
                             4 * bytes, 5 * bytes, 6 * bytes, 7 * bytes};
    for (unsigned lane = 0; lane < warpSize; lane += groupLanes) {
      Group at, first = Group{} + offset[lane];
      std::memcpy(&at, offset + lane, sizeof(at));
      wrong |= Group(at > limit) | (at & (bytes - 1));
      step |= at ^ (first + steps);
      difference |= at ^ first;
    }
    if (__builtin_reduce_or(wrong)) [[unlikely]]
      return false;
    groupsConsecutive = !__builtin_reduce_or(step);
    groupsEqual = !__builtin_reduce_or(difference);
    uint32_t first = offset[0];
    consecutive = groupsConsecutive && offset[8] == first + 8 * bytes &&
                  offset[16] == first + 16 * bytes && offset[24] == first + 24 * bytes;
    equal = groupsEqual && offset[8] == first && offset[16] == first && offset[24] == first;
    if constexpr (R == Region::Global && writes)
      if (allocation->journal) [[unlikely]]
        note(*allocation->journal, active, bytes);
    if (warp.observed) [[unlikely]]
      describe<R>(warp, op, active, allocation, bytes,
                  writes ? Access::Kind::Write : Access::Kind::Read);
    return true;
  }

private:
  void note(Journal &journal, LaneMask active, unsigned bytes) {
    if (consecutive)
      return journal.beforeWrite(offset[0], warpSize * bytes);
    for (LaneMask left = active; left; left &= left - 1)
      journal.beforeWrite(offset[std::countr_zero(left)], bytes);
  }

  template <Region R>
  void describe(Warp &warp, const Op &op, LaneMask active, Allocation *allocation, unsigned bytes,
                Access::Kind kind) {
    Access &access = warp.access;
    MemoryOperands operands = MemoryOperands::unpack(op.extra);
    access.kind = kind;
    access.order = operands.order;
    access.scope = operands.scope;
    access.bytes = static_cast<uint16_t>(bytes);
    access.lanes = active;
    access.local = 0;
    access.shared = R == Region::Shared ? active : 0;
    uint64_t origin = 0;
    uint8_t *poison;
    if constexpr (R == Region::Shared) {
      poison = warp.block->sharedPoison.empty() ? nullptr : warp.block->sharedPoison.data();
    } else {
      origin = allocation->base;
      poison = allocation->poison.get();
      for (unsigned lane = 0; lane < warpSize; ++lane)
        access.allocation[lane] = allocation;
    }
    for (unsigned lane = 0; lane < warpSize; ++lane)
      access.address[lane] = origin + offset[lane];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      access.host[lane] = base + offset[lane];
    for (unsigned lane = 0; lane < warpSize; ++lane)
      access.poison[lane] = poison ? poison + offset[lane] : nullptr;
  }
};

} // namespace DPC_SIMD_NAMESPACE
} // namespace sim
#endif
