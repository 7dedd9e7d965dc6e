//===- RandomModel.h - random networks and settings as text -------------------------*- C++ -*-===//
#pragma once

#include "test/property/Harness.h"

namespace dpc::property {

struct NetworkOptions {
  int minLayers = 1, maxLayers = 6; // the output counts
  int maxWidth = 7;
  /// Which activations the hidden layers draw from.
  std::vector<std::string> activations = {"identity", "relu", "leaky_relu(slope)",
                                          "clip",     "tanh", "sigmoid"};
  /// Residual sums, several readers, shared weights, blocks, nested activations.
  bool graphs = true;
};

/// A random network: a DAG of dense layers (language.md 3).
std::string randomNetwork(Random &random, const NetworkOptions &options = {});

/// A `train` block.
std::string trainBlock(const std::string &objective, const std::string &loss,
                       const std::string &inference);

/// A random inference with at least `passes` passes.
std::string randomInference(Random &random, int passes);
std::string randomLoss(Random &random);

/// One of several, all equally likely.
template <typename T> T choose(Random &random, const std::vector<T> &options) {
  return options[random() % options.size()];
}

} // namespace dpc::property
