//===- TrainTest.cpp - the training loop on a model written by hand (language.md T3-T8) -------===//
#include "FakeModel.h"
#include "Files.h"

#include "dprt/philox.h"
#include "dprt/train.h"

#include <gtest/gtest.h>

#include <cmath>

using namespace dprt;

/// Two classes that the sign of the first input tells apart, but for every eleventh sample.
static Samples makeData(int64_t count, uint32_t index = 0) {
  std::vector<float> x(size_t(3 * count));
  fillNormal(x, 0, 1, 5, Stream::Augmentation, index);
  std::vector<int64_t> y;
  for (int64_t i = 0; i < count; ++i)
    y.push_back((x[size_t(3 * i)] > 0) != (i % 11 == 10));
  return *makeSamples({"x", {count, 3}, x}, {"y", {count}, y}, {{3}, 2, false});
}

/// T3-T6 with momentum in double, straight from the text.
static std::vector<double> plainTraining(const Samples &data, const TrainOptions &options,
                                         int64_t steps) {
  std::vector<double> w(8, 0), v(8, 0); // weight [2][3], bias [2]
  int64_t count = data.count(), perEpoch = (count + 3) / 4;
  std::vector<uint32_t> order(static_cast<size_t>(count));
  for (uint32_t i = 0; i < count; ++i)
    order[i] = i;
  for (int64_t t = 0; t < steps; ++t) {
    if (options.shuffle && t % perEpoch == 0)
      epochOrder(order, options.seed, uint32_t(t / perEpoch));
    int64_t first = t % perEpoch * 4, rows = std::min<int64_t>(4, count - first);
    std::vector<double> g(8, 0);
    for (int64_t r = 0; r < rows; ++r) {
      float x[3], y[2];
      data.gather(&order[size_t(first + r)], 1, 1, {x, 0}, {y, 0});
      double z[2], sum = 0;
      for (int o = 0; o < 2; ++o)
        sum +=
            std::exp(z[o] = w[6 + o] + w[3 * o] * x[0] + w[3 * o + 1] * x[1] + w[3 * o + 2] * x[2]);
      for (int o = 0; o < 2; ++o) {
        double error = (std::exp(z[o]) / sum - y[o]) / double(rows);
        for (int i = 0; i < 3; ++i)
          g[size_t(3 * o + i)] += error * x[i];
        g[size_t(6 + o)] += error;
      }
    }
    double rate = rateAt(options.rate, double(t) / double(perEpoch));
    for (size_t i = 0; i < 8; ++i) {
      v[i] = 0.9 * v[i] + g[i] + 0.01 * w[i];
      w[i] -= rate * v[i];
    }
  }
  return w;
}

static std::vector<float> weightsOf(const Model &model) {
  std::vector<Tensor> tensors = model.readParameters();
  std::vector<float> all = *tensors[0].f32();
  all.insert(all.end(), tensors[1].f32()->begin(), tensors[1].f32()->end());
  return all;
}

TEST(Train, EqualsPlainTrainingWithAPartialBatch) {
  Samples data = makeData(22);
  for (bool shuffle : {false, true})
    for (std::optional<int64_t> steps : {std::optional<int64_t>(), std::optional<int64_t>(5),
                                         std::optional<int64_t>(6), std::optional<int64_t>(9)}) {
      Model model = fake::model();
      TrainOptions options;
      options.epochs = 3;
      options.seed = 12;
      options.shuffle = shuffle;
      options.optimizer = Sgd{0.9, 0.01, false};
      options.rate = WarmupCosine{0.5, 0.1, 0.01, 1, 3};
      options.maxSteps = steps;
      Result<TrainReport> report = train(model, {data, {}}, options);
      ASSERT_TRUE(report.ok()) << report.status().text();
      EXPECT_EQ(report->steps, steps.value_or(18));
      std::vector<double> expected = plainTraining(data, options, report->steps);
      std::vector<float> found = weightsOf(model);
      for (size_t i = 0; i < 8; ++i)
        EXPECT_NEAR(found[i], expected[i], 1e-5);
    }
}

TEST(Train, LossAndAccuracyAreThoseBeforeEachUpdate) {
  Samples data = makeData(6);
  Model model = fake::model();
  TrainOptions options;
  options.epochs = 1;
  options.shuffle = false;
  options.rate = ConstantRate{0};
  Result<TrainReport> report = train(model, {data, {}}, options);
  ASSERT_TRUE(report.ok());
  const Evaluation &training = report->epochs[0].training;
  EXPECT_EQ(training.count, 6);
  EXPECT_NEAR(training.loss, std::log(2.0), 1e-6) << "padding rows must not count";
  int64_t zeros = 0; // equal outputs: the first class is predicted
  for (int64_t i = 0; i < 6; ++i)
    zeros += data.classOf(i) == 0;
  EXPECT_EQ(training.correct, zeros);
  EXPECT_FALSE(report->epochs[0].validation.has_value());
}

TEST(Train, KeepsTheBestValidationWeights) {
  Samples data = makeData(40), held = makeData(20, 1);
  Model model = fake::model();
  std::vector<std::vector<float>> weights;
  TrainOptions options;
  options.epochs = 8;
  options.rate = ConstantRate{3};
  options.onEpoch = [&](const EpochReport &) {
    weights.push_back(weightsOf(model));
    return Status();
  };
  Result<TrainReport> report = train(model, {data, held}, options);
  ASSERT_TRUE(report.ok());
  ASSERT_EQ(report->epochs.size(), 8u);
  size_t best = 0;
  for (size_t i = 1; i < 8; ++i) {
    const Evaluation &now = *report->epochs[i].validation, &then = *report->epochs[best].validation;
    bool better =
        now.correct > then.correct || (now.correct == then.correct && now.loss < then.loss);
    EXPECT_EQ(report->epochs[i].best, better);
    if (better)
      best = i;
  }
  EXPECT_EQ(report->keptEpoch, int64_t(best) + 1);
  EXPECT_EQ(weightsOf(model), weights[best]);
  EXPECT_NE(best, 7u) << "the test needs an epoch that is better than the last";
}

/// Trains one step per epoch at rate 0 while the epoch's weights are set to those given.
static Result<TrainReport> trainThrough(Model &model, const std::vector<float> &weights,
                                        std::optional<int64_t> maxSteps = {}) {
  fake::fault = [=](fake::Arena &arena, int step) { arena.weight[0][1] = weights[size_t(step)]; };
  Samples held = *makeSamples({"x", {2, 3}, std::vector<float>{1, 0, 0, -1, 0, 0}},
                              {"y", {2}, std::vector<int64_t>{1, 0}}, {{3}, 2, false});
  TrainOptions options;
  options.epochs = int64_t(weights.size());
  options.rate = ConstantRate{0};
  options.maxSteps = maxSteps;
  return train(model, {makeData(4), held}, options);
}

TEST(Train, EqualAccuracyIsDecidedByTheLossThenByTheFirst) {
  // The sign decides the accuracy, the size the loss.
  Model model = fake::model();
  Result<TrainReport> report = trainThrough(model, {-1, 1, 3, 2, 3, -4});
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->epochs[0].validation->correct, 0);
  for (size_t i = 1; i < 5; ++i)
    EXPECT_EQ(report->epochs[i].validation->correct, 2);
  EXPECT_EQ(report->keptEpoch, 3);
  EXPECT_EQ(weightsOf(model)[3], 3);
}

TEST(Train, MaxStepsKeepsTheLastWeightsWhateverTheValidationSays) {
  Model model = fake::model();
  Result<TrainReport> report = trainThrough(model, {5, 1, -1, 7}, 3);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(report->keptEpoch, 3);
  EXPECT_EQ(weightsOf(model)[3], -1);
}

TEST(Train, MaxStepsKeepsTheLastWeightsAndSkipsValidation) {
  Samples data = makeData(40), held = makeData(20, 1);
  Model model = fake::model();
  TrainOptions options;
  options.maxSteps = 3;
  Result<TrainReport> report = train(model, {data, held}, options);
  ASSERT_TRUE(report.ok());
  EXPECT_EQ(fake::steps, 3);
  EXPECT_EQ(fake::evaluations, 0);
  ASSERT_EQ(report->epochs.size(), 1u);
  EXPECT_EQ(report->epochs[0].training.count, 12);
  EXPECT_FALSE(report->epochs[0].validation.has_value());
  options.maxSteps = 0;
  std::vector<float> before = weightsOf(model);
  report = train(model, {data, held}, options);
  ASSERT_TRUE(report.ok());
  EXPECT_TRUE(report->epochs.empty());
  EXPECT_EQ(weightsOf(model), before);
}

TEST(Train, AFailureOfTheListenerEndsTraining) {
  Model model = fake::model();
  TrainOptions options;
  options.onEpoch = [](const EpochReport &) { return Status::machine("disk full"); };
  Result<TrainReport> report = train(model, {makeData(8), {}}, options);
  EXPECT_EQ(report.status().code(), Code::Machine);
  EXPECT_EQ(fake::steps, 2);
}

TEST(Train, ModelAndDataMustFit) {
  Model model = fake::model();
  Samples wrong = *makeSamples({"x", {1, 2}, std::vector<float>(2)},
                               {"y", {1}, std::vector<int64_t>(1)}, {{2}, 2, false});
  EXPECT_EQ(train(model, {wrong, {}}, {}).status().code(), Code::Internal);
  EXPECT_EQ(evaluate(model, wrong).status().code(), Code::Internal);
  EXPECT_EQ(train(model, {}, {}).status().code(), Code::Data);
}

TEST(Evaluate, CountsEverySampleOnce) {
  Model model = fake::model();
  std::vector<Tensor> weights = {{"output.weight", {2, 3}, std::vector<float>{-1, 0, 0, 1, 0, 0}},
                                 {"output.bias", {2}, std::vector<float>{0, 0}}};
  model.writeParameters(weights);
  Result<Evaluation> result = evaluate(model, makeData(33));
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->count, 33);
  EXPECT_EQ(result->correct, 30);
  EXPECT_NEAR(result->accuracy(), 30.0 / 33, 1e-12);
  EXPECT_EQ(fake::evaluations, 9);
}

TEST(Evaluate, LossIsTheMeanOverAllSamples) {
  Model model = fake::model(); // all weights zero: each sample's loss is ln 2
  Result<Evaluation> result = evaluate(model, makeData(33));
  ASSERT_TRUE(result.ok());
  EXPECT_NEAR(result->loss, std::log(2), 1e-6);
}

TEST(Evaluate, FloatTargetsCompareWithTheirLargest) {
  Model model = fake::model();
  Samples data =
      *makeSamples({"x", {2, 3}, std::vector<float>(6)},
                   {"y", {2, 2}, std::vector<float>{0.3f, 0.7f, 0.5f, 0.5f}}, {{3}, 2, true});
  Result<Evaluation> result = evaluate(model, data);
  EXPECT_EQ(result->correct, 1) << "the first maximum wins on both sides";
}

TEST(Metrics, Lines) {
  EpochReport report;
  report.epoch = 3;
  report.training = {0.25, 3, 4};
  report.seconds = 1.5;
  EXPECT_EQ(metricsLine(report), "{\"epoch\":3,\"train_loss\":0.25,\"train_accuracy\":0.75,"
                                 "\"validation_loss\":null,\"validation_accuracy\":null,"
                                 "\"seconds\":1.500000}\n");
  report.validation = Evaluation{0.125, 1, 2};
  EXPECT_NE(metricsLine(report).find("\"validation_loss\":0.125,\"validation_accuracy\":0.5,"),
            std::string::npos);
  EXPECT_EQ(metricsLine(Evaluation{NAN, 9812, 10000}),
            "{\"test_loss\":null,\"test_accuracy\":0.9812}\n");
}

TEST(Metrics, FileAppearsWhenComplete) {
  files::Folder folder;
  std::string path = folder / "m.jsonl";
  {
    Result<MetricsFile> file = MetricsFile::create(path);
    ASSERT_TRUE(file.ok());
    EXPECT_TRUE(file->append(EpochReport()).ok());
  }
  EXPECT_EQ(folder.entries(), 0u) << "given up";
  Result<MetricsFile> file = MetricsFile::create(path);
  EXPECT_TRUE(file->append(EpochReport()).ok());
  EXPECT_TRUE(file->append(Evaluation()).ok());
  EXPECT_TRUE(file->commit().ok());
  std::string text = files::read(path);
  EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 2);
  Result<MetricsFile> full = MetricsFile::create("/dev/full");
  ASSERT_TRUE(full.ok());
  EXPECT_EQ(full->append(EpochReport()).code(), Code::Machine);
}
