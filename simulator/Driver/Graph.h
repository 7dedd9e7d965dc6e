//===- Graph.h - graphs of commands, and their executable form ----------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_GRAPH_H
#define DPC_SIMULATOR_DRIVER_GRAPH_H

#include "simulator/Driver/Queue.h"

namespace sim::driver {

/// What graphs keep alive for the client.
struct UserObject : Object {
  const char *what() const override { return "user object"; }
  HostFunction destroy = nullptr;
  void *data = nullptr;
  uint64_t references = 0;
};

/// References to user objects that a graph holds. They are given back with it.
class UserReferences {
public:
  UserReferences() = default;
  UserReferences(const UserReferences &other) { add(other); }
  UserReferences &operator=(const UserReferences &) = delete;
  ~UserReferences();
  /// Takes over `count` references that have been counted already.
  void take(const std::shared_ptr<UserObject> &object, uint64_t count);
  void add(const UserReferences &other);
  /// Throws InvalidValue if there are fewer.
  void giveBack(const std::shared_ptr<UserObject> &object, uint64_t count);
  bool empty() const { return held.empty(); }

private:
  std::map<std::shared_ptr<UserObject>, uint64_t> held;
};

struct Node : Object {
  const char *what() const override { return "graph node"; }
  ~Node() override;
  Command command;
  std::vector<Handle> after;
  std::weak_ptr<Graph> graph;
  Handle clonedFrom = 0;
  std::vector<void *> pointers; ///< into a kernel's parameters, for cuGraphKernelNodeGetParams
};

struct Graph : Object, std::enable_shared_from_this<Graph> {
  const char *what() const override { return isOwned ? "graph node" : "graph"; }
  ~Graph() override;
  std::vector<std::shared_ptr<Node>> nodes; ///< in order of creation
  bool isOwned = false;                     ///< by a node, a capture or an executable graph
  Handle clonedFrom = 0;
  UserReferences userObjects;

  /// Throws InvalidValue for dependencies that are no nodes of this graph.
  std::shared_ptr<Node> add(Command command, const std::vector<Handle> &after);
  bool has(Handle node) const;
  /// Nodes after those that they depend on; empty if there is a cycle.
  std::vector<std::shared_ptr<Node>> ordered() const;
  /// A graph with a handle and the same nodes; `origins` of them are kept.
  std::shared_ptr<Graph> clone() const;
  /// Whether `node` is one of `from` or comes before one of them.
  bool isBefore(Handle node, const std::vector<Handle> &from) const;
};

/// A node made executable. Child graphs are laid out flat.
struct Step {
  Handle node = 0; ///< of the graph that was instantiated
  Command command;
  std::vector<size_t> after; ///< positions of steps
  bool enabled = true;
  size_t chain = 0;      ///< position in ExecutableGraph::chains
  size_t childSteps = 0; ///< before this one, if it is the end of a child graph
};

struct ExecutableGraph : Object {
  const char *what() const override { return "executable graph"; }
  std::vector<Step> steps;
  std::vector<Order::Chain> chains;
  UserReferences userObjects;
  uint64_t flags = 0;
  uint64_t last = 0; ///< work of the last launch
};

/// Throws InvalidValue for a cycle.
std::shared_ptr<ExecutableGraph> instantiate(const Graph &graph, uint64_t flags);
/// Queues all steps on the stream (or captures a child node).
void launchGraph(ExecutableGraph &graph, Stream &stream);

KernelCommand kernelOf(const KernelNode &node);

} // namespace sim::driver
#endif
