//===- NetworkCalls.cpp - the functions of language.md N2, N4, N7 and blocks ------------------===//
#include "lib/Frontend/NetworkElaborator.h"

#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

/// Blocks within blocks beyond which a model is a mistake, and elements of one weight.
static constexpr unsigned deepestCalls = 100;
static constexpr int64_t largestWeight = int64_t(1) << 40;

NetworkValue NetworkElaborator::evaluateCall(const Expr &call, const Context &context) {
  for (const Block &block : blocks)
    if (block.name.text == call.text)
      return block.broken ? Value() : callBlock(call, block, context);
  if (std::optional<Activation> activation = symbolizeActivation(call.text))
    return callActivation(call, *activation, context);
  if (call.text == "dense")
    return callDense(call, context);
  if (call.text == "flatten")
    return callFlatten(call, context);
  std::vector<std::string> later = {"conv", "max_pool", "avg_pool"};
  if (llvm::is_contained(later, call.text)) {
    error(context.scope, &call, call.spot, message::notAvailableYet, "`" + call.text + "` is");
    return {};
  }
  std::vector<std::string> known = {"dense", "flatten"};
  for (unsigned i = 0; i <= getMaxEnumValForActivation(); ++i)
    known.push_back(stringifyActivation(static_cast<Activation>(i)).str());
  for (const Block &block : blocks)
    known.push_back(block.name.text);
  if (auto builder =
          error(context.scope, &call, call.spot, message::unknownFunction, call.text, "a network"))
    suggest(*builder, call.text, known, "there are");
  for (const Argument &argument : call.arguments)
    evaluate(*argument.value, context);
  return {};
}

std::optional<int> NetworkElaborator::vectorArgument(const Argument &argument,
                                                     const Context &context,
                                                     const std::string &function) {
  Value value = evaluate(*argument.value, context);
  if (value.is(Value::Kind::poison))
    return std::nullopt;
  if (!value.is(Value::Kind::vector)) {
    error(context.scope, &argument, argument.value->spot, message::wrongArgument, function,
          "a vector", kindName(value.kind));
    return std::nullopt;
  }
  return materialize(value, argument.value->spot);
}

std::optional<bool> NetworkElaborator::boolean(const Argument &argument, const Context &context) {
  Value value = evaluate(*argument.value, context);
  if (value.is(Value::Kind::word) && (value.word == "true" || value.word == "false"))
    return value.word == "true";
  if (!value.is(Value::Kind::poison))
    error(context.scope, &argument, argument.value->spot, message::wrongKind, "`true` or `false`",
          "`" + toString(*argument.value) + "`");
  return std::nullopt;
}

NetworkValue NetworkElaborator::callActivation(const Expr &call, Activation activation,
                                               const Context &context) {
  std::vector<Formal> formals = {{"x"}};
  bool leaky = activation == Activation::leaky_relu;
  if (leaky)
    formals.push_back({"slope", false});
  auto arguments = bind(call, formals, context);
  if (!arguments)
    return {};
  std::optional<int> x = vectorArgument(
      *(*arguments)[0], {context.scope, context.value, context.layer + ".pre"}, call.text);
  std::optional<Rational> slope;
  if (leaky) {
    slope = Rational(1, 100);
    if (const Argument *given = (*arguments)[1]) {
      Value value = evaluate(*given->value, context);
      if (value.is(Value::Kind::poison))
        return {};
      if (!value.is(Value::Kind::number) || value.number <= Rational(0, 1)) {
        error(context.scope, given, given->value->spot, message::wrongSlope,
              toString(*given->value));
        return {};
      }
      slope = value.number;
    }
  }
  if (!x)
    return {};
  NetworkNode layer{NetworkNode::Kind::layer, call.spot, {*x}, graph.nodes[*x].shape};
  layer.activation = activation;
  layer.slope = slope;
  layer.name = uniqueLayerName(context.layer);
  graph.layers.push_back(add(std::move(layer)));
  return vectorOf(graph.layers.back());
}

/// The parameters that `weights = name` means: those of the value a block's parameter stands for,
/// of a value in this body, or of a value of the network.
std::optional<size_t> NetworkElaborator::findShared(const Expr &name, const Context &context) {
  auto bound = context.scope.names.find(name.text);
  if (name.is(Expr::Kind::name)) {
    std::vector<std::string> candidates = {context.scope.prefix + name.text, name.text};
    if (bound != context.scope.names.end())
      candidates.insert(candidates.begin(), bound->second.owner);
    for (const std::string &candidate : candidates)
      if (auto found = setNames.find(candidate); found != setNames.end())
        return found->second;
    if (bound != context.scope.names.end() && bound->second.value.is(Value::Kind::poison))
      return std::nullopt;
  }
  std::vector<std::string> owners;
  for (const ParameterSet &set : sets)
    owners.push_back(set.name);
  if (auto builder = error(context.scope, &name, name.spot, message::ownsNoWeights, toString(name)))
    suggest(*builder, name.text, owners, "weights belong to");
  return std::nullopt;
}

NetworkValue NetworkElaborator::callDense(const Expr &call, const Context &context) {
  auto arguments = bind(call, {{"x"}, {"n"}, {"bias", false}, {"weights", false}}, context);
  if (!arguments)
    return {};
  std::optional<int> x = vectorArgument(*(*arguments)[0], context, call.text);
  Value width = evaluate(*(*arguments)[1]->value, context);
  const Expr &widthExpr = *(*arguments)[1]->value;
  std::optional<int64_t> n;
  if (width.is(Value::Kind::number))
    n = asInteger(width.number);
  if (!width.is(Value::Kind::poison) && (!n || *n < 1 || *n > (int64_t(1) << 31))) {
    error(context.scope, &widthExpr, widthExpr.spot, message::wrongSize, "the width of `dense`",
          toString(widthExpr));
    n = std::nullopt;
  }
  std::optional<bool> bias = true;
  if ((*arguments)[2])
    bias = boolean(*(*arguments)[2], context);
  std::optional<size_t> shared;
  const Argument *weights = (*arguments)[3];
  if (weights) {
    shared = findShared(*weights->value, context);
    if (!shared)
      return {};
  }
  if (!x || !n || !bias)
    return {};
  if (graph.nodes[*x].shape.size() != 1) {
    if (auto builder = error(context.scope, &call, (*arguments)[0]->value->spot,
                             message::denseWantsVector, shapeText(graph.nodes[*x].shape)))
      builder->help("write `dense(flatten({}), …)`", toString(*(*arguments)[0]->value));
    return {};
  }
  std::vector<int64_t> shape = {*n, graph.nodes[*x].shape[0]};
  if (shape[0] * (shape[1] >> 8) > (largestWeight >> 8)) {
    error(context.scope, &call, call.spot, message::tooLarge, "this weight");
    return {};
  }

  if (!shared && !sharing.empty()) {
    auto &[from, next] = sharing.back();
    if (next < from->sets.size())
      shared = from->sets[next++];
  }
  if (shared) {
    const ParameterSet &set = sets[*shared];
    const std::vector<int64_t> &owned = graph.parameters[set.weight].shape;
    if (owned != shape) {
      if (auto builder = error(context.scope, &call, weights ? weights->value->spot : call.spot,
                               message::sharedShape, set.name, shapeText(shape), shapeText(owned)))
        builder->note(set.spot.place(), "the weights belong to this");
      return {};
    }
    if (*bias && (*arguments)[2] && set.bias < 0) {
      if (auto builder =
              error(context.scope, &call, (*arguments)[2]->spot, message::sharedNoBias, set.name))
        builder->note(set.spot.place(), "the weights belong to this");
      return {};
    }
  } else {
    unsigned count = ownerCount[context.value]++;
    ParameterSet set{count == 0 ? context.value : context.value + "." + std::to_string(count)};
    set.spot = call.spot;
    set.weight = graph.parameters.size();
    graph.parameters.push_back({set.name + ".weight", shape, call.spot});
    if (*bias) {
      set.bias = graph.parameters.size();
      graph.parameters.push_back({set.name + ".bias", {*n}, call.spot});
    }
    shared = sets.size();
    setNames[set.name] = sets.size();
    sets.push_back(std::move(set));
  }
  if (!weights)
    for (CallRecord *record : recording)
      record->sets.push_back(*shared);
  NetworkNode node{NetworkNode::Kind::dense, call.spot, {*x}, {*n}};
  node.weight = sets[*shared].weight;
  node.bias = *bias ? sets[*shared].bias : -1;
  return vectorOf(add(std::move(node)));
}

NetworkValue NetworkElaborator::callFlatten(const Expr &call, const Context &context) {
  auto arguments = bind(call, {{"x"}}, context);
  if (!arguments)
    return {};
  std::optional<int> x = vectorArgument(*(*arguments)[0], context, call.text);
  if (!x)
    return {};
  int64_t elements = 1;
  for (int64_t size : graph.nodes[*x].shape)
    elements *= size;
  return vectorOf(add({NetworkNode::Kind::flatten, call.spot, {*x}, {elements}}));
}

NetworkValue NetworkElaborator::callBlock(const Expr &call, const Block &block,
                                          const Context &context) {
  for (const Scope *in = &context.scope; in; in = in->caller)
    if (in->block == &block) {
      error(context.scope, &call, call.spot, message::recursiveBlock, block.name.text);
      return {};
    }
  if (callDepth >= deepestCalls) {
    error(context.scope, &network, call.spot, message::nestedTooDeeply, deepestCalls);
    return {};
  }
  std::vector<Formal> formals;
  for (const Name &parameter : block.parameters)
    formals.push_back({parameter.text});
  bool ownWeights = llvm::none_of(
      block.parameters, [](const Name &parameter) { return parameter.text == "weights"; });
  if (ownWeights)
    formals.push_back({"weights", false});
  auto arguments = bind(call, formals, context);
  if (!arguments)
    return {};
  Scope scope;
  scope.prefix = context.value + ".";
  scope.block = &block;
  scope.caller = &context.scope;
  scope.call = call.spot;
  bool poisoned = false;
  for (auto [parameter, argument] : llvm::zip(block.parameters, *arguments)) {
    Value value = evaluate(*argument->value, context);
    poisoned |= value.is(Value::Kind::poison);
    if (value.is(Value::Kind::vector))
      value = vectorOf(materialize(value, argument->value->spot));
    std::string owner;
    if (argument->value->is(Expr::Kind::name))
      if (auto bound = context.scope.names.find(argument->value->text);
          bound != context.scope.names.end())
        owner = bound->second.owner;
    scope.names[parameter.text] = {value, parameter.spot, owner};
  }
  if (poisoned)
    return {};

  const CallRecord *shared = nullptr;
  if (const Argument *weights = ownWeights ? arguments->back() : nullptr) {
    const Expr &name = *weights->value;
    for (const std::string &candidate : {context.scope.prefix + name.text, name.text})
      if (auto found = calls.find(candidate); !shared && found != calls.end())
        shared = &found->second;
    if (!name.is(Expr::Kind::name) || !shared || shared->block != &block) {
      error(context.scope, weights, name.spot, message::noSuchCall, toString(name),
            block.name.text);
      return {};
    }
  }
  CallRecord record{&block, {}};
  recording.push_back(&record);
  if (shared)
    sharing.push_back({shared, 0});
  ++callDepth;
  evaluateBody(block.body, scope);
  Value result;
  if (block.body.result)
    result = evaluate(*block.body.result, {scope, context.value, context.layer});
  else
    graph.valid = false;
  --callDepth;
  if (shared)
    sharing.pop_back();
  recording.pop_back();
  calls.try_emplace(context.value, std::move(record));
  if (!result.is(Value::Kind::vector) && !result.is(Value::Kind::poison)) {
    error(scope, &block, block.body.result->spot, message::returnsNoVector, "block",
          block.name.text);
    return {};
  }
  return result;
}
