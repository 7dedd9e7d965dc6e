//===- Network.h - a network with its blocks expanded -------------------------------*- C++ -*-===//
//
// The DAG that a network's body spells (language.md 3), one node per operation, with the names of
// layers (N6) and parameters (N7).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/Vocabulary.h"
#include "lib/Frontend/AST.h"
#include "lib/Support/Diagnostics.h"

namespace dpc {

struct NetworkNode {
  enum class Kind { input, dense, flatten, combine, layer };
  Kind kind;
  Spot spot;
  std::vector<int> operands = {};     // earlier nodes
  std::vector<int64_t> shape = {};    // of the result, per sample
  std::vector<Rational> factors = {}; // of combine
  int weight = -1, bias = -1;         // of dense: parameters, -1 if there is no bias
  std::string name = {};              // of the input and of layers
  Activation activation = Activation::identity;
  unsigned depth = 0;                 // operators since the last layer
  std::optional<Rational> slope = {}; // of leaky_relu
};

struct NetworkParameter {
  std::string name; // `h1.weight`
  std::vector<int64_t> shape;
  Spot spot;
};

struct NetworkGraph {
  std::string name;
  std::vector<NetworkNode> nodes; // operands first; node 0 is the input
  std::vector<NetworkParameter> parameters;
  std::vector<int> layers; // nodes of the layers in order (N10); the last is the output layer
  bool valid = true;       // false after an error; what is there may be incomplete

  std::vector<std::string> layerNames() const;
  /// The layers and the input that the affine map of a layer reads, in the order of
  /// dp::LayerOp::getSources: operands first, depth first.
  std::vector<int> sources(int layer) const;
  /// For each parameter the first layer whose affine map uses it, or "" if none does.
  std::vector<std::string> layersOfParameters() const;
};

/// Expands `network`; errors go to `engine`.
NetworkGraph elaborateNetwork(const ast::Network &network, const std::vector<ast::Block> &blocks,
                              DiagnosticEngine &engine);

/// Checks the names and functions in all blocks, also in those that no network calls.
void checkBlocks(const std::vector<ast::Block> &blocks, DiagnosticEngine &engine);

/// A stand-in with one input, one hidden and one output layer, so that objectives can be checked
/// when the network is wrong.
NetworkGraph placeholderNetwork(Spot spot);

} // namespace dpc
