//===- Kernels.cpp - the runtime's own loops over many numbers --------------------------------===//
#include "Train/Kernels.h"

#include <bit>
#include <cmath>

#if defined(__x86_64__)
#include <immintrin.h>
#define DPRT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define DPRT_CLONES
#endif

using namespace dprt;

namespace {
/// Momenta of weights without gradient decay for ever; as denormal numbers they would cost a
/// hundred cycles each, so within a kernel they become 0.
class FlushDenormals {
public:
#if defined(__x86_64__)
  FlushDenormals() : saved(_mm_getcsr()) { _mm_setcsr(saved | 0x8040); }
  ~FlushDenormals() { _mm_setcsr(saved); }

private:
  unsigned saved;
#endif
};

inline uint32_t notFinite(float value) {
  return (std::bit_cast<uint32_t>(value) & 0x7f800000u) == 0x7f800000u;
}
} // namespace

DPRT_CLONES static double sumLanes(const float *values, int64_t count) {
  // 32 partial sums: as wide as any machine's vectors, the same on all of them.
  constexpr int lanes = 32;
  float sums[lanes] = {};
  int64_t i = 0;
  for (; i + lanes <= count; i += lanes)
    for (int lane = 0; lane < lanes; ++lane)
      sums[lane] += values[i + lane] * values[i + lane];
  for (int lane = 0; i < count; ++i, ++lane)
    sums[lane] += values[i] * values[i];
  double sum = 0;
  for (float part : sums)
    sum += part;
  return sum;
}

double dprt::sumOfSquares(const float *values, int64_t count) { return sumLanes(values, count); }

DPRT_CLONES static uint32_t plainSgd(const SgdStep step, int64_t count, float *__restrict weights,
                                     const float *__restrict gradients) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    float gradient = gradients[i] + step.weightDecay * weights[i];
    weights[i] -= step.rate * gradient;
    bad |= notFinite(weights[i]);
  }
  return bad;
}

DPRT_CLONES static uint32_t momentumSgd(const SgdStep step, int64_t count,
                                        float *__restrict weights,
                                        const float *__restrict gradients,
                                        float *__restrict velocity) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    float gradient = gradients[i] + step.weightDecay * weights[i];
    velocity[i] = step.momentum * velocity[i] + gradient;
    float move = step.nesterov ? gradient + step.momentum * velocity[i] : velocity[i];
    weights[i] -= step.rate * move;
    bad |= notFinite(weights[i]);
  }
  return bad;
}

DPRT_CLONES static uint32_t adam(const AdamStep step, int64_t count, float *__restrict weights,
                                 const float *__restrict gradients, float *__restrict first,
                                 float *__restrict second) {
  uint32_t bad = 0;
  for (int64_t i = 0; i < count; ++i) {
    float gradient = gradients[i];
    first[i] = step.beta1 * first[i] + step.rest1 * gradient;
    second[i] = step.beta2 * second[i] + step.rest2 * (gradient * gradient);
    float root = __builtin_sqrtf(second[i] * step.scale2) + step.epsilon;
    weights[i] -= step.rate * (first[i] * step.scale1) / root;
    bad |= notFinite(weights[i]) | notFinite(gradient);
  }
  return bad;
}

bool dprt::sgdStep(const SgdStep &step, int64_t count, float *weights, const float *gradients,
                   float *velocity) {
  FlushDenormals flush;
  return velocity ? !momentumSgd(step, count, weights, gradients, velocity)
                  : !plainSgd(step, count, weights, gradients);
}

bool dprt::adamStep(const AdamStep &step, int64_t count, float *weights, const float *gradients,
                    float *first, float *second) {
  FlushDenormals flush;
  return !adam(step, count, weights, gradients, first, second);
}
