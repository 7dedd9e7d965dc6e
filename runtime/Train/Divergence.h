//===- Divergence.h - when training has diverged (language.md T9) -------------------*- C++ -*-===//
#ifndef DPRT_TRAIN_DIVERGENCE_H
#define DPRT_TRAIN_DIVERGENCE_H

#include "Train/Batch.h"
#include "Train/View.h"
#include "dprt/model.h"
#include "dprt/train.h"

#include <string>
#include <vector>

namespace dprt {

/// Looks at the states that a training step leaves. Texts are empty when nothing is wrong.
class DivergenceCheck {
public:
  DivergenceCheck(Model &model, const std::vector<StateName> &names);

  /// A state that is not finite, or whose RMS over the valid rows exceeds `limit`
  /// times that of its layer's forward activation. That of a layer that is (almost) silent counts
  /// as `floor`: no nudge would be within a multiple of 0.
  std::string states(int64_t rows);

  /// The losses of the valid rows.
  std::string losses(const Batcher &batch, int64_t rows) const;

  /// Names the gradient or parameter that is not finite after an optimizer has found one.
  std::string parameters() const;

  static constexpr double limit = 1000, floor = 1e-3;

private:
  struct State {
    View view;
    std::string layer, title; ///< "layer `h1`, compartment `up`"
    bool comparable = true;   ///< to the forward activation: a multiplier is none like it
    int64_t forward = -1;     ///< index of its layer's forward activation; itself for that
    double sum = 0;           ///< of squares over the valid rows
    int64_t firstTask = 0, tasks = 0;
  };
  struct Task {
    int64_t state, firstRow, endRow;
    double sum;
  };
  void add(Model &model, const TensorPlace &place, const std::vector<StateName> &names);
  void planTasks();
  std::string complaint(const State &state, int64_t rows) const;

  Model *model;
  std::vector<State> list;
  std::vector<Task> work;
  bool parallelWork = false;
};

} // namespace dprt
#endif
