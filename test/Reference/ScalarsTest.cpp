// The reference's formulas against the definitions that connect them (spec.md 1, derivation.md 5).
#include "lib/Reference/Scalars.h"
#include "lib/Reference/Optimizer.h"

#include <array>
#include <cmath>
#include <gtest/gtest.h>

using namespace dpc;
using namespace dpc::reference;

namespace {

const std::array<ScalarFunction, 6> functions = {{{Activation::identity},
                                                  {Activation::relu},
                                                  {Activation::leaky_relu, 0.2},
                                                  {Activation::clip},
                                                  {Activation::tanh},
                                                  {Activation::sigmoid}}};
const std::array<double, 11> grid = {-3, -1.5, -0.7, -0.2, 0.1, 0.3, 0.6, 0.9, 1.1, 1.7, 3};
constexpr double step = 1e-6;

TEST(Scalars, inverseUndoesTheActivation) {
  for (ScalarFunction f : functions)
    for (double b : grid)
      if (f.derivative(b) != 0) // where a unit is cut off, its pre-activation is lost
        EXPECT_NEAR(f.inverse(f.value(b)), b, 1e-12 * std::exp(2 * std::abs(b)));
}

TEST(Scalars, derivativeIsTheSlope) {
  for (ScalarFunction f : functions)
    for (double b : grid)
      EXPECT_NEAR(f.derivative(b), (f.value(b + step) - f.value(b - step)) / (2 * step), 1e-8);
}

TEST(Scalars, derivativeAtAKinkIsThatBelowZeroOrOutside) {
  EXPECT_EQ(functions[1].derivative(0), 0);
  EXPECT_EQ(functions[2].derivative(0), 0.2);
  EXPECT_EQ(functions[3].derivative(0), 0);
  EXPECT_EQ(functions[3].derivative(1), 0);
}

TEST(Scalars, inverseIsTheSlopeOfThePotential) {
  for (ScalarFunction f : functions)
    for (double b : grid) {
      double s = f.value(b);
      if (f.derivative(b) != 0)
        EXPECT_NEAR(f.inverse(s), (f.potential(s + step) - f.potential(s - step)) / (2 * step),
                    1e-5);
    }
}

TEST(Scalars, potentialHasADomain) {
  EXPECT_TRUE(std::isinf(functions[1].potential(-1e-9)));
  EXPECT_TRUE(std::isinf(functions[3].potential(1.0001)));
  EXPECT_TRUE(std::isinf(functions[5].potential(-0.1)));
  EXPECT_EQ(functions[5].potential(1), 0); // u ln u continues to 0
}

TEST(Scalars, regularizedSolvesItsEquation) {
  for (ScalarFunction f : functions)
    for (double rho : {0.5, 2.0, -0.3})
      for (double b : grid) {
        double s = f.regularized(b, rho);
        if (f.potential(s + 1e-9) < INFINITY && f.potential(s - 1e-9) < INFINITY)
          EXPECT_NEAR(f.inverse(s) + rho * s, b, 1e-10) << static_cast<int>(f.kind) << " at " << b;
      }
}

TEST(Scalars, differenceIsThatOfTheValues) {
  for (ScalarFunction f : functions)
    for (double p : grid)
      for (double q : grid)
        EXPECT_NEAR(f.difference(p, q, p - q), f.value(p) - f.value(q), 1e-15);
}

TEST(Scalars, differenceKeepsTheDigitsOfItsOperand) {
  // 1e-20 disappears when added to 0.5, yet the difference keeps it.
  for (ScalarFunction f : functions)
    EXPECT_NEAR(f.difference(0.5, 0.5, 1e-20), f.derivative(0.5) * 1e-20, 1e-32);
}

TEST(Scalars, lossGradientIsTheSlope) {
  std::array<double, 3> z = {0.3, -1.2, 0.8}, y = {0.25, 0.5, 0.25}, gradient;
  for (Loss loss : {Loss::softmax_cross_entropy, Loss::half_squared_error, Loss::squared_error}) {
    lossGradient(loss, z, y, gradient);
    for (size_t i = 0; i < z.size(); ++i) {
      std::array<double, 3> above = z, below = z;
      above[i] += step;
      below[i] -= step;
      EXPECT_NEAR(gradient[i], (lossValue(loss, above, y) - lossValue(loss, below, y)) / (2 * step),
                  1e-8);
    }
  }
}

TEST(Scalars, crossEntropyOfLargeOutputsIsFinite) {
  std::array<double, 2> z = {1000, -1000}, y = {0, 1};
  EXPECT_EQ(lossValue(Loss::softmax_cross_entropy, z, y), 2000);
}

Environment scalar(double value) { return {{"w", Tensor::number(value)}}; }

TEST(Optimizers, sgdByHand) {
  Environment w = scalar(1);
  Sgd sgd{.momentum = 0.5, .weightDecay = 0.1};
  sgd.step(w, scalar(2), 0.1); // g = 2.1, v = 2.1, w = 1 - 0.21
  EXPECT_NEAR(w["w"].values[0], 0.79, 1e-15);
  sgd.step(w, scalar(1), 0.1); // g = 1.079, v = 2.129
  EXPECT_NEAR(w["w"].values[0], 0.79 - 0.2129, 1e-15);
}

TEST(Optimizers, nesterovByHand) {
  Environment w = scalar(1);
  Sgd sgd{.momentum = 0.5, .weightDecay = 0, .nesterov = true};
  sgd.step(w, scalar(2), 0.1); // v = 2, w = 1 - 0.1 * (2 + 1)
  EXPECT_NEAR(w["w"].values[0], 0.7, 1e-15);
}

TEST(Optimizers, adamByHand) {
  Environment w = scalar(1);
  Adam adam{.beta1 = 0.9, .beta2 = 0.99, .epsilon = 1};
  adam.step(w, scalar(2), 0.1); // corrected: m = 2, v = 4
  EXPECT_NEAR(w["w"].values[0], 1 - 0.1 * 2 / 3, 1e-14);
}

} // namespace
