//===- Pool.cpp - memory in the order of streams ----------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

#include <algorithm>
#include <cstring>

using namespace sim::driver;

static std::shared_ptr<Pool> defaultPool() {
  State &state = State::get();
  if (!state.defaultPool) {
    state.defaultPool = std::make_shared<Pool>();
    state.defaultPool->isDefault = true;
    state.add(state.defaultPool);
    state.currentPool = state.defaultPool;
  }
  return state.defaultPool;
}

Result sim::driver::poolDefault(Handle *pool, Device device) {
  require(device == 0, Result::InvalidDevice);
  required(pool) = defaultPool()->handle;
  return Result::Success;
}

Result sim::driver::poolGet(Handle *pool, Device device) {
  require(device == 0, Result::InvalidDevice);
  defaultPool();
  required(pool) = State::get().currentPool->handle;
  return Result::Success;
}

Result sim::driver::poolSet(Device device, Handle pool) {
  require(device == 0, Result::InvalidDevice);
  defaultPool();
  State::get().currentPool = State::get().find<Pool>(pool, Result::InvalidValue);
  return Result::Success;
}

Result sim::driver::poolCreate(Handle *pool, const PoolProperties *properties) {
  // CU_MEM_ALLOCATION_TYPE_PINNED on CU_MEM_LOCATION_TYPE_DEVICE; nothing to share.
  require(required(properties).allocationType == 1);
  require(properties->location.type == 1 && properties->handleTypes == 0, Result::NotSupported);
  require(properties->location.id == 0, Result::InvalidDevice);
  Handle &handle = required(pool);
  handle = State::get().add(std::make_shared<Pool>());
  return Result::Success;
}

static std::shared_ptr<Pool> findPool(Handle pool) {
  return State::get().find<Pool>(pool, Result::InvalidValue);
}

Result sim::driver::poolDestroy(Handle pool) {
  std::shared_ptr<Pool> found = findPool(pool);
  require(!found->isDefault, Result::NotSupported);
  State &state = State::get();
  if (state.currentPool == found)
    state.currentPool = defaultPool();
  state.remove(pool);
  return Result::Success;
}

Result sim::driver::poolTrim(Handle pool, size_t) {
  findPool(pool);
  return Result::Success;
}

// CUmemPool_attribute: 1 to 3 are ints, the others 64-bit numbers: 4 the release threshold, 5 and 6
// reserved memory now and at most, 7 and 8 used memory.
Result sim::driver::poolSetAttribute(Handle pool, unsigned attribute, void *value) {
  std::shared_ptr<Pool> found = findPool(pool);
  require(value && attribute >= 1 && attribute <= 8);
  if (attribute <= 3)
    std::memcpy(&found->reuse[attribute], value, sizeof(int));
  else if (attribute == 4)
    std::memcpy(&found->threshold, value, sizeof(uint64_t));
  else if (attribute == 6 || attribute == 8)
    found->mostUsed = found->used;
  else
    return Result::InvalidValue;
  return Result::Success;
}

Result sim::driver::poolAttribute(Handle pool, unsigned attribute, void *value) {
  std::shared_ptr<Pool> found = findPool(pool);
  require(value && attribute >= 1 && attribute <= 8);
  if (attribute <= 3) {
    int reuse = found->reuse.contains(attribute) ? found->reuse[attribute] : 1;
    std::memcpy(value, &reuse, sizeof(int));
    return Result::Success;
  }
  bool most = attribute == 6 || attribute == 8;
  uint64_t number = attribute == 4 ? found->threshold : most ? found->mostUsed : found->used;
  std::memcpy(value, &number, sizeof(number));
  return Result::Success;
}

Result sim::driver::poolSetAccess(Handle pool, const AccessDescription *access, size_t count) {
  findPool(pool);
  for (size_t i = 0; i < count; ++i)
    require(required(access + i).location.id == 0, Result::InvalidDevice);
  return Result::Success;
}

Result sim::driver::poolAccess(int *flags, Handle pool, const Location *location) {
  findPool(pool);
  require(required(location).id == 0, Result::InvalidDevice);
  required(flags) = 3; // read and write
  return Result::Success;
}

static Result allocate(DevicePointer *pointer, size_t bytes, const std::shared_ptr<Pool> &pool,
                       Handle stream) {
  State &state = State::get();
  std::shared_ptr<Stream> on = findStream(stream);
  required(pointer);
  require(bytes > 0);
  if (on->capture) { // nodes that allocate are not supported
    on->capture->invalid = true;
    return Result::StreamCaptureUnsupported;
  }
  Buffer buffer;
  buffer.kind = Buffer::Kind::Pooled;
  buffer.context = on->context;
  buffer.pool = pool;
  buffer.allocation = state.allocate(bytes, "cuMemAllocAsync");
  require(buffer.allocation != nullptr, Result::OutOfMemory);
  pool->used += bytes;
  pool->mostUsed = std::max(pool->mostUsed, pool->used);
  *pointer = state.addBuffer(buffer).allocation->base;
  enqueue(*on, AllocateCommand{*pointer});
  return Result::Success;
}

Result sim::driver::poolAllocate(DevicePointer *pointer, size_t bytes, Handle stream) {
  defaultPool();
  return allocate(pointer, bytes, State::get().currentPool, stream);
}

Result sim::driver::poolAllocateFrom(DevicePointer *pointer, size_t bytes, Handle pool,
                                     Handle stream) {
  return allocate(pointer, bytes, findPool(pool), stream);
}

Result sim::driver::poolFree(DevicePointer pointer, Handle stream) {
  State &state = State::get();
  std::shared_ptr<Stream> on = findStream(stream);
  if (!pointer)
    return Result::Success;
  auto at = state.buffers.find(pointer);
  if (at == state.buffers.end() || at->second.isHost()) {
    state.reportFreedAgain(pointer);
    return Result::InvalidValue;
  }
  if (at->second.freeQueued) {
    state.reportDoubleFree(at->second.allocation->name);
    return Result::InvalidValue;
  }
  at->second.freeQueued = true;
  enqueue(*on, FreeCommand{pointer});
  return Result::Success;
}
