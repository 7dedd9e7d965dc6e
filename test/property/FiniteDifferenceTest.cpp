// Invariant (iv) of spec.md 10, and what derivation.md promises for any objective: states at which
// the text of the potential is stationary, gradients that are its partial derivatives.
#include "test/property/RandomModel.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dpc;
using namespace dpc::property;

namespace {

Tensor valueOf(llvm::Expected<Tensor> value) {
  if (value)
    return std::move(*value);
  ADD_FAILURE() << llvm::toString(value.takeError());
  return Tensor({0});
}

/// Each gradient is the partial derivative of the potential at the final states (language.md O16).
void expectGradients(Compiled &compiled, const Environment &arguments, const Environment &cells) {
  reference::Point point = Compiled::pointOf(arguments, cells);
  Tensor potential = valueOf(reference::evaluatePotential(compiled.model(), point, point));
  double scale = 1;
  for (double value : potential.values)
    if (std::isfinite(value))
      scale = std::max(scale, std::abs(value));
  for (const ParameterInfo &parameter : compiled.info.parameters) {
    // The potential is affine in each parameter: a long step costs nothing and rounds little.
    Tensor slope = valueOf(reference::differenceByParameter(compiled.model(), point, parameter.name,
                                                            /*step=*/0.1));
    const Tensor &gradient = cells.at(parameter.name + "#gradient");
    ASSERT_EQ(slope.shape, gradient.shape);
    for (int64_t j = 0; j < slope.size(); ++j)
      EXPECT_NEAR(gradient.values[j], slope.values[j], 1e-10 * scale) << parameter.name;
  }
}

/// Objectives that nobody ships, in texts of one to four compartments. `{}` takes a number.
struct Unseen {
  const char *text, *call;
  /// Whether its layers must be piecewise quadratic.
  bool quadratic = false;
  double gain = 0.6;
};

const std::vector<Unseen> unseen = {
    {"", "dp(alpha = 0.3, beta = 0.3, point = initial)"},
    {"", "dp(alpha = 1, beta = 0.3, point = current)"},
    {"", "lpom(beta = 0.3, point = previous)"},
    {"", "backprop"},
    {"", "mirror_damped_dp(alpha = 1/4, beta = 0.3, damping = 0.7)"},
    {"", "damped_dp(alpha = 3/4, beta = 0.3, damping = 0.7)", true},
    {R"(
objective fourth_order(beta in (0, inf) = 0.5) {
  state near_plus, near_minus, wide_plus, wide_minus;
  minimize near_plus, wide_minus; maximize near_minus, wide_plus;
  define near = 1/2 * near_plus + 1/2 * near_minus;
  define wide = 1/2 * wide_plus + 1/2 * wide_minus;
  define E(z, m) = G(z) - dot(z, preactivation(m));
  potential 2/3 * loss(near_plus, at = initial) + 2/3 * loss(near_minus, at = initial)
          - 1/6 * loss(wide_plus, at = initial) - 1/6 * loss(wide_minus, at = initial)
          + sum over layers (8/(3*beta) * (E(near_plus, near) - E(near_minus, near))
                             - 1/(3*beta) * (E(wide_plus, wide) - E(wide_minus, wide)));
}
)",
     "fourth_order(beta = 0.3)"},
    {R"(
objective tethered(share in [0, 1] = 0.3, reach in (0, inf) = 0.3, pull = 0.8) {
  state up, down;
  minimize up; maximize down;
  define middle = share * up + (1 - share) * down;
  define E(z) = G(z) - dot(z, preactivation(middle));
  potential share * loss(up, at = initial) + (1 - share) * loss(down, at = initial)
          + sum over layers (1/reach * (E(up) - E(down)) + pull * (1/2 * square(up - down)));
  alternate;
}
)",
     "tethered(reach = 0.3)", true},
    {R"(
objective active(share in [0, 1] = 0.3, reach in (0, inf) = 0.3) {
  state up, down;
  stationary up, down;
  define middle = share * up + (1 - share) * down;
  potential loss(middle) + 0.1 * sum over hidden (G(middle))
          + sum over layers (1/reach * dot(up - down, inverse(middle) - preactivation(middle)));
}
)",
     "active(share = 1/2)"},
    {R"(
objective multiplied() {
  state s; multiplier price;
  stationary s, price;
  potential loss(s) + sum over hidden (0.05 * square(s))
          - 2 * sum over layers (dot(price, preactivation(s) - inverse(s)));
}
)",
     "multiplied()"},
    {R"(
objective single(nudge in (0, inf) = 0.2) {
  state s;
  minimize s;
  potential nudge * loss(s, at = previous)
          + sum over layers (2 * (G(s) - dot(preactivation(s), s)));
}
)",
     "single(nudge = 0.3)", false, 0.3},
    {R"(
objective three(reach in (0, inf) = 0.3) {
  state a, b, c;
  minimize a; maximize b, c;
  define m = 1/2 * a + 1/4 * b + 1/4 * c;
  define F(z) = (G(z) - dot(z, preactivation(m))) / reach;
  potential 1/2 * loss(a, at = current) + 1/2 * loss(c, at = initial)
          + sum over layers (F(a) - 0.7 * F(b) - 0.3 * F(c));
}
)",
     "three(reach = 0.2)"},
};

/// Whether a unit sits where some G of its layer has an edge or a kink, or is flat: there a central
/// difference says nothing.
bool atEdge(Compiled &compiled, const std::string &layer, const reference::Point &point,
            int64_t unit) {
  std::vector<double> values;
  for (size_t c = 0; c < compiled.info.compartments.size(); ++c)
    values.push_back(point.at(fmt::format("{}#{}", layer, c)).values[unit]);
  for (size_t d = 0; d < compiled.info.defines.size(); ++d)
    if (auto found = point.find(fmt::format("{}#define{}", layer, d)); found != point.end())
      values.push_back(found->second.values[unit]);
  for (double value : values)
    for (double edge : {-1, 0, 1})
      if (std::abs(value - edge) < 1e-3)
        return true;
  return false;
}

/// Whether more passes leave every compartment where it is. 37 more, so that no short cycle passes
/// for a fixed point. Existence and convergence depend on the weights (language.md O10).
bool settled(const Compiled &compiled, const Environment &cells, const Environment &later) {
  for (const std::string &layer : compiled.info.layers)
    for (size_t c = 0; c < compiled.info.compartments.size(); ++c) {
      std::string cell = fmt::format("{}#{}", layer, c);
      if (!(relativeError(later.at(cell), cells.at(cell)) < 1e-9))
        return false;
    }
  return true;
}

std::string sweeps(int passes) { return fmt::format("forward_backward(passes = {})", passes); }

// Stationary states and gradients of the shipped and of unseen objectives.
TEST(FiniteDifference, statesAreStationary) {
  int judged = 0, settledCases = 0;
  int cases = std::max<int>(caseCount() / 2, unseen.size());
  for (int i = 0; i < cases && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    const Unseen &objective = unseen[i % unseen.size()];
    NetworkOptions options;
    options.maxLayers = 4;
    options.maxWidth = 4;
    if (objective.quadratic)
      options.activations = {"identity", "relu", "leaky_relu(slope)", "clip"};
    std::string network = randomNetwork(random, options), loss = randomLoss(random);
    std::string text = network + objective.text;
    SCOPED_TRACE(fmt::format("case {}\n{}{} {}", i, text, objective.call, loss));
    Compiled compiled(text + trainBlock(objective.call, loss, sweeps(60)), 2);
    Compiled longer(text + trainBlock(objective.call, loss, sweeps(97)), 2);
    ASSERT_TRUE(compiled.valid() && longer.valid()) << compiled.errors << longer.errors;
    Environment arguments = compiled.randomArguments(random, objective.gain);
    Environment cells = compiled.runProgram(arguments);
    expectGradients(compiled, arguments, cells);

    reference::Point point = Compiled::pointOf(arguments, cells);
    if (!settled(compiled, cells, longer.runProgram(arguments)))
      continue;
    ++settledCases;
    for (const std::string &layer : compiled.info.layers)
      for (size_t c = 0; c < compiled.info.compartments.size(); ++c) {
        std::string cell = fmt::format("{}#{}", layer, c);
        Tensor slope = valueOf(reference::differenceByState(compiled.model(), point, cell));
        for (int64_t unit = 0; unit < slope.size(); ++unit)
          if (std::isfinite(slope.values[unit]) && !atEdge(compiled, layer, point, unit)) {
            EXPECT_NEAR(slope.values[unit], 0, 1e-5) << cell << " unit " << unit;
            ++judged;
          }
      }
  }
  EXPECT_GE(settledCases, cases / 2);
  EXPECT_GE(judged, cases);
}

// (iv) The value of the saddle, solved again at other weights, changes as the gradient says.
TEST(FiniteDifference, saddleValueFollowsTheGradient) {
  int judged = 0;
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    NetworkOptions options;
    options.maxLayers = 4;
    options.maxWidth = 4;
    std::string alpha = choose<std::string>(random, {"0", "0.3", "1/2", "1"});
    // No constant is held in this potential: its total derivative is the partial one.
    std::string network = randomNetwork(random, options),
                objective = fmt::format("dp(alpha = {}, beta = 0.3, point = exact)", alpha),
                loss = choose<std::string>(random, {"half_squared_error", "squared_error"});
    SCOPED_TRACE(fmt::format("case {}\n{}{} {}", i, network, objective, loss));
    Compiled compiled(network + trainBlock(objective, loss, sweeps(60)), 2);
    Compiled longer(network + trainBlock(objective, loss, sweeps(97)), 2);
    ASSERT_TRUE(compiled.valid() && longer.valid()) << compiled.errors << longer.errors;
    Environment arguments = compiled.randomArguments(random, 0.5), direction = arguments;
    std::normal_distribution<double> normal;
    double predicted = 0, size = 0;
    Environment cells = compiled.runProgram(arguments);
    if (!settled(compiled, cells, longer.runProgram(arguments)))
      continue;
    for (const ParameterInfo &parameter : compiled.info.parameters) {
      Tensor &along = direction[parameter.name];
      const Tensor &gradient = cells[parameter.name + "#gradient"];
      for (int64_t j = 0; j < along.size(); ++j) {
        along.values[j] = normal(random);
        predicted += along.values[j] * gradient.values[j];
        size += std::abs(along.values[j] * gradient.values[j]);
      }
    }
    auto valueAt = [&](double step) {
      Environment moved = arguments;
      for (const ParameterInfo &parameter : compiled.info.parameters)
        moved[parameter.name] = sum(1, arguments[parameter.name], step, direction[parameter.name]);
      reference::Point point = Compiled::pointOf(moved, compiled.runProgram(moved));
      Tensor value = valueOf(reference::evaluatePotential(compiled.model(), point, point));
      return (value.values[0] + value.values[1]) / 2;
    };
    constexpr double step = 1e-5;
    double observed = (valueAt(step) - valueAt(-step)) / (2 * step);
    ++judged;
    EXPECT_NEAR(observed, predicted, 1e-5 * std::max(1.0, size));
  }
  EXPECT_GE(judged, caseCount() * 3 / 4);
}

} // namespace
