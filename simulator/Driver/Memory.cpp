//===- Memory.cpp - memory of the device ------------------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

#include <cstring>
#include <fmt/format.h>

using namespace sim::driver;

Result sim::driver::memoryInfo(size_t *free, size_t *total) {
  currentContext();
  const sim::Memory &memory = State::get().memory;
  required(free) = memory.capacity() - memory.used();
  required(total) = memory.capacity();
  return Result::Success;
}

Result sim::driver::memoryAllocate(DevicePointer *pointer, size_t bytes) {
  std::shared_ptr<Context> context = currentContext();
  requireNoCapture();
  required(pointer);
  require(bytes > 0);
  State &state = State::get();
  Buffer buffer;
  buffer.context = context->handle;
  buffer.allocation = state.allocate(bytes, "cuMemAlloc");
  require(buffer.allocation != nullptr, Result::OutOfMemory);
  *pointer = state.addBuffer(buffer).allocation->base;
  return Result::Success;
}

Result sim::driver::memoryAllocatePitch(DevicePointer *pointer, size_t *pitch, size_t width,
                                        size_t height, unsigned elementBytes) {
  require(elementBytes == 4 || elementBytes == 8 || elementBytes == 16);
  require(width > 0 && height > 0);
  constexpr size_t most = size_t(1) << 40;
  require(width < most && height < most, Result::OutOfMemory);
  size_t rounded = (width + 511) / 512 * 512;
  require(height <= most / rounded, Result::OutOfMemory);
  required(pitch);
  Result result = memoryAllocate(pointer, rounded * height);
  *pitch = rounded;
  return result;
}

Result sim::driver::memoryAllocateManaged(DevicePointer *pointer, size_t bytes, unsigned flags) {
  std::shared_ptr<Context> context = currentContext();
  requireNoCapture();
  required(pointer);
  require(bytes > 0 && (flags == 1 || flags == 2 || flags == 4)); // global, host, single
  *pointer =
      State::get()
          .addHostPages(Buffer::Kind::Managed, bytes, flags, context->handle, "cuMemAllocManaged")
          .allocation->base;
  return Result::Success;
}

Result sim::driver::memoryFree(DevicePointer pointer) {
  std::shared_ptr<Context> context = currentContext();
  requireNoCapture();
  if (!pointer)
    return Result::Success;
  State &state = State::get();
  auto at = state.buffers.find(pointer);
  if (at == state.buffers.end() || at->second.isHost()) {
    state.reportFreedAgain(pointer);
    return Result::InvalidValue;
  }
  const sim::Allocation &allocation = *at->second.allocation;
  if (state.queue->firstUser(pointer, allocation.bytes)) {
    state.report("freed before synchronising",
                 fmt::format("{} is freed while work that uses it is queued", allocation.name));
    state.queue->finishUsers(pointer, allocation.bytes);
  }
  state.release(pointer);
  return context->fault;
}

Result sim::driver::memoryRange(DevicePointer *base, size_t *bytes, DevicePointer pointer) {
  currentContext();
  sim::Allocation *allocation = State::get().findLive(pointer, 1);
  require(allocation != nullptr, Result::NotFound);
  if (base)
    *base = allocation->base;
  if (bytes)
    *bytes = allocation->bytes;
  return Result::Success;
}

namespace {

/// What cuPointerGetAttribute can tell about an address.
struct Pointer {
  sim::Allocation *allocation = nullptr;
  Buffer *buffer = nullptr; ///< null for variables of modules
};

} // namespace

template <class T> static Result store(void *data, T value) {
  std::memcpy(data, &value, sizeof(T));
  return Result::Success;
}

static Result attributeOf(const Pointer &pointer, PointerAttribute attribute, DevicePointer address,
                          void *data) {
  const sim::Allocation &allocation = *pointer.allocation;
  const Buffer *buffer = pointer.buffer;
  bool isHost = buffer && buffer->isHost();
  bool isManaged = buffer && buffer->kind == Buffer::Kind::Managed;
  switch (attribute) {
  case PointerAttribute::Context:
    return store<Handle>(data, buffer ? buffer->context : 0);
  case PointerAttribute::MemoryType:
    return store(data, isHost ? MemoryType::Host : MemoryType::Device);
  case PointerAttribute::DevicePointer:
    return store(data, address);
  case PointerAttribute::HostPointer:
    require(isHost || isManaged);
    return store(data, address);
  case PointerAttribute::SyncCopies:
  case PointerAttribute::IpcCapable:
  case PointerAttribute::RdmaCapable:
    return store<uint32_t>(data, 0);
  case PointerAttribute::BufferId:
  case PointerAttribute::BlockId:
    return store<uint64_t>(data, buffer ? buffer->id : 0);
  case PointerAttribute::IsManaged:
    return store<uint32_t>(data, isManaged);
  case PointerAttribute::DeviceOrdinal:
    return store<int>(data, 0);
  case PointerAttribute::RangeStart:
  case PointerAttribute::MappingBase:
    return store(data, allocation.base);
  case PointerAttribute::RangeSize:
  case PointerAttribute::MappingSize:
    return store<size_t>(data, allocation.bytes);
  case PointerAttribute::Mapped:
    return store<uint32_t>(data, 1);
  case PointerAttribute::HandleTypes:
    return store<uint64_t>(data, 0);
  case PointerAttribute::AccessFlags:
    return store<uint32_t>(data, 3); // read and write
  case PointerAttribute::Pool: {
    std::shared_ptr<Pool> pool = buffer ? buffer->pool.lock() : nullptr;
    return store<Handle>(data, pool ? pool->handle : 0);
  }
  }
  return Result::InvalidValue;
}

static Pointer findPointer(DevicePointer address) {
  State &state = State::get();
  Pointer pointer;
  pointer.allocation = state.findLive(address, 1);
  if (pointer.allocation)
    pointer.buffer = state.bufferOf(*pointer.allocation);
  return pointer;
}

Result sim::driver::pointerAttribute(void *data, PointerAttribute attribute,
                                     DevicePointer address) {
  require(data != nullptr);
  Pointer pointer = findPointer(address);
  require(pointer.allocation != nullptr);
  return attributeOf(pointer, attribute, address, data);
}

Result sim::driver::pointerAttributes(unsigned count, const PointerAttribute *attributes,
                                      void **data, DevicePointer address) {
  require(!count || (attributes && data));
  Pointer pointer = findPointer(address);
  for (unsigned i = 0; i < count; ++i) {
    // Pageable memory has no attributes; asking for them is no error here.
    bool wide = attributes[i] == PointerAttribute::RangeSize;
    if (pointer.allocation) {
      try {
        attributeOf(pointer, attributes[i], address, required(data[i]));
      } catch (const Failure &) {
        store<uint64_t>(data[i], 0);
      }
    } else if (attributes[i] == PointerAttribute::DeviceOrdinal) {
      store<int>(required(data[i]), -2); // CU_DEVICE_INVALID
    } else if (attributes[i] == PointerAttribute::MemoryType ||
               attributes[i] == PointerAttribute::IsManaged ||
               attributes[i] == PointerAttribute::Mapped) {
      store<uint32_t>(required(data[i]), 0);
    } else if (wide || attributes[i] == PointerAttribute::Context ||
               attributes[i] == PointerAttribute::DevicePointer ||
               attributes[i] == PointerAttribute::HostPointer) {
      store<uint64_t>(required(data[i]), 0);
    }
  }
  return Result::Success;
}

Result sim::driver::pointerSetAttribute(const void *value, PointerAttribute attribute,
                                        DevicePointer address) {
  require(value && attribute == PointerAttribute::SyncCopies);
  require(State::get().findLive(address, 1) != nullptr);
  return Result::Success;
}

/// Hints about managed memory are accepted for managed memory only, and change nothing.
static void requireManaged(DevicePointer address, size_t bytes) {
  State &state = State::get();
  sim::Allocation *allocation = state.findLive(address, bytes);
  require(bytes && allocation);
  Buffer *buffer = state.bufferOf(*allocation);
  require(buffer && buffer->kind == Buffer::Kind::Managed);
}

Result sim::driver::memoryAdvise(DevicePointer pointer, size_t bytes, int, Device) {
  requireManaged(pointer, bytes);
  return Result::Success;
}

Result sim::driver::memoryAdviseLocation(DevicePointer pointer, size_t bytes, int, Location) {
  requireManaged(pointer, bytes);
  return Result::Success;
}

Result sim::driver::memoryPrefetch(DevicePointer pointer, size_t bytes, Device, Handle stream) {
  findStream(stream);
  requireManaged(pointer, bytes);
  return Result::Success;
}

Result sim::driver::memoryPrefetchLocation(DevicePointer pointer, size_t bytes, Location, unsigned,
                                           Handle stream) {
  return memoryPrefetch(pointer, bytes, 0, stream);
}

Result sim::driver::memoryAttach(Handle stream, DevicePointer pointer, size_t, unsigned) {
  findStream(stream);
  requireManaged(pointer, 1);
  return Result::Success;
}
