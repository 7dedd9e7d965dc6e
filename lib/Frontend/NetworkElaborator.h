//===- NetworkElaborator.h - expands the body of a network --------------------------*- C++ -*-===//
#pragma once

#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/Network.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSet.h"

#include <set>

namespace dpc {

/// What an expression of a body means.
struct NetworkValue {
  enum class Kind { poison, number, word, text, vector };
  Kind kind = Kind::poison;
  Rational number = {};
  std::string word = {};
  std::vector<std::pair<Rational, int>> terms = {}; // of a vector: factors and nodes

  bool is(Kind other) const { return kind == other; }
};

struct Binding {
  NetworkValue value;
  Spot spot;
  std::string owner; // full name under which its parameters are known
};

/// The names of one body: of the network, or of one call of a block.
struct Scope {
  std::string prefix; // `b.`, or "" for the network
  llvm::StringMap<Binding> names;
  const ast::Block *block = nullptr;
  const Scope *caller = nullptr;
  Spot call;
};

/// Where in a statement an expression stands.
struct Context {
  Scope &scope;
  std::string value; // full name of the value being defined: names parameters (N7)
  std::string layer; // the name that an activation here gives its layer (N6)
};

/// The weight and bias of one `dense`.
struct ParameterSet {
  std::string name;
  int weight = -1, bias = -1;
  Spot spot = {};
};

/// The parameters that one call of a block made, in the order of evaluation.
struct CallRecord {
  const ast::Block *block;
  std::vector<size_t> sets;
};

class NetworkElaborator {
public:
  NetworkElaborator(const ast::Network &network, const std::vector<ast::Block> &blocks,
                    DiagnosticEngine &engine)
      : network(network), blocks(blocks), engine(engine) {}

  NetworkGraph run();
  /// Checks a block by itself, its parameters unknown.
  void checkBlock(const ast::Block &block);

private:
  using Value = NetworkValue;

  /// An error in a body, with notes at the calls that led there. A block's mistake is reported
  /// once, not once per call.
  template <typename... Arguments>
  std::optional<DiagnosticEngine::Builder> error(const Scope &scope, const void *key, Spot spot,
                                                 const Message &message,
                                                 const Arguments &...arguments) {
    graph.valid = false;
    if (!reported.insert({key, message.id}).second)
      return std::nullopt;
    auto builder = std::make_optional(engine.error(spot.place(), message, arguments...));
    for (const Scope *in = &scope; in->caller; in = in->caller)
      builder->note(in->call.place(), "in this call of block `" + in->block->name.text + "`");
    return builder;
  }
  void evaluateBody(const ast::Body &body, Scope &scope);
  Value evaluate(const ast::Expr &expr, const Context &context);
  Value evaluateName(const ast::Expr &expr, const Context &context);
  Value evaluateSum(const ast::Expr &expr, const Context &context);
  bool isTooLong(const Value &value, const ast::Expr &expr, const Context &context);
  Value evaluateProduct(const ast::Expr &expr, const Context &context);
  Value evaluateCall(const ast::Expr &call, const Context &context);
  Value callActivation(const ast::Expr &call, Activation activation, const Context &context);
  Value callDense(const ast::Expr &call, const Context &context);
  Value callFlatten(const ast::Expr &call, const Context &context);
  Value callBlock(const ast::Expr &call, const ast::Block &block, const Context &context);
  std::optional<size_t> findShared(const ast::Expr &name, const Context &context);

  /// The arguments of a function; if they do not match, their values are still checked.
  std::optional<std::vector<const ast::Argument *>>
  bind(const ast::Expr &call, llvm::ArrayRef<Formal> formals, const Context &context) {
    auto bound = bindArguments(call, formals, engine);
    if (!bound) {
      graph.valid = false;
      for (const ast::Argument &argument : call.arguments)
        evaluate(*argument.value, context);
    }
    return bound;
  }
  /// The argument as one node; nothing, with an error, if it is no vector.
  std::optional<int> vectorArgument(const ast::Argument &argument, const Context &context,
                                    const std::string &function);
  std::optional<bool> boolean(const ast::Argument &argument, const Context &context);
  int materialize(const Value &value, Spot spot);
  int add(NetworkNode node);
  Value vectorOf(int node) { return {Value::Kind::vector, {}, {}, {{Rational(1, 1), node}}}; }
  std::string uniqueLayerName(const std::string &name);

  const ast::Network &network;
  const std::vector<ast::Block> &blocks;
  DiagnosticEngine &engine;
  NetworkGraph graph;
  llvm::StringSet<> layerNames;
  llvm::StringMap<unsigned> sameNames; // suffixes given to a name so far
  std::vector<ParameterSet> sets;
  llvm::StringMap<size_t> setNames;     // full name -> index in sets
  llvm::StringMap<unsigned> ownerCount; // value -> parameter sets so far
  llvm::StringMap<CallRecord> calls;    // value -> its first call of a block
  std::vector<CallRecord *> recording;
  std::vector<std::pair<const CallRecord *, size_t>> sharing; // innermost last; next set to take
  std::set<std::pair<const void *, const char *>> reported;
  unsigned depth = 0, callDepth = 0;
};

/// `[28, 28]`.
std::string shapeText(llvm::ArrayRef<int64_t> shape);
/// "a number", "a vector", ...
const char *kindName(NetworkValue::Kind kind);

} // namespace dpc
