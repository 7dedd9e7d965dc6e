//===- Gather.cpp - samples to a batch --------------------------------------------------------===//
#include "Core/Parallel.h"
#include "dprt/data.h"

#include <algorithm>

using namespace dprt;

int64_t Samples::classOf(int64_t sample) const {
  sample += begin;
  if (!shared->labels.empty())
    return shared->labels[size_t(sample)];
  const float *row = shared->targets.data() + sample * shared->outputs;
  return std::max_element(row, row + shared->outputs) - row;
}

/// row[i] goes where the target wants element i.
template <typename Value>
static void scatterRow(const Samples::Target &target, int64_t row, int64_t count, Value value) {
  float *to = target.data + row * target.rowStride;
  if (target.offsets)
    for (int64_t i = 0; i < count; ++i)
      to[target.offsets[i]] = value(i);
  else if (target.stride == 1)
    for (int64_t i = 0; i < count; ++i)
      to[i] = value(i);
  else
    for (int64_t i = 0; i < count; ++i)
      to[i * target.stride] = value(i);
}

void Samples::gather(const uint32_t *samples, int64_t rows, int64_t batch, Target inputs,
                     Target targets) const {
  const Storage &held = *shared;
  auto one = [&](int64_t row) {
    if (row >= rows) {
      scatterRow(inputs, row, held.features, [](int64_t) { return 0.0f; });
      scatterRow(targets, row, held.outputs, [](int64_t) { return 0.0f; });
      return;
    }
    int64_t sample = begin + samples[row];
    if (!held.bytes.empty()) {
      const uint8_t *from = held.bytes.data() + held.bytesBegin + sample * held.features;
      const float *table = held.table.data();
      scatterRow(inputs, row, held.features, [=](int64_t i) { return table[from[i]]; });
    } else {
      const float *from = held.values.data() + sample * held.features;
      scatterRow(inputs, row, held.features, [=](int64_t i) { return from[i]; });
    }
    if (!held.labels.empty()) {
      int64_t label = held.labels[size_t(sample)];
      scatterRow(targets, row, held.outputs, [=](int64_t i) { return i == label ? 1.0f : 0.0f; });
    } else {
      const float *from = held.targets.data() + sample * held.outputs;
      scatterRow(targets, row, held.outputs, [=](int64_t i) { return from[i]; });
    }
  };
  // Starting threads costs as much as copying some ten thousand elements.
  int64_t piece = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, held.features));
  parallelPieces(batch, piece, [&](int64_t first, int64_t end) {
    for (int64_t row = first; row < end; ++row)
      one(row);
  });
}
