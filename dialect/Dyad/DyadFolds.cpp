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

static Rational numberOf(Attribute text) {
  return *parseRational(cast<StringAttr>(text).getValue());
}

/// Adds coefficient * value; zero terms go, 0 * x assumes x finite. Returns whether it merged.
static bool addTo(Sum &sum, Value value, const Rational &coefficient) {
  if (coefficient == Rational(0, 1) || isZero(value))
    return false;
  auto [place, isNew] = sum.insert({value, coefficient});
  if (isNew)
    return false;
  place->second += coefficient;
  if (place->second == Rational(0, 1))
    sum.erase(place);
  return true;
}

/// The last term that is itself a sum of the same block. Expanding in reverse program order lets a
/// sum that several terms read merge as a whole.
static CombineOp latestCombine(const Sum &sum, Block *block) {
  CombineOp latest;
  for (const auto &[value, coefficient] : sum)
    if (auto op = value.getDefiningOp<CombineOp>(); op && op->getBlock() == block)
      if (!latest || latest->isBeforeInBlock(op))
        latest = op;
  return latest;
}

/// How many sums one fold looks through: a constant, so that folding stays linear.
static constexpr int expansionLimit = 8;

OpFoldResult CombineOp::fold(FoldAdaptor) {
  Sum sum;
  for (auto [value, text] : llvm::zip(getOperands(), getCoefficients()))
    addTo(sum, value, numberOf(text));
  // Flatten as far as a merge follows: otherwise it would repeat additions.
  Sum expanded = sum;
  for (int i = 0; i < expansionLimit; ++i) {
    CombineOp inner = latestCombine(expanded, getOperation()->getBlock());
    if (!inner)
      break;
    Rational scale = expanded.lookup(inner);
    expanded.erase(inner.getResult());
    bool merged = false;
    for (auto [value, text] : llvm::zip(inner.getOperands(), inner.getCoefficients()))
      merged |= addTo(expanded, value, scale * numberOf(text));
    if (merged)
      sum = expanded;
  }
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
/// relu and clip, which only cut, are also f_0(k * a + (1 - k) * f_0(a)) = f_0(a) for 0 < k <= 1.
static Value restOfProx(ActivateOp op, const Rational &rho) {
  Rational zero(0, 1), one(1, 1);
  bool cuts = op.getActivation() == Activation::relu || op.getActivation() == Activation::clip;
  auto sum = op.getB().getDefiningOp<CombineOp>();
  if (!sum || sum.getOperands().size() != 2 || (rho == zero && !cuts))
    return {};
  for (unsigned i : {0u, 1u}) {
    auto inner = sum.getOperands()[i].getDefiningOp<ActivateOp>();
    if (!inner || inner.getB() != sum.getOperands()[1 - i] ||
        inner.getActivation() != op.getActivation() || inner.getSlope() != op.getSlope() ||
        numberOf(inner.getRhoAttr()) != zero)
      continue;
    Rational ofState = numberOf(sum.getCoefficients()[i]),
             ofArgument = numberOf(sum.getCoefficients()[1 - i]);
    if (rho != zero ? ofState == rho && ofArgument == one
                    : ofArgument > zero && ofState >= zero && ofArgument + ofState == one)
      return inner.getResult();
  }
  return {};
}

OpFoldResult ActivateOp::fold(FoldAdaptor) {
  Rational rho = numberOf(getRhoAttr());
  if (Value rest = restOfProx(*this, rho))
    return rest;
  if (rho != Rational(0, 1))
    return nullptr;
  return getActivation() == Activation::identity ? OpFoldResult(getB()) : nullptr;
}
