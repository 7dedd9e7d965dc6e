//===- Stream.cpp - streams and their captures ------------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Graph.h"

#include <algorithm>

using namespace sim::driver;

Result sim::driver::streamCreatePriority(Handle *handle, unsigned flags, int priority) {
  std::shared_ptr<Context> context = currentContext();
  require(flags <= NonBlocking);
  Handle &to = required(handle);
  auto stream = std::make_shared<Stream>();
  stream->flags = flags;
  stream->priority = std::clamp(priority, -5, 0);
  stream->context = context->handle;
  static uint64_t streams = 16;
  stream->id = ++streams;
  to = State::get().add(stream);
  std::erase_if(context->streams, [](const std::weak_ptr<Stream> &each) { return each.expired(); });
  context->streams.push_back(stream);
  return Result::Success;
}

Result sim::driver::streamCreate(Handle *handle, unsigned flags) {
  return streamCreatePriority(handle, flags, 0);
}

Result sim::driver::streamPriority(Handle stream, int *priority) {
  required(priority) = findStream(stream)->priority;
  return Result::Success;
}

Result sim::driver::streamDevice(Handle stream, Device *device) {
  findStream(stream);
  required(device) = 0;
  return Result::Success;
}

Result sim::driver::streamFlags(Handle stream, unsigned *flags) {
  required(flags) = findStream(stream)->flags;
  return Result::Success;
}

Result sim::driver::streamId(Handle stream, uint64_t *id) {
  required(id) = findStream(stream)->id;
  return Result::Success;
}

Result sim::driver::streamContext(Handle stream, Handle *context) {
  required(context) = findStream(stream)->context;
  return Result::Success;
}

Result sim::driver::streamContexts(Handle stream, Handle *context, Handle *green) {
  if (green)
    *green = 0;
  return streamContext(stream, context);
}

static Context &contextOf(const Stream &stream) {
  return *State::get().find<Context>(stream.context, Result::ContextIsDestroyed);
}

/// What synchronising waits for: of the legacy stream also the blocking ones.
static std::vector<uint64_t> workOf(Stream &stream) {
  if (!stream.isLegacy)
    return {stream.last};
  return State::get().queue->before(contextOf(stream), stream);
}

Result sim::driver::streamSynchronize(Handle handle) {
  std::shared_ptr<Stream> stream = findStream(handle);
  requireNotCapturing(*stream);
  State &state = State::get();
  Context &context = contextOf(*stream);
  for (uint64_t work : workOf(*stream))
    state.queue->finish(work);
  state.queue->settle(context);
  return Result::Success;
}

Result sim::driver::streamQuery(Handle handle) {
  std::shared_ptr<Stream> stream = findStream(handle);
  requireNotCapturing(*stream);
  State &state = State::get();
  std::vector<uint64_t> before = workOf(*stream);
  bool pending = std::any_of(before.begin(), before.end(),
                             [&](uint64_t work) { return state.queue->isPending(work); });
  if (pending && !stream->queried) {
    stream->queried = true; // the next question finds it done
    return Result::NotReady;
  }
  return streamSynchronize(handle);
}

Result sim::driver::streamDestroy(Handle handle) {
  currentContext();
  std::shared_ptr<Stream> stream = findStream(handle);
  require(!stream->isOwnedByContext, Result::InvalidHandle);
  if (stream->capture)
    stream->capture->invalid = true;
  State &state = State::get();
  if (stream->isBlocking() && state.queue->isPending(stream->last))
    contextOf(*stream).orphans.push_back(stream->last);
  state.remove(stream->handle);
  return Result::Success;
}

Result sim::driver::streamWait(Handle handle, Handle eventHandle, unsigned flags) {
  std::shared_ptr<Stream> stream = findStream(handle);
  auto event = State::get().find<Event>(eventHandle);
  require(flags <= ExternalEvent);
  if (flags & ExternalEvent) {
    require(stream->capture != nullptr);
    enqueue(*stream, WaitCommand{event});
    return Result::Success;
  }
  if (captureWait(*stream, *event))
    return Result::Success;
  requireNotCapturing(*stream);
  if (event->work)
    enqueue(*stream, WaitCommand{event});
  return Result::Success;
}

Result sim::driver::streamCallback(Handle handle, StreamCallback function, void *data,
                                   unsigned flags) {
  std::shared_ptr<Stream> stream = findStream(handle);
  require(function && flags == 0);
  if (stream->capture) {
    stream->capture->invalid = true;
    return Result::StreamCaptureUnsupported;
  }
  HostCommand command;
  command.callback = function;
  command.host.data = data;
  command.stream = handle;
  enqueue(*stream, command);
  return Result::Success;
}

Result sim::driver::streamCopyAttributes(Handle target, Handle source) {
  findStream(target);
  findStream(source);
  return Result::Success;
}

Result sim::driver::streamAttribute(Handle stream, unsigned attribute, void *value) {
  // CUlaunchAttributeID: 8 is the priority; the others have no effect here and are not kept.
  std::shared_ptr<Stream> found = findStream(stream);
  require(value && attribute == 8);
  *static_cast<int *>(value) = found->priority;
  return Result::Success;
}

Result sim::driver::streamSetAttribute(Handle stream, unsigned attribute, const void *value) {
  std::shared_ptr<Stream> found = findStream(stream);
  require(value != nullptr);
  if (attribute == 8)
    found->priority = std::clamp(*static_cast<const int *>(value), -5, 0);
  return Result::Success;
}

//===------------------------------------------------------------------------------------------===//
// Captures
//===------------------------------------------------------------------------------------------===//

static std::shared_ptr<Capture> begin(Stream &stream, CaptureMode mode) {
  require(mode <= CaptureMode::Relaxed);
  // The legacy stream cannot be captured; a stream only once at a time.
  require(!stream.isLegacy, Result::StreamCaptureUnsupported);
  require(!stream.capture, Result::IllegalState);
  static uint64_t captures = 0;
  auto capture = std::make_shared<Capture>();
  capture->id = ++captures;
  capture->origin = stream.handle;
  capture->mode = mode;
  capture->thread = std::this_thread::get_id();
  return capture;
}

Result sim::driver::captureBegin(Handle handle, CaptureMode mode) {
  std::shared_ptr<Stream> stream = findStream(handle);
  std::shared_ptr<Capture> capture = begin(*stream, mode);
  capture->graph = std::make_shared<Graph>();
  capture->graph->isOwned = true;
  State::get().add(capture->graph);
  stream->capture = capture;
  stream->tail.clear();
  return Result::Success;
}

Result sim::driver::captureBeginTo(Handle handle, Handle graph, const Handle *dependencies,
                                   const EdgeData *, size_t count, CaptureMode mode) {
  std::shared_ptr<Stream> stream = findStream(handle);
  std::shared_ptr<Capture> capture = begin(*stream, mode);
  capture->graph = State::get().find<Graph>(graph, Result::InvalidValue);
  capture->intoClientsGraph = true;
  require(!count || dependencies);
  stream->tail.assign(dependencies, dependencies + count);
  for (Handle node : stream->tail)
    require(capture->graph->has(node));
  stream->capture = capture;
  return Result::Success;
}

Result sim::driver::captureExchange(CaptureMode *mode) {
  require(required(mode) <= CaptureMode::Relaxed);
  std::swap(*mode, threadCaptureMode());
  return Result::Success;
}

Result sim::driver::captureEnd(Handle handle, Handle *graph) {
  State &state = State::get();
  std::shared_ptr<Stream> stream = findStream(handle);
  Handle &to = required(graph);
  to = 0;
  std::shared_ptr<Capture> capture = stream->capture;
  require(capture != nullptr, Result::IllegalState);
  if (capture->origin != stream->handle) {
    capture->invalid = true;
    return Result::StreamCaptureUnmatched;
  }
  if (capture->mode != CaptureMode::Relaxed && capture->thread != std::this_thread::get_id())
    return Result::StreamCaptureWrongThread;
  bool joined = true;
  for (const auto &[each, object] : state.objects) {
    auto other = std::dynamic_pointer_cast<Stream>(object);
    if (!other || other->capture != capture)
      continue;
    if (other != stream)
      for (Handle node : other->tail)
        joined &= capture->graph->isBefore(node, stream->tail);
    other->capture.reset();
    if (other != stream)
      other->tail.clear();
  }
  stream->tail.clear();
  Result result = capture->invalid ? Result::StreamCaptureInvalidated
                  : !joined        ? Result::StreamCaptureUnjoined
                                   : Result::Success;
  if (result == Result::Success) {
    if (!capture->intoClientsGraph)
      capture->graph->isOwned = false;
    to = capture->graph->handle;
  } else if (!capture->intoClientsGraph) {
    state.remove(capture->graph->handle);
  }
  return result;
}

static CaptureStatus statusOf(const Stream &stream) {
  return !stream.capture           ? CaptureStatus::None
         : stream.capture->invalid ? CaptureStatus::Invalidated
                                   : CaptureStatus::Active;
}

Result sim::driver::captureIs(Handle handle, CaptureStatus *status) {
  std::shared_ptr<Stream> stream = findStream(handle);
  if (stream->isLegacy)
    requireNotCapturing(*stream);
  required(status) = statusOf(*stream);
  return Result::Success;
}

Result sim::driver::captureInfo(Handle handle, CaptureStatus *status, uint64_t *id, Handle *graph,
                                const Handle **dependencies, const EdgeData **edges,
                                size_t *count) {
  std::shared_ptr<Stream> stream = findStream(handle);
  if (stream->isLegacy)
    requireNotCapturing(*stream);
  required(status) = statusOf(*stream);
  if (*status != CaptureStatus::Active)
    return Result::Success;
  stream->tailForClients = stream->tail;
  if (id)
    *id = stream->capture->id;
  if (graph)
    *graph = stream->capture->graph->handle;
  if (dependencies)
    *dependencies = stream->tailForClients.data();
  if (edges)
    *edges = nullptr;
  if (count)
    *count = stream->tail.size();
  return Result::Success;
}

Result sim::driver::captureInfoV2(Handle stream, CaptureStatus *status, uint64_t *id, Handle *graph,
                                  const Handle **dependencies, size_t *count) {
  return captureInfo(stream, status, id, graph, dependencies, nullptr, count);
}

Result sim::driver::captureInfoV1(Handle stream, CaptureStatus *status, uint64_t *id) {
  return captureInfo(stream, status, id, nullptr, nullptr, nullptr, nullptr);
}

Result sim::driver::captureUpdate(Handle handle, const Handle *dependencies, const EdgeData *,
                                  size_t count, unsigned flags) {
  std::shared_ptr<Stream> stream = findStream(handle);
  require(stream->capture != nullptr, Result::IllegalState);
  require(!stream->capture->invalid, Result::StreamCaptureInvalidated);
  require(flags <= 1 && (!count || dependencies));
  std::vector<Handle> tail;
  if (flags == 0) // add to those that there are
    tail = stream->tail;
  for (size_t i = 0; i < count; ++i) {
    require(stream->capture->graph->has(dependencies[i]));
    if (std::find(tail.begin(), tail.end(), dependencies[i]) == tail.end())
      tail.push_back(dependencies[i]);
  }
  stream->tail = tail;
  return Result::Success;
}

Result sim::driver::captureUpdateV1(Handle stream, const Handle *dependencies, size_t count,
                                    unsigned flags) {
  return captureUpdate(stream, dependencies, nullptr, count, flags);
}
