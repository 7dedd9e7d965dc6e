// The same numbers from every station of the way: the derived program executed as it is defined,
// the literal sequence, and the sequence after folding, sharing and exact differences.
#include "test/property/RandomModel.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dpc::property;

namespace {

/// A shipped method with random arguments that any loss accepts.
std::string randomMethod(Random &random) {
  std::string asymmetry = choose<std::string>(random, {"0", "1", "1/2", "1/4", "0.3", "0.75"});
  std::string strength = choose<std::string>(random, {"0.05", "0.2", "0.5"});
  std::string point = choose<std::string>(random, {"initial", "current", "previous"});
  std::string damping = choose<std::string>(random, {"0", "0.5", "2"});
  switch (random() % 6) {
  case 0:
    return fmt::format("dp(alpha = {}, beta = {}, point = {})", asymmetry, strength, point);
  case 1:
    return fmt::format("dp_transpose(alpha = {}, beta = {}, point = {})", asymmetry, strength,
                       point);
  case 2:
    return "backprop";
  case 3:
    return fmt::format("lpom(beta = {}, point = {})", strength, point);
  case 4:
    return fmt::format("damped_dp(alpha = {}, beta = {}, damping = {})", asymmetry, strength,
                       damping);
  default:
    return fmt::format("mirror_damped_dp(alpha = {}, beta = {}, damping = {}, point = {})",
                       asymmetry, strength, damping, point);
  }
}

TEST(Agreement, programUnrolledScheduled) {
  for (int i = 0; i < caseCount(); ++i) {
    Random random = randomFor(i);
    std::string method = randomMethod(random);
    NetworkOptions options;
    if (method.starts_with("damped_dp")) // needs a root per unit elsewhere (language.md 11)
      options.activations = {"identity", "relu", "leaky_relu(slope)", "clip"};
    std::string text =
        randomNetwork(random, options) +
        trainBlock(method, randomLoss(random), randomInference(random, 1 + random() % 3));
    SCOPED_TRACE(fmt::format("case {}\n{}", i, text));
    Compiled compiled(text, 1 + random() % 4);
    ASSERT_TRUE(compiled.valid()) << compiled.errors;
    Environment arguments = compiled.randomArguments(random, 0.8);
    Environment literal = compiled.runUnrolled(arguments);
    // Two ways to execute one sequence of operations: the same bits.
    expectCells(compiled.runProgram(arguments), literal, 0);
    expectCells(compiled.runScheduled(arguments), literal, 1e-10);
    if (HasFailure())
      break;
  }
}

TEST(Agreement, samplesAndPaddingDoNotMeet) {
  for (int i = 0; i < 20; ++i) {
    Random random = randomFor(i);
    std::string text =
        randomNetwork(random) +
        trainBlock("dp(alpha = 0.3, beta = 0.2)", randomLoss(random), "forward(passes = 3)");
    SCOPED_TRACE(text);
    Compiled whole(text, 4), part(text, 3);
    ASSERT_TRUE(whole.valid() && part.valid()) << whole.errors << part.errors;
    Environment padded = whole.randomArguments(random, 0.8);
    padded["rows"] = Tensor::number(3);
    Environment cut = padded;
    for (const char *name : {"x", "y"}) {
      Tensor &tensor = cut[name];
      tensor.values.resize(tensor.size() / 4 * 3);
      tensor.shape[0] = 3;
    }
    Environment found = whole.runScheduled(padded), expected = part.runScheduled(cut);
    for (auto &[name, value] : expected)
      if (name.ends_with("#gradient"))
        EXPECT_LE(relativeError(found[name], value), 1e-14) << name;
  }
}

TEST(Agreement, lpomIsDpAtOne) {
  for (int i = 0; i < 50; ++i) {
    Random random = randomFor(i);
    std::string network = randomNetwork(random), loss = randomLoss(random),
                inference = randomInference(random, 2);
    SCOPED_TRACE(network + inference);
    Compiled lpom(network + trainBlock("lpom(beta = 0.3)", loss, inference), 2);
    Compiled dp(network + trainBlock("dp(alpha = 1, beta = 0.3)", loss, inference), 2);
    ASSERT_TRUE(lpom.valid() && dp.valid()) << lpom.errors << dp.errors;
    EXPECT_EQ(lpom.scheduledProducts(), dp.scheduledProducts());
    Environment arguments = lpom.randomArguments(random, 0.8);
    Environment found = lpom.runScheduled(arguments), expected = dp.runScheduled(arguments);
    for (auto &[name, value] : expected)
      if (name.find("#define") == std::string::npos)
        EXPECT_EQ(relativeError(found[name], value), 0) << name;
  }
}

} // namespace
