//===- Prepare.cpp - from the arguments of calls to commands ----------------------------------===//
#include "simulator/Driver/Occupancy.h"
#include "simulator/Driver/Queue.h"

#include <cstring>

using namespace sim::driver;

/// The parameter block that the caller has laid out itself.
static void copyExtra(void **extra, uint64_t expected, std::vector<std::byte> &block) {
  // cuda.h: CU_LAUNCH_PARAM_END 0, _BUFFER_POINTER 1, _BUFFER_SIZE 2; each but the end is followed
  // by its value.
  const void *buffer = nullptr;
  size_t bytes = 0;
  for (unsigned i = 0;; i += 2) {
    auto key = reinterpret_cast<uintptr_t>(extra[i]);
    if (key == 0)
      break;
    require(key <= 2 && i < 8);
    if (key == 1)
      buffer = extra[i + 1];
    else
      bytes = required(static_cast<size_t *>(extra[i + 1]));
  }
  require(bytes >= expected && bytes <= 32764 && (buffer || !expected));
  if (expected)
    std::memcpy(block.data(), buffer, expected);
}

KernelCommand sim::driver::makeKernel(Handle function, const uint32_t (&grid)[3],
                                      const uint32_t (&block)[3], uint32_t dynamicShared,
                                      void **parameters, void **extra, bool cooperative) {
  State &state = State::get();
  KernelCommand command;
  command.kernel = state.find<Kernel>(function);
  command.module = command.kernel->module.lock();
  require(command.module != nullptr, Result::InvalidHandle);
  command.shape.cooperative = cooperative;
  const FunctionCode &code = command.module->loaded->program->functions[command.kernel->function];
  const ptx::Function &source = *code.source;
  std::copy_n(grid, 3, command.shape.grid);
  std::copy_n(block, 3, command.shape.block);
  command.shape.dynamicShared = dynamicShared;

  require(!parameters || !extra);
  command.shape.parameters.resize(source.parameterBytes);
  if (extra) {
    copyExtra(extra, source.parameterBytes, command.shape.parameters);
  } else {
    require(parameters || source.parameters.empty());
    for (size_t i = 0; i < source.parameters.size(); ++i) {
      const ptx::Parameter &parameter = source.parameters[i];
      std::memcpy(command.shape.parameters.data() + parameter.offset, required(parameters[i]),
                  parameter.bytes);
    }
  }

  sim::ArchitectureLimits limit = sim::limits(state.configuration.architecture);
  uint64_t threads = 1;
  for (unsigned axis = 0; axis < 3; ++axis) {
    require(block[axis] && block[axis] <= limit.threadsPerBlock);
    threads *= block[axis];
  }
  require(threads <= limit.threadsPerBlock);
  require(dynamicShared <= mostDynamicShared(*command.kernel));
  require(threads <= mostThreads(source) &&
              threads * registersOf(source) <= limit.registersPerMultiprocessor,
          Result::LaunchOutOfResources);
  std::string wrong = sim::checkShape(*command.module->loaded, command.kernel->function,
                                      command.shape, state.configuration.architecture);
  if (!wrong.empty()) {
    state.report("limits", wrong);
    throw Failure{Result::InvalidValue};
  }
  if (cooperative) {
    uint64_t blocks = uint64_t(grid[0]) * grid[1] * grid[2];
    uint64_t most =
        uint64_t(activeBlocks(*command.kernel, threads, dynamicShared)) * limit.multiprocessors;
    require(blocks <= most, Result::CooperativeLaunchTooLarge);
  }
  return command;
}

namespace {

/// One end of a Copy3D.
struct GivenEnd {
  MemoryType type;
  uint64_t host, device;
  size_t x, y, z, pitch, height;
};

} // namespace

static CopyEnd resolve(const GivenEnd &given, const CopyCommand &copy) {
  State &state = State::get();
  CopyEnd end;
  require(given.type != MemoryType::Array, Result::NotSupported);
  require(given.type == MemoryType::Host || given.type == MemoryType::Device ||
          given.type == MemoryType::Unified);
  end.pitch = given.pitch;
  bool oneRow = copy.height <= 1 && copy.depth <= 1;
  if (!end.pitch && (oneRow || given.type == MemoryType::Host))
    end.pitch = given.x + copy.width;
  require(end.pitch >= given.x + copy.width || oneRow);
  size_t height = given.height ? given.height : given.y + copy.height;
  require(height >= given.y + copy.height || copy.depth <= 1);
  end.slicePitch = end.pitch * height;
  uint64_t base = given.type == MemoryType::Host ? given.host : given.device;
  end.address = base + given.z * end.slicePitch + given.y * end.pitch + given.x;
  size_t bytes = copy.extent(end);
  if (!bytes)
    return end;
  require(base != 0);
  end.device = state.findLive(end.address, bytes) != nullptr;
  if (!end.device) {
    require(given.type != MemoryType::Device);
    // Freed memory of the device or beyond the end of a buffer is no other memory of the host.
    sim::Allocation *near = state.memory.find(end.address);
    require(!near || !near->live || end.address - near->base >= near->bytes);
    require(end.address < sim::deviceBase || end.address >= sim::deviceEnd);
    require(!HostPages::isOurs(end.address));
  }
  return end;
}

CopyCommand sim::driver::makeCopy(const Copy3D &given) {
  CopyCommand copy;
  copy.asGiven = given;
  copy.width = given.width;
  copy.height = given.height;
  copy.depth = given.depth;
  constexpr size_t most = size_t(1) << 46;
  require(given.width < most && given.height < most && given.depth < most &&
          given.sourcePitch < most && given.targetPitch < most);
  copy.source =
      resolve({given.sourceType, reinterpret_cast<uint64_t>(given.sourceHost), given.sourceDevice,
               given.sourceX, given.sourceY, given.sourceZ, given.sourcePitch, given.sourceHeight},
              copy);
  copy.target =
      resolve({given.targetType, reinterpret_cast<uint64_t>(given.targetHost), given.targetDevice,
               given.targetX, given.targetY, given.targetZ, given.targetPitch, given.targetHeight},
              copy);
  return copy;
}

Copy3D sim::driver::plainCopy(DevicePointer target, MemoryType targetType, DevicePointer source,
                              MemoryType sourceType, size_t bytes) {
  Copy3D copy = {};
  copy.sourceType = sourceType;
  copy.targetType = targetType;
  copy.sourceDevice = source;
  copy.sourceHost = reinterpret_cast<const void *>(source);
  copy.targetDevice = target;
  copy.targetHost = reinterpret_cast<void *>(target);
  copy.width = bytes;
  copy.height = copy.depth = 1;
  return copy;
}

Copy3D sim::driver::widen(const Copy2D &from) {
  Copy3D copy = {};
  copy.sourceX = from.sourceX;
  copy.sourceY = from.sourceY;
  copy.sourceType = from.sourceType;
  copy.sourceHost = from.sourceHost;
  copy.sourceDevice = from.sourceDevice;
  copy.sourcePitch = from.sourcePitch;
  copy.targetX = from.targetX;
  copy.targetY = from.targetY;
  copy.targetType = from.targetType;
  copy.targetHost = from.targetHost;
  copy.targetDevice = from.targetDevice;
  copy.targetPitch = from.targetPitch;
  copy.width = from.width;
  copy.height = from.height;
  copy.depth = 1;
  return copy;
}

void sim::driver::stage(CopyCommand &copy) {
  if (copy.source.device || !copy.extent(copy.source))
    return;
  copy.staged.resize(copy.width * copy.height * copy.depth);
  for (size_t z = 0; z < copy.depth; ++z)
    for (size_t y = 0; y < copy.height; ++y)
      std::memcpy(copy.staged.data() + (z * copy.height + y) * copy.width,
                  reinterpret_cast<const std::byte *>(copy.source.address) +
                      z * copy.source.slicePitch + y * copy.source.pitch,
                  copy.width);
}

bool sim::driver::isAsynchronous(const CopyCommand &copy) { return copy.target.device; }

FillCommand sim::driver::makeFill(const FillNode &fill) {
  FillCommand command{fill};
  require(fill.elementBytes == 1 || fill.elementBytes == 2 || fill.elementBytes == 4);
  constexpr size_t most = size_t(1) << 46;
  require(fill.width < most && fill.height < most && fill.pitch < most);
  if (!command.extent())
    return command;
  require(fill.target % fill.elementBytes == 0);
  require(fill.height == 1 || fill.pitch >= fill.width * fill.elementBytes);
  require(State::get().findLive(fill.target, command.extent()) != nullptr);
  return command;
}
