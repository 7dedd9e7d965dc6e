//===- Optimizer.cpp - sgd and adam, one parameter after the other ----------------------------===//
#include "lib/Reference/Optimizer.h"

#include <cmath>
#include <string_view>

using namespace dpc::reference;

/// The entry for a parameter, zeros where there is none yet.
static Tensor &entryOf(Environment &state, const std::string &name, const Tensor &parameter) {
  return state.try_emplace(name, Tensor(parameter.shape)).first->second;
}

void Sgd::step(Environment &parameters, Environment gradients, double rate) {
  for (auto &[name, w] : parameters) {
    Tensor &gradient = entryOf(gradients, name, w), &v = entryOf(velocity, name, w);
    for (int64_t i = 0; i < w.size(); ++i) {
      double g = gradient.values[i] + weightDecay * w.values[i];
      v.values[i] = momentum * v.values[i] + g;
      w.values[i] -= rate * (nesterov ? g + momentum * v.values[i] : v.values[i]);
    }
  }
}

void Adam::step(Environment &parameters, Environment gradients, double rate) {
  ++steps;
  double correction1 = 1 - std::pow(beta1, steps), correction2 = 1 - std::pow(beta2, steps);
  for (auto &[name, w] : parameters) {
    Tensor &gradient = entryOf(gradients, name, w);
    Tensor &m = entryOf(first, name, w), &v = entryOf(second, name, w);
    for (int64_t i = 0; i < w.size(); ++i) {
      double g = gradient.values[i];
      m.values[i] = beta1 * m.values[i] + (1 - beta1) * g;
      v.values[i] = beta2 * v.values[i] + (1 - beta2) * g * g;
      w.values[i] -=
          rate * (m.values[i] / correction1) / (std::sqrt(v.values[i] / correction2) + epsilon);
    }
  }
}

Environment dpc::reference::gradientsOf(const Environment &cells) {
  constexpr std::string_view suffix = "#gradient";
  Environment gradients;
  for (const auto &[name, value] : cells)
    if (name.ends_with(suffix))
      gradients[name.substr(0, name.size() - suffix.size())] = value;
  return gradients;
}
