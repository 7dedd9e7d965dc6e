//===- DyadFolds.cpp - what cannot change the result (derivation.md 8) ------------------------===//
//
// Each fold looks at one operation and the definitions of its operands, so that a program of any
// length folds in linear time when the folds run as operations are made.
//
//===------------------------------------------------------------------------------------------===//
#include "dialect/Dyad/DyadOps.h"

#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::dyad;

static bool isZero(Value value) { return value.getDefiningOp<ZeroOp>() != nullptr; }
static Attribute zeroOf(Operation *op) { return UnitAttr::get(op->getContext()); }

OpFoldResult ZeroOp::fold(FoldAdaptor) { return UnitAttr::get(getContext()); }

// transpose-zero, gradient-zero: a product with zero is zero if its other operand is finite.
OpFoldResult LinearTransposeOp::fold(FoldAdaptor) {
  return isZero(getD()) ? OpFoldResult(zeroOf(*this)) : nullptr;
}
OpFoldResult WeightGradientOp::fold(FoldAdaptor) {
  return isZero(getD()) || isZero(getX()) ? OpFoldResult(zeroOf(*this)) : nullptr;
}
OpFoldResult BiasGradientOp::fold(FoldAdaptor) {
  return isZero(getD()) ? OpFoldResult(zeroOf(*this)) : nullptr;
}
OpFoldResult UnflattenOp::fold(FoldAdaptor) {
  return isZero(getX()) ? OpFoldResult(zeroOf(*this)) : nullptr;
}

OpFoldResult SlopeTimesOp::fold(FoldAdaptor) {
  if (isZero(getX()))
    return zeroOf(*this);
  return getActivation() == Activation::identity ? OpFoldResult(getX()) : nullptr;
}

namespace {
/// A sum of exact multiples of values; adding an equal value merges.
using Sum = llvm::SmallMapVector<Value, Rational, 4>;
} // namespace

static void addTo(Sum &sum, Value value, const Rational &coefficient) {
  auto [place, isNew] = sum.insert({value, coefficient});
  if (!isNew)
    place->second += coefficient;
}

static Rational numberOf(Attribute text) {
  return *parseRational(cast<StringAttr>(text).getValue());
}

/// Zero terms go: 0 * x assumes x finite.
static Sum withoutZeros(Sum sum) {
  sum.remove_if(
      [](const auto &term) { return term.second == Rational(0, 1) || isZero(term.first); });
  return sum;
}

OpFoldResult CombineOp::fold(FoldAdaptor) {
  Sum nested, flat;
  size_t expanded = 0;
  for (auto [value, text] : llvm::zip(getOperands(), getCoefficients())) {
    Rational coefficient = numberOf(text);
    addTo(nested, value, coefficient);
    auto inner = value.getDefiningOp<CombineOp>();
    if (!inner || coefficient == Rational(0, 1)) {
      addTo(flat, value, coefficient);
      ++expanded;
      continue;
    }
    for (auto [innerValue, innerText] : llvm::zip(inner.getOperands(), inner.getCoefficients()))
      addTo(flat, innerValue, coefficient * numberOf(innerText));
    expanded += inner.getOperands().size();
  }
  // Flatten only if a merge follows: otherwise it would repeat additions.
  bool merges = flat.size() < expanded;
  Sum sum = withoutZeros(merges ? std::move(flat) : std::move(nested));
  if (sum.empty())
    return zeroOf(*this);
  if (sum.size() == 1 && sum.front().second == Rational(1, 1))
    return sum.front().first;
  bool same = sum.size() == getOperands().size() &&
              llvm::all_of(llvm::zip(sum, getOperands(), getCoefficients()), [](auto entry) {
                auto &[term, operand, text] = entry;
                return term.first == operand && term.second == numberOf(text);
              });
  if (same)
    return nullptr;
  Builder builder(getContext());
  SmallVector<Value> operands;
  SmallVector<Attribute> coefficients;
  for (const auto &[value, coefficient] : sum) {
    operands.push_back(value);
    coefficients.push_back(builder.getStringAttr(toString(coefficient)));
  }
  getOperandsMutable().assign(operands);
  setCoefficientsAttr(builder.getArrayAttr(coefficients));
  return getResult();
}

/// prox-rest: f_rho(a + rho * f_0(a)) = f_0(a), for f_0(a) solves f^-1(s) + rho * s = a + rho * s.
static Value restOfProx(ActivateOp op, const Rational &rho) {
  auto sum = op.getB().getDefiningOp<CombineOp>();
  if (!sum || sum.getOperands().size() != 2)
    return {};
  for (unsigned i : {0u, 1u}) {
    auto inner = sum.getOperands()[i].getDefiningOp<ActivateOp>();
    if (inner && inner.getB() == sum.getOperands()[1 - i] &&
        inner.getActivation() == op.getActivation() && inner.getSlope() == op.getSlope() &&
        numberOf(inner.getRhoAttr()) == Rational(0, 1) &&
        numberOf(sum.getCoefficients()[i]) == rho &&
        numberOf(sum.getCoefficients()[1 - i]) == Rational(1, 1))
      return inner.getResult();
  }
  return {};
}

OpFoldResult ActivateOp::fold(FoldAdaptor) {
  Rational rho = numberOf(getRhoAttr());
  if (rho != Rational(0, 1))
    return restOfProx(*this, rho);
  return getActivation() == Activation::identity ? OpFoldResult(getB()) : nullptr;
}
