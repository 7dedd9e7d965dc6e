//===- train.h - training and evaluation (language.md T3-T9) ------------------------*- C++ -*-===//
#ifndef DPRT_TRAIN_H
#define DPRT_TRAIN_H

#include "dprt/data.h"
#include "dprt/file.h"
#include "dprt/model.h"
#include "dprt/optimizer.h"

#include <functional>
#include <optional>
#include <string>
#include <vector>

namespace dprt {

struct Evaluation {
  double loss = 0; ///< average over the samples
  int64_t correct = 0, count = 0;
  double accuracy() const { return count ? double(correct) / double(count) : 0; }
};

/// Loss and accuracy with entry `infer`: the first largest output is the prediction, a last
/// partial batch counts as its own size. Fails if the model and the samples do not fit together.
Result<Evaluation> evaluate(Model &model, const Samples &samples);

struct EpochReport {
  int64_t epoch = 0;                    ///< from 1
  Evaluation training;                  ///< each sample at the weights before its update
  std::optional<Evaluation> validation; ///< none without validation data, or in a cut epoch
  double seconds = 0;
  bool best = false; ///< its weights are the ones kept so far (T8)
};

/// Display names of a state for messages: cell `h1#0` is compartment `up` of layer `h1`.
struct StateName {
  std::string cell, layer, compartment;
  bool multiplier = false; ///< starts at zero and is no activation: it only has to be finite
};

struct TrainOptions {
  int64_t epochs = 10;
  uint64_t seed = 0;
  bool shuffle = true;
  OptimizerOptions optimizer;
  RateOptions rate;
  /// Stop after so many steps. The weights are then those after the last step, whatever the
  /// validation says; a cut epoch is reported without validation.
  std::optional<int64_t> maxSteps;
  std::vector<StateName> states;
  /// Called after every epoch; a failure ends training with it.
  std::function<Status(const EpochReport &)> onEpoch;
  /// Called after every step with the steps done in this epoch and the steps of an epoch.
  std::function<void(int64_t, int64_t)> onStep;
};

struct TrainReport {
  std::vector<EpochReport> epochs;
  int64_t steps = 0;
  int64_t keptEpoch = 0; ///< whose weights the model now has; with maxSteps the last one begun
};

/// Trains from the weights that the model holds and leaves in it those to be kept (T8). With
/// Code::Diverged (T9) the text names epoch, step, layer, compartment and value.
Result<TrainReport> train(Model &model, const TrainingData &data, const TrainOptions &options);

/// Metrics as JSON lines. The lines are written as epochs end, to a temporary file that gets its
/// name with commit() (file.h); a pipe or /dev/stdout gets them at once.
class MetricsFile {
public:
  static Result<MetricsFile> create(const std::string &path);
  Status append(const EpochReport &report);
  Status append(const Evaluation &test);
  Status commit() { return file.commit(); }

private:
  explicit MetricsFile(OutputFile file) : file(std::move(file)) {}
  OutputFile file;
};

/// One line each, with the final line end; numbers that are not finite become null.
std::string metricsLine(const EpochReport &report);
std::string metricsLine(const Evaluation &test);

} // namespace dprt
#endif
