//===- Scalars.cpp - f, G and the losses by their definitions (spec.md 1) ---------------------===//
#include "lib/Reference/Scalars.h"

#include <algorithm>
#include <cmath>
#include <limits>

using namespace dpc;
using namespace dpc::reference;

static constexpr double infinity = std::numeric_limits<double>::infinity();
static constexpr double undefined = std::numeric_limits<double>::quiet_NaN();

static double logistic(double a) {
  // Never the exponential of a large positive number.
  return a >= 0 ? 1 / (1 + std::exp(-a)) : std::exp(a) / (1 + std::exp(a));
}

/// u ln u, continued by its limit 0 at 0.
static double entropy(double u) { return u == 0 ? 0 : u * std::log(u); }

double ScalarFunction::value(double b) const {
  switch (kind) {
  case Activation::identity:
    return b;
  case Activation::relu:
    // Written so that not-a-number stays visible.
    return b > 0 ? b : (b <= 0 ? 0 : b);
  case Activation::leaky_relu:
    return b > 0 ? b : slope * b;
  case Activation::clip:
    return b <= 0 ? 0 : (b >= 1 ? 1 : b);
  case Activation::tanh:
    return std::tanh(b);
  case Activation::sigmoid:
    return logistic(b);
  }
  return undefined;
}

double ScalarFunction::derivative(double z) const {
  switch (kind) {
  case Activation::identity:
    return 1;
  case Activation::relu:
    return z > 0 ? 1 : 0;
  case Activation::leaky_relu:
    return z > 0 ? 1 : slope;
  case Activation::clip:
    return z > 0 && z < 1 ? 1 : 0;
  case Activation::tanh:
    return 1 - std::tanh(z) * std::tanh(z);
  case Activation::sigmoid:
    return logistic(z) * logistic(-z);
  }
  return undefined;
}

double ScalarFunction::potential(double s) const {
  switch (kind) {
  case Activation::identity:
    return s * s / 2;
  case Activation::relu:
    return s >= 0 ? s * s / 2 : infinity;
  case Activation::leaky_relu:
    return s >= 0 ? s * s / 2 : s * s / (2 * slope);
  case Activation::clip:
    return s >= 0 && s <= 1 ? s * s / 2 : infinity;
  case Activation::tanh:
    return std::abs(s) <= 1 ? (entropy(1 + s) + entropy(1 - s)) / 2 : infinity;
  case Activation::sigmoid:
    return s >= 0 && s <= 1 ? entropy(s) + entropy(1 - s) : infinity;
  }
  return undefined;
}

double ScalarFunction::inverse(double s) const {
  switch (kind) {
  case Activation::identity:
    return s;
  case Activation::relu:
    return s >= 0 ? s : undefined;
  case Activation::leaky_relu:
    return s >= 0 ? s : s / slope;
  case Activation::clip:
    return s >= 0 && s <= 1 ? s : undefined;
  case Activation::tanh:
    return std::atanh(s);
  case Activation::sigmoid:
    return std::log(s) - std::log1p(-s);
  }
  return undefined;
}

/// The root of an increasing function that is below 0 at `low` and above 0 at `high`.
template <typename Function> static double bisect(double low, double high, Function increasing) {
  while (true) {
    double middle = low + (high - low) / 2;
    if (!(low < middle && middle < high))
      return middle;
    (increasing(middle) > 0 ? high : low) = middle;
  }
}

double ScalarFunction::regularized(double b, double rho) const {
  switch (kind) {
  case Activation::identity:
    return b / (1 + rho);
  case Activation::relu:
    return value(b) / (1 + rho);
  case Activation::leaky_relu:
    return b > 0 ? b / (1 + rho) : b / (1 / slope + rho);
  case Activation::clip:
    return value(b / (1 + rho));
  case Activation::tanh:
  case Activation::sigmoid: {
    if (rho == 0)
      return value(b);
    // z + rho * f(z) increases in the pre-activation z, and |f| <= 1 bounds its root.
    double z = bisect(b - std::abs(rho) - 1, b + std::abs(rho) + 1,
                      [&](double z) { return z + rho * value(z) - b; });
    return value(z);
  }
  }
  return undefined;
}

double ScalarFunction::difference(double p, double q, double d) const {
  switch (kind) {
  case Activation::identity:
    return d;
  case Activation::relu:
    return p > 0 && q > 0 ? d : value(p) - value(q);
  case Activation::leaky_relu:
    if (p > 0 && q > 0)
      return d;
    return p <= 0 && q <= 0 ? slope * d : value(p) - value(q);
  case Activation::clip:
    return p > 0 && p < 1 && q > 0 && q < 1 ? d : value(p) - value(q);
  case Activation::tanh:
    return std::tanh(d) * (1 - std::tanh(p) * std::tanh(q));
  case Activation::sigmoid:
    return std::tanh(d / 2) * (1 - std::tanh(p / 2) * std::tanh(q / 2)) / 2;
  }
  return undefined;
}

//===------------------------------------------------------------------------------------------===//
// Losses
//===------------------------------------------------------------------------------------------===//

/// ln of the sum of exponentials, taken relative to the largest.
static double logSumExp(std::span<const double> z) {
  double largest = *std::max_element(z.begin(), z.end());
  double sum = 0;
  for (double value : z)
    sum += std::exp(value - largest);
  return largest + std::log(sum);
}

static double squaredDistance(std::span<const double> z, std::span<const double> y) {
  double sum = 0;
  for (size_t i = 0; i < z.size(); ++i)
    sum += (z[i] - y[i]) * (z[i] - y[i]);
  return sum;
}

double reference::lossValue(Loss loss, std::span<const double> z, std::span<const double> y) {
  switch (loss) {
  case Loss::softmax_cross_entropy: {
    double normalizer = logSumExp(z), sum = 0;
    for (size_t i = 0; i < z.size(); ++i)
      sum += y[i] * (normalizer - z[i]);
    return sum;
  }
  case Loss::half_squared_error:
    return squaredDistance(z, y) / 2;
  case Loss::squared_error:
    return squaredDistance(z, y);
  }
  return undefined;
}

void reference::lossGradient(Loss loss, std::span<const double> z, std::span<const double> y,
                             std::span<double> gradient) {
  switch (loss) {
  case Loss::softmax_cross_entropy: {
    double normalizer = logSumExp(z);
    for (size_t i = 0; i < z.size(); ++i)
      gradient[i] = std::exp(z[i] - normalizer) - y[i];
    return;
  }
  case Loss::half_squared_error:
    for (size_t i = 0; i < z.size(); ++i)
      gradient[i] = z[i] - y[i];
    return;
  case Loss::squared_error:
    for (size_t i = 0; i < z.size(); ++i)
      gradient[i] = 2 * (z[i] - y[i]);
    return;
  }
}
