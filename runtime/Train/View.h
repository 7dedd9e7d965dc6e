//===- View.h - a tensor in the arena, row by row -----------------------------------*- C++ -*-===//
#ifndef DPRT_TRAIN_VIEW_H
#define DPRT_TRAIN_VIEW_H

#include "dprt/model.h"

#include <cstdint>
#include <vector>

namespace dprt {

/// The elements of a tensor whose first dimension is the batch: those of row r are `runs` of
/// `length` elements next to each other, at base + r * rowStride + starts[i].
struct View {
  View(Model &model, const TensorPlace &place);

  /// Place of each element of a row, in file order, relative to the row.
  std::vector<int64_t> offsets() const;

  float *base = nullptr;
  int64_t rowStride = 0;
  int64_t features = 1; ///< per row
  int64_t length = 1;   ///< of a run
  std::vector<int64_t> starts;
};

} // namespace dprt
#endif
