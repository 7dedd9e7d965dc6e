//===- Train.cpp - the training loop (language.md T3-T9) --------------------------------------===//
#include "dprt/train.h"

#include "Core/Guard.h"
#include "Train/Batch.h"
#include "Train/Divergence.h"
#include "dprt/philox.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstring>
#include <limits>

using namespace dprt;

namespace {

/// One run of train().
class Training {
public:
  Training(Model &model, const TrainingData &data, const TrainOptions &options, Batcher batch,
           Optimizer optimizer)
      : model(model), data(data), options(options), batch(std::move(batch)),
        optimizer(std::move(optimizer)), check(model, options.states),
        order(fileOrder(data.training.count())),
        stepsPerEpoch((data.training.count() + model.batch() - 1) / model.batch()),
        lastStep(options.maxSteps.value_or(std::numeric_limits<int64_t>::max())) {}

  Result<TrainReport> run() {
    for (int64_t epoch = 0; epoch < options.epochs && report.steps < lastStep; ++epoch)
      if (Status status = runEpoch(epoch); !status.ok())
        return status;
    if (options.maxSteps && !report.epochs.empty())
      report.keptEpoch = report.epochs.back().epoch;
    if (!kept.empty())
      std::memcpy(model.parameterData(), kept.data(), kept.size() * sizeof(float));
    return std::move(report);
  }

private:
  Status runEpoch(int64_t epoch) {
    auto start = std::chrono::steady_clock::now();
    if (options.shuffle)
      epochOrder(order, options.seed, uint32_t(epoch));
    EpochReport current;
    current.epoch = epoch + 1;
    int64_t step = 0;
    for (; step < stepsPerEpoch && report.steps < lastStep; ++step) {
      if (std::string text = runStep(step, current.training); !text.empty())
        return Status::diverged(fmt::format("training diverged in epoch {}, step {}: {}",
                                            current.epoch, step + 1, text));
      if (options.onStep)
        options.onStep(step + 1, stepsPerEpoch);
    }
    current.training.loss /= double(current.training.count);
    if (step == stepsPerEpoch)
      if (Status status = finishEpoch(current); !status.ok())
        return status;
    std::chrono::duration<double> elapsed = std::chrono::steady_clock::now() - start;
    current.seconds = elapsed.count();
    report.epochs.push_back(current);
    return options.onEpoch ? options.onEpoch(current) : Status();
  }

  /// One step; a text if training has diverged.
  std::string runStep(int64_t step, Evaluation &sum) {
    int64_t first = step * model.batch();
    int64_t rows = std::min(model.batch(), data.training.count() - first);
    batch.run(order.data() + first, rows, sum);
    // States first: they say more than a loss that they have spoilt.
    if (std::string text = check.states(rows); !text.empty())
      return text;
    if (!std::isfinite(sum.loss))
      if (std::string text = check.losses(batch, rows); !text.empty())
        return text;
    double rate = rateAt(options.rate, double(report.steps) / double(stepsPerEpoch));
    ++report.steps;
    if (!optimizer.step(model.parameterData(), model.gradientData(), rate))
      return check.parameters();
    return {};
  }

  /// Validation, and the choice of the weights to keep (T8).
  Status finishEpoch(EpochReport &current) {
    current.best = true;
    if (data.validation.count() > 0) {
      Result<Evaluation> held = evaluate(model, data.validation);
      if (!held.ok())
        return held.status();
      if (!std::isfinite(held->loss))
        return Status::diverged(fmt::format("training diverged in epoch {}, after step {}: layer "
                                            "`output`: the validation loss is {}",
                                            current.epoch, stepsPerEpoch, held->loss));
      current.validation = *held;
      current.best = !best || held->correct > best->correct ||
                     (held->correct == best->correct && held->loss < best->loss);
    }
    if (!current.best)
      return {};
    report.keptEpoch = current.epoch;
    if (current.validation && !options.maxSteps) {
      const float *weights = model.parameterData();
      kept.assign(weights, weights + model.parameterElements());
    }
    best = current.validation;
    return {};
  }

  Model &model;
  const TrainingData &data;
  const TrainOptions &options;
  Batcher batch;
  Optimizer optimizer;
  DivergenceCheck check;
  std::vector<uint32_t> order;
  const int64_t stepsPerEpoch, lastStep;
  std::vector<float> kept;
  std::optional<Evaluation> best;
  TrainReport report;
};

} // namespace

Result<TrainReport> dprt::train(Model &model, const TrainingData &data,
                                const TrainOptions &options) {
  return guard([&]() -> Result<TrainReport> {
    if (data.training.count() < 1)
      return Status::data("no training samples are left");
    Result<Batcher> batch = Batcher::create(model, "train_step", data.training);
    if (!batch.ok())
      return batch.status();
    Result<Optimizer> optimizer = Optimizer::create(options.optimizer, model.parameterElements());
    if (!optimizer.ok())
      return optimizer.status();
    return Training(model, data, options, std::move(*batch), std::move(*optimizer)).run();
  });
}
