//===- Copy.cpp - copies and fills ------------------------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

using namespace sim::driver;

static DevicePointer addressOf(const void *host) { return reinterpret_cast<uintptr_t>(host); }

static Result blocking(const Copy3D &copy) {
  std::shared_ptr<Stream> stream = findStream(0);
  enqueueAndWait(*stream, makeCopy(copy));
  return Result::Success;
}

/// Pageable memory makes the copy half asynchronous, as in the driver: a source is read at the
/// call, a target is written before the call returns.
static Result asynchronous(const Copy3D &given, Handle handle) {
  std::shared_ptr<Stream> stream = findStream(handle);
  CopyCommand copy = makeCopy(given);
  bool wait = !isAsynchronous(copy) && !stream->capture;
  if (!stream->capture)
    stage(copy);
  if (!wait) {
    enqueue(*stream, std::move(copy));
    return Result::Success;
  }
  requireNotCapturing(*stream);
  State &state = State::get();
  auto context = state.find<Context>(stream->context, Result::ContextIsDestroyed);
  state.queue->finish(state.queue->submit(*context, *stream, std::move(copy)));
  state.queue->settle(*context);
  return Result::Success;
}

Result sim::driver::copy(DevicePointer target, DevicePointer source, size_t bytes) {
  return blocking(plainCopy(target, MemoryType::Unified, source, MemoryType::Unified, bytes));
}

Result sim::driver::copyToDevice(DevicePointer target, const void *source, size_t bytes) {
  return blocking(
      plainCopy(target, MemoryType::Device, addressOf(source), MemoryType::Host, bytes));
}

Result sim::driver::copyToHost(void *target, DevicePointer source, size_t bytes) {
  return blocking(
      plainCopy(addressOf(target), MemoryType::Host, source, MemoryType::Device, bytes));
}

Result sim::driver::copyOnDevice(DevicePointer target, DevicePointer source, size_t bytes) {
  return blocking(plainCopy(target, MemoryType::Device, source, MemoryType::Device, bytes));
}

Result sim::driver::copyPeer(DevicePointer target, Handle, DevicePointer source, Handle,
                             size_t bytes) {
  return copyOnDevice(target, source, bytes);
}

Result sim::driver::copy2D(const Copy2D *given) { return blocking(widen(required(given))); }

Result sim::driver::copy3D(const Copy3D *given) { return blocking(required(given)); }

Result sim::driver::copyAsync(DevicePointer target, DevicePointer source, size_t bytes,
                              Handle stream) {
  return asynchronous(plainCopy(target, MemoryType::Unified, source, MemoryType::Unified, bytes),
                      stream);
}

Result sim::driver::copyToDeviceAsync(DevicePointer target, const void *source, size_t bytes,
                                      Handle stream) {
  return asynchronous(
      plainCopy(target, MemoryType::Device, addressOf(source), MemoryType::Host, bytes), stream);
}

Result sim::driver::copyToHostAsync(void *target, DevicePointer source, size_t bytes,
                                    Handle stream) {
  return asynchronous(
      plainCopy(addressOf(target), MemoryType::Host, source, MemoryType::Device, bytes), stream);
}

Result sim::driver::copyOnDeviceAsync(DevicePointer target, DevicePointer source, size_t bytes,
                                      Handle stream) {
  return asynchronous(plainCopy(target, MemoryType::Device, source, MemoryType::Device, bytes),
                      stream);
}

Result sim::driver::copyPeerAsync(DevicePointer target, Handle, DevicePointer source, Handle,
                                  size_t bytes, Handle stream) {
  return copyOnDeviceAsync(target, source, bytes, stream);
}

Result sim::driver::copy2DAsync(const Copy2D *given, Handle stream) {
  return asynchronous(widen(required(given)), stream);
}

Result sim::driver::copy3DAsync(const Copy3D *given, Handle stream) {
  return asynchronous(required(given), stream);
}

/// Fills return before they are done, also those without a stream (CUDA: "asynchronous with respect
/// to the host" unless the target is pinned host memory).
static Result fill(const FillNode &node, Handle handle) {
  std::shared_ptr<Stream> stream = findStream(handle);
  enqueue(*stream, makeFill(node));
  return Result::Success;
}

static FillNode rows(DevicePointer target, size_t pitch, unsigned value, unsigned elementBytes,
                     size_t width, size_t height) {
  return {target, pitch, value, elementBytes, width, height};
}

static FillNode row(DevicePointer target, unsigned value, unsigned elementBytes, size_t count) {
  return rows(target, 0, value, elementBytes, count, 1);
}

Result sim::driver::fill8(DevicePointer target, unsigned char value, size_t count) {
  return fill(row(target, value, 1, count), 0);
}
Result sim::driver::fill16(DevicePointer target, unsigned short value, size_t count) {
  return fill(row(target, value, 2, count), 0);
}
Result sim::driver::fill32(DevicePointer target, unsigned value, size_t count) {
  return fill(row(target, value, 4, count), 0);
}
Result sim::driver::fill8Async(DevicePointer target, unsigned char value, size_t count,
                               Handle stream) {
  return fill(row(target, value, 1, count), stream);
}
Result sim::driver::fill16Async(DevicePointer target, unsigned short value, size_t count,
                                Handle stream) {
  return fill(row(target, value, 2, count), stream);
}
Result sim::driver::fill32Async(DevicePointer target, unsigned value, size_t count, Handle stream) {
  return fill(row(target, value, 4, count), stream);
}
Result sim::driver::fill2D8(DevicePointer target, size_t pitch, unsigned char value, size_t width,
                            size_t height) {
  return fill(rows(target, pitch, value, 1, width, height), 0);
}
Result sim::driver::fill2D16(DevicePointer target, size_t pitch, unsigned short value, size_t width,
                             size_t height) {
  return fill(rows(target, pitch, value, 2, width, height), 0);
}
Result sim::driver::fill2D32(DevicePointer target, size_t pitch, unsigned value, size_t width,
                             size_t height) {
  return fill(rows(target, pitch, value, 4, width, height), 0);
}
Result sim::driver::fill2D8Async(DevicePointer target, size_t pitch, unsigned char value,
                                 size_t width, size_t height, Handle stream) {
  return fill(rows(target, pitch, value, 1, width, height), stream);
}
Result sim::driver::fill2D16Async(DevicePointer target, size_t pitch, unsigned short value,
                                  size_t width, size_t height, Handle stream) {
  return fill(rows(target, pitch, value, 2, width, height), stream);
}
Result sim::driver::fill2D32Async(DevicePointer target, size_t pitch, unsigned value, size_t width,
                                  size_t height, Handle stream) {
  return fill(rows(target, pitch, value, 4, width, height), stream);
}
