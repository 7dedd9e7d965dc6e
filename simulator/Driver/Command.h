//===- Command.h - what streams and graphs do ---------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_COMMAND_H
#define DPC_SIMULATOR_DRIVER_COMMAND_H

#include "simulator/Driver/State.h"

#include <variant>

namespace sim::driver {

struct Event;
struct Graph;

struct KernelCommand {
  std::shared_ptr<Kernel> kernel;
  std::shared_ptr<Module> module; ///< keeps the code while the launch is queued
  LaunchShape shape;
};

/// One end of a copy: `rows` of `pitch` bytes in slices of `height` rows.
struct CopyEnd {
  uint64_t address = 0; ///< of the first byte that is copied
  bool device = false;  ///< in the simulated device's memory, which pinned memory also is
  size_t pitch = 0, slicePitch = 0;
};

struct CopyCommand {
  CopyEnd source, target;
  size_t width = 0, height = 1, depth = 1; ///< bytes, rows, slices
  std::vector<std::byte> staged;           ///< of pageable sources: their bytes at the call
  Copy3D asGiven{};                        ///< for cuGraphMemcpyNodeGetParams
  size_t extent(const CopyEnd &end) const {
    return width && height && depth
               ? (depth - 1) * end.slicePitch + (height - 1) * end.pitch + width
               : 0;
  }
};

struct FillCommand {
  FillNode fill{};
  size_t extent() const {
    return fill.width && fill.height
               ? (fill.height - 1) * fill.pitch + fill.width * fill.elementBytes
               : 0;
  }
};

struct HostCommand {
  HostNode host{};
  StreamCallback callback = nullptr; ///< instead of host.function
  Handle stream = 0;
};

struct RecordCommand {
  std::shared_ptr<Event> event;
};
struct WaitCommand {
  std::shared_ptr<Event> event;
};
struct EmptyCommand {};
struct ChildCommand {
  std::shared_ptr<Graph> graph;
};
struct FreeCommand {
  uint64_t address = 0;
};
/// Has happened at the call already; tells which work may use the memory.
struct AllocateCommand {
  uint64_t address = 0;
};

using Command = std::variant<KernelCommand, CopyCommand, FillCommand, HostCommand, RecordCommand,
                             WaitCommand, EmptyCommand, ChildCommand, FreeCommand, AllocateCommand>;

NodeType typeOf(const Command &command);
/// In words, for reports.
std::string describe(const Command &command);

/// Whether the command may use memory of [base, base + bytes). Of a kernel's arguments every
/// aligned 8-byte word counts as a pointer.
bool touches(const Command &command, uint64_t base, uint64_t bytes);

/// Runs it. Returns the fault that kills the context, or Success. A HostCommand runs without the
/// lock. Adds the memory that was used to `footprint`, if there is one.
Result execute(const Command &command, Result contextFault, Footprint *footprint);

/// A checked launch. `parameters` and `extra` as cuLaunchKernel takes them.
KernelCommand makeKernel(Handle function, const uint32_t (&grid)[3], const uint32_t (&block)[3],
                         uint32_t dynamicShared, void **parameters, void **extra, bool cooperative);
/// Checked copies and fills. Addresses may be of either side (MemoryType::Unified).
CopyCommand makeCopy(const Copy3D &copy);
Copy3D plainCopy(DevicePointer target, MemoryType targetType, DevicePointer source,
                 MemoryType sourceType, size_t bytes);
Copy3D widen(const Copy2D &copy);
FillCommand makeFill(const FillNode &fill);
/// Copies a pageable source's bytes now, as the driver does for asynchronous copies.
void stage(CopyCommand &copy);
/// Whether both ends are memory that stays where it is, so that the copy may happen later.
bool isAsynchronous(const CopyCommand &copy);

} // namespace sim::driver
#endif
