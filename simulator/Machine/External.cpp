//===- External.cpp - functions that the driver provides --------------------------------------===//
//
// Device code may call vprintf, malloc, free and __assertfail without defining them (CUDA C++
// programming guide, 10.32 to 10.34 and 10.20).
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace sim;

namespace {

/// Arguments and results of the call, lane by lane.
class ExternalCall {
public:
  ExternalCall(Warp &warp, const CallSite &site, Frame &frame)
      : warp(warp), site(site), frame(frame) {}

  uint64_t argument(size_t index, unsigned lane) const {
    uint64_t value = 0;
    if (index < site.arguments.size())
      if (const std::byte *at = where(site.arguments[index], lane))
        std::memcpy(&value, at, std::min(site.arguments[index].bytes, 8u));
    return value;
  }
  void result(unsigned lane, uint64_t value) {
    if (site.results.empty())
      return;
    const Place &place = site.results[0];
    if (std::byte *at = where(place, lane))
      std::memcpy(at, &value, std::min(place.bytes, 8u));
    if (!warp.block->checker)
      return;
    LocalMemory &local = warp.control->local;
    if (place.kind == Place::Kind::Slot)
      frame.poison[place.at].any &= ~(1u << lane);
    else if (place.kind == Place::Kind::Local)
      std::memset(local.poison.data() + lane * local.capacity + frame.localBase + place.at, 0,
                  place.bytes);
  }

private:
  std::byte *where(const Place &place, unsigned lane) const {
    if (place.kind == Place::Kind::Local)
      return warp.control->local.at(lane, frame.localBase + place.at);
    if (place.kind == Place::Kind::Slot && place.at != noPredicate)
      return frame.slots + size_t(place.at) * slotBytes + lane * (place.bytes == 8 ? 8 : 4);
    return nullptr;
  }

  Warp &warp;
  const CallSite &site;
  Frame &frame;
};

} // namespace

/// A string of the device's memory, at most this long.
static std::string readString(Memory &memory, uint64_t address) {
  constexpr uint64_t longest = 1024;
  const Allocation *allocation = memory.find(address);
  std::string result;
  if (allocation && allocation->data)
    for (uint64_t at = address - allocation->base;
         at < allocation->bytes && result.size() < longest && allocation->data[at] != std::byte(0);
         ++at)
      result += static_cast<char>(allocation->data[at]);
  return result;
}

void sim::callExternal(Warp &warp, const Op &op, LaneMask lanes, const ptx::Function &function,
                       const CallSite &site) {
  Launch &launch = *warp.block->launch;
  ExternalCall call(warp, site, *warp.control->active);
  if (function.name == "vprintf") // prints nothing
    return forEachLane(lanes, [&](unsigned lane) { call.result(lane, 0); });
  if (function.name == "malloc")
    return forEachLane(lanes, [&](unsigned lane) {
      constexpr uint64_t heapBytes = 8 << 20; // the default of cudaLimitMallocHeapSize
      uint64_t bytes = call.argument(0, lane);
      Allocation *allocation =
          bytes <= heapBytes ? launch.memory.allocate(bytes, "device malloc", !launch.options.check)
                             : nullptr;
      call.result(lane, allocation ? allocation->base : 0);
    });
  if (function.name == "free")
    return forEachLane(lanes, [&](unsigned lane) {
      uint64_t address = call.argument(0, lane);
      if (address && !launch.memory.free(address))
        report(warp, op, 1u << lane, Fault::UseAfterFree,
               fmt::format("free of {:#x}, where no buffer begins", address));
    });
  unsigned first = static_cast<unsigned>(std::countr_zero(lanes));
  if (function.name == "__assertfail")
    return stopLaunch(warp, op, lanes, Fault::Trap,
                      fmt::format("assertion failed: {} ({}:{})",
                                  readString(launch.memory, call.argument(0, first)),
                                  readString(launch.memory, call.argument(1, first)),
                                  call.argument(2, first) & 0xffffffff));
  stopLaunch(warp, op, lanes, Fault::Trap,
             fmt::format("{} is called, which the module does not define", function.name));
}
