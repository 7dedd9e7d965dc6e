//===- Graph.cpp - graphs: making them, their edges -------------------------------------------===//
#include "simulator/Driver/Graph.h"

#include "simulator/Driver/Calls.h"

#include <algorithm>
#include <set>

using namespace sim::driver;

Node::~Node() {
  if (auto *child = std::get_if<ChildCommand>(&command); child && child->graph)
    State::get().remove(child->graph->handle);
}

Graph::~Graph() {
  for (const std::shared_ptr<Node> &node : nodes)
    State::get().remove(node->handle);
}

bool Graph::has(Handle node) const {
  return std::any_of(nodes.begin(), nodes.end(),
                     [&](const auto &each) { return each->handle == node; });
}

std::shared_ptr<Node> Graph::add(Command command, const std::vector<Handle> &after) {
  for (Handle each : after)
    require(has(each));
  auto node = std::make_shared<Node>();
  node->command = std::move(command);
  node->after = after;
  node->graph = weak_from_this();
  State::get().add(node);
  nodes.push_back(node);
  return node;
}

std::vector<std::shared_ptr<Node>> Graph::ordered() const {
  std::vector<std::shared_ptr<Node>> result, left = nodes;
  std::set<Handle> done;
  while (!left.empty()) {
    std::vector<std::shared_ptr<Node>> later;
    for (const std::shared_ptr<Node> &node : left) {
      bool ready = std::all_of(node->after.begin(), node->after.end(),
                               [&](Handle each) { return done.contains(each); });
      (ready ? result : later).push_back(node);
      if (ready)
        done.insert(node->handle);
    }
    if (later.size() == left.size())
      return {};
    left = later;
  }
  return result;
}

std::shared_ptr<Graph> Graph::clone() const {
  auto copy = std::make_shared<Graph>();
  copy->clonedFrom = handle;
  copy->userObjects.add(userObjects);
  State::get().add(copy);
  std::map<Handle, Handle> twins;
  for (const std::shared_ptr<Node> &node : nodes) {
    Command command = node->command;
    if (auto *child = std::get_if<ChildCommand>(&command)) {
      child->graph = child->graph->clone();
      child->graph->isOwned = true;
    }
    std::shared_ptr<Node> twin = copy->add(std::move(command), {});
    twin->clonedFrom = node->handle;
    twins[node->handle] = twin->handle;
  }
  for (size_t i = 0; i < nodes.size(); ++i)
    for (Handle each : nodes[i]->after)
      copy->nodes[i]->after.push_back(twins.at(each));
  return copy;
}

bool Graph::isBefore(Handle node, const std::vector<Handle> &from) const {
  std::vector<Handle> left = from;
  std::set<Handle> seen;
  while (!left.empty()) {
    Handle each = left.back();
    left.pop_back();
    if (each == node)
      return true;
    if (!seen.insert(each).second)
      continue;
    for (const std::shared_ptr<Node> &other : nodes)
      if (other->handle == each)
        left.insert(left.end(), other->after.begin(), other->after.end());
  }
  return false;
}

static std::shared_ptr<Graph> findGraph(Handle handle) {
  return State::get().find<Graph>(handle, Result::InvalidValue);
}

static std::shared_ptr<Node> findNode(Handle handle) {
  return State::get().find<Node>(handle, Result::InvalidValue);
}

static std::shared_ptr<Graph> graphOf(const Node &node) {
  std::shared_ptr<Graph> graph = node.graph.lock();
  require(graph != nullptr);
  return graph;
}

Result sim::driver::graphCreate(Handle *graph, unsigned flags) {
  require(flags == 0);
  required(graph) = State::get().add(std::make_shared<Graph>());
  return Result::Success;
}

Result sim::driver::graphDestroy(Handle handle) {
  std::shared_ptr<Graph> graph = findGraph(handle);
  require(!graph->isOwned);
  State::get().remove(handle);
  return Result::Success;
}

Result sim::driver::graphClone(Handle *clone, Handle graph) {
  std::shared_ptr<Graph> original = findGraph(graph);
  required(clone) = original->clone()->handle;
  return Result::Success;
}

Result sim::driver::graphFindInClone(Handle *node, Handle original, Handle clone) {
  for (const std::shared_ptr<Node> &each : findGraph(clone)->nodes)
    if (each->clonedFrom == original) {
      required(node) = each->handle;
      return Result::Success;
    }
  return Result::InvalidValue;
}

Result sim::driver::nodeType(Handle node, NodeType *type) {
  required(type) = typeOf(findNode(node)->command);
  return Result::Success;
}

/// The convention of all lists: without an array the count is returned; with one, as many as there
/// is room for, and zeros behind them.
static Result list(const std::vector<Handle> &from, Handle *to, size_t *count) {
  size_t &number = required(count);
  if (!to) {
    number = from.size();
    return Result::Success;
  }
  for (size_t i = 0; i < number; ++i)
    to[i] = i < from.size() ? from[i] : 0;
  number = std::min(number, from.size());
  return Result::Success;
}

Result sim::driver::graphNodes(Handle graph, Handle *nodes, size_t *count) {
  std::vector<Handle> all;
  for (const std::shared_ptr<Node> &node : findGraph(graph)->nodes)
    all.push_back(node->handle);
  return list(all, nodes, count);
}

Result sim::driver::graphRoots(Handle graph, Handle *nodes, size_t *count) {
  std::vector<Handle> roots;
  for (const std::shared_ptr<Node> &node : findGraph(graph)->nodes)
    if (node->after.empty())
      roots.push_back(node->handle);
  return list(roots, nodes, count);
}

static void clearEdges(EdgeData *edges, size_t count) {
  for (size_t i = 0; edges && i < count; ++i)
    edges[i] = {};
}

Result sim::driver::graphEdges(Handle graph, Handle *from, Handle *to, EdgeData *edges,
                               size_t *count) {
  std::vector<Handle> sources, targets;
  for (const std::shared_ptr<Node> &node : findGraph(graph)->nodes)
    for (Handle each : node->after) {
      sources.push_back(each);
      targets.push_back(node->handle);
    }
  require(!from == !to);
  size_t room = required(count), twice = room;
  Result result = list(sources, from, count);
  list(targets, to, &twice);
  if (from)
    clearEdges(edges, room);
  return result;
}

Result sim::driver::graphEdgesV1(Handle graph, Handle *from, Handle *to, size_t *count) {
  return graphEdges(graph, from, to, nullptr, count);
}

Result sim::driver::nodeDependencies(Handle node, Handle *dependencies, EdgeData *edges,
                                     size_t *count) {
  if (dependencies)
    clearEdges(edges, required(count));
  return list(findNode(node)->after, dependencies, count);
}

Result sim::driver::nodeDependenciesV1(Handle node, Handle *dependencies, size_t *count) {
  return nodeDependencies(node, dependencies, nullptr, count);
}

Result sim::driver::nodeDependents(Handle handle, Handle *dependents, EdgeData *edges,
                                   size_t *count) {
  std::shared_ptr<Node> node = findNode(handle);
  std::vector<Handle> found;
  for (const std::shared_ptr<Node> &other : graphOf(*node)->nodes)
    if (std::find(other->after.begin(), other->after.end(), handle) != other->after.end())
      found.push_back(other->handle);
  if (dependents)
    clearEdges(edges, required(count));
  return list(found, dependents, count);
}

Result sim::driver::nodeDependentsV1(Handle node, Handle *dependents, size_t *count) {
  return nodeDependents(node, dependents, nullptr, count);
}

static std::shared_ptr<Node> nodeIn(const Graph &graph, Handle handle) {
  require(graph.has(handle));
  return findNode(handle);
}

Result sim::driver::graphAddEdges(Handle handle, const Handle *from, const Handle *to,
                                  const EdgeData *, size_t count) {
  std::shared_ptr<Graph> graph = findGraph(handle);
  require(!count || (from && to));
  for (size_t i = 0; i < count; ++i) {
    std::vector<Handle> &after = nodeIn(*graph, to[i])->after;
    nodeIn(*graph, from[i]);
    require(from[i] != to[i] && std::find(after.begin(), after.end(), from[i]) == after.end());
  }
  for (size_t i = 0; i < count; ++i)
    findNode(to[i])->after.push_back(from[i]);
  return Result::Success;
}

Result sim::driver::graphAddEdgesV1(Handle graph, const Handle *from, const Handle *to,
                                    size_t count) {
  return graphAddEdges(graph, from, to, nullptr, count);
}

Result sim::driver::graphRemoveEdges(Handle handle, const Handle *from, const Handle *to,
                                     const EdgeData *, size_t count) {
  std::shared_ptr<Graph> graph = findGraph(handle);
  require(!count || (from && to));
  for (size_t i = 0; i < count; ++i) {
    std::vector<Handle> &after = nodeIn(*graph, to[i])->after;
    require(std::erase(after, from[i]) > 0);
  }
  return Result::Success;
}

Result sim::driver::graphRemoveEdgesV1(Handle graph, const Handle *from, const Handle *to,
                                       size_t count) {
  return graphRemoveEdges(graph, from, to, nullptr, count);
}

Result sim::driver::nodeDestroy(Handle handle) {
  std::shared_ptr<Node> node = findNode(handle);
  std::shared_ptr<Graph> graph = graphOf(*node);
  std::erase(graph->nodes, node);
  for (const std::shared_ptr<Node> &other : graph->nodes)
    std::erase(other->after, handle);
  State::get().remove(handle);
  return Result::Success;
}
