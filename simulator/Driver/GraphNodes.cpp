//===- GraphNodes.cpp - nodes of graphs and their parameters ----------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Graph.h"

using namespace sim::driver;

static std::shared_ptr<Node> findNode(Handle handle) {
  return State::get().find<Node>(handle, Result::InvalidValue);
}

/// The command of a node that must be a T.
template <class T> static T &commandOf(Handle node) {
  T *command = std::get_if<T>(&findNode(node)->command);
  require(command != nullptr);
  return *command;
}

static Result add(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                  Command command) {
  required(node);
  require(!count || dependencies);
  std::vector<Handle> after(dependencies, dependencies + count);
  *node =
      State::get().find<Graph>(graph, Result::InvalidValue)->add(std::move(command), after)->handle;
  return Result::Success;
}

static KernelNode withoutContext(const KernelNodeV1 &node) {
  KernelNode wide = {};
  static_cast<KernelNodeV1 &>(wide) = node;
  return wide;
}

KernelCommand sim::driver::kernelOf(const KernelNode &node) {
  currentContext();
  return makeKernel(node.function ? node.function : node.kernel, node.grid, node.block,
                    node.dynamicShared, node.parameters, node.extra, false);
}

Result sim::driver::addKernel(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                              const KernelNode *parameters) {
  return add(node, graph, dependencies, count, kernelOf(required(parameters)));
}

Result sim::driver::addKernelV1(Handle *node, Handle graph, const Handle *dependencies,
                                size_t count, const KernelNodeV1 *parameters) {
  KernelNode wide = withoutContext(required(parameters));
  return addKernel(node, graph, dependencies, count, &wide);
}

Result sim::driver::kernelNodeGetV1(Handle handle, KernelNodeV1 *parameters) {
  auto &command = commandOf<KernelCommand>(handle);
  std::shared_ptr<Node> node = findNode(handle);
  // Pointers into the node's own copy of the arguments; they live as long as the node.
  const ptx::Function &source =
      *command.module->loaded->program->functions[command.kernel->function].source;
  node->pointers.clear();
  for (const ptx::Parameter &parameter : source.parameters)
    node->pointers.push_back(command.shape.parameters.data() + parameter.offset);
  KernelNodeV1 &to = required(parameters);
  to.function = command.kernel->handle;
  std::copy_n(command.shape.grid, 3, to.grid);
  std::copy_n(command.shape.block, 3, to.block);
  to.dynamicShared = static_cast<uint32_t>(command.shape.dynamicShared);
  to.parameters = node->pointers.empty() ? nullptr : node->pointers.data();
  to.extra = nullptr;
  return Result::Success;
}

Result sim::driver::kernelNodeGet(Handle node, KernelNode *parameters) {
  required(parameters) = {};
  kernelNodeGetV1(node, parameters);
  parameters->context = commandOf<KernelCommand>(node).kernel->context;
  return Result::Success;
}

Result sim::driver::kernelNodeSet(Handle node, const KernelNode *parameters) {
  auto &command = commandOf<KernelCommand>(node);
  bool cooperative = command.shape.cooperative;
  command = kernelOf(required(parameters));
  command.shape.cooperative = cooperative;
  return Result::Success;
}

Result sim::driver::kernelNodeSetV1(Handle node, const KernelNodeV1 *parameters) {
  KernelNode wide = withoutContext(required(parameters));
  return kernelNodeSet(node, &wide);
}

Result sim::driver::kernelNodeSetAttribute(Handle node, unsigned attribute, const int *value) {
  auto &command = commandOf<KernelCommand>(node);
  if (attribute == LaunchAttribute::Cooperative)
    command.shape.cooperative = required(value);
  return Result::Success;
}

Result sim::driver::addCopy(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                            const Copy3D *parameters, Handle) {
  currentContext();
  return add(node, graph, dependencies, count, makeCopy(required(parameters)));
}

Result sim::driver::copyNodeGet(Handle node, Copy3D *parameters) {
  required(parameters) = commandOf<CopyCommand>(node).asGiven;
  return Result::Success;
}

Result sim::driver::copyNodeSet(Handle node, const Copy3D *parameters) {
  auto &command = commandOf<CopyCommand>(node);
  command = makeCopy(required(parameters));
  return Result::Success;
}

Result sim::driver::addFill(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                            const FillNode *parameters, Handle) {
  currentContext();
  return add(node, graph, dependencies, count, makeFill(required(parameters)));
}

Result sim::driver::fillNodeGet(Handle node, FillNode *parameters) {
  required(parameters) = commandOf<FillCommand>(node).fill;
  return Result::Success;
}

Result sim::driver::fillNodeSet(Handle node, const FillNode *parameters) {
  auto &command = commandOf<FillCommand>(node);
  command = makeFill(required(parameters));
  return Result::Success;
}

static HostCommand hostOf(const HostNode &node) {
  require(node.function != nullptr);
  HostCommand command;
  command.host = node;
  return command;
}

Result sim::driver::addHost(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                            const HostNode *parameters) {
  return add(node, graph, dependencies, count, hostOf(required(parameters)));
}

Result sim::driver::hostNodeGet(Handle node, HostNode *parameters) {
  required(parameters) = commandOf<HostCommand>(node).host;
  return Result::Success;
}

Result sim::driver::hostNodeSet(Handle node, const HostNode *parameters) {
  auto &command = commandOf<HostCommand>(node);
  command = hostOf(required(parameters));
  return Result::Success;
}

static ChildCommand childOf(Handle child) {
  ChildCommand command;
  command.graph = State::get().find<Graph>(child, Result::InvalidValue)->clone();
  command.graph->isOwned = true;
  return command;
}

Result sim::driver::addChild(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                             Handle child) {
  return add(node, graph, dependencies, count, childOf(child));
}

Result sim::driver::childNodeGet(Handle node, Handle *graph) {
  required(graph) = commandOf<ChildCommand>(node).graph->handle;
  return Result::Success;
}

Result sim::driver::addEmpty(Handle *node, Handle graph, const Handle *dependencies, size_t count) {
  return add(node, graph, dependencies, count, EmptyCommand{});
}

Result sim::driver::addRecord(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                              Handle event) {
  return add(node, graph, dependencies, count, RecordCommand{State::get().find<Event>(event)});
}

Result sim::driver::addWait(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                            Handle event) {
  return add(node, graph, dependencies, count, WaitCommand{State::get().find<Event>(event)});
}

Result sim::driver::eventNodeGet(Handle handle, Handle *event) {
  std::shared_ptr<Node> node = findNode(handle);
  if (auto *record = std::get_if<RecordCommand>(&node->command))
    required(event) = record->event->handle;
  else
    required(event) = commandOf<WaitCommand>(handle).event->handle;
  return Result::Success;
}

Result sim::driver::eventNodeSet(Handle handle, Handle event) {
  std::shared_ptr<Node> node = findNode(handle);
  auto found = State::get().find<Event>(event);
  if (auto *record = std::get_if<RecordCommand>(&node->command))
    record->event = found;
  else
    commandOf<WaitCommand>(handle).event = found;
  return Result::Success;
}

Result sim::driver::addNode(Handle *node, Handle graph, const Handle *dependencies,
                            const EdgeData *, size_t count, NodeParameters *parameters) {
  NodeParameters &given = required(parameters);
  switch (given.type) {
  case NodeType::Kernel:
    return addKernel(node, graph, dependencies, count, &given.kernel);
  case NodeType::Copy:
    return addCopy(node, graph, dependencies, count, &given.copy.copy, given.copy.context);
  case NodeType::Fill:
    return addFill(node, graph, dependencies, count, &given.fill, 0);
  case NodeType::Host:
    return addHost(node, graph, dependencies, count, &given.host);
  case NodeType::Graph:
    return addChild(node, graph, dependencies, count, given.graph);
  case NodeType::Empty:
    return addEmpty(node, graph, dependencies, count);
  case NodeType::EventWait:
    return addWait(node, graph, dependencies, count, given.event);
  case NodeType::EventRecord:
    return addRecord(node, graph, dependencies, count, given.event);
  case NodeType::Allocate:
  case NodeType::Free:
    break;
  }
  return Result::NotSupported;
}

Result sim::driver::addNodeV1(Handle *node, Handle graph, const Handle *dependencies, size_t count,
                              NodeParameters *parameters) {
  return addNode(node, graph, dependencies, nullptr, count, parameters);
}

Result sim::driver::nodeSet(Handle node, NodeParameters *parameters) {
  NodeParameters &given = required(parameters);
  require(given.type == typeOf(findNode(node)->command));
  switch (given.type) {
  case NodeType::Kernel:
    return kernelNodeSet(node, &given.kernel);
  case NodeType::Copy:
    return copyNodeSet(node, &given.copy.copy);
  case NodeType::Fill:
    return fillNodeSet(node, &given.fill);
  case NodeType::Host:
    return hostNodeSet(node, &given.host);
  case NodeType::EventWait:
  case NodeType::EventRecord:
    return eventNodeSet(node, given.event);
  case NodeType::Graph:
  case NodeType::Empty:
  case NodeType::Allocate:
  case NodeType::Free:
    break;
  }
  return Result::NotSupported;
}
