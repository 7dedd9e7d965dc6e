// Compiled steps against the reference in double: all ops, odd sizes, partial batches, instruction
// sets, numbers of threads.
#include "test/CodeGen/CompiledStep.h"
#include "test/CodeGen/RandomPrograms.h"

#include <gtest/gtest.h>

#include <cstring>

using namespace dpc::test;

namespace {

struct Case {
  unsigned seed;
  const char *cpu;
  unsigned optLevel;
};

class Compiled : public testing::TestWithParam<Case> {};

TEST_P(Compiled, agreesWithTheReference) {
  const Case &c = GetParam();
  std::string text = randomProgram(c.seed);
  CompiledStep step(text, c.cpu, c.optLevel);
  ASSERT_EQ(step.error, "") << text;
  int64_t batch = step.compiled().batch();
  for (int64_t rows : {batch, (batch + 1) / 2, int64_t(1)}) {
    step.setInputs(c.seed, rows);
    step.run("train_step");
    std::string where;
    EXPECT_LE(step.errorOf("train_step", where), 1e-5) << where << " with " << rows << " rows\n"
                                                       << text;
  }
}

std::vector<Case> cases() {
  std::vector<Case> result;
  for (unsigned seed = 0; seed < 24; ++seed) {
    result.push_back({seed, "native", 0});
    result.push_back({seed, "native", 2});
    if (seed < 6)
      result.push_back({seed, "baseline", 2});
  }
  return result;
}

INSTANTIATE_TEST_SUITE_P(Random, Compiled, testing::ValuesIn(cases()), [](const auto &info) {
  return "seed" + std::to_string(info.param.seed) + "_" + info.param.cpu + "_O" +
         std::to_string(info.param.optLevel);
});

TEST(CompiledChain, agreesAtFullSize) {
  CompiledStep step(chainProgram({784, 512, 512, 10}, 100, "relu", "softmax_cross_entropy"),
                    "native", 2);
  ASSERT_EQ(step.error, "");
  step.setInputs(5, 100);
  step.run("train_step");
  std::string where;
  EXPECT_LE(step.errorOf("train_step", where), 1e-5) << where;
}

TEST(CompiledThreads, giveTheSameBits) {
  std::string text = chainProgram({97, 256, 130, 10}, 100, "tanh", "softmax_cross_entropy");
  CompiledStep step(text, "native", 2);
  ASSERT_EQ(step.error, "") << text;
  std::vector<std::vector<float>> seen;
  for (int threads : {1, 2, 3, 7}) {
    dprt_set_threads(threads);
    step.setInputs(1, 73);
    step.run("train_step");
    const float *gradients = step.compiled().gradientData();
    seen.emplace_back(gradients, gradients + step.compiled().parameterElements());
    for (float value : seen.back())
      ASSERT_EQ(value, value);
  }
  dprt_set_threads(0);
  for (const std::vector<float> &other : seen)
    EXPECT_EQ(std::memcmp(seen.front().data(), other.data(), other.size() * sizeof(float)), 0);
}

TEST(CompiledPadding, ofParametersAndGradientsStaysZero) {
  CompiledStep step(chainProgram({7, 13, 3}, 5, "relu", "half_squared_error"), "native", 2);
  ASSERT_EQ(step.error, "");
  step.setInputs(1, 4);
  step.run("train_step");
  const float *gradients = step.compiled().gradientData();
  double all = 0, named = 0;
  for (int64_t i = 0; i < step.compiled().parameterElements(); ++i)
    all += std::abs(gradients[i]);
  for (const dprt::TensorPlace &place : step.compiled().description().tensors)
    if (place.role == dprt::Role::Gradient)
      for (float value : step.compiled().read(place))
        named += std::abs(value);
  EXPECT_NEAR(all, named, 1e-9 * named);
}

TEST(LoadedModel, refusesWhatIsNoModel) {
  for (llvm::StringRef bytes : {"", "no object at all"}) {
    auto model = dpc::LoadedModel::load({bytes.data(), bytes.size()});
    ASSERT_FALSE(model);
    EXPECT_NE(llvm::toString(model.takeError()), "");
  }
}

TEST(CompiledChain, agreesForEveryActivationAndLoss) {
  for (const char *activation : {"identity", "relu", "leaky_relu", "clip", "tanh", "sigmoid"})
    for (const char *loss : {"softmax_cross_entropy", "half_squared_error", "squared_error"})
      for (unsigned level : {0u, 2u}) {
        CompiledStep step(chainProgram({33, 50, 17, 10}, 31, activation, loss), "native", level);
        ASSERT_EQ(step.error, "");
        step.setInputs(3, 29);
        for (const char *entry : {"train_step", "infer"}) {
          std::string where;
          step.run(entry);
          EXPECT_LE(step.errorOf(entry, where), 1e-5)
              << activation << " " << loss << " " << level << " " << entry << " " << where;
        }
      }
}

} // namespace
