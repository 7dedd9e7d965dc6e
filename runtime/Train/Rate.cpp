//===- Rate.cpp - the rate of a step (language.md T6) -----------------------------------------===//
#include "dprt/optimizer.h"

#include <cmath>
#include <numbers>

using namespace dprt;

double dprt::rateAt(const RateOptions &rate, double epoch) {
  if (const auto *constant = std::get_if<ConstantRate>(&rate))
    return constant->rate;
  const WarmupCosine &curve = std::get<WarmupCosine>(rate);
  if (epoch < curve.warmup)
    return curve.start + (curve.peak - curve.start) * (epoch / curve.warmup);
  if (epoch >= curve.decay)
    return curve.end;
  double part = (epoch - curve.warmup) / (curve.decay - curve.warmup);
  return curve.end + (curve.peak - curve.end) * (1 + std::cos(std::numbers::pi * part)) / 2;
}
