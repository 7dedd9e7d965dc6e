//===- Host.cpp - pinned and registered memory of the host ------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

#include <fmt/format.h>

using namespace sim::driver;

Result sim::driver::hostAllocateFlags(void **pointer, size_t bytes, unsigned flags) {
  std::shared_ptr<Context> context = currentContext();
  requireNoCapture();
  required(pointer);
  require(bytes > 0 && flags <= 7);
  *pointer =
      State::get()
          .addHostPages(Buffer::Kind::Pinned, bytes, flags, context->handle, "cuMemHostAlloc")
          .allocation->data;
  return Result::Success;
}

Result sim::driver::hostAllocate(void **pointer, size_t bytes) {
  return hostAllocateFlags(pointer, bytes,
                           2); // mapped, as all pinned memory with one address space
}

static Buffer &findHost(void *pointer, Buffer::Kind kind, Result otherwise) {
  State &state = State::get();
  auto at = state.buffers.find(reinterpret_cast<uintptr_t>(pointer));
  require(at != state.buffers.end() && at->second.kind == kind, otherwise);
  return at->second;
}

static void endHost(const Buffer &buffer, const char *verb) {
  State &state = State::get();
  const sim::Allocation &allocation = *buffer.allocation;
  if (state.queue->firstUser(allocation.base, allocation.bytes)) {
    state.report("freed before synchronising",
                 fmt::format("{} is {} while work that uses it is queued", allocation.name, verb));
    state.queue->finishUsers(allocation.base, allocation.bytes);
  }
  state.release(allocation.base);
}

Result sim::driver::hostFree(void *pointer) {
  currentContext();
  requireNoCapture();
  if (!pointer)
    return Result::Success;
  State &state = State::get();
  uint64_t address = reinterpret_cast<uintptr_t>(pointer);
  if (HostPages::isOurs(address))
    state.reportFreedAgain(address);
  endHost(findHost(pointer, Buffer::Kind::Pinned, Result::InvalidValue), "freed");
  return Result::Success;
}

Result sim::driver::hostRegister(void *pointer, size_t bytes, unsigned flags) {
  std::shared_ptr<Context> context = currentContext();
  requireNoCapture();
  require(pointer && bytes && flags <= 15);
  State &state = State::get();
  uint64_t address = reinterpret_cast<uintptr_t>(pointer);
  require(HostPages::areMapped(address, bytes) &&
          (address >= sim::deviceEnd || address + bytes <= sim::deviceBase));
  Buffer buffer;
  buffer.kind = Buffer::Kind::Registered;
  buffer.context = context->handle;
  buffer.flags = flags;
  buffer.allocation =
      state.memory.map(address, bytes, static_cast<std::byte *>(pointer), "cuMemHostRegister");
  require(buffer.allocation != nullptr, Result::HostMemoryAlreadyRegistered);
  state.addBuffer(buffer);
  return Result::Success;
}

Result sim::driver::hostUnregister(void *pointer) {
  currentContext();
  require(pointer != nullptr);
  endHost(findHost(pointer, Buffer::Kind::Registered, Result::HostMemoryNotRegistered),
          "unregistered");
  return Result::Success;
}

static Buffer &findHostRange(void *pointer) {
  State &state = State::get();
  sim::Allocation *allocation = state.findLive(reinterpret_cast<uintptr_t>(pointer), 1);
  Buffer *buffer = allocation ? state.bufferOf(*allocation) : nullptr;
  require(buffer && buffer->isHost());
  return *buffer;
}

Result sim::driver::hostDevicePointer(DevicePointer *pointer, void *host, unsigned flags) {
  currentContext();
  require(flags == 0);
  findHostRange(host);
  required(pointer) = reinterpret_cast<uintptr_t>(host);
  return Result::Success;
}

Result sim::driver::hostFlags(unsigned *flags, void *pointer) {
  currentContext();
  required(flags) = findHostRange(pointer).flags;
  return Result::Success;
}
