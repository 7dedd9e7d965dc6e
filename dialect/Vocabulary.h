//===- Vocabulary.h - words that both dialects share --------------------------------*- C++ -*-===//
#pragma once

#include "dialect/Coefficient.h"

#include "mlir/IR/BuiltinAttributes.h"

#include "dialect/Vocabulary.h.inc"

namespace dpc {

/// The infimum of G'' of an activation (language.md O10): the smallest curvature of its potential.
/// `slope` is that of leaky_relu and ignored elsewhere.
Rational smallestCurvature(Activation activation, const Rational &slope);

} // namespace dpc
