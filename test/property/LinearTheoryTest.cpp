// Invariant (vii) of spec.md 10: full sweeps on a linear network converge if and only if
// |2 alpha - 1| c beta lambda(S) < 1, S the sum over hidden layers of M M^T with M the product of
// the weights above (spec.md 5.1).
#include "lib/Reference/Kernels.h"
#include "test/property/RandomModel.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dpc;
using namespace dpc::property;

namespace {

double norm(const Tensor &x) {
  double sum = 0;
  for (double value : x.values)
    sum += value * value;
  return std::sqrt(sum);
}

/// The largest eigenvalue of S for the weights above the first layer, lowest first.
double largestEigenvalue(const std::vector<Tensor> &weights) {
  Tensor above = weights.back(), matrix({above.rows(), above.rows()});
  for (size_t k = weights.size(); k-- > 0;) {
    if (k + 1 < weights.size())
      above = reference::linearTranspose(above, weights[k]);
    reference::addScaled(matrix, 1, reference::linear(above, above, nullptr));
  }
  Tensor vector({1, matrix.rows()});
  for (int64_t i = 0; i < vector.size(); ++i)
    vector.values[i] = 1 + 0.1 * i;
  double eigenvalue = 0;
  for (int iteration = 0; iteration < 5000; ++iteration) {
    vector = reference::linear(vector, matrix, nullptr);
    eigenvalue = norm(vector);
    for (double &value : vector.values)
      value /= eigenvalue;
  }
  return eigenvalue;
}

TEST(LinearTheory, sweepsConvergeExactlyBelowTheThreshold) {
  for (int i = 0; i < 32; ++i) {
    Random random = randomFor(i);
    bool below = i % 2, proximal = i / 2 % 2;
    int layers = 2 + i / 4 % 4, width = 2 + random() % 4;
    double alpha = choose<double>(random, {0, 0.25, 0.75, 1}),
           beta = choose<double>(random, {0.1, 0.25, 0.5});
    std::string text = fmt::format("network net(x: f32[3]) {{\n");
    for (int k = 1; k < layers; ++k)
      text += fmt::format("  h{} = identity(dense({}, {}));\n", k,
                          k == 1 ? std::string("x") : fmt::format("h{}", k - 1), width);
    text += fmt::format("  return dense(h{}, 3);\n}}\n", layers - 1);
    auto train = [&](int passes) {
      return text + trainBlock(fmt::format("dp(alpha = {}, beta = {}, point = {})", alpha, beta,
                                           proximal ? "exact" : "current"),
                               "half_squared_error",
                               fmt::format("forward_backward(passes = {})", passes));
    };
    SCOPED_TRACE(fmt::format("case {}\n{}", i, train(1)));

    Compiled first(train(1), 1);
    ASSERT_TRUE(first.valid()) << first.errors;
    Environment arguments = first.randomArguments(random, 1);
    std::vector<std::string> names;
    for (int k = 2; k <= layers; ++k)
      names.push_back(k == layers ? "output.weight" : fmt::format("h{}.weight", k));
    auto rate = [&](double scale) {
      std::vector<Tensor> weights;
      for (const std::string &name : names)
        weights.push_back(sum(scale, arguments[name], 0, arguments[name]));
      double c = proximal ? 1 / ((1 + alpha * beta) * (1 - (1 - alpha) * beta)) : 1;
      return std::abs(2 * alpha - 1) * c * beta * largestEigenvalue(weights);
    };
    // The scale at which the rate is 1; it grows with the scale.
    double low = 0, high = 1;
    while (rate(high) < 1)
      high *= 2;
    for (int step = 0; step < 60; ++step) {
      double middle = (low + high) / 2;
      (rate(middle) < 1 ? low : high) = middle;
    }
    // 0.99 and 1.01 of the threshold scale, as the theory was checked.
    for (const std::string &name : names)
      for (double &value : arguments[name].values)
        value *= high * (below ? 0.99 : 1.01);

    // How much a sweep still moves the output, late: at twice the sweeps it is less or more.
    auto movement = [&](int sweeps) {
      Compiled now(train(sweeps), 1), next(train(sweeps + 1), 1);
      Environment a = now.runProgram(arguments), b = next.runProgram(arguments);
      return norm(sum(1, b["output#0"], -1, a["output#0"]));
    };
    double early = movement(150), late = movement(300);
    ASSERT_TRUE(std::isfinite(early) && std::isfinite(late));
    if (below)
      EXPECT_LT(late, early);
    else
      EXPECT_GT(late, early);
  }
}

} // namespace
