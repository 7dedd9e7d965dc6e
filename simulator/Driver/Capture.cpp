//===- Capture.cpp - streams, and what they record instead of doing it ------------------------===//
#include "simulator/Driver/Graph.h"

#include <algorithm>

using namespace sim::driver;

static std::shared_ptr<Stream> ownStream(Context &context, bool isLegacy) {
  State &state = State::get();
  auto stream = std::make_shared<Stream>();
  stream->isOwnedByContext = true;
  stream->isLegacy = isLegacy;
  stream->context = context.handle;
  stream->id = isLegacy ? 1 : 2;
  state.add(stream);
  if (isLegacy)
    context.legacy = stream;
  else
    context.streams.push_back(stream);
  return stream;
}

std::shared_ptr<Stream> sim::driver::findStream(Handle handle) {
  std::shared_ptr<Context> context = currentContext();
  if (handle == 0)
    handle = defaultStreamIsPerThread() ? perThreadStreamHandle : legacyStreamHandle;
  if (handle == legacyStreamHandle)
    return context->legacy ? context->legacy : ownStream(*context, true);
  if (handle == perThreadStreamHandle) {
    // Per thread and context; the context may have been cleared since.
    thread_local std::map<Handle, std::weak_ptr<Stream>> streams;
    std::weak_ptr<Stream> &mine = streams[context->handle];
    std::shared_ptr<Stream> stream = mine.lock();
    if (!stream || !State::get().objects.contains(stream->handle))
      mine = stream = ownStream(*context, false);
    return stream;
  }
  std::shared_ptr<Stream> stream = State::get().find<Stream>(handle);
  auto owner = State::get().find<Context>(stream->context, Result::ContextIsDestroyed);
  if (owner->fault != Result::Success)
    throw Failure{owner->fault};
  return stream;
}

CaptureMode &sim::driver::threadCaptureMode() {
  thread_local CaptureMode mode = CaptureMode::Global;
  return mode;
}

/// Streams that take part in a capture, of all contexts.
static std::vector<std::shared_ptr<Stream>> capturingStreams() {
  std::vector<std::shared_ptr<Stream>> streams;
  for (const auto &[handle, object] : State::get().objects)
    if (auto stream = std::dynamic_pointer_cast<Stream>(object); stream && stream->capture)
      streams.push_back(stream);
  return streams;
}

void sim::driver::requireNoCapture() {
  if (threadCaptureMode() == CaptureMode::Relaxed)
    return;
  bool unsafe = false;
  for (const std::shared_ptr<Stream> &stream : capturingStreams()) {
    Capture &capture = *stream->capture;
    bool concerns = capture.mode == CaptureMode::Global
                        ? threadCaptureMode() == CaptureMode::Global ||
                              capture.thread == std::this_thread::get_id()
                        : capture.mode == CaptureMode::ThreadLocal &&
                              capture.thread == std::this_thread::get_id();
    if (concerns)
      unsafe = capture.invalid = true;
  }
  require(!unsafe, Result::StreamCaptureUnsupported);
}

void sim::driver::requireNotCapturing(Stream &stream) {
  if (stream.capture) {
    bool before = stream.capture->invalid;
    stream.capture->invalid = true;
    throw Failure{before ? Result::StreamCaptureInvalidated : Result::StreamCaptureUnsupported};
  }
  // The legacy stream would have to wait for blocking streams that capture.
  if (!stream.isLegacy)
    return;
  bool implicit = false;
  for (const std::shared_ptr<Stream> &other : capturingStreams())
    if (other->context == stream.context && other->isBlocking() &&
        other->capture->mode != CaptureMode::Relaxed)
      implicit = other->capture->invalid = true;
  require(!implicit, Result::StreamCaptureImplicit);
}

static std::shared_ptr<Context> contextOf(const Stream &stream) {
  return State::get().find<Context>(stream.context, Result::ContextIsDestroyed);
}

void sim::driver::enqueue(Stream &stream, Command command) {
  if (stream.capture) {
    require(!stream.capture->invalid, Result::StreamCaptureInvalidated);
    Graph &graph = *stream.capture->graph;
    std::shared_ptr<Node> node = graph.add(std::move(command), stream.tail);
    stream.tail = {node->handle};
    return;
  }
  requireNotCapturing(stream);
  State::get().queue->submit(*contextOf(stream), stream, std::move(command));
}

void sim::driver::enqueueAndWait(Stream &stream, Command command) {
  requireNotCapturing(stream);
  requireNoCapture();
  State &state = State::get();
  std::shared_ptr<Context> context = contextOf(stream);
  state.queue->finish(state.queue->submit(*context, stream, std::move(command)));
  state.queue->settle(*context);
}

bool sim::driver::captureRecord(Stream &stream, Event &event) {
  if (!stream.capture)
    return false;
  require(!stream.capture->invalid, Result::StreamCaptureInvalidated);
  event.capture = stream.capture;
  event.captured = stream.tail;
  event.wasCaptured = true;
  return true;
}

bool sim::driver::captureWait(Stream &stream, Event &event) {
  std::shared_ptr<Capture> of = event.wasCaptured ? event.capture.lock() : nullptr;
  if (!stream.capture && !of) {
    require(!event.wasCaptured, Result::CapturedEvent); // its capture has ended
    return false;
  }
  if (stream.capture)
    require(!stream.capture->invalid, Result::StreamCaptureInvalidated);
  if (!of) {
    if (!event.work && !event.wasCaptured)
      return true; // never recorded: nothing to wait for
    stream.capture->invalid = true;
    throw Failure{Result::StreamCaptureIsolation};
  }
  require(!of->invalid, Result::StreamCaptureInvalidated);
  if (stream.capture && stream.capture != of) {
    stream.capture->invalid = of->invalid = true;
    throw Failure{Result::StreamCaptureMerge};
  }
  if (!stream.capture) {
    if (stream.isLegacy) {
      of->invalid = true;
      throw Failure{Result::StreamCaptureImplicit};
    }
    stream.capture = of;
    stream.tail.clear();
  }
  for (Handle node : event.captured)
    if (std::find(stream.tail.begin(), stream.tail.end(), node) == stream.tail.end())
      stream.tail.push_back(node);
  return true;
}
