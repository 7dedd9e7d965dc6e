//===- Resolve.cpp - from addresses to bytes, every case --------------------------------------===//
#include "simulator/Machine/Access.h"
#include "simulator/Machine/Journal.h"
#include "simulator/Machine/Machine.h"

#include <bit>
#include <fmt/format.h>

using namespace sim;

void sim::addressesOf(const Warp &warp, uint32_t slot, bool wide, uint64_t offset,
                      uint64_t (&addresses)[warpSize]) {
  const std::byte *at = warp.slots + size_t(slot) * slotBytes;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    addresses[lane] = wide ? reinterpret_cast<const uint64_t *>(at)[lane] + offset
                           : static_cast<uint32_t>(reinterpret_cast<const uint32_t *>(at)[lane] +
                                                   static_cast<uint32_t>(offset));
}

static bool holds(const Allocation &allocation, uint64_t address, unsigned bytes) {
  uint64_t offset = address - allocation.base;
  return address >= allocation.base && offset <= allocation.bytes &&
         bytes <= allocation.bytes - offset;
}

Allocation *sim::recentAllocation(Warp &warp, const Op &op, uint64_t address) {
  Allocation *&recent = warp.recent[op.instruction % Warp::recentAllocations];
  if (!recent || !holds(*recent, address, 1))
    recent = warp.block->launch->memory.find(address);
  return recent;
}

static const char *verb(Access::Kind kind) {
  switch (kind) {
  case Access::Kind::Read:
    return "reads";
  case Access::Kind::Write:
    return "writes";
  case Access::Kind::Atomic:
    break;
  }
  return "updates";
}

namespace {

/// One lane's address on its way to bytes.
class Resolution {
public:
  Resolution(Warp &warp, const Op &op, ptx::Space space, unsigned bytes, unsigned alignment,
             Access::Kind kind)
      : warp(warp), op(op), space(space), bytes(bytes), alignment(alignment), kind(kind) {}
  bool lane(unsigned lane, uint64_t address);

private:
  bool shared(unsigned lane, uint64_t offset);
  bool local(unsigned lane, uint64_t offset);
  bool parameter(unsigned lane, uint64_t address);
  bool global(unsigned lane, uint64_t address);
  bool aligned(unsigned lane, uint64_t address, const std::string &where);
  bool wrong(unsigned lane, Fault fault, const std::string &where, std::string_view why);

  Warp &warp;
  const Op &op;
  ptx::Space space;
  unsigned bytes, alignment;
  Access::Kind kind;
};

} // namespace

bool Resolution::wrong(unsigned lane, Fault fault, const std::string &where, std::string_view why) {
  report(warp, op, 1u << lane, fault,
         fmt::format("{} {} bytes at {}, {}", verb(kind), bytes, where, why));
  return false;
}

bool Resolution::aligned(unsigned lane, uint64_t address, const std::string &where) {
  return wrong(lane, Fault::Alignment, where,
               fmt::format("address {:#x} is no multiple of {}", address, alignment));
}

bool Resolution::shared(unsigned lane, uint64_t offset) {
  Block &block = *warp.block;
  Access &access = warp.access;
  uint64_t size = block.shared.size();
  if (offset > size || bytes > size - offset)
    return wrong(lane, Fault::Bounds, describeShared(block, offset),
                 fmt::format("outside of the block's {} bytes of shared memory", size));
  if (offset % alignment)
    return aligned(lane, offset, describeShared(block, offset));
  access.shared |= 1u << lane;
  access.address[lane] = offset;
  access.host[lane] = block.shared.data() + offset;
  access.poison[lane] = block.sharedPoison.empty() ? nullptr : block.sharedPoison.data() + offset;
  return true;
}

bool Resolution::local(unsigned lane, uint64_t offset) {
  LocalMemory &memory = warp.control->local;
  const Frame &frame = *warp.control->active;
  uint64_t size = frame.localEnd(lane);
  auto where = [&] { return fmt::format("local+{:#x}", offset); };
  if (offset > size || bytes > size - offset)
    return wrong(lane, Fault::Bounds, where(),
                 fmt::format("outside of the thread's {} bytes of local memory", size));
  if (offset % alignment)
    return aligned(lane, offset, where());
  warp.access.local |= 1u << lane;
  warp.access.address[lane] = offset;
  warp.access.host[lane] = memory.at(lane, offset);
  warp.access.poison[lane] =
      memory.poison.empty() ? nullptr : memory.poison.data() + lane * memory.capacity + offset;
  return true;
}

bool Resolution::parameter(unsigned lane, uint64_t address) {
  const Launch &launch = *warp.block->launch;
  uint64_t offset = address - parameterWindow;
  uint64_t size = launch.program.functions[launch.kernel].source->parameterBytes;
  auto where = [&] { return fmt::format("parameters+{:#x}", offset); };
  if (offset > size || bytes > size - offset)
    return wrong(lane, Fault::Bounds, where(),
                 fmt::format("outside of the kernel's {} bytes of parameters", size));
  if (kind != Access::Kind::Read)
    return wrong(lane, Fault::ReadOnly, where(), "parameters of a kernel cannot be written");
  if (offset % alignment)
    return aligned(lane, offset, where());
  warp.access.local |= 1u << lane;
  warp.access.address[lane] = offset;
  warp.access.host[lane] = const_cast<std::byte *>(launch.shape.parameters.data()) + offset;
  warp.access.poison[lane] = nullptr;
  return true;
}

bool Resolution::global(unsigned lane, uint64_t address) {
  Allocation *allocation = recentAllocation(warp, op, address);
  if (!allocation || !holds(*allocation, address, bytes)) {
    std::string where = describeGlobal(allocation, address);
    if (!allocation || address - allocation->base > allocation->bytes + (1 << 20))
      return wrong(lane, Fault::Bounds, fmt::format("{:#x}", address), "where no buffer is");
    return wrong(
        lane, Fault::Bounds, where,
        fmt::format("outside of {}, which has {} bytes", allocation->name, allocation->bytes));
  }
  std::string_view name = allocation->name;
  if (!allocation->live)
    return wrong(lane, Fault::UseAfterFree, describeGlobal(allocation, address),
                 fmt::format("but {} has been freed", name));
  if (allocation->isConstant && kind != Access::Kind::Read)
    return wrong(lane, Fault::ReadOnly, describeGlobal(allocation, address),
                 fmt::format("but {} is constant memory", name));
  if (address % alignment)
    return aligned(lane, address, describeGlobal(allocation, address));
  uint64_t offset = address - allocation->base;
  if (kind != Access::Kind::Read && allocation->journal)
    allocation->journal->beforeWrite(offset, bytes);
  Access &access = warp.access;
  access.address[lane] = address;
  access.host[lane] = allocation->data + offset;
  access.poison[lane] = allocation->poison ? allocation->poison.get() + offset : nullptr;
  access.allocation[lane] = allocation;
  return true;
}

bool Resolution::lane(unsigned lane, uint64_t address) {
  switch (space) {
  case ptx::Space::Shared:
    // The space's own addresses start at 0; generic ones of the window are the same bytes.
    return shared(lane, address >= sharedWindow && address - sharedWindow < windowBytes
                            ? address - sharedWindow
                            : address);
  case ptx::Space::Local:
    return local(lane, address >= localWindow && address - localWindow < windowBytes
                           ? address - localWindow
                           : address);
  case ptx::Space::Param:
    return address >= parameterWindow && address - parameterWindow < windowBytes
               ? parameter(lane, address)
               : local(lane, address);
  default:
    break;
  }
  if (address >= sharedWindow && address - sharedWindow < windowBytes) {
    if (space != ptx::Space::Generic)
      return wrong(lane, Fault::Bounds, fmt::format("{:#x}", address),
                   "a shared address in an access to global memory");
    return shared(lane, address - sharedWindow);
  }
  if (address >= localWindow && address - localWindow < windowBytes && space == ptx::Space::Generic)
    return local(lane, address - localWindow);
  if (address >= parameterWindow && address - parameterWindow < windowBytes)
    return parameter(lane, address);
  return global(lane, address);
}

LaneMask sim::resolve(Warp &warp, const Op &op, LaneMask active,
                      const uint64_t (&addresses)[warpSize], ptx::Space space, unsigned bytes,
                      unsigned alignment, Access::Kind kind) {
  Access &access = warp.access;
  access.kind = kind;
  access.order = Access::Order::Weak;
  access.scope = Access::Scope::System;
  access.bytes = static_cast<uint16_t>(bytes);
  access.lanes = access.shared = access.local = 0;
  Resolution resolution(warp, op, space, bytes, alignment, kind);
  // The usual lane of shared memory, without a call.
  std::byte *shared = space == ptx::Space::Shared ? warp.block->shared.data() : nullptr;
  std::vector<uint8_t> &sharedPoison = warp.block->sharedPoison;
  uint8_t *poison = sharedPoison.empty() ? nullptr : sharedPoison.data();
  uint64_t size = warp.block->shared.size();
  uint64_t end = shared && size >= bytes ? size - bytes + 1 : 0;
  for (LaneMask left = active; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    uint64_t offset = addresses[lane];
    if (offset < end && !(offset & (alignment - 1))) {
      access.shared |= 1u << lane;
      access.address[lane] = offset;
      access.host[lane] = shared + offset;
      access.poison[lane] = poison ? poison + offset : nullptr;
      access.lanes |= 1u << lane;
    } else if (resolution.lane(lane, offset)) {
      access.lanes |= 1u << lane;
    }
  }
  return access.lanes;
}
