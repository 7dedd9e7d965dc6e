//===- Batch.h - samples into a model, predictions out of it ------------------------*- C++ -*-===//
#ifndef DPRT_TRAIN_BATCH_H
#define DPRT_TRAIN_BATCH_H

#include "Train/View.h"
#include "dprt/data.h"
#include "dprt/model.h"
#include "dprt/train.h"

#include <string>
#include <vector>

namespace dprt {

/// Connects one entry of a model with samples.
class Batcher {
public:
  /// Code::Internal if the entry or one of its tensors is missing or does not fit the samples.
  static Result<Batcher> create(Model &model, const std::string &entry, const Samples &samples);

  /// Loads the samples, calls the entry, and adds loss and hits to `sum` (its loss is a sum here).
  void run(const uint32_t *indices, int64_t rows, Evaluation &sum);

  /// Loss of a row after run().
  float loss(int64_t row) const { return losses[row * lossStride]; }

private:
  Batcher(Model &model, dprt_entry entry, const Samples &samples, const TensorPlace &x,
          const TensorPlace &y, const TensorPlace &loss, const TensorPlace &output);
  Samples::Target target(const View &view, std::vector<int64_t> &offsets) const;
  int64_t prediction(int64_t row) const;

  Model *model;
  dprt_entry entry;
  Samples samples;
  View x, y, output;
  std::vector<int64_t> xOffsets, yOffsets, outputOffsets;
  const float *losses;
  int64_t lossStride;
};

/// 0 .. count-1.
std::vector<uint32_t> fileOrder(int64_t count);

} // namespace dprt
#endif
