//===- Kernels.h - the tensor operations of both dialects ---------------------------*- C++ -*-===//
//
// Batches are [batch, ...]. Callers have checked the shapes (the dialects' verifiers do).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Reference/Scalars.h"
#include "lib/Reference/Tensor.h"

namespace dpc::reference {

/// x * weight^T + bias: [batch, in], [out, in], [out] -> [batch, out]. `bias` may be null.
Tensor linear(const Tensor &x, const Tensor &weight, const Tensor *bias);
/// d * weight: [batch, out], [out, in] -> [batch, in].
Tensor linearTranspose(const Tensor &d, const Tensor &weight);
/// The mean over the first `rows` samples of d (outer) x: [out, in].
Tensor weightGradient(const Tensor &d, const Tensor &x, int64_t rows);
/// The mean over the first `rows` samples of d: [out].
Tensor biasGradient(const Tensor &d, int64_t rows);

/// target += coefficient * x, element by element.
void addScaled(Tensor &target, double coefficient, const Tensor &x);
/// The same elements in another shape.
Tensor reshape(const Tensor &x, std::vector<int64_t> shape);

/// The loss of each sample: [batch, outputs] -> [batch].
Tensor lossOfBatch(Loss loss, const Tensor &z, const Tensor &target);
/// Its gradient by z: [batch, outputs].
Tensor lossGradientOfBatch(Loss loss, const Tensor &z, const Tensor &target);

/// result[i] = function(x[i]) or function(x[i], y[i]) …, element by element.
template <typename Function, typename... Tensors>
Tensor map(Function function, const Tensor &x, const Tensors &...others) {
  Tensor result(x.shape);
  for (int64_t i = 0; i < x.size(); ++i)
    result.values[i] = function(x.values[i], others.values[i]...);
  return result;
}

} // namespace dpc::reference
