//===- Kernels.h - the runtime's own loops over many numbers ------------------------*- C++ -*-===//
//
// Each is compiled for several instruction sets and does the same operations in the same order on
// all of them, so that results are the same bits.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPRT_TRAIN_KERNELS_H
#define DPRT_TRAIN_KERNELS_H

#include <cstdint>

namespace dprt {

/// Sum of squares; not finite if an element is not, or if the sum exceeds the range of f32.
double sumOfSquares(const float *values, int64_t count);

struct SgdStep {
  float rate, momentum, weightDecay;
  bool nesterov;
};
struct AdamStep {
  float rate;         ///< of this step
  float beta1, beta2; ///< and one minus them, rounded once
  float rest1, rest2;
  float scale1, scale2; ///< 1 / (1 - beta1^t), the same for beta2
  float epsilon;
};

/// Both return whether all new weights are finite; a gradient that is not makes its weight so.
bool sgdStep(const SgdStep &step, int64_t count, float *weights, const float *gradients,
             float *velocity);
bool adamStep(const AdamStep &step, int64_t count, float *weights, const float *gradients,
              float *first, float *second);

} // namespace dprt
#endif
