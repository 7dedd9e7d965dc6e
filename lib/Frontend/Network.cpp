//===- Network.cpp - bodies to nodes with names and shapes (N1-N10) ---------------------------===//
#include "lib/Frontend/Network.h"

#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/NetworkElaborator.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/STLExtras.h"

#include <functional>

using namespace dpc;
using namespace dpc::ast;

std::vector<std::string> NetworkGraph::layerNames() const {
  std::vector<std::string> names;
  for (int layer : layers)
    names.push_back(nodes[layer].name);
  return names;
}

std::vector<int> NetworkGraph::sources(int layer) const {
  std::vector<int> found;
  llvm::DenseSet<int> seen;
  std::function<void(int)> visit = [&](int index) {
    if (!seen.insert(index).second)
      return;
    const NetworkNode &node = nodes[index];
    if (node.kind == NetworkNode::Kind::layer || node.kind == NetworkNode::Kind::input)
      found.push_back(index);
    else
      llvm::for_each(node.operands, visit);
  };
  llvm::for_each(nodes[layer].operands, visit);
  return found;
}

std::vector<std::string> NetworkGraph::layersOfParameters() const {
  std::vector<std::string> owners(parameters.size());
  std::vector<bool> seen(nodes.size()); // by an earlier layer, which then is the first
  std::string layerName;
  std::function<void(int)> visit = [&](int index) {
    const NetworkNode &node = nodes[index];
    if (seen[index] || node.kind == NetworkNode::Kind::layer)
      return;
    seen[index] = true;
    for (int parameter : {node.weight, node.bias})
      if (parameter >= 0 && owners[parameter].empty())
        owners[parameter] = layerName;
    llvm::for_each(node.operands, visit);
  };
  for (int layer : layers) {
    layerName = nodes[layer].name;
    llvm::for_each(nodes[layer].operands, visit);
  }
  return owners;
}

NetworkGraph dpc::placeholderNetwork(Spot spot) {
  NetworkGraph graph;
  graph.valid = false;
  using Kind = NetworkNode::Kind;
  for (auto [kind, name] :
       {std::pair(Kind::input, "x"), {Kind::layer, "h"}, {Kind::layer, "output"}}) {
    NetworkNode node{kind, spot, {}, {1}};
    node.name = name;
    if (kind == Kind::layer) {
      node.operands.push_back(graph.nodes.size() - 1);
      graph.layers.push_back(graph.nodes.size());
    }
    graph.nodes.push_back(std::move(node));
  }
  return graph;
}

/// Operations in all, and depth of nesting with blocks expanded, beyond which a model is a mistake.
static constexpr size_t mostNodes = 100000;
static constexpr unsigned deepestExpansion = 1000;
/// Operators in a row between two layers: later stages walk them recursively.
static constexpr unsigned longestAffine = 1000;

std::string dpc::shapeText(llvm::ArrayRef<int64_t> shape) {
  std::string text;
  for (int64_t size : shape)
    text += (text.empty() ? "" : ", ") + std::to_string(size);
  return "[" + text + "]";
}

//===------------------------------------------------------------------------------------------===//
// Bookkeeping
//===------------------------------------------------------------------------------------------===//

int NetworkElaborator::add(NetworkNode node) {
  if (node.kind != NetworkNode::Kind::layer)
    for (int operand : node.operands)
      node.depth = std::max(node.depth, graph.nodes[operand].depth + 1);
  graph.nodes.push_back(std::move(node));
  return graph.nodes.size() - 1;
}

int NetworkElaborator::materialize(const Value &value, Spot spot) {
  if (value.terms.size() == 1 && value.terms[0].first == Rational(1, 1))
    return value.terms[0].second;
  NetworkNode node{NetworkNode::Kind::combine, spot, {}, {}};
  for (auto &[factor, operand] : value.terms) {
    node.factors.push_back(factor);
    node.operands.push_back(operand);
  }
  node.shape = graph.nodes[node.operands[0]].shape;
  return add(std::move(node));
}

std::string NetworkElaborator::uniqueLayerName(const std::string &name) {
  std::string unique = name;
  unsigned &count = sameNames[name];
  while (!layerNames.insert(unique).second)
    unique = name + "_" + std::to_string(++count + 1);
  return unique;
}

//===------------------------------------------------------------------------------------------===//
// Bodies
//===------------------------------------------------------------------------------------------===//

NetworkGraph NetworkElaborator::run() {
  graph.name = network.name.text;
  NetworkNode input{NetworkNode::Kind::input, network.input.spot, {}, network.type.shape};
  input.name = network.input.text;
  int64_t elements = 1;
  for (int64_t size : network.type.shape)
    if (size > 0 && elements <= (int64_t(1) << 31))
      elements *= size;
  graph.valid = network.type.valid;
  if (elements > (int64_t(1) << 31)) {
    engine.error(network.type.spot.place(), message::tooLarge, "the input");
    graph.valid = false;
  }
  layerNames.insert("output");
  Scope scope;
  if (network.input.text == "output")
    error(scope, &network, network.input.spot, message::valueNamedOutput);
  Binding binding{graph.valid ? vectorOf(0) : Value(), network.input.spot, network.input.text};
  add(std::move(input));
  scope.names[network.input.text] = std::move(binding);
  evaluateBody(network.body, scope);

  Value result;
  if (network.body.result)
    result = evaluate(*network.body.result, {scope, "output", "output.pre"});
  else
    graph.valid = false;
  if (result.is(Value::Kind::poison)) {
    graph.valid = false;
    return std::move(graph);
  }
  Spot spot = network.body.result->spot;
  if (!result.is(Value::Kind::vector)) {
    error(scope, &network, spot, message::returnsNoVector, "network", network.name.text);
    return std::move(graph);
  }
  int value = materialize(result, spot);
  NetworkNode output{NetworkNode::Kind::layer, spot, {value}, graph.nodes[value].shape};
  output.name = "output";
  if (output.shape.size() != 1)
    error(scope, &network, spot, message::outputNotFlat, shapeText(output.shape));
  if (network.result && network.result->valid && network.result->shape != output.shape)
    error(scope, &network, spot, message::wrongResultShape, shapeText(network.result->shape),
          shapeText(output.shape));
  graph.layers.push_back(add(std::move(output)));
  return std::move(graph);
}

void NetworkElaborator::checkBlock(const Block &block) {
  layerNames.insert("output");
  Scope scope;
  for (const Name &parameter : block.parameters)
    scope.names[parameter.text] = {{}, parameter.spot, ""};
  evaluateBody(block.body, scope);
  if (block.body.result)
    evaluate(*block.body.result, {scope, "output", "output.pre"});
}

void NetworkElaborator::evaluateBody(const Body &body, Scope &scope) {
  for (const Statement &statement : body.statements) {
    const std::string &name = statement.name.text;
    if (name == "output")
      error(scope, &statement, statement.name.spot, message::valueNamedOutput);
    std::string full = scope.prefix + name;
    Value value = evaluate(*statement.value, {scope, full, full});
    if (value.is(Value::Kind::vector)) {
      int node = materialize(value, statement.value->spot);
      value = vectorOf(node);
      if (graph.nodes[node].depth > longestAffine) {
        error(scope, &network, statement.value->spot, message::longAffine, longestAffine);
        value = {};
      }
    } else if (value.is(Value::Kind::word) || value.is(Value::Kind::text)) {
      error(scope, &statement, statement.value->spot, message::wrongKind, "a vector or a number",
            "`" + toString(*statement.value) + "`");
      value = {};
    }
    auto [place, isNew] = scope.names.try_emplace(name, Binding{value, statement.name.spot, full});
    if (!isNew)
      if (auto builder = error(scope, &statement, statement.name.spot, message::boundTwice, name))
        builder->note(place->second.spot.place(), "the first");
  }
}

NetworkValue NetworkElaborator::evaluate(const Expr &expr, const Context &context) {
  if (graph.nodes.size() > mostNodes) {
    error(context.scope, &network, network.spot, message::networkTooLarge, network.name.text,
          mostNodes);
    return {};
  }
  struct Depth {
    unsigned &depth;
    explicit Depth(unsigned &depth) : depth(++depth) {}
    ~Depth() { --depth; }
  } guard(depth);
  if (depth > deepestExpansion) {
    error(context.scope, &network, expr.spot, message::nestedTooDeeply, deepestExpansion);
    return {};
  }
  switch (expr.kind) {
  case Expr::Kind::error:
    graph.valid = false;
    return {};
  case Expr::Kind::number: {
    std::optional<Rational> number = readNumber(expr, engine);
    graph.valid &= number.has_value();
    return number ? Value{Value::Kind::number, *number} : Value();
  }
  case Expr::Kind::string:
    return {Value::Kind::text};
  case Expr::Kind::name:
    return evaluateName(expr, context);
  case Expr::Kind::negate: {
    Value value = evaluate(*expr.operands[0].value, context);
    value.number = -value.number;
    for (auto &term : value.terms)
      term.first = -term.first;
    if (!value.is(Value::Kind::word) && !value.is(Value::Kind::text))
      return value;
    error(context.scope, &expr, expr.spot, message::wrongKind, "a vector or a number",
          "`" + toString(*expr.operands[0].value) + "`");
    return {};
  }
  case Expr::Kind::sum:
    return evaluateSum(expr, context);
  case Expr::Kind::product:
    return evaluateProduct(expr, context);
  case Expr::Kind::call:
    return evaluateCall(expr, context);
  case Expr::Kind::sumOver:
    error(context.scope, &expr, expr.spot, message::onlyInObjectives, "sum over");
    return {};
  }
  return {};
}

NetworkValue NetworkElaborator::evaluateName(const Expr &expr, const Context &context) {
  auto found = context.scope.names.find(expr.text);
  if (found != context.scope.names.end())
    return found->second.value;
  if (expr.text == "true" || expr.text == "false" || expr.text == "same" || expr.text == "valid")
    return {Value::Kind::word, {}, expr.text};
  std::vector<std::string> known;
  for (auto &entry : context.scope.names)
    known.push_back(entry.getKey().str());
  llvm::sort(known);
  if (auto builder = error(context.scope, &expr, expr.spot, message::unknownValue, expr.text))
    suggest(*builder, expr.text, known, "known here are");
  return {};
}

const char *dpc::kindName(NetworkValue::Kind kind) {
  switch (kind) {
  case NetworkValue::Kind::number:
    return "a number";
  case NetworkValue::Kind::vector:
    return "a vector";
  case NetworkValue::Kind::word:
    return "a word";
  default:
    return "a text";
  }
}

NetworkValue NetworkElaborator::evaluateSum(const Expr &expr, const Context &context) {
  Value sum;
  bool poisoned = false;
  for (const Operand &operand : expr.operands) {
    Value value = evaluate(*operand.value, context);
    if (value.is(Value::Kind::poison)) {
      poisoned = true;
      continue;
    }
    bool additive = value.is(Value::Kind::number) || value.is(Value::Kind::vector);
    if (!additive || (!sum.is(Value::Kind::poison) && !sum.is(value.kind))) {
      const char *expected =
          sum.is(Value::Kind::poison) ? "a vector or a number" : kindName(sum.kind);
      error(context.scope, &operand, operand.value->spot, message::wrongOperand, expected,
            kindName(value.kind));
      poisoned = true;
      continue;
    }
    Rational factor(operand.sign == '-' ? -1 : 1, 1);
    if (sum.is(Value::Kind::poison)) {
      sum = std::move(value);
      sum.number = factor * sum.number;
      for (auto &term : sum.terms)
        term.first = factor * term.first;
      continue;
    }
    if (value.is(Value::Kind::number)) {
      sum.number = sum.number + factor * value.number;
      if (isTooLong(sum, expr, context))
        return {};
      continue;
    }
    auto &left = graph.nodes[sum.terms[0].second].shape;
    auto &right = graph.nodes[value.terms[0].second].shape;
    if (left != right) {
      error(context.scope, &operand, operand.value->spot, message::shapesDiffer, shapeText(left),
            shapeText(right));
      poisoned = true;
      continue;
    }
    for (auto &[scale, node] : value.terms) {
      auto same = llvm::find_if(sum.terms, [&](auto &term) { return term.second == node; });
      if (same != sum.terms.end())
        same->first = same->first + factor * scale;
      else
        sum.terms.push_back({factor * scale, node});
    }
  }
  return poisoned || isTooLong(sum, expr, context) ? Value() : sum;
}

/// After an error.
bool NetworkElaborator::isTooLong(const Value &value, const Expr &expr, const Context &context) {
  auto scaledTooFar = [](const auto &term) { return dpc::isTooLong(term.first); };
  if (!dpc::isTooLong(value.number) && llvm::none_of(value.terms, scaledTooFar))
    return false;
  error(context.scope, &expr, expr.spot, message::numberOutOfRange, toString(expr).substr(0, 40));
  return true;
}

NetworkValue NetworkElaborator::evaluateProduct(const Expr &expr, const Context &context) {
  Value product{Value::Kind::number, Rational(1, 1)};
  bool poisoned = false;
  for (const Operand &operand : expr.operands) {
    Value value = evaluate(*operand.value, context);
    if (value.is(Value::Kind::poison)) {
      poisoned = true;
      continue;
    }
    bool vector = value.is(Value::Kind::vector);
    if (!vector && !value.is(Value::Kind::number)) {
      error(context.scope, &operand, operand.value->spot, message::wrongOperand,
            "a vector or a number", kindName(value.kind));
      poisoned = true;
    } else if (operand.sign == '/' && vector) {
      error(context.scope, &operand, operand.spot, message::divisionByVector);
      poisoned = true;
    } else if (vector && product.is(Value::Kind::vector)) {
      error(context.scope, &operand, operand.spot, message::productOfVectors);
      poisoned = true;
    } else if (operand.sign == '/' && value.number == Rational(0, 1)) {
      error(context.scope, &operand, operand.spot, message::divisionByZero,
            toString(*operand.value));
      poisoned = true;
    } else if (vector) {
      Rational factor = product.number;
      product = std::move(value);
      for (auto &term : product.terms)
        term.first = factor * term.first;
    } else {
      Rational factor = operand.sign == '/' ? Rational(1, 1) / value.number : value.number;
      product.number = product.number * factor;
      for (auto &term : product.terms)
        term.first = term.first * factor;
    }
    if (!poisoned && isTooLong(product, expr, context))
      return {};
  }
  return poisoned ? Value() : product;
}

NetworkGraph dpc::elaborateNetwork(const Network &network, const std::vector<Block> &blocks,
                                   DiagnosticEngine &engine) {
  return NetworkElaborator(network, blocks, engine).run();
}

void dpc::checkBlocks(const std::vector<Block> &blocks, DiagnosticEngine &engine) {
  Network none;
  for (const Block &block : blocks)
    if (!block.broken)
      NetworkElaborator(none, blocks, engine).checkBlock(block);
}
