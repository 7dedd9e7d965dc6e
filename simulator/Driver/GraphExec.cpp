//===- GraphExec.cpp - instantiated graphs: updates and launches ------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Graph.h"

#include <algorithm>

using namespace sim::driver;

static std::shared_ptr<ExecutableGraph> findExecutable(Handle handle) {
  return State::get().find<ExecutableGraph>(handle, Result::InvalidValue);
}

/// Adds the steps of `graph`, each after `before` and its own dependencies. Returns the positions
/// of those that nothing in the graph comes after.
static std::vector<size_t> layOut(const Graph &graph, const std::vector<size_t> &before,
                                  std::vector<Step> &steps) {
  std::vector<std::shared_ptr<Node>> nodes = graph.ordered();
  require(nodes.size() == graph.nodes.size()); // else there is a cycle
  std::map<Handle, size_t> position;
  std::vector<size_t> ends;
  for (const std::shared_ptr<Node> &node : nodes) {
    Step step;
    step.node = node->handle;
    step.after = before;
    for (Handle each : node->after)
      step.after.push_back(position.at(each));
    if (auto *child = std::get_if<ChildCommand>(&node->command)) {
      size_t first = steps.size();
      std::vector<size_t> childEnds = layOut(*child->graph, step.after, steps);
      step.childSteps = steps.size() - first;
      step.after.insert(step.after.end(), childEnds.begin(), childEnds.end());
      step.command = EmptyCommand{}; // the end of the child
    } else {
      step.command = node->command;
    }
    position[node->handle] = steps.size();
    steps.push_back(std::move(step));
    bool isEnd = std::none_of(nodes.begin(), nodes.end(), [&](const auto &other) {
      return std::find(other->after.begin(), other->after.end(), node->handle) !=
             other->after.end();
    });
    if (isEnd)
      ends.push_back(steps.size() - 1);
  }
  return ends;
}

/// Each step goes on with the chain of one that it comes after, if nobody else has. Returns the
/// number of chains.
static size_t layChains(std::vector<Step> &steps) {
  std::vector<bool> continued(steps.size());
  size_t chains = 0;
  for (Step &step : steps) {
    auto free = std::find_if(step.after.begin(), step.after.end(),
                             [&](size_t each) { return !continued[each]; });
    step.chain = free == step.after.end() ? chains++ : steps[*free].chain;
    if (free != step.after.end())
      continued[*free] = true;
  }
  return chains;
}

std::shared_ptr<ExecutableGraph> sim::driver::instantiate(const Graph &graph, uint64_t flags) {
  require(flags <= 15);
  require(!(flags & 4), Result::NotSupported); // launching from the device
  auto executable = std::make_shared<ExecutableGraph>();
  executable->context = currentContext()->handle;
  layOut(graph, {}, executable->steps);
  size_t chains = layChains(executable->steps);
  for (size_t i = 0; i < chains; ++i)
    executable->chains.push_back(State::get().queue->newChain());
  executable->flags = flags;
  executable->userObjects.add(graph.userObjects);
  State::get().add(executable);
  return executable;
}

Result sim::driver::graphInstantiate(Handle *executable, Handle graph, uint64_t flags) {
  auto found = State::get().find<Graph>(graph, Result::InvalidValue);
  Handle &handle = required(executable);
  handle = instantiate(*found, flags)->handle;
  return Result::Success;
}

Result sim::driver::graphInstantiateV1(Handle *executable, Handle graph, Handle *errorNode,
                                       char *log, size_t bytes) {
  if (errorNode)
    *errorNode = 0;
  if (log && bytes)
    *log = 0;
  return graphInstantiate(executable, graph, 0);
}

Result sim::driver::graphInstantiateWith(Handle *executable, Handle graph,
                                         InstantiateParameters *parameters) {
  InstantiateParameters &given = required(parameters);
  given.errorNode = 0;
  given.result = 1; // CUDA_GRAPH_INSTANTIATE_ERROR, unless all goes well
  graphInstantiate(executable, graph, given.flags);
  given.result = 0;
  return Result::Success;
}

Result sim::driver::executableFlags(Handle executable, uint64_t *flags) {
  required(flags) = findExecutable(executable)->flags;
  return Result::Success;
}

Result sim::driver::executableDestroy(Handle executable) {
  std::shared_ptr<ExecutableGraph> found = findExecutable(executable);
  if (!found->userObjects.empty()) // they live until launches in flight are done
    State::get().queue->finish(found->last);
  State::get().remove(executable);
  return Result::Success;
}

/// The step of the node that was instantiated; it must do a T.
template <class T> static T &commandOf(Handle executable, Handle node) {
  for (Step &step : findExecutable(executable)->steps)
    if (step.node == node)
      if (T *command = std::get_if<T>(&step.command))
        return *command;
  throw Failure{Result::InvalidValue};
}

Result sim::driver::executableKernel(Handle executable, Handle node, const KernelNode *parameters) {
  auto &command = commandOf<KernelCommand>(executable, node);
  KernelCommand given = kernelOf(required(parameters));
  given.shape.cooperative = command.shape.cooperative;
  command = given;
  return Result::Success;
}

Result sim::driver::executableKernelV1(Handle executable, Handle node,
                                       const KernelNodeV1 *parameters) {
  KernelNode wide = {};
  static_cast<KernelNodeV1 &>(wide) = required(parameters);
  return executableKernel(executable, node, &wide);
}

Result sim::driver::executableCopy(Handle executable, Handle node, const Copy3D *parameters,
                                   Handle) {
  auto &command = commandOf<CopyCommand>(executable, node);
  command = makeCopy(required(parameters));
  return Result::Success;
}

Result sim::driver::executableFill(Handle executable, Handle node, const FillNode *parameters,
                                   Handle) {
  auto &command = commandOf<FillCommand>(executable, node);
  command = makeFill(required(parameters));
  return Result::Success;
}

Result sim::driver::executableHost(Handle executable, Handle node, const HostNode *parameters) {
  auto &command = commandOf<HostCommand>(executable, node);
  require(required(parameters).function != nullptr);
  command.host = *parameters;
  return Result::Success;
}

Result sim::driver::executableEvent(Handle executable, Handle node, Handle event) {
  auto found = State::get().find<Event>(event);
  for (Step &step : findExecutable(executable)->steps) {
    if (step.node != node)
      continue;
    if (auto *record = std::get_if<RecordCommand>(&step.command))
      return record->event = found, Result::Success;
    if (auto *wait = std::get_if<WaitCommand>(&step.command))
      return wait->event = found, Result::Success;
  }
  return Result::InvalidValue;
}

Result sim::driver::executableChild(Handle executable, Handle node, Handle child) {
  std::shared_ptr<ExecutableGraph> found = findExecutable(executable);
  std::vector<Step> &steps = found->steps;
  std::vector<Step> given;
  auto graph = State::get().find<Graph>(child, Result::InvalidValue);
  layOut(*graph, {}, given);
  auto end =
      std::find_if(steps.begin(), steps.end(), [&](const Step &step) { return step.node == node; });
  require(end != steps.end());
  // The steps of the child stand before its end.
  auto first = static_cast<size_t>(end - steps.begin()) - end->childSteps;
  require(given.size() == end->childSteps, Result::GraphExecUpdateFailure);
  for (size_t i = 0; i < given.size(); ++i) {
    std::vector<size_t> inside;
    for (size_t each : steps[first + i].after)
      if (each >= first)
        inside.push_back(each - first);
    require(typeOf(given[i].command) == typeOf(steps[first + i].command) &&
                given[i].after == inside,
            Result::GraphExecUpdateFailure);
  }
  for (size_t i = 0; i < given.size(); ++i)
    steps[first + i].command = std::move(given[i].command);
  found->userObjects.add(graph->userObjects);
  return Result::Success;
}

Result sim::driver::executableNode(Handle executable, Handle node, NodeParameters *parameters) {
  NodeParameters &given = required(parameters);
  switch (given.type) {
  case NodeType::Kernel:
    return executableKernel(executable, node, &given.kernel);
  case NodeType::Copy:
    return executableCopy(executable, node, &given.copy.copy, 0);
  case NodeType::Fill:
    return executableFill(executable, node, &given.fill, 0);
  case NodeType::Host:
    return executableHost(executable, node, &given.host);
  case NodeType::EventWait:
  case NodeType::EventRecord:
    return executableEvent(executable, node, given.event);
  case NodeType::Graph:
    return executableChild(executable, node, given.graph);
  case NodeType::Empty:
  case NodeType::Allocate:
  case NodeType::Free:
    break;
  }
  return Result::NotSupported;
}

static Step &stepOf(ExecutableGraph &executable, Handle node) {
  for (Step &step : executable.steps)
    if (step.node == node)
      return step;
  throw Failure{Result::InvalidValue};
}

Result sim::driver::executableEnable(Handle handle, Handle node, unsigned enabled) {
  std::shared_ptr<ExecutableGraph> executable = findExecutable(handle);
  Step &step = stepOf(*executable, node);
  NodeType type = typeOf(step.command);
  require(type == NodeType::Kernel || type == NodeType::Copy || type == NodeType::Fill);
  step.enabled = enabled;
  return Result::Success;
}

Result sim::driver::executableEnabled(Handle handle, Handle node, unsigned *enabled) {
  std::shared_ptr<ExecutableGraph> executable = findExecutable(handle);
  required(enabled) = stepOf(*executable, node).enabled;
  return Result::Success;
}

Result sim::driver::graphUpload(Handle executable, Handle stream) {
  findExecutable(executable);
  findStream(stream);
  return Result::Success;
}

void sim::driver::launchGraph(ExecutableGraph &executable, Stream &stream) {
  State &state = State::get();
  auto context = state.find<Context>(stream.context, Result::ContextIsDestroyed);
  // A graph runs once at a time.
  std::vector<uint64_t> before = state.queue->before(*context, stream);
  before.push_back(executable.last);
  std::vector<uint64_t> works;
  for (const Step &step : executable.steps) {
    std::vector<uint64_t> after = before;
    for (size_t each : step.after)
      after.push_back(works[each]);
    auto *wait = std::get_if<WaitCommand>(&step.command);
    if (wait)
      after.push_back(wait->event->work);
    Command command = step.enabled ? step.command : Command(EmptyCommand{});
    uint64_t work = state.queue->submit(*context, executable.chains[step.chain], std::move(command),
                                        std::move(after));
    works.push_back(work);
    if (auto *record = std::get_if<RecordCommand>(&step.command)) {
      record->event->work = work;
      record->event->queried = record->event->wasCaptured = false;
    }
  }
  works.insert(works.end(), before.begin(), before.end());
  executable.last =
      state.queue->submit(*context, state.queue->chainOf(stream), EmptyCommand{}, works);
  state.queue->setLast(stream, executable.last);
}

/// As a graph for a child node.
static std::shared_ptr<Graph> asGraph(const ExecutableGraph &executable) {
  auto graph = std::make_shared<Graph>();
  graph->isOwned = true;
  graph->userObjects.add(executable.userObjects);
  State::get().add(graph);
  for (const Step &step : executable.steps) {
    std::vector<Handle> after;
    for (size_t each : step.after)
      after.push_back(graph->nodes[each]->handle);
    graph->add(step.enabled ? step.command : Command(EmptyCommand{}), after);
  }
  return graph;
}

Result sim::driver::graphLaunch(Handle handle, Handle streamHandle) {
  std::shared_ptr<Stream> stream = findStream(streamHandle);
  std::shared_ptr<ExecutableGraph> executable = findExecutable(handle);
  if (stream->capture) {
    enqueue(*stream, ChildCommand{asGraph(*executable)});
    return Result::Success;
  }
  requireNotCapturing(*stream);
  launchGraph(*executable, *stream);
  return Result::Success;
}

Result sim::driver::executableUpdate(Handle handle, Handle graphHandle, UpdateInfo *info) {
  std::shared_ptr<ExecutableGraph> executable = findExecutable(handle);
  auto graph = State::get().find<Graph>(graphHandle, Result::InvalidValue);
  UpdateInfo &to = required(info);
  to = {UpdateInfo::Success, 0, 0};
  std::vector<Step> steps;
  layOut(*graph, {}, steps);
  auto refuse = [&](uint32_t why, Handle node) {
    to = {why, node, 0};
    return Result::GraphExecUpdateFailure;
  };
  for (size_t i = 0; i < std::min(steps.size(), executable->steps.size()); ++i) {
    const Step &now = steps[i], &before = executable->steps[i];
    if (typeOf(now.command) != typeOf(before.command))
      return refuse(UpdateInfo::TypeChanged, now.node);
    if (now.after != before.after)
      return refuse(UpdateInfo::TopologyChanged, now.node);
  }
  if (steps.size() != executable->steps.size())
    return refuse(UpdateInfo::TopologyChanged, 0);
  // Nodes keep the names under which they were instantiated.
  for (size_t i = 0; i < steps.size(); ++i)
    executable->steps[i].command = std::move(steps[i].command);
  executable->userObjects.add(graph->userObjects);
  return Result::Success;
}

Result sim::driver::executableUpdateV1(Handle executable, Handle graph, Handle *errorNode,
                                       unsigned *result) {
  UpdateInfo info = {};
  Result outcome = executableUpdate(executable, graph, &info);
  if (errorNode)
    *errorNode = info.errorNode;
  if (result)
    *result = info.result;
  return outcome;
}
