//===- Event.cpp - events ---------------------------------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

using namespace sim::driver;

Result sim::driver::eventCreate(Handle *event, unsigned flags) {
  std::shared_ptr<Context> context = currentContext();
  // Events between processes are not supported.
  require((flags & ~(BlockingSync | NoTiming)) == 0);
  Handle &handle = required(event);
  auto made = std::make_shared<Event>();
  made->flags = flags;
  made->context = context->handle;
  handle = State::get().add(made);
  return Result::Success;
}

static std::shared_ptr<Event> findEvent(Handle handle) {
  currentContext();
  return State::get().find<Event>(handle);
}

Result sim::driver::eventRecordFlags(Handle handle, Handle streamHandle, unsigned flags) {
  std::shared_ptr<Stream> stream = findStream(streamHandle);
  std::shared_ptr<Event> event = findEvent(handle);
  require(flags <= ExternalEvent);
  require(event->context == stream->context, Result::InvalidHandle);
  if (flags & ExternalEvent) {
    require(stream->capture != nullptr);
    enqueue(*stream, RecordCommand{event});
    return Result::Success;
  }
  if (!captureRecord(*stream, *event))
    enqueue(*stream, RecordCommand{event});
  return Result::Success;
}

Result sim::driver::eventRecord(Handle event, Handle stream) {
  return eventRecordFlags(event, stream, 0);
}

/// Waiting for an event of a capture would never end.
static void requireReal(Event &event) {
  if (!event.wasCaptured)
    return;
  if (std::shared_ptr<Capture> capture = event.capture.lock())
    capture->invalid = true;
  throw Failure{Result::CapturedEvent};
}

Result sim::driver::eventSynchronize(Handle handle) {
  std::shared_ptr<Event> event = findEvent(handle);
  requireReal(*event);
  State &state = State::get();
  state.queue->finish(event->work);
  state.queue->settle(*state.find<Context>(event->context, Result::ContextIsDestroyed));
  return Result::Success;
}

Result sim::driver::eventQuery(Handle handle) {
  std::shared_ptr<Event> event = findEvent(handle);
  requireReal(*event);
  if (State::get().queue->isPending(event->work) && !event->queried) {
    event->queried = true; // the next question finds it done
    return Result::NotReady;
  }
  return eventSynchronize(handle);
}

Result sim::driver::eventDestroy(Handle handle) {
  findEvent(handle);
  State::get().remove(handle);
  return Result::Success;
}

Result sim::driver::eventElapsed(float *milliseconds, Handle startHandle, Handle endHandle) {
  std::shared_ptr<Event> start = findEvent(startHandle), end = findEvent(endHandle);
  required(milliseconds);
  State &state = State::get();
  for (const std::shared_ptr<Event> &event : {start, end}) {
    requireReal(*event);
    require(!(event->flags & NoTiming) && event->work, Result::InvalidHandle);
  }
  require(!state.queue->isPending(start->work) && !state.queue->isPending(end->work),
          Result::NotReady);
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - start->time).count();
  return Result::Success;
}

Result sim::driver::contextRecord(Handle contextHandle, Handle handle) {
  // After all work that the context has: one empty piece after each stream's last.
  State &state = State::get();
  auto context = state.find<Context>(contextHandle, Result::InvalidContext);
  std::shared_ptr<Event> event = findEvent(handle);
  requireNoCapture();
  std::vector<uint64_t> after = context->orphans;
  if (context->legacy)
    after.push_back(context->legacy->last);
  for (const std::weak_ptr<Stream> &weak : context->streams)
    if (std::shared_ptr<Stream> stream = weak.lock())
      after.push_back(stream->last);
  event->work = state.queue->submit(*context, state.queue->newChain(), RecordCommand{event}, after);
  event->queried = event->wasCaptured = false;
  return Result::Success;
}

Result sim::driver::contextWait(Handle contextHandle, Handle handle) {
  State &state = State::get();
  auto context = state.find<Context>(contextHandle, Result::InvalidContext);
  std::shared_ptr<Event> event = findEvent(handle);
  requireNoCapture();
  std::vector<std::shared_ptr<Stream>> streams = {findStream(legacyStreamHandle)};
  for (const std::weak_ptr<Stream> &weak : context->streams)
    if (std::shared_ptr<Stream> stream = weak.lock())
      streams.push_back(stream);
  for (const std::shared_ptr<Stream> &stream : streams)
    if (event->work)
      state.queue->submit(*context, *stream, WaitCommand{event});
  return Result::Success;
}
