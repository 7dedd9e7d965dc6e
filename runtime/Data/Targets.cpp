//===- Targets.cpp - checks of labels, targets and inputs -------------------------------------===//
#include "Data/Readers.h"

#include <fmt/format.h>

#include <cmath>

using namespace dprt;

int64_t dprt::elementCount(const std::vector<int64_t> &shape) {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

Status dprt::takeLabels(const std::string &name, const std::vector<int64_t> &labels,
                        const DataShape &shape, Samples::Storage &storage) {
  storage.labels.resize(labels.size());
  for (size_t i = 0; i < labels.size(); ++i) {
    if (labels[i] < 0 || labels[i] >= shape.outputs)
      return Status::data(
          fmt::format("`{}`: label {} of sample {} is out of range: the network has "
                      "{} outputs",
                      name, labels[i], i, shape.outputs));
    storage.labels[i] = int32_t(labels[i]);
  }
  return {};
}

Status dprt::takeTargets(const std::string &name, std::vector<float> targets,
                         const DataShape &shape, Samples::Storage &storage) {
  for (size_t row = 0; row * shape.outputs < targets.size(); ++row) {
    double sum = 0;
    for (int64_t i = 0; i < shape.outputs; ++i)
      sum += targets[row * shape.outputs + i];
    if (!std::isfinite(sum))
      return Status::data(
          fmt::format("`{}`: the targets of sample {} are not all finite", name, row));
    // Rows of f32 that were normalised miss 1 by a few roundings per element.
    if (shape.targetsAreDistributions && std::abs(sum - 1) > 1e-5 + 1e-7 * double(shape.outputs))
      return Status::data(fmt::format("`{}`: the targets of sample {} sum to {:.7g}; cross-entropy "
                                      "needs rows that sum to 1",
                                      name, row, sum));
  }
  storage.targets = std::move(targets);
  return {};
}

Status dprt::takeValues(const std::string &name, std::vector<float> values,
                        Samples::Storage &storage) {
  for (size_t i = 0; i < values.size(); ++i)
    if (!std::isfinite(values[i]))
      return Status::data(fmt::format("`{}`: sample {} holds {}, which is not finite", name,
                                      i / size_t(storage.features), values[i]));
  storage.values = std::move(values);
  return {};
}
