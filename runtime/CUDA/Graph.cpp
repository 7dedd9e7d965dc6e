//===- Graph.cpp - capture, replay, timing ----------------------------------------------------===//
#include "CUDA/Device.h"

using namespace dprt;
using namespace dprt::cuda;

// CU_STREAM_CAPTURE_MODE_THREAD_LOCAL: what other threads call does not break a capture.
static constexpr int threadLocal = 1;

Status dprt_cuda::freeGraph(dprt_cuda_graph *graph) {
  if (graph->executable)
    DPRT_CUDA_TRY(*this, graphExecutableDestroy, (graph->executable));
  graphs.erase(graph);
  delete graph;
  return {};
}

Status dprt_cuda::freeEvent(dprt_cuda_event *event) {
  if (event->event)
    DPRT_CUDA_TRY(*this, eventDestroy, (event->event));
  events.erase(event);
  delete event;
  return {};
}

int dprt_cuda_capture_begin(dprt_cuda *device) {
  return call(device, [&]() -> Status {
    if (device->capturing)
      return Status::internal("dprt_cuda_capture_begin was called while capturing");
    DPRT_CUDA_TRY(*device, captureBegin, (device->stream, threadLocal));
    device->capturing = true;
    return {};
  });
}

int dprt_cuda_capture_end(dprt_cuda *device, dprt_cuda_graph **graph) {
  *graph = nullptr;
  return call(device, [&]() -> Status {
    if (!device->capturing)
      return Status::internal("dprt_cuda_capture_end was called without dprt_cuda_capture_begin");
    auto owner = std::make_unique<dprt_cuda_graph>();
    auto place = device->graphs.insert(owner.get()).first;
    Graph recorded = nullptr;
    Status status = device->library.check(device->library.captureEnd(device->stream, &recorded),
                                          symbols.captureEnd);
    // A capture that something has spoilt is over now, without a graph; where the call itself was
    // refused it is not, and the stream would be lost.
    if (!status.ok() && !recorded && device->library.captureEnd(device->stream, &recorded) != 0)
      recorded = nullptr;
    device->capturing = false;
    if (status.ok())
      status =
          device->library.check(device->library.graphInstantiate(&owner->executable, recorded, 0),
                                symbols.graphInstantiate);
    if (recorded) {
      Outcome outcome = device->library.graphDestroy(recorded);
      if (outcome != 0) // once more: nobody could free it later
        device->library.graphDestroy(recorded);
      if (status.ok())
        status = device->library.check(outcome, symbols.graphDestroy);
    }
    if (!status.ok()) {
      if (owner->executable)
        device->library.graphExecutableDestroy(owner->executable);
      device->graphs.erase(place);
      return status;
    }
    *graph = owner.release();
    return {};
  });
}

int dprt_cuda_replay(dprt_cuda *device, dprt_cuda_graph *graph) {
  return call(device, [&]() -> Status {
    if (!graph)
      return missing("dprt_cuda_replay", "graph");
    DPRT_CUDA_TRY(*device, graphLaunch, (graph->executable, device->stream));
    return {};
  });
}

int dprt_cuda_free_graph(dprt_cuda *device, dprt_cuda_graph *graph) {
  return call(device, [&]() -> Status {
    if (!graph)
      return {};
    if (!device->graphs.count(graph))
      return missing("dprt_cuda_free_graph", "graph that was captured and nobody freed");
    return device->freeGraph(graph);
  });
}

int dprt_cuda_create_event(dprt_cuda *device, dprt_cuda_event **event) {
  *event = nullptr;
  return call(device, [&]() -> Status {
    auto owner = std::make_unique<dprt_cuda_event>();
    auto place = device->events.insert(owner.get()).first;
    Status status =
        device->library.check(device->library.eventCreate(&owner->event, 0), symbols.eventCreate);
    if (!status.ok()) {
      device->events.erase(place);
      return status;
    }
    *event = owner.release();
    return {};
  });
}

int dprt_cuda_free_event(dprt_cuda *device, dprt_cuda_event *event) {
  return call(device, [&]() -> Status {
    if (!event)
      return {};
    if (!device->events.count(event))
      return missing("dprt_cuda_free_event", "event that was created and nobody freed");
    return device->freeEvent(event);
  });
}

int dprt_cuda_record(dprt_cuda *device, dprt_cuda_event *event) {
  return call(device, [&]() -> Status {
    if (!event)
      return missing("dprt_cuda_record", "event");
    DPRT_CUDA_TRY(*device, eventRecord, (event->event, device->stream));
    return {};
  });
}

int dprt_cuda_elapsed(dprt_cuda *device, dprt_cuda_event *begin, dprt_cuda_event *end,
                      float *milliseconds) {
  *milliseconds = 0;
  return call(device, [&]() -> Status {
    if (!begin || !end)
      return missing("dprt_cuda_elapsed", "event");
    DPRT_CUDA_TRY(*device, eventSynchronize, (end->event));
    DPRT_CUDA_TRY(*device, eventElapsed, (milliseconds, begin->event, end->event));
    return {};
  });
}
