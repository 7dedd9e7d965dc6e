// Invariants (i), (ii), (iii), (v) and (vi) of spec.md 10.
#include "lib/Reference/Kernels.h"
#include "test/property/RandomModel.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dpc;
using namespace dpc::property;

namespace {

// (i) At 1/2 the two families are one.
TEST(Invariant, dyadsAgreeAtOneHalf) {
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    std::string network = randomNetwork(random), loss = randomLoss(random),
                inference = randomInference(random, 1 + random() % 3),
                point = choose<std::string>(random, {"initial", "current"});
    auto compile = [&](const char *method) {
      return Compiled(network + trainBlock(fmt::format("{}(alpha = 1/2, beta = 0.3, point = {})",
                                                       method, point),
                                           loss, inference),
                      2);
    };
    Compiled first = compile("dp"), second = compile("dp_transpose");
    SCOPED_TRACE(fmt::format("case {}\n{}{} {} {}", i, network, loss, inference, point));
    ASSERT_TRUE(first.valid() && second.valid()) << first.errors << second.errors;
    Environment arguments = first.randomArguments(random, 0.8);
    Environment found = second.runProgram(arguments);
    for (auto &[name, value] : first.runProgram(arguments))
      if (name.find("#z") == std::string::npos && name.find("#define") == std::string::npos)
        EXPECT_LE(relativeError(found[name], value), 1e-12) << name;
  }
}

/// Every inference, with enough passes to reach each layer.
const std::vector<std::string> thorough = {
    "forward(passes = 7)",  "forward_backward",     "backward",
    "odd_even(passes = 7)", "even_odd(passes = 7)", "jacobi(passes = 7)"};

// (ii) With 0 and 1 the mean never leaves the plain forward pass, and no order of updates matters.
TEST(Invariant, transposeAtTheEndsReadsTheForwardPass) {
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    std::string network = randomNetwork(random), loss = randomLoss(random);
    std::string objective = fmt::format("dp_transpose(alpha = {}, beta = {})", random() % 2,
                                        choose<std::string>(random, {"0.1", "1", "10"}));
    std::string one = choose(random, thorough), other = choose(random, thorough);
    SCOPED_TRACE(fmt::format("case {}\n{}{} {} {} {}", i, network, loss, objective, one, other));
    Compiled first(network + trainBlock(objective, loss, one), 2);
    Compiled second(network + trainBlock(objective, loss, other), 2);
    ASSERT_TRUE(first.valid() && second.valid()) << first.errors << second.errors;
    Environment arguments = first.randomArguments(random, 0.8);
    Environment literal = first.runProgram(arguments);
    EXPECT_EQ(first.info.defines.front(), "mean");
    for (const std::string &layer : first.info.layers)
      EXPECT_EQ(literal[layer + "#define0"].values, literal[layer + "#forward"].values) << layer;
    Environment again = second.runProgram(arguments);
    for (auto &[name, value] : literal)
      EXPECT_EQ(again[name].values, value.values) << name;
    EXPECT_EQ(first.scheduledProducts(), second.scheduledProducts());
  }
}

// (iii) A linearised loss moves the output by -strength times its gradient, whatever the asymmetry.
TEST(Invariant, outputDifferenceIsTheNudge) {
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    std::string network = randomNetwork(random),
                inference = randomInference(random, 1 + random() % 3),
                method = choose<std::string>(random, {"dp", "dp_transpose", "mirror_damped_dp"}),
                alpha = choose<std::string>(random, {"0", "0.3", "1/2", "1"});
    bool initial = random() % 2;
    SCOPED_TRACE(fmt::format("case {}\n{}{} {} {}", i, network, method, alpha, inference));
    for (auto [name, loss] : {std::pair("softmax_cross_entropy", Loss::softmax_cross_entropy),
                              std::pair("squared_error", Loss::squared_error)}) {
      Compiled compiled(network +
                            trainBlock(fmt::format("{}(alpha = {}, beta = 0.3, point = {})", method,
                                                   alpha, initial ? "initial" : "current"),
                                       name, inference),
                        2);
      ASSERT_TRUE(compiled.valid()) << compiled.errors;
      Environment arguments = compiled.randomArguments(random, 0.8);
      Environment cells = compiled.runProgram(arguments);
      Tensor gradient = reference::lossGradientOfBatch(
          loss, cells[initial ? "output#forward" : "output#preactivation"], arguments["y"]);
      EXPECT_LE(relativeError(sum(1, cells["output#0"], -1, cells["output#1"]),
                              sum(-0.3, gradient, 0, gradient)),
                1e-13);
    }
  }
}

/// The gradient error of `method` against back-propagation, exact differences included.
double errorAgainstBackprop(const std::string &network, const std::string &method,
                            const Environment &arguments, const Environment &expected,
                            const std::string &inference) {
  Compiled compiled(network + trainBlock(method, "softmax_cross_entropy", inference), 2);
  EXPECT_TRUE(compiled.valid()) << compiled.errors;
  return gradientError(compiled.runScheduled(arguments), expected);
}

// (v) Piecewise linear networks: once no unit crosses its kink, back-propagation exactly. The
// strength below which that holds is searched by halving its logarithm.
TEST(Invariant, piecewiseLinearGradientsBecomeExact) {
  NetworkOptions options;
  options.maxLayers = 4;
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    options.activations = {"relu"};
    if (i % 4 == 0)
      options.activations = {"relu", "leaky_relu(slope)", "clip"};
    std::string network = randomNetwork(random, options), inference = choose(random, thorough),
                method = choose<std::string>(random, {"0", "1", "1/2", "1/4"});
    SCOPED_TRACE(fmt::format("case {}\n{}{} {}", i, network, method, inference));
    Compiled backprop(network + trainBlock("backprop", "softmax_cross_entropy", "backward"), 2);
    ASSERT_TRUE(backprop.valid()) << backprop.errors;
    Environment arguments = backprop.randomArguments(random, 0.8);
    Environment expected = backprop.runScheduled(arguments);
    auto exactAt = [&](int exponent) {
      return errorAgainstBackprop(network,
                                  fmt::format("dp_transpose(alpha = {}, beta = 1/{})", method,
                                              int64_t(1) << exponent),
                                  arguments, expected, inference) < 1e-11;
    };
    // Exponents: not yet exact at `low` (or unknown), exact at `high`.
    int low = -1, high = 40;
    ASSERT_TRUE(exactAt(high));
    while (high - low > 1) {
      int middle = (low + high) / 2;
      (exactAt(middle) ? high : low) = middle;
    }
    EXPECT_TRUE(exactAt(high + 3)) << "exact at 2^-" << high;
  }
}

// (vi) Smooth networks: the error falls with the strength, tenfold per decade, a hundredfold for
// symmetric dyads.
TEST(Invariant, smoothGradientErrorsFallAtTheirRate) {
  NetworkOptions options;
  options.minLayers = 2;
  options.maxLayers = 4;
  options.activations = {"tanh"};
  int judged = 0;
  for (int i = 0; i < caseCount() && !testing::Test::HasFailure(); ++i) {
    Random random = randomFor(i);
    std::string network = randomNetwork(random, options),
                alpha = choose<std::string>(random, {"0", "1", "1/2"});
    SCOPED_TRACE(fmt::format("case {}\n{}{}", i, network, alpha));
    Compiled backprop(network + trainBlock("backprop", "softmax_cross_entropy", "backward"), 2);
    ASSERT_TRUE(backprop.valid()) << backprop.errors;
    Environment arguments = backprop.randomArguments(random, 0.8);
    Environment expected = backprop.runScheduled(arguments);
    auto error = [&](const char *strength) {
      return errorAgainstBackprop(
          network, fmt::format("dp_transpose(alpha = {}, beta = {})", alpha, strength), arguments,
          expected, "forward_backward(passes = 4)");
    };
    double large = error("0.01"), small = error("0.001");
    if (small < 1e-11)
      continue; // a layer that nobody reads, or one that is nearly linear
    ++judged;
    EXPECT_NEAR(large / small, alpha == "1/2" ? 100 : 10, alpha == "1/2" ? 15 : 1.5);
  }
  EXPECT_GE(judged, caseCount() * 3 / 4);
}

} // namespace
