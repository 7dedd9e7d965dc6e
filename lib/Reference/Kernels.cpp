//===- Kernels.cpp - products, sums and losses as plain loops ---------------------------------===//
#include "lib/Reference/Kernels.h"

using namespace dpc;
using namespace dpc::reference;

Tensor reference::linear(const Tensor &x, const Tensor &weight, const Tensor *bias) {
  int64_t batch = x.rows(), in = x.columns(), out = weight.rows();
  Tensor result({batch, out});
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t o = 0; o < out; ++o) {
      double sum = bias ? bias->values[o] : 0;
      for (int64_t i = 0; i < in; ++i)
        sum += x.at(b, i) * weight.at(o, i);
      result.at(b, o) = sum;
    }
  return result;
}

Tensor reference::linearTranspose(const Tensor &d, const Tensor &weight) {
  int64_t batch = d.rows(), out = weight.rows(), in = weight.columns();
  Tensor result({batch, in});
  for (int64_t b = 0; b < batch; ++b)
    for (int64_t o = 0; o < out; ++o)
      for (int64_t i = 0; i < in; ++i)
        result.at(b, i) += d.at(b, o) * weight.at(o, i);
  return result;
}

Tensor reference::weightGradient(const Tensor &d, const Tensor &x, int64_t rows) {
  int64_t out = d.columns(), in = x.columns();
  Tensor result({out, in});
  for (int64_t b = 0; b < rows; ++b)
    for (int64_t o = 0; o < out; ++o)
      for (int64_t i = 0; i < in; ++i)
        result.at(o, i) += d.at(b, o) * x.at(b, i);
  for (double &value : result.values)
    value /= rows;
  return result;
}

Tensor reference::biasGradient(const Tensor &d, int64_t rows) {
  Tensor result({d.columns()});
  for (int64_t b = 0; b < rows; ++b)
    for (int64_t o = 0; o < d.columns(); ++o)
      result.values[o] += d.at(b, o);
  for (double &value : result.values)
    value /= rows;
  return result;
}

void reference::addScaled(Tensor &target, double coefficient, const Tensor &x) {
  for (int64_t i = 0; i < target.size(); ++i)
    target.values[i] += coefficient * x.values[i];
}

Tensor reference::reshape(const Tensor &x, std::vector<int64_t> shape) {
  Tensor result;
  result.shape = std::move(shape);
  result.values = x.values;
  return result;
}

/// One sample of a batch.
static std::span<const double> row(const Tensor &x, int64_t index) {
  return {x.values.data() + index * x.columns(), static_cast<size_t>(x.columns())};
}

Tensor reference::lossOfBatch(Loss loss, const Tensor &z, const Tensor &target) {
  Tensor result({z.rows()});
  for (int64_t b = 0; b < z.rows(); ++b)
    result.values[b] = lossValue(loss, row(z, b), row(target, b));
  return result;
}

Tensor reference::lossGradientOfBatch(Loss loss, const Tensor &z, const Tensor &target) {
  Tensor result(z.shape);
  for (int64_t b = 0; b < z.rows(); ++b)
    lossGradient(loss, row(z, b), row(target, b),
                 {result.values.data() + b * z.columns(), static_cast<size_t>(z.columns())});
  return result;
}
