//===- Command.cpp - doing what streams and graphs have queued --------------------------------===//
#include "simulator/Driver/Queue.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace sim::driver;

NodeType sim::driver::typeOf(const Command &command) {
  constexpr NodeType types[] = {NodeType::Kernel, NodeType::Copy,        NodeType::Fill,
                                NodeType::Host,   NodeType::EventRecord, NodeType::EventWait,
                                NodeType::Empty,  NodeType::Graph,       NodeType::Free};
  return types[command.index()];
}

static bool overlaps(uint64_t a, uint64_t aBytes, uint64_t b, uint64_t bBytes) {
  return a < b + bBytes && b < a + aBytes;
}

bool sim::driver::touches(const Command &command, uint64_t base, uint64_t bytes) {
  if (auto *kernel = std::get_if<KernelCommand>(&command)) {
    const std::vector<std::byte> &block = kernel->shape.parameters;
    for (size_t at = 0; at + 8 <= block.size(); at += 8) {
      uint64_t word;
      std::memcpy(&word, block.data() + at, 8);
      if (word >= base && word < base + bytes)
        return true;
    }
    return false;
  }
  if (auto *copy = std::get_if<CopyCommand>(&command))
    return (copy->staged.empty() &&
            overlaps(copy->source.address, copy->extent(copy->source), base, bytes)) ||
           overlaps(copy->target.address, copy->extent(copy->target), base, bytes);
  if (auto *fill = std::get_if<FillCommand>(&command))
    return overlaps(fill->fill.target, fill->extent(), base, bytes);
  return false;
}

namespace {

/// Bytes of one end of a copy, and what is known of their being initialised.
struct Bytes {
  std::byte *data = nullptr;
  uint8_t *poison = nullptr;
};

/// The device's memory may be touched everywhere while this lives.
struct DeviceAtWork {
  DeviceAtWork() { HostPages::suspend(); }
  ~DeviceAtWork() { HostPages::resume(); }
};

} // namespace

/// False if the memory has been freed since the command was queued.
static bool locate(uint64_t address, size_t bytes, bool device, Bytes &found) {
  if (!device) {
    found.data = reinterpret_cast<std::byte *>(address);
    return true;
  }
  State &state = State::get();
  sim::Allocation *allocation = state.findLive(address, bytes);
  if (!allocation) {
    state.report("use-after-free", fmt::format("a queued copy or fill of {} bytes at {:#x} runs "
                                               "when that memory has been freed",
                                               bytes, address));
    return false;
  }
  uint64_t offset = address - allocation->base;
  found.data = allocation->data + offset;
  found.poison = allocation->poison ? allocation->poison.get() + offset : nullptr;
  return true;
}

static Result execute(const CopyCommand &copy) {
  size_t bytes = copy.extent(copy.source);
  if (!bytes)
    return Result::Success;
  Bytes source, target;
  bool staged = !copy.staged.empty();
  if ((!staged && !locate(copy.source.address, bytes, copy.source.device, source)) ||
      !locate(copy.target.address, copy.extent(copy.target), copy.target.device, target))
    return Result::IllegalAddress;
  DeviceAtWork work;
  for (size_t z = 0; z < copy.depth; ++z)
    for (size_t y = 0; y < copy.height; ++y) {
      size_t to = z * copy.target.slicePitch + y * copy.target.pitch;
      size_t from = z * copy.source.slicePitch + y * copy.source.pitch;
      const std::byte *bytesFrom =
          staged ? copy.staged.data() + (z * copy.height + y) * copy.width : source.data + from;
      std::memmove(target.data + to, bytesFrom, copy.width);
      if (!target.poison)
        continue;
      if (source.poison)
        std::memmove(target.poison + to, source.poison + from, copy.width);
      else
        std::memset(target.poison + to, 0, copy.width);
    }
  return Result::Success;
}

static Result execute(const FillCommand &command) {
  const FillNode &fill = command.fill;
  if (!command.extent())
    return Result::Success;
  Bytes target;
  if (!locate(fill.target, command.extent(), true, target))
    return Result::IllegalAddress;
  DeviceAtWork work;
  for (size_t y = 0; y < fill.height; ++y) {
    std::byte *row = target.data + y * fill.pitch;
    for (size_t x = 0; x < fill.width; ++x)
      std::memcpy(row + x * fill.elementBytes, &fill.value, fill.elementBytes);
    if (target.poison)
      std::memset(target.poison + y * fill.pitch, 0, fill.width * fill.elementBytes);
  }
  return Result::Success;
}

/// What the driver returns after such a report; Success if the hardware would not notice.
static Result resultOf(const sim::Report &report) {
  switch (report.fault) {
  case sim::Fault::Bounds:
  case sim::Fault::UseAfterFree:
  case sim::Fault::ReadOnly:
    return Result::IllegalAddress;
  case sim::Fault::Alignment:
    return Result::MisalignedAddress;
  case sim::Fault::Trap:
    return report.message.starts_with("assertion failed") ? Result::DeviceAssert
                                                          : Result::LaunchFailed;
  case sim::Fault::Deadlock:
  case sim::Fault::Steps:
    return Result::LaunchTimeout;
  case sim::Fault::Limits:
    return Result::LaunchOutOfResources;
  case sim::Fault::Race:
  case sim::Fault::Uninitialised:
  case sim::Fault::Barrier:
  case sim::Fault::Async:
    break;
  }
  return Result::Success;
}

static Result execute(const KernelCommand &command) {
  State &state = State::get();
  const Configuration &configuration = state.configuration;
  static uint64_t launches = 0;
  sim::LaunchOptions options;
  options.check = configuration.check;
  options.maximumSteps = configuration.steps;
  options.architecture = configuration.architecture;
  if (configuration.order)
    options.seed = configuration.order + 0x9e3779b97f4a7c15 * launches++;
  DeviceAtWork work;
  sim::LaunchResult result = sim::launch(*command.module->loaded, command.kernel->function,
                                         command.shape, state.memory, options);
  Result fault = Result::Success;
  for (const sim::Report &report : result.reports.all()) {
    state.report(report);
    if (fault == Result::Success)
      fault = resultOf(report);
  }
  return fault;
}

static Result execute(const HostCommand &command, Result contextFault) {
  // Callbacks come even after a fault, host functions do not.
  if (command.callback)
    callOut([&] { command.callback(command.stream, contextFault, command.host.data); });
  else if (contextFault == Result::Success)
    callOut([&] { command.host.function(command.host.data); });
  return Result::Success;
}

Result sim::driver::execute(const Command &command, Result contextFault) {
  if (auto *host = std::get_if<HostCommand>(&command))
    return ::execute(*host, contextFault);
  if (auto *record = std::get_if<RecordCommand>(&command)) {
    record->event->time = std::chrono::steady_clock::now();
    return Result::Success;
  }
  if (auto *free = std::get_if<FreeCommand>(&command)) {
    State::get().release(free->address);
    return Result::Success;
  }
  if (contextFault != Result::Success)
    return contextFault;
  if (auto *kernel = std::get_if<KernelCommand>(&command))
    return ::execute(*kernel);
  if (auto *copy = std::get_if<CopyCommand>(&command))
    return ::execute(*copy);
  if (auto *fill = std::get_if<FillCommand>(&command))
    return ::execute(*fill);
  return Result::Success;
}
