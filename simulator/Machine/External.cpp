//===- External.cpp - functions that the driver provides --------------------------------------===//
//
// Device code may call vprintf, malloc, free and __assertfail without defining them (CUDA C++
// programming guide, 10.32 to 10.34 and 10.20).
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Access.h"
#include "simulator/Machine/Machine.h"
#include "simulator/Machine/Print.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>
#include <optional>

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

/// Up to 8 bytes at a generic address, as `lane` reads them; none if it may not.
static std::optional<uint64_t> readBytes(Warp &warp, const Op &op, unsigned lane, uint64_t address,
                                         unsigned bytes) {
  uint64_t addresses[warpSize] = {};
  addresses[lane] = address;
  if (!resolve(warp, op, 1u << lane, addresses, ptx::Space::Generic, bytes, bytes,
               Access::Kind::Read))
    return std::nullopt;
  if (const uint8_t *poison = warp.access.poison[lane];
      warp.block->checker && poison &&
      std::any_of(poison, poison + bytes, [](uint8_t byte) { return byte != 0; }))
    report(warp, op, 1u << lane, Fault::Uninitialised,
           "a value that was never initialised is given to a function of the driver");
  uint64_t value = 0;
  std::memcpy(&value, warp.access.host[lane], bytes);
  return value;
}

static std::string readString(Warp &warp, const Op &op, unsigned lane, uint64_t address) {
  constexpr size_t longest = 1024;
  std::string result;
  while (result.size() < longest) {
    std::optional<uint64_t> byte = readBytes(warp, op, lane, address + result.size(), 1);
    if (!byte || *byte == 0)
      break;
    result += static_cast<char>(*byte);
  }
  return result;
}

/// vprintf(format, arguments): the arguments lie one behind the other, each at a multiple of its
/// size. Returns how many the format took.
static int printFormatted(Warp &warp, const Op &op, unsigned lane, uint64_t format,
                          uint64_t arguments) {
  PrintArguments source;
  source.next = [&](unsigned bytes) {
    arguments = (arguments + bytes - 1) / bytes * bytes;
    uint64_t value = readBytes(warp, op, lane, arguments, bytes).value_or(0);
    arguments += bytes;
    return value;
  };
  source.string = [&](uint64_t address) { return readString(warp, op, lane, address); };
  Printed printed = print(readString(warp, op, lane, format), source);
  std::string &output = warp.block->launch->output;
  constexpr size_t longest = 16 << 20;
  if (output.size() < longest) {
    output += printed.text;
    if (output.size() >= longest)
      output += "\n(the launch prints more than 16 MiB: the rest is left out)\n";
  }
  return printed.arguments;
}

void sim::callExternal(Warp &warp, const Op &op, LaneMask lanes, const ptx::Function &function,
                       const CallSite &site) {
  Launch &launch = *warp.block->launch;
  ExternalCall call(warp, site, *warp.control->active);
  if (function.name == "vprintf")
    return forEachLane(lanes, [&](unsigned lane) {
      int taken = printFormatted(warp, op, lane, call.argument(0, lane), call.argument(1, lane));
      call.result(lane, static_cast<uint64_t>(taken));
    });
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
                                  readString(warp, op, first, call.argument(0, first)),
                                  readString(warp, op, first, call.argument(1, first)),
                                  call.argument(2, first) & 0xffffffff));
  stopLaunch(warp, op, lanes, Fault::Trap,
             fmt::format("{} is called, which the module does not define", function.name));
}
