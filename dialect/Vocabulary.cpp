//===- Vocabulary.cpp - words in IR text, and the curvature of activations --------------------===//
#include "dialect/Vocabulary.h"

#include "llvm/ADT/StringExtras.h"

#include "dialect/Vocabulary.cpp.inc"

dpc::Rational dpc::smallestCurvature(Activation activation, const Rational &slope) {
  switch (activation) {
  case Activation::identity:
  case Activation::relu:
  case Activation::clip:
  case Activation::tanh:
    return Rational(1, 1);
  case Activation::sigmoid:
    return Rational(4, 1); // 1 / (s (1 - s)) at s = 1/2
  case Activation::leaky_relu: {
    Rational inverse = Rational(1, 1) / slope;
    return inverse < Rational(1, 1) ? inverse : Rational(1, 1);
  }
  }
  llvm_unreachable("unknown activation");
}
