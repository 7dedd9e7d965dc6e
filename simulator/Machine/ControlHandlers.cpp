//===- ControlHandlers.cpp - what the decoder asks of the machine itself ----------------------===//
#include "simulator/Machine/ControlHandlers.h"

#include "simulator/Machine/Machine.h"

#include <bit>
#include <cstring>

using namespace sim;

/// A value of type From becomes one of a register of Register's width; registers of less than 32
/// bits lie in 32-bit lanes with zeros above.
template <class Register, class From> static void copy(Warp &warp, const Op &op, LaneMask active) {
  using To = std::conditional_t<sizeof(Register) == 8, uint64_t, uint32_t>;
  using Lane = std::conditional_t<sizeof(From) == 8, uint64_t, uint32_t>;
  for (uint32_t i = 0; i < op.extra; ++i) {
    if (op.operands[i] == noPredicate)
      continue;
    std::byte *to = warp.slots + size_t(op.operands[i]) * slotBytes;
    const std::byte *from = warp.slots + size_t(op.operands[op.extra + i]) * slotBytes;
    if (sizeof(Register) == sizeof(From) && active == allLanes) {
      std::memcpy(to, from, sizeof(To) * warpSize);
      continue;
    }
    for (LaneMask left = active; left; left &= left - 1) {
      unsigned lane = std::countr_zero(left);
      Lane value;
      std::memcpy(&value, from + lane * sizeof(value), sizeof(value));
      To wide = static_cast<Register>(static_cast<From>(value));
      std::memcpy(to + lane * sizeof(wide), &wide, sizeof(wide));
    }
  }
}

template <class From> static Handler copyInto(unsigned registerBytes) {
  return registerBytes >= 8   ? copy<uint64_t, From>
         : registerBytes == 4 ? copy<uint32_t, From>
                              : copy<uint16_t, From>;
}

Handler sim::copyHandler(unsigned bytes, bool isSigned, unsigned registerBytes) {
  switch (bytes) {
  case 1:
    return isSigned ? copyInto<int8_t>(registerBytes) : copyInto<uint8_t>(registerBytes);
  case 2:
    return isSigned ? copyInto<int16_t>(registerBytes) : copyInto<uint16_t>(registerBytes);
  case 4:
    return isSigned ? copyInto<int32_t>(registerBytes) : copyInto<uint32_t>(registerBytes);
  default:
    return copyInto<uint64_t>(registerBytes);
  }
}

Handler sim::fenceHandler() {
  return [](Warp &warp, const Op &op, LaneMask active) {
    if (warp.block->checker)
      warp.block->checker->onFence(warp, active, static_cast<Access::Scope>(op.extra));
  };
}

Handler sim::nothingHandler() {
  return [](Warp &, const Op &, LaneMask) {};
}

Handler sim::specialHandler() {
  return [](Warp &warp, const Op &op, LaneMask) {
    auto slot = static_cast<uint32_t>(op.immediate);
    auto special = static_cast<ptx::Special>(op.extra);
    uint64_t value = specialValue(warp, special, 0, 0);
    bool wide = special == ptx::Special::Clock64 || special == ptx::Special::GlobalTimer;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (wide)
        lanes<uint64_t>(warp, slot)[lane] = value;
      else
        lanes<uint32_t>(warp, slot)[lane] = static_cast<uint32_t>(value);
  };
}
