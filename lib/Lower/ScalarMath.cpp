//===- ScalarMath.cpp - f, f' and differences of f without cancellation -----------------------===//
#include "lib/Lower/ScalarMath.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace dpc;

static const Rational zero(0, 1), one(1, 1), minusOne(-1, 1);

//===------------------------------------------------------------------------------------------===//
// Arithmetic
//===------------------------------------------------------------------------------------------===//

Value ScalarMath::constant(double number) {
  return arith::ConstantOp::create(b, loc, b.getFloatAttr(type, number));
}
Value ScalarMath::add(Value x, Value y) { return arith::AddFOp::create(b, loc, x, y); }
Value ScalarMath::sub(Value x, Value y) { return arith::SubFOp::create(b, loc, x, y); }
Value ScalarMath::mul(Value x, Value y) { return arith::MulFOp::create(b, loc, x, y); }
Value ScalarMath::div(Value x, Value y) { return arith::DivFOp::create(b, loc, x, y); }
Value ScalarMath::scale(const Rational &factor, Value x) {
  if (factor == one)
    return x;
  if (factor == minusOne)
    return arith::NegFOp::create(b, loc, x);
  return mul(constant(factor), x);
}
Value ScalarMath::notPositive(Value x) {
  return arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLE, x, constant(0.0));
}
Value ScalarMath::select(Value condition, Value x, Value y) {
  return arith::SelectOp::create(b, loc, condition, x, y);
}

// `0 > x ? 0 : x` is one maximum instruction on x86, and gives NaN for NaN; so is its mirror image.
Value ScalarMath::relu(Value x) {
  Value null = constant(0.0);
  return select(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, null, x), null, x);
}
Value ScalarMath::clip(Value x) {
  Value below = relu(x), unit = constant(1.0);
  return select(arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, unit, below), unit, below);
}
Value ScalarMath::decay(double factor, Value x) {
  return math::ExpOp::create(b, loc, mul(constant(-factor), math::AbsFOp::create(b, loc, x)));
}

Value ScalarMath::combine(ArrayRef<Rational> coefficients, ValueRange operands) {
  llvm::SmallVector<std::pair<Rational, Value>> groups; // coefficient of the first, sum
  for (auto [coefficient, operand] : llvm::zip(coefficients, operands)) {
    auto group = llvm::find_if(
        groups, [&, c = coefficient](const auto &g) { return g.first == c || g.first == -c; });
    if (group == groups.end())
      groups.push_back({coefficient, operand});
    else
      group->second =
          group->first == coefficient ? add(group->second, operand) : sub(group->second, operand);
  }
  Value sum;
  for (auto &[coefficient, value] : groups) {
    Value term = scale(coefficient, value);
    sum = sum ? add(sum, term) : term;
  }
  return sum;
}

//===------------------------------------------------------------------------------------------===//
// Activations
//===------------------------------------------------------------------------------------------===//

Value ScalarMath::activate(const ActivationFunction &f, const Rational &rho, Value x) {
  Rational shrink = one / (one + rho);
  switch (f.kind) {
  case Activation::identity:
    return scale(shrink, x);
  case Activation::relu:
    return scale(shrink, relu(x));
  case Activation::leaky_relu:
    // 1/(1/slope + rho), also for slope 0.
    return select(notPositive(x), scale(f.slope / (one + f.slope * rho), x), scale(shrink, x));
  case Activation::clip:
    return clip(scale(shrink, x));
  case Activation::tanh:
    return math::TanhOp::create(b, loc, x);
  case Activation::sigmoid: {
    // e = exp(-|x|): 1/(1 + e) or e/(1 + e), so that both tails keep their digits.
    Value e = decay(1.0, x), unit = constant(1.0);
    return div(select(notPositive(x), e, unit), add(unit, e));
  }
  }
  llvm_unreachable("an activation without a formula");
}

Value ScalarMath::slopeTimes(const ActivationFunction &f, Value z, Value x) {
  switch (f.kind) {
  case Activation::identity:
    return x;
  case Activation::relu:
    return select(notPositive(z), constant(0.0), x);
  case Activation::leaky_relu:
    return select(notPositive(z), scale(f.slope, x), x);
  case Activation::clip: {
    Value above = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGE, z, constant(1.0));
    return select(arith::OrIOp::create(b, loc, notPositive(z), above), constant(0.0), x);
  }
  case Activation::tanh:
  case Activation::sigmoid: {
    // sigmoid: s(1 - s) = e/(1 + e)^2 with e = exp(-|z|); tanh: 4 of that with exp(-2|z|). The
    // difference 1 - tanh^2 would lose its digits where units saturate.
    bool isTanh = f.kind == Activation::tanh;
    Value e = decay(isTanh ? 2.0 : 1.0, z);
    Value root = add(constant(1.0), e);
    Value slope = div(isTanh ? mul(constant(4.0), e) : e, mul(root, root));
    return mul(slope, x);
  }
  }
  llvm_unreachable("an activation without a formula");
}

Value ScalarMath::activationDifference(const ActivationFunction &f, Value p, Value q, Value d) {
  switch (f.kind) {
  case Activation::identity:
    return d;
  case Activation::relu: {
    Value pOff = notPositive(p), qOff = notPositive(q);
    Value minusQ = arith::NegFOp::create(b, loc, q);
    return select(pOff, select(qOff, constant(0.0), minusQ), select(qOff, p, d));
  }
  case Activation::leaky_relu: {
    Value pOff = notPositive(p), qOff = notPositive(q);
    Value slope = constant(f.slope);
    // Of different sign: no cancellation in p - slope * q and slope * p - q.
    return select(pOff, select(qOff, mul(slope, d), sub(mul(slope, p), q)),
                  select(qOff, sub(p, mul(slope, q)), d));
  }
  case Activation::clip: {
    auto inside = [&](Value x) -> Value {
      Value low = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OGT, x, constant(0.0));
      Value high = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OLT, x, constant(1.0));
      return arith::AndIOp::create(b, loc, low, high);
    };
    // With one of them at a bound the difference of the clipped values is exact enough: the bound
    // is a number without error.
    return select(arith::AndIOp::create(b, loc, inside(p), inside(q)), d, sub(clip(p), clip(q)));
  }
  case Activation::tanh:
  case Activation::sigmoid: {
    // tanh p - tanh q = tanh(d) (1 - tanh p tanh q), sigmoid the same at half the arguments and
    // halved. With e = exp(-2|.|): 1 - tanh p tanh q = 2 (ep + eq) / ((1 + ep)(1 + eq)) for equal
    // signs and 2 (1 + ep eq) / (...) for different ones, without cancellation.
    bool isTanh = f.kind == Activation::tanh;
    double factor = isTanh ? 2.0 : 1.0;
    Value ep = decay(factor, p), eq = decay(factor, q), unit = constant(1.0);
    Value sameSign =
        arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, notPositive(p), notPositive(q));
    Value numerator = select(sameSign, add(ep, eq), add(unit, mul(ep, eq)));
    Value denominator = mul(add(unit, ep), add(unit, eq));
    Value half = isTanh ? d : mul(constant(0.5), d);
    Value t = math::TanhOp::create(b, loc, half);
    if (isTanh)
      t = add(t, t);
    return div(mul(t, numerator), denominator);
  }
  }
  llvm_unreachable("an activation without a formula");
}

//===------------------------------------------------------------------------------------------===//
// Losses
//===------------------------------------------------------------------------------------------===//

Value ScalarMath::squaredGradient(Loss loss, Value z, Value y) {
  Value difference = sub(z, y);
  return loss == Loss::squared_error ? add(difference, difference) : difference;
}

Value ScalarMath::squaredLoss(Loss loss, Value z, Value y) {
  Value difference = sub(z, y);
  Value square = mul(difference, difference);
  return loss == Loss::squared_error ? square : mul(constant(0.5), square);
}

std::pair<Value, Value> ScalarMath::softmaxTerms(Value z, Value top) {
  Value isTop = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, z, top);
  Value null = constant(0.0);
  Value e = math::ExpOp::create(b, loc, sub(z, top));
  return {select(isTop, constant(1.0), null), select(isTop, null, e)};
}

Value ScalarMath::crossEntropyGradient(Value z, Value y, const Softmax &softmax, Value targetSum) {
  // (e (Y - y) - y (s - e)) / s with Y the sum of targets and s that of e. For a top element
  // s - e is below + ties - 1, known without subtracting from s.
  Value isTop = arith::CmpFOp::create(b, loc, arith::CmpFPredicate::OEQ, z, softmax.top);
  Value e = math::ExpOp::create(b, loc, sub(z, softmax.top));
  Value s = add(softmax.ties, softmax.below);
  Value othersOfTop = add(softmax.below, sub(softmax.ties, constant(1.0)));
  Value others = select(isTop, othersOfTop, sub(s, e));
  return div(sub(mul(e, sub(targetSum, y)), mul(y, others)), s);
}

Value ScalarMath::crossEntropy(Value z, Value y, const Softmax &softmax) {
  // log s = log1p(below + ties - 1), which keeps the digits of a confident prediction.
  Value excess = add(softmax.below, sub(softmax.ties, constant(1.0)));
  Value logSum = math::Log1pOp::create(b, loc, excess);
  return mul(y, sub(logSum, sub(z, softmax.top)));
}
