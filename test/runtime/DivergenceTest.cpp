//===- DivergenceTest.cpp - what counts as divergence and what is said (language.md T9) -------===//
#include "FakeModel.h"

#include "dprt/train.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

using namespace dprt;

static constexpr float infinity = std::numeric_limits<float>::infinity();

/// Trains 7 samples (2 steps per epoch) with a fault at one step.
static Status trainWith(int step, const std::function<void(fake::Arena &)> &fault,
                        int64_t epochs = 4, bool multiplier = false) {
  Model model = fake::model();
  fake::fault = [=](fake::Arena &arena, int now) {
    if (now == step)
      fault(arena);
  };
  std::vector<float> x(21);
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = float(int(i * 7 % 5) - 2);
  Samples data =
      *makeSamples({"x", {7, 3}, x}, {"y", {7}, std::vector<int64_t>(7, 1)}, {{3}, 2, false});
  TrainOptions options;
  options.epochs = epochs;
  options.states = {{"h1#0", "h1", "first", multiplier}, {"output#0", "output", "second"}};
  return train(model, {data, {}}, options).status();
}

static std::string textOf(int step, const std::function<void(fake::Arena &)> &fault) {
  Status status = trainWith(step, fault);
  EXPECT_EQ(status.code(), Code::Diverged) << status.text();
  return status.text();
}

TEST(Divergence, OrdinaryTrainingIsNotReported) {
  EXPECT_TRUE(trainWith(-1, [](fake::Arena &) {}).ok());
}

TEST(Divergence, AStateThatOutgrowsItsForwardActivation) {
  std::string text = textOf(5, [](fake::Arena &arena) {
    for (auto &row : arena.hidden)
      row[0] = row[1] = row[2] = 0.01f;
    for (auto &row : arena.nudged)
      row[0] = row[1] = row[2] = 20;
  });
  EXPECT_EQ(text, "training diverged in epoch 3, step 2: layer `h1`, compartment `first`: RMS 20, "
                  "more than 1000 times that of the layer's forward activation, 0.01");
}

TEST(Divergence, JustBelowTheLimitIsFine) {
  for (auto [factor, good] : {std::pair(999.0f, true), std::pair(1001.0f, false)}) {
    Status status = trainWith(2, [factor = factor](fake::Arena &arena) {
      for (int r = 0; r < fake::batch; ++r)
        for (int i = 0; i < fake::inputs; ++i) {
          arena.hidden[r][i] = -0.5f;
          arena.nudged[r][i] = 0.5f * factor;
        }
    });
    EXPECT_EQ(status.ok(), good) << status.text();
  }
}

TEST(Divergence, AMultiplierHasNoForwardActivationToExceed) {
  auto large = [](fake::Arena &arena) {
    for (auto &row : arena.hidden)
      row[0] = row[1] = row[2] = 0;
    for (auto &row : arena.nudged)
      row[0] = row[1] = row[2] = 20;
  };
  EXPECT_FALSE(trainWith(2, large).ok());
  EXPECT_TRUE(trainWith(2, large, 4, true).ok());
  EXPECT_EQ(trainWith(
                2, [](fake::Arena &arena) { arena.nudged[0][0] = infinity; }, 4, true)
                .code(),
            Code::Diverged);
}

TEST(Divergence, OnlyValidRowsCount) {
  // Step 1 has 3 valid rows of 4.
  EXPECT_TRUE(trainWith(1, [](fake::Arena &arena) {
                arena.nudged[3][0] = infinity;
                arena.state[1][3] = infinity;
                arena.loss[3] = infinity;
              }).ok());
}

TEST(Divergence, PaddingDoesNotHideAState) {
  EXPECT_FALSE(trainWith(1, [](fake::Arena &arena) {
                 arena.hidden[3][0] = 1e6f;
                 for (auto &row : arena.nudged)
                   row[0] = 1e5f;
               }).ok());
}

TEST(Divergence, OnlyTheTensorsElementsCount) {
  EXPECT_TRUE(trainWith(0, [](fake::Arena &arena) { arena.hidden[0][5] = infinity; }).ok());
}

TEST(Divergence, ASilentLayerMayBeNudged) {
  EXPECT_TRUE(trainWith(0, [](fake::Arena &arena) {
                for (int r = 0; r < fake::batch; ++r)
                  for (int i = 0; i < fake::inputs; ++i) {
                    arena.hidden[r][i] = 0;
                    arena.nudged[r][i] = 0.1f;
                  }
              }).ok());
  EXPECT_FALSE(trainWith(0, [](fake::Arena &arena) {
                 for (int r = 0; r < fake::batch; ++r)
                   for (int i = 0; i < fake::inputs; ++i) {
                     arena.hidden[r][i] = 0;
                     arena.nudged[r][i] = 3;
                   }
               }).ok());
}

TEST(Divergence, NonFiniteStatesAreNamed) {
  EXPECT_EQ(
      textOf(0, [](fake::Arena &arena) { arena.state[1][2] = infinity; }),
      "training diverged in epoch 1, step 1: layer `output`, compartment `second`: inf in row "
      "2 of the batch, unit 1");
  EXPECT_EQ(
      textOf(1, [](fake::Arena &arena) { arena.nudged[0][2] = NAN; }),
      "training diverged in epoch 1, step 2: layer `h1`, compartment `first`: nan in row 0 of "
      "the batch, unit 2");
  EXPECT_EQ(textOf(0, [](fake::Arena &arena) { arena.hidden[1][0] = NAN; }),
            "training diverged in epoch 1, step 1: layer `h1`, forward activation: nan in row 1 of "
            "the batch, unit 0");
}

TEST(Divergence, StatesBeyondTheRangeOfTheirSquares) {
  std::string text = textOf(0, [](fake::Arena &arena) { arena.nudged[0][0] = 1e30f; });
  EXPECT_NE(text.find("compartment `first`: RMS 2.887e+29"), std::string::npos) << text;
  EXPECT_TRUE(trainWith(0,
                        [](fake::Arena &arena) {
                          arena.nudged[0][0] = 1e30f;
                          arena.hidden[0][0] = 1e30f;
                        })
                  .ok())
      << "huge like its forward activation";
}

TEST(Divergence, Losses) {
  EXPECT_EQ(textOf(3, [](fake::Arena &arena) { arena.loss[1] = NAN; }),
            "training diverged in epoch 2, step 2: layer `output`: the loss is nan in row 1 of the "
            "batch");
}

TEST(Divergence, GradientsAndParameters) {
  EXPECT_EQ(
      textOf(0, [](fake::Arena &arena) { arena.weightGradient[1][1] = infinity; }),
      "training diverged in epoch 1, step 1: gradient of parameter `output.weight`: element 4 "
      "is inf");
  EXPECT_EQ(textOf(0, [](fake::Arena &arena) { arena.bias[1] = NAN; }),
            "training diverged in epoch 1, step 1: parameter `output.bias`: element 1 is nan");
}

TEST(Divergence, WithoutNamesTheCellIsSaid) {
  Model model = fake::model();
  fake::fault = [](fake::Arena &arena, int) { arena.nudged[0][0] = NAN; };
  Samples data = *makeSamples({"x", {1, 3}, std::vector<float>(3)},
                              {"y", {1}, std::vector<int64_t>(1)}, {{3}, 2, false});
  EXPECT_NE(train(model, {data, {}}, {}).status().text().find("layer `h1`, compartment 0: nan"),
            std::string::npos);
}

TEST(Divergence, ValidationLoss) {
  Model model = fake::model();
  fake::fault = [](fake::Arena &arena, int step) {
    if (step == 1)
      arena.weightGradient[0][0] = -1e38f;
  };
  auto data = [](float value, int64_t count) {
    return *makeSamples({"x", {count, 3}, std::vector<float>(size_t(3 * count), value)},
                        {"y", {count}, std::vector<int64_t>(size_t(count), 1)}, {{3}, 2, false});
  };
  TrainOptions options;
  options.rate = ConstantRate{1};
  Status status = train(model, {data(0, 8), data(100, 4)}, options).status();
  EXPECT_EQ(status.code(), Code::Diverged);
  EXPECT_NE(status.text().find("epoch 1, after step 2: layer `output`: the validation loss is"),
            std::string::npos)
      << status.text();
}
