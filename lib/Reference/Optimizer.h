//===- Optimizer.h - the parameter updates of language.md T5, in double -------------*- C++ -*-===//
//
// Parameters and gradients by the name of the parameter; a parameter without a gradient has 0.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Reference/Tensor.h"

namespace dpc::reference {

/// sgd: g <- gradient + weightDecay * w; v <- momentum * v + g; w <- w - rate * v, with nesterov
/// w <- w - rate * (g + momentum * v).
struct Sgd {
  double momentum = 0, weightDecay = 0;
  bool nesterov = false;

  void step(Environment &parameters, Environment gradients, double rate);

  Environment velocity = {}; // by parameter
};

/// adam with bias correction.
struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;

  void step(Environment &parameters, Environment gradients, double rate);

  Environment first = {}, second = {}; // moments, by parameter
  int64_t steps = 0;
};

/// The gradients of a run: cells `P#gradient` under the names P of their parameters.
Environment gradientsOf(const Environment &cells);

} // namespace dpc::reference
