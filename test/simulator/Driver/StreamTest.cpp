//===- StreamTest.cpp - order, events, captures -----------------------------------------------===//
#include "Client.h"

#include <set>
#include <thread>

using namespace mock;

TEST(MockStream, WorkWaitsForASynchronisation) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(400);
    Handle s = c.stream();
    c.fill(p, 7, 100, s);
    expect(c.affine(p, 2, 1, 100, s) == success, "launch");
    c.fails(notReady, "cuStreamQuery", s);
    c.ok("cuStreamQuery", s);
    c.holds(p, 100, 15);
  });
}

/// Blocking streams and the legacy one wait for each other; a non-blocking one does not.
TEST(MockStream, LegacyStream) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(400);
    Handle blocking = c.stream(0);
    c.fill(p, 1, 100, blocking);
    c.affine(p, 3, 0, 100, 0);
    c.affine(p, 1, 4, 100, blocking);
    c.ok("cuStreamSynchronize", blocking);
    c.holds(p, 100, 7);
  });
}

TEST(MockStream, MissingDependencyShowsUnderSomeOrder) {
  // Two streams without an event between them: some seed runs the second first.
  for (int seed = 1; seed <= 20; ++seed) {
    run({{"DPC_MOCK_ORDER", std::to_string(seed)}}, "", [](Client &c) {
      c.open();
      uint64_t p = c.memory(4);
      Handle a = c.stream(), b = c.stream();
      Handle e = c.event();
      c.fill(p, 1, 1, a);
      c.affine(p, 2, 0, 1, a);
      c.ok("cuEventRecord", e, a);
      c.ok("cuStreamWaitEvent", b, e, 0u);
      c.affine(p, 1, 3, 1, b);
      c.ok("cuCtxSynchronize");
      c.holds(p, 1, 5); // 1 * 2 + 3 in this order alone
    });
  }
  std::set<int> seen;
  for (int seed = 1; seed <= 20 && seen.size() < 2; ++seed) {
    auto child = [&] {
      setenv("DPC_MOCK_ORDER", std::to_string(seed).c_str(), 1);
      Client c;
      c.open();
      uint64_t p = c.memory(4);
      c.fill(p, 1, 1);
      c.ok("cuCtxSynchronize");
      Handle a = c.stream(), b = c.stream();
      c.affine(p, 2, 0, 1, a);
      c.affine(p, 1, 3, 1, b);
      c.ok("cuCtxSynchronize");
      std::exit(c.read(p, 1)[0]);
    };
    auto note = [&](int status) {
      seen.insert(WEXITSTATUS(status));
      return true;
    };
    EXPECT_EXIT(child(), note, "");
  }
  EXPECT_EQ(seen, (std::set<int>{5, 8}));
}

/// Streams that use the same memory need an event between them, whatever the order is in this run.
TEST(MockStream, RacesBetweenStreams) {
  enum class Way { Nothing, Event, Host, HostFunction, OtherBytes, Reads };
  auto body = [](Way way) {
    return [way](Client &c) {
      c.open();
      uint64_t p = c.memory(80), q = c.memory(80);
      int *host = c.pinned(20);
      c.fill(p, 1, 20);
      c.ok("cuCtxSynchronize");
      Handle a = c.stream(), b = c.stream(), e = c.event();
      if (way == Way::Reads)
        c.ok("cuMemcpyDtoDAsync_v2", q, p, size_t(80), a);
      else
        c.affine(p, 2, 1, 10, a);
      if (way == Way::Event) {
        c.ok("cuEventRecord", e, a);
        c.ok("cuStreamWaitEvent", b, e, 0u);
      } else if (way == Way::Host) {
        c.ok("cuStreamSynchronize", a);
      } else if (way == Way::HostFunction) {
        // May tell another thread of the client, which goes on with another stream.
        c.ok("cuLaunchHostFunc", a, +[](void *) {}, static_cast<void *>(nullptr));
        c.ok("cuEventRecord", e, a);
        c.ok("cuEventSynchronize", e);
      }
      uint64_t from = way == Way::OtherBytes ? p + 40 : p;
      c.ok("cuMemcpyDtoHAsync_v2", static_cast<void *>(host), from, size_t(40), b);
      c.ok("cuCtxSynchronize");
    };
  };
  for (const char *seed : {"0", "1", "2", "3"}) {
    run({{"DPC_MOCK_ORDER", seed}},
        "race between streams: (kernel affine .writes. and a copy .reads.|a copy .reads. and "
        "kernel affine .writes.) use cuMemAlloc#1.0x0",
        body(Way::Nothing));
    for (Way way : {Way::Event, Way::Host, Way::HostFunction, Way::OtherBytes, Way::Reads})
      run({{"DPC_MOCK_ORDER", seed}}, "^$", body(way));
  }
  run({{"DPC_MOCK_CHECK", "0"}}, "^$", body(Way::Nothing));
}

TEST(MockStream, MemoryInTheOrderOfStreams) {
  auto body = [](bool beforeAllocation) {
    return [beforeAllocation](Client &c) {
      c.open();
      uint64_t p = 0;
      Handle a = c.stream(), b = c.stream(), e = c.event();
      c.ok("cuMemAllocAsync", &p, size_t(4), a);
      c.ok("cuEventRecord", e, a);
      if (!beforeAllocation)
        c.ok("cuStreamWaitEvent", b, e, 0u);
      c.fill(p, 1, 1, b);
      if (beforeAllocation)
        c.ok("cuStreamSynchronize", b);
      c.ok("cuMemFreeAsync", p, a);
      c.ok("cuCtxSynchronize");
    };
  };
  run({}, "race between streams: cuMemAllocAsync and a fill", body(true));
  run({}, "race between streams: cuMemFreeAsync and a fill", body(false));
}

TEST(MockStream, EventsAndTime) {
  run({}, "", [](Client &c) {
    c.open();
    Handle s = c.stream(), start = c.event(), end = c.event(), plain = c.event(2);
    float milliseconds = -1;
    c.ok("cuEventQuery", start); // never recorded counts as done
    c.fails(invalidHandle, "cuEventElapsedTime", &milliseconds, start, end);
    c.ok("cuEventRecord", start, s);
    c.ok("cuEventRecord", end, s);
    c.ok("cuEventRecord", plain, s);
    c.fails(notReady, "cuEventElapsedTime", &milliseconds, start, end);
    c.ok("cuEventSynchronize", end);
    c.ok("cuEventElapsedTime", &milliseconds, start, end);
    expect(milliseconds >= 0, "time goes forwards");
    c.ok("cuStreamSynchronize", s);
    c.fails(invalidHandle, "cuEventElapsedTime", &milliseconds, start, plain);
    c.ok("cuEventDestroy_v2", start);
    c.fails(invalidHandle, "cuEventDestroy_v2", start);
  });
}

static void countAndCall(void *data) {
  // Calls are not permitted in host functions.
  auto *client = static_cast<Client *>(data);
  expect(client->call("cuCtxSynchronize") == notPermitted, "calls in a host function fail");
  fmt::print(stderr, "host function\n");
}

TEST(MockStream, HostFunctionsRunInOrder) {
  run({}, "host function", [](Client &c) {
    c.open();
    Handle s = c.stream();
    c.ok("cuLaunchHostFunc", s, &countAndCall, static_cast<void *>(&c));
    c.ok("cuStreamSynchronize", s);
  });
}

TEST(MockStream, ForkAndJoinInACapture) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4), q = c.memory(4);
    Handle a = c.stream(), b = c.stream(), fork = c.event(), join = c.event();
    c.ok("cuStreamBeginCapture_v2", a, 0u);
    c.fill(p, 3, 1, a);
    c.ok("cuEventRecord", fork, a);
    c.ok("cuStreamWaitEvent", b, fork, 0u);
    c.ok("cuMemcpyDtoDAsync_v2", q, p, size_t(4), b);
    c.affine(q, 10, 1, 1, b);
    c.ok("cuEventRecord", join, b);
    c.ok("cuStreamWaitEvent", a, join, 0u);
    c.affine(q, 2, 0, 1, a);
    Handle graph = 0, executable = 0;
    c.ok("cuStreamEndCapture", a, &graph);
    size_t nodes = 0, edges = 0;
    c.ok("cuGraphGetNodes", graph, static_cast<Handle *>(nullptr), &nodes);
    c.ok("cuGraphGetEdges", graph, static_cast<Handle *>(nullptr), static_cast<Handle *>(nullptr),
         &edges);
    // The last one comes after the join and after what its own stream did before.
    expect(nodes == 4 && edges == 4, "nodes and edges");
    c.ok("cuGraphInstantiateWithFlags", &executable, graph, uint64_t(0));
    c.ok("cuGraphLaunch", executable, a);
    c.ok("cuGraphLaunch", executable, b);
    c.ok("cuCtxSynchronize");
    c.holds(q, 1, 62);
  });
}

TEST(MockStream, RulesOfCaptures) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    Handle a = c.stream(0), b = c.stream(), fork = c.event(), old = c.event(), graph = 0;
    c.ok("cuEventRecord", old, b);
    // A stream that has forked off and is not joined.
    c.ok("cuStreamBeginCapture_v2", a, 2u);
    c.ok("cuEventRecord", fork, a);
    c.ok("cuStreamWaitEvent", b, fork, 0u);
    c.fill(p, 1, 1, b);
    c.fails(captureUnjoined, "cuStreamEndCapture", a, &graph);
    expect(graph == 0, "no graph");
    // An event from outside.
    c.ok("cuStreamBeginCapture_v2", a, 2u);
    c.fails(captureIsolation, "cuStreamWaitEvent", a, old, 0u);
    c.fails(captureInvalidated, "cuStreamEndCapture", a, &graph);
    // Synchronising.
    c.ok("cuStreamBeginCapture_v2", a, 2u);
    c.fails(captureUnsupported, "cuStreamSynchronize", a);
    c.fails(captureInvalidated, "cuStreamEndCapture", a, &graph);
    // Waiting for an event that stands for nodes.
    c.ok("cuStreamBeginCapture_v2", a, 2u);
    c.ok("cuEventRecord", fork, a);
    c.fails(capturedEvent, "cuEventSynchronize", fork);
    c.fails(captureInvalidated, "cuStreamEndCapture", a, &graph);
    // The legacy stream would depend on it.
    c.ok("cuStreamBeginCapture_v2", a, 0u);
    c.fails(captureImplicit, "cuMemsetD32Async", p, 1u, size_t(1), Handle(0));
    c.fails(captureInvalidated, "cuStreamEndCapture", a, &graph);
    // Allocating in the global mode, from another thread too; not in the thread's own.
    uint64_t q = 0;
    c.ok("cuStreamBeginCapture_v2", a, 1u);
    std::thread([&] {
      c.ok("cuCtxSetCurrent", c.context);
      c.ok("cuMemAlloc_v2", &q, size_t(4));
    }).join();
    c.fails(captureUnsupported, "cuMemAlloc_v2", &q, size_t(4));
    c.fails(captureInvalidated, "cuStreamEndCapture", a, &graph);
    c.ok("cuStreamSynchronize", a);
  });
}

TEST(MockStream, PerThreadDefaultStreams) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    c.ok("cuMemsetD32Async_ptsz", p, 5u, size_t(1), Handle(0));
    c.ok("cuStreamQuery", c.stream());
    c.fails(notReady, "cuStreamQuery_ptsz", Handle(0));
    c.ok("cuStreamSynchronize", Handle(2));
    c.holds(p, 1, 5);
  });
}
