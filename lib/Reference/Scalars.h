//===- Scalars.h - activations and losses, one number at a time ---------------------*- C++ -*-===//
//
// The reference's own formulas: nothing here is shared with the stages that it judges.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/Vocabulary.h"

#include <span>

namespace dpc::reference {

/// An activation f with its parameter: the gradient of the conjugate of a convex G (spec.md 1).
struct ScalarFunction {
  Activation kind;
  double slope = 1; // of leaky_relu

  /// f(b).
  double value(double b) const;
  /// f'(z); at kinks of relu and clip 0, at that of leaky_relu the slope (derivation.md 5).
  double derivative(double z) const;
  /// G(s), infinite outside its domain (spec.md 1, table).
  double potential(double s) const;
  /// f^-1(s) = G'(s); where G has several subgradients the one nearest to 0, outside the domain of
  /// G not a number.
  double inverse(double s) const;
  /// f_rho(b): the s with f^-1(s) + rho * s = b (derivation.md 5). tanh and sigmoid are solved by
  /// bisection.
  double regularized(double b, double rho) const;
  /// f(p) - f(q) where d = p - q is known to more digits than p and q have (spec.md 6.4).
  double difference(double p, double q, double d) const;
};

/// The loss of one sample: outputs z, target y of the same length (language.md 10).
double lossValue(Loss loss, std::span<const double> z, std::span<const double> y);
/// Its gradient by z, written to `gradient`.
void lossGradient(Loss loss, std::span<const double> z, std::span<const double> y,
                  std::span<double> gradient);

} // namespace dpc::reference
