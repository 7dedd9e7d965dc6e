//===- GraphTest.cpp - graphs made by node ----------------------------------------------------===//
#include "Client.h"

using namespace mock;

namespace {

struct KernelNode {
  Handle function;
  unsigned grid[3], block[3], shared;
  void **parameters, **extra;
  Handle kernel, context;
};

struct FillNode {
  uint64_t target;
  size_t pitch;
  unsigned value, elementBytes;
  size_t width, height;
};

struct UpdateInfo {
  unsigned result;
  Handle node, from;
};

} // namespace

static const Handle *const noNodes = nullptr;

static Handle addFill(Client &c, Handle graph, uint64_t p, unsigned value) {
  FillNode fill{p, 0, value, 4, 1, 1};
  Handle node = 0;
  c.ok("cuGraphAddMemsetNode", &node, graph, noNodes, size_t(0), &fill, c.context);
  return node;
}

static Handle addAffine(Client &c, Handle graph, Handle after, uint64_t p, int factor) {
  int summand = 0;
  unsigned count = 1;
  void *arguments[] = {&p, &factor, &summand, &count};
  KernelNode kernel{c.kernel, {1, 1, 1}, {32, 1, 1}, 0, arguments, nullptr, 0, 0};
  Handle node = 0;
  c.ok("cuGraphAddKernelNode_v2", &node, graph, &after, size_t(1), &kernel);
  return node;
}

TEST(MockGraph, NodesKeepTheirArguments) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    Handle graph = 0, executable = 0, s = c.stream();
    c.ok("cuGraphCreate", &graph, 0u);
    Handle first = addFill(c, graph, p, 4), second = addAffine(c, graph, first, p, 6);
    KernelNode got{};
    c.ok("cuGraphKernelNodeGetParams_v2", second, &got);
    expect(got.function == c.kernel && got.block[0] == 32, "parameters");
    expect(*static_cast<int *>(got.parameters[1]) == 6, "arguments");
    c.ok("cuGraphInstantiateWithFlags", &executable, graph, uint64_t(0));
    c.ok("cuGraphLaunch", executable, s);
    c.ok("cuStreamSynchronize", s);
    c.holds(p, 1, 24);

    int factor = 9;
    got.parameters[1] = &factor;
    c.ok("cuGraphExecKernelNodeSetParams_v2", executable, second, &got);
    c.ok("cuGraphLaunch", executable, s);
    c.ok("cuStreamSynchronize", s);
    c.holds(p, 1, 36);
    c.ok("cuGraphNodeSetEnabled", executable, second, 0u);
    c.ok("cuGraphLaunch", executable, s);
    c.ok("cuStreamSynchronize", s);
    c.holds(p, 1, 4);
  });
}

TEST(MockGraph, UpdatesOfTheSameShapeOnly) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    Handle one = 0, two = 0, three = 0, executable = 0;
    for (Handle *graph : {&one, &two, &three})
      c.ok("cuGraphCreate", graph, 0u);
    addAffine(c, one, addFill(c, one, p, 1), p, 2);
    addAffine(c, two, addFill(c, two, p, 5), p, 3);
    addFill(c, three, p, 5);
    c.ok("cuGraphInstantiateWithFlags", &executable, one, uint64_t(0));
    UpdateInfo info{};
    c.fails(910, "cuGraphExecUpdate_v2", executable, three, &info);
    expect(info.result == 2, "topology changed");
    c.ok("cuGraphExecUpdate_v2", executable, two, &info);
    c.ok("cuGraphLaunch", executable, Handle(0));
    c.holds(p, 1, 15);
  });
}

TEST(MockGraph, ChildrenClonesAndCycles) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    Handle child = 0, graph = 0, clone = 0, executable = 0, node = 0;
    c.ok("cuGraphCreate", &child, 0u);
    c.ok("cuGraphCreate", &graph, 0u);
    addAffine(c, child, addFill(c, child, p, 2), p, 5);
    c.ok("cuGraphAddChildGraphNode", &node, graph, noNodes, size_t(0), child);
    Handle last = addAffine(c, graph, node, p, 7);
    c.ok("cuGraphDestroy", child);
    c.ok("cuGraphClone", &clone, graph);
    c.ok("cuGraphAddDependencies", graph, &last, &node, size_t(1));
    c.fails(invalidValue, "cuGraphInstantiateWithFlags", &executable, graph, uint64_t(0));
    c.ok("cuGraphDestroy", graph);
    c.ok("cuGraphInstantiateWithFlags", &executable, clone, uint64_t(0));
    c.ok("cuGraphLaunch", executable, Handle(0));
    c.holds(p, 1, 70);
  });
}

TEST(MockGraph, ExecutableGraphsAreCapturedAsTheyAre) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    Handle child = 0, other = 0, graph = 0, executable = 0, node = 0, s = c.stream();
    for (Handle *each : {&child, &other, &graph})
      c.ok("cuGraphCreate", each, 0u);
    addAffine(c, child, addFill(c, child, p, 2), p, 5);
    addAffine(c, other, addFill(c, other, p, 3), p, 5);
    c.ok("cuGraphAddChildGraphNode", &node, graph, noNodes, size_t(0), child);
    Handle last = addAffine(c, graph, node, p, 7);
    c.ok("cuGraphInstantiateWithFlags", &executable, graph, uint64_t(0));
    c.ok("cuGraphExecChildGraphNodeSetParams", executable, node, other);
    c.fails(910, "cuGraphExecChildGraphNodeSetParams", executable, node, graph);
    c.fails(910, "cuGraphExecChildGraphNodeSetParams", executable, last, graph);
    c.ok("cuGraphLaunch", executable, s);
    c.ok("cuStreamSynchronize", s);
    c.holds(p, 1, 105);
    c.ok("cuGraphNodeSetEnabled", executable, last, 0u);
    Handle captured = 0, again = 0;
    c.ok("cuStreamBeginCapture_v2", s, 0u);
    c.ok("cuGraphLaunch", executable, s);
    c.ok("cuStreamEndCapture", s, &captured);
    c.ok("cuGraphInstantiateWithFlags", &again, captured, uint64_t(0));
    c.ok("cuGraphLaunch", again, s);
    c.ok("cuStreamSynchronize", s);
    c.holds(p, 1, 15);
  });
}

TEST(MockGraph, UserObjectsLiveAsLongAsTheirGraphs) {
  run({}, "", [](Client &c) {
    c.open();
    int ends = 0;
    auto end = +[](void *data) { ++*static_cast<int *>(data); };
    Handle object = 0, graph = 0, clone = 0, executable = 0;
    c.fails(invalidValue, "cuUserObjectCreate", &object, static_cast<void *>(&ends), end, 1u, 0u);
    c.ok("cuUserObjectCreate", &object, static_cast<void *>(&ends), end, 2u, 1u);
    c.ok("cuGraphCreate", &graph, 0u);
    c.ok("cuGraphRetainUserObject", graph, object, 1u, 1u); // one of the caller's moves
    c.fails(invalidValue, "cuGraphReleaseUserObject", graph, object, 2u);
    c.ok("cuGraphClone", &clone, graph);
    c.ok("cuGraphInstantiateWithFlags", &executable, clone, uint64_t(0));
    c.ok("cuGraphDestroy", graph);
    c.ok("cuGraphDestroy", clone);
    c.ok("cuUserObjectRelease", object, 1u);
    expect(ends == 0, "the executable graph holds it");
    c.ok("cuGraphExecDestroy", executable);
    expect(ends == 1, "nobody holds it");
    c.fails(invalidValue, "cuUserObjectRelease", object, 1u);
  });
}

TEST(MockGraph, NodesWithoutAnEdgeRace) {
  for (bool edge : {false, true})
    run({}, edge ? "^$" : "race between streams: kernel affine", [edge](Client &c) {
      c.open();
      uint64_t p = c.memory(4);
      Handle graph = 0, executable = 0, s = c.stream();
      c.ok("cuGraphCreate", &graph, 0u);
      Handle first = addFill(c, graph, p, 1), one = addAffine(c, graph, first, p, 2);
      addAffine(c, graph, edge ? one : first, p, 3);
      c.ok("cuGraphInstantiateWithFlags", &executable, graph, uint64_t(0));
      for (int i = 0; i < 3; ++i)
        c.ok("cuGraphLaunch", executable, s);
      c.ok("cuStreamSynchronize", s);
    });
}
