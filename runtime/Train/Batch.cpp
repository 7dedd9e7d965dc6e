//===- Batch.cpp - samples into a model, predictions out of it --------------------------------===//
#include "Train/Batch.h"

#include <fmt/format.h>

#include <numeric>

using namespace dprt;

std::vector<uint32_t> dprt::fileOrder(int64_t count) {
  std::vector<uint32_t> order(static_cast<size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  return order;
}

Result<Batcher> Batcher::create(Model &model, const std::string &entry, const Samples &samples) {
  dprt_entry function = model.function(entry);
  if (!function)
    return Status::internal(fmt::format("the model has no entry `{}`", entry));
  const Description &text = model.description();
  const TensorPlace *places[4];
  const char *names[] = {"x", "y", "#loss", "output#forward"};
  int64_t features[] = {samples.features(), samples.outputs(), 1, samples.outputs()};
  for (int i = 0; i < 4; ++i) {
    places[i] = text.find(entry, names[i]);
    if (!places[i])
      return Status::internal(fmt::format("entry `{}` has no tensor `{}`", entry, names[i]));
    const std::vector<int64_t> &shape = places[i]->shape;
    if (shape.empty() || shape[0] != text.batch ||
        places[i]->elements() != text.batch * features[i])
      return Status::internal(fmt::format("tensor `{}` of entry `{}` has shape {}, expected are {} "
                                          "rows of {} elements",
                                          names[i], entry, shapeText(shape), text.batch,
                                          features[i]));
  }
  return Batcher(model, function, samples, *places[0], *places[1], *places[2], *places[3]);
}

Batcher::Batcher(Model &model, dprt_entry entry, const Samples &samples, const TensorPlace &x,
                 const TensorPlace &y, const TensorPlace &loss, const TensorPlace &output)
    : model(&model), entry(entry), samples(samples), x(model, x), y(model, y),
      output(model, output), losses(model.at(loss.offset)), lossStride(loss.strides[0]) {
  xOffsets = this->x.offsets();
  yOffsets = this->y.offsets();
  outputOffsets = this->output.offsets();
}

/// One stride where there is one: it needs no table of places.
Samples::Target Batcher::target(const View &view, std::vector<int64_t> &offsets) const {
  Samples::Target result = {view.base, view.rowStride, 1, nullptr};
  if (view.starts.size() == 1)
    return result;
  result.stride = offsets[1];
  for (size_t i = 0; i < offsets.size(); ++i)
    if (offsets[i] != int64_t(i) * result.stride) {
      result.offsets = offsets.data();
      break;
    }
  return result;
}

/// The first largest output.
int64_t Batcher::prediction(int64_t row) const {
  const float *values = output.base + row * output.rowStride;
  int64_t best = 0;
  for (size_t i = 1; i < outputOffsets.size(); ++i)
    if (values[outputOffsets[i]] > values[outputOffsets[size_t(best)]])
      best = int64_t(i);
  return best;
}

void Batcher::run(const uint32_t *indices, int64_t rows, Evaluation &sum) {
  samples.gather(indices, rows, model->batch(), target(x, xOffsets), target(y, yOffsets));
  entry(model->arena(), rows);
  for (int64_t row = 0; row < rows; ++row) {
    sum.loss += double(loss(row));
    sum.correct += prediction(row) == samples.classOf(indices[row]);
  }
  sum.count += rows;
}
