//===- ScalarMath.h - the formulas of activations and losses in IR form -------------*- C++ -*-===//
#pragma once

#include "dialect/Vocabulary.h"

#include "mlir/IR/Builders.h"

namespace dpc {

/// An activation with the slope of leaky_relu (ignored for the others).
struct ActivationFunction {
  Activation kind;
  Rational slope = Rational(1, 1);
};

/// Emits scalar `arith` and `math` ops on values of one float type. A NaN operand gives a NaN
/// wherever the exact function is not constant, so that a diverging step is seen.
class ScalarMath {
public:
  ScalarMath(mlir::OpBuilder &builder, mlir::Location location, mlir::FloatType type)
      : b(builder), loc(location), type(type) {}

  mlir::Value constant(double number);
  mlir::Value constant(const Rational &number) { return constant(toDouble(number)); }

  /// sum of coefficients[i] * operands[i]. Terms of equal magnitude are added before they are
  /// scaled: r * p - r * q is exactly 0 where p equals q.
  mlir::Value combine(llvm::ArrayRef<Rational> coefficients, mlir::ValueRange operands);
  mlir::Value product(mlir::Value x, mlir::Value y) { return mul(x, y); }
  /// f_rho(x), derivation.md 5.
  mlir::Value activate(const ActivationFunction &f, const Rational &rho, mlir::Value x);
  /// f'(z) * x.
  mlir::Value slopeTimes(const ActivationFunction &f, mlir::Value z, mlir::Value x);
  /// f(p) - f(q) with d = p - q known exactly (spec.md 6.4).
  mlir::Value activationDifference(const ActivationFunction &f, mlir::Value p, mlir::Value q,
                                   mlir::Value d);

  /// The squared losses per unit: gradient and value.
  mlir::Value squaredGradient(Loss loss, mlir::Value z, mlir::Value y);
  mlir::Value squaredLoss(Loss loss, mlir::Value z, mlir::Value y);

  /// Softmax over one sample, from its largest element `top`, the number `ties` of elements equal
  /// to it and the sum `below` of exp(z - top) over the others. With p = exp(z - top) / (ties +
  /// below) everything is computed without subtracting nearly equal numbers from 1.
  struct Softmax {
    mlir::Value top, ties, below;
  };
  /// One element's contributions to `ties` and `below`.
  std::pair<mlir::Value, mlir::Value> softmaxTerms(mlir::Value z, mlir::Value top);
  /// p * sum(y) - y.
  mlir::Value crossEntropyGradient(mlir::Value z, mlir::Value y, const Softmax &softmax,
                                   mlir::Value targetSum);
  /// -y * log p.
  mlir::Value crossEntropy(mlir::Value z, mlir::Value y, const Softmax &softmax);

private:
  mlir::Value add(mlir::Value x, mlir::Value y);
  mlir::Value sub(mlir::Value x, mlir::Value y);
  mlir::Value mul(mlir::Value x, mlir::Value y);
  mlir::Value div(mlir::Value x, mlir::Value y);
  mlir::Value scale(const Rational &factor, mlir::Value x);
  /// x <= 0, false for NaN.
  mlir::Value notPositive(mlir::Value x);
  mlir::Value select(mlir::Value condition, mlir::Value x, mlir::Value y);
  mlir::Value relu(mlir::Value x);
  mlir::Value clip(mlir::Value x);
  /// exp(-factor * |x|): in (0, 1], never overflows.
  mlir::Value decay(double factor, mlir::Value x);

  mlir::OpBuilder &b;
  mlir::Location loc;
  mlir::FloatType type;
};

} // namespace dpc
