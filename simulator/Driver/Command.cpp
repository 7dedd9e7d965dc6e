//===- Command.cpp - doing what streams and graphs have queued --------------------------------===//
#include "simulator/Driver/Queue.h"

#include <cstdio>
#include <cstring>
#include <fmt/format.h>

using namespace sim::driver;

NodeType sim::driver::typeOf(const Command &command) {
  constexpr NodeType types[] = {
      NodeType::Kernel,    NodeType::Copy,  NodeType::Fill,  NodeType::Host, NodeType::EventRecord,
      NodeType::EventWait, NodeType::Empty, NodeType::Graph, NodeType::Free, NodeType::Allocate};
  return types[command.index()];
}

static bool overlaps(uint64_t a, uint64_t aBytes, uint64_t b, uint64_t bBytes) {
  return a < b + bBytes && b < a + aBytes;
}

std::string sim::driver::describe(const Command &command) {
  if (auto *kernel = std::get_if<KernelCommand>(&command))
    return fmt::format(
        "kernel {}",
        kernel->module->loaded->program->functions[kernel->kernel->function].source->name);
  constexpr const char *names[] = {
      "",       "a copy", "a fill",  "a host function", "an event",
      "a wait", "a join", "a graph", "cuMemFreeAsync",  "cuMemAllocAsync"};
  return names[command.index()];
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

/// So many bytes in a row that nobody has written may be padding inside of a struct.
static constexpr size_t mostPadding = 15;

static bool isClean(const uint8_t *poison, size_t bytes) {
  return !poison[0] && std::memcmp(poison, poison + 1, bytes - 1) == 0;
}

/// A copy to where nothing is known of what is initialised: the host, or a module's variable.
static void reportUninitialised(const CopyCommand &copy, const uint8_t *poison) {
  size_t bytes = 0, first = 0;
  for (size_t row = 0; row < copy.depth * copy.height; ++row) {
    size_t from =
        row / copy.height * copy.source.slicePitch + row % copy.height * copy.source.pitch;
    if (isClean(poison + from, copy.width))
      continue;
    for (size_t x = 0, run = 0; x < copy.width; ++x) {
      run = poison[from + x] ? run + 1 : 0;
      if (run <= mostPadding)
        continue;
      if (!bytes)
        first = from + x + 1 - run;
      bytes += run == mostPadding + 1 ? run : 1;
    }
  }
  if (!bytes)
    return;
  State &state = State::get();
  const sim::Allocation *allocation = state.findLive(copy.source.address, 1);
  uint64_t offset = copy.source.address - allocation->base;
  state.report("uninitialised",
               fmt::format("a copy of {} bytes from {}+{:#x} takes {} that nobody has written, the "
                           "first at {}+{:#x}",
                           copy.width * copy.height * copy.depth, allocation->name, offset, bytes,
                           allocation->name, offset + first));
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
  if (source.poison && !target.poison)
    reportUninitialised(copy, source.poison);
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

static Result execute(const KernelCommand &command, sim::Footprint *footprint) {
  State &state = State::get();
  const Configuration &configuration = state.configuration;
  static uint64_t launches = 0;
  sim::LaunchOptions options;
  options.check = configuration.check;
  options.footprint = footprint;
  options.maximumSteps = configuration.steps;
  options.architecture = configuration.architecture;
  if (configuration.order)
    options.seed = configuration.order + 0x9e3779b97f4a7c15 * launches++;
  DeviceAtWork work;
  sim::LaunchResult result = sim::launch(*command.module->loaded, command.kernel->function,
                                         command.shape, state.memory, options);
  std::fwrite(result.output.data(), 1, result.output.size(), stdout);
  std::fflush(stdout);
  if (footprint)
    *footprint = std::move(result.footprint);
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

static void addRows(const CopyEnd &end, const CopyCommand &copy, bool written,
                    sim::Footprint &footprint) {
  for (size_t z = 0; z < copy.depth; ++z)
    for (size_t y = 0; y < copy.height; ++y)
      footprint.addRange(end.address + z * end.slicePitch + y * end.pitch, copy.width, written);
}

/// What copies, fills and the like use.
static void addFootprint(const Command &command, sim::Footprint &footprint) {
  if (auto *copy = std::get_if<CopyCommand>(&command)) {
    if (copy->staged.empty())
      addRows(copy->source, *copy, false, footprint);
    addRows(copy->target, *copy, true, footprint);
  } else if (auto *fill = std::get_if<FillCommand>(&command)) {
    for (size_t y = 0; y < fill->fill.height; ++y)
      footprint.addRange(fill->fill.target + y * fill->fill.pitch,
                         fill->fill.width * fill->fill.elementBytes, true);
  } else {
    auto *free = std::get_if<FreeCommand>(&command);
    auto *allocate = std::get_if<AllocateCommand>(&command);
    uint64_t address = free ? free->address : allocate ? allocate->address : 0;
    if (sim::Allocation *allocation = State::get().findLive(address, 1))
      footprint.addRange(address, allocation->bytes, true);
  }
}

Result sim::driver::execute(const Command &command, Result contextFault,
                            sim::Footprint *footprint) {
  if (footprint)
    addFootprint(command, *footprint);
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
    return ::execute(*kernel, footprint);
  if (auto *copy = std::get_if<CopyCommand>(&command))
    return ::execute(*copy);
  if (auto *fill = std::get_if<FillCommand>(&command))
    return ::execute(*fill);
  return Result::Success;
}
