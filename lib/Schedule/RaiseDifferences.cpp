//===- RaiseDifferences.cpp - f(a + d) - f(a) as one exact operation --------------------------===//
#include "dialect/Dyad/DyadOps.h"
#include "lib/Schedule/Passes.h"

#include "mlir/IR/Remarks.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::dyad;

namespace dpc {
#define GEN_PASS_DEF_RAISEDIFFERENCES
#include "lib/Schedule/Passes.h.inc"
} // namespace dpc

namespace {

using Sum = llvm::SmallMapVector<Value, Rational, 4>;

Rational numberOf(Attribute text) { return *parseRational(cast<StringAttr>(text).getValue()); }

/// Adds coefficient * value; what cancels goes.
void addTo(Sum &sum, Value value, const Rational &coefficient) {
  auto [place, isNew] = sum.insert({value, coefficient});
  if (isNew)
    return;
  place->second += coefficient;
  if (place->second == Rational(0, 1))
    sum.erase(place);
}

/// What `value` adds up, itself if it is no combine.
Sum partsOf(Value value) {
  Sum parts;
  auto combine = value.getDefiningOp<CombineOp>();
  if (!combine)
    parts.insert({value, Rational(1, 1)});
  else
    for (auto [operand, text] : llvm::zip(combine.getOperands(), combine.getCoefficients()))
      addTo(parts, operand, numberOf(text));
  return parts;
}

/// left - right, with combines expanded only as far as terms cancel; nothing if none do. Combines
/// are expanded in reverse program order, so that a value that both sides read cancels as a whole,
/// however deep it stands (a residual sum is itself a combine). Looks through a bounded number of
/// them, so that time stays linear.
std::optional<Sum> cancellingDifference(const Sum &left, const Sum &right) {
  Sum sum = left;
  std::optional<Sum> result;
  bool cancelled = false;
  auto add = [&](Value value, const Rational &coefficient) {
    addTo(sum, value, coefficient);
    cancelled |= !sum.contains(value);
  };
  for (const auto &[value, coefficient] : right)
    add(value, -coefficient);
  for (int looks = 0; looks < 32; ++looks) {
    if (cancelled)
      result = sum;
    CombineOp latest;
    for (const auto &[value, coefficient] : sum)
      if (auto op = value.getDefiningOp<CombineOp>())
        if (!latest || latest->isBeforeInBlock(op))
          latest = op;
    if (!latest)
      break;
    Rational scale = sum.lookup(latest);
    sum.erase(latest.getResult());
    cancelled = false;
    for (const auto &[operand, coefficient] : partsOf(latest))
      add(operand, scale * coefficient);
  }
  return result;
}

Value makeCombine(OpBuilder &builder, Location location, const Sum &sum, Type type) {
  if (sum.empty())
    return ZeroOp::create(builder, location, type);
  if (sum.size() == 1 && sum.front().second == Rational(1, 1))
    return sum.front().first;
  SmallVector<Value> operands;
  SmallVector<Attribute> coefficients;
  for (const auto &[value, coefficient] : sum) {
    operands.push_back(value);
    coefficients.push_back(builder.getStringAttr(toString(coefficient)));
  }
  return CombineOp::create(builder, location, type, builder.getArrayAttr(coefficients), operands);
}

struct RaiseDifferences : dpc::impl::RaiseDifferencesBase<RaiseDifferences> {
  void runOnOperation() override {
    raised.clear();
    SmallVector<CombineOp> combines;
    getOperation().walk([&](CombineOp op) { combines.push_back(op); });
    for (CombineOp op : combines)
      raise(op);
    // The activations that only the differences needed are dead now.
    Block &block = getOperation().getBody().front();
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (op.use_empty() && isPure(&op) && !op.hasTrait<OpTrait::IsTerminator>())
        op.erase();
    remark::analysis(getOperation().getLoc(),
                     remark::RemarkOpts::name(getOperation().getName()).category(getArgument()))
        << remark::metric("raised", raised.size());
  }

  void raise(CombineOp op) {
    Sum sum;
    for (auto [operand, text] : llvm::zip(op.getOperands(), op.getCoefficients()))
      sum.insert({operand, numberOf(text)});
    if (sum.size() != op.getOperands().size())
      return; // not folded: leave it
    OpBuilder builder(op);
    if (!raiseAll(builder, op, sum))
      return;
    op.replaceAllUsesWith(makeCombine(builder, op.getLoc(), sum, op.getType()));
    op.erase();
  }

  /// Raises what can be raised in the sum; returns whether it changed.
  bool raiseAll(OpBuilder &builder, CombineOp op, Sum &sum) {
    bool changed = false;
    while (raiseOne(builder, op, sum))
      changed = true;
    return changed;
  }

  /// Replaces one pair r f(p), -r f(q) of the sum, f any f_rho; failing that, splits such a pair
  /// off several terms of one f that weigh nothing together.
  bool raiseOne(OpBuilder &builder, CombineOp op, Sum &sum) {
    for (bool split : {false, true})
      for (auto &[left, coefficient] : sum) {
        auto p = left.getDefiningOp<ActivateOp>();
        if (!p || p.getActivation() == Activation::identity || (split && !isBalanced(sum, p)))
          continue;
        for (auto &[right, opposite] : sum) {
          auto q = right.getDefiningOp<ActivateOp>();
          if (!q || p == q || !sameFunction(p, q) ||
              !(split ? outweighs(opposite, coefficient) : opposite == -coefficient))
            continue;
          std::optional<Difference> difference = differenceOf(builder, op, p, q);
          if (!difference)
            continue;
          Rational part = coefficient;
          addTo(sum, p, -part);
          addTo(sum, q, part);
          addTo(sum, difference->value, part * difference->factor);
          return true;
        }
      }
    return false;
  }

  static bool sameFunction(ActivateOp p, ActivateOp q) {
    return p.getActivation() == q.getActivation() && p.getSlope() == q.getSlope();
  }

  /// Whether the few terms of p's f weigh nothing together.
  static bool isBalanced(const Sum &sum, ActivateOp p) {
    Rational total(0, 1);
    int terms = 0;
    for (const auto &[value, coefficient] : sum)
      if (auto op = value.getDefiningOp<ActivateOp>(); op && sameFunction(op, p)) {
        total += coefficient;
        if (++terms > 8)
          return false;
      }
    return total == Rational(0, 1);
  }

  /// Whether a coefficient has the opposite sign of another and more weight.
  static bool outweighs(const Rational &one, const Rational &other) {
    return other > Rational(0, 1) ? one < -other : one > -other;
  }

  /// A value and the number it is to be multiplied by.
  struct Difference {
    Value value;
    Rational factor;
  };

  /// p - q exactly; nothing if their arguments share no value that cancels: subtracting those would
  /// lose the digits that p - q loses. What an earlier combine made comes before a later one.
  std::optional<Difference> differenceOf(OpBuilder &builder, CombineOp op, ActivateOp p,
                                         ActivateOp q) {
    auto known = raised.find({p.getOperation(), q.getOperation()});
    if (known != raised.end())
      return known->second;
    Rational zero(0, 1), rho = numberOf(p.getRhoAttr()), other = numberOf(q.getRhoAttr());
    if (rho != other && rho != zero && other != zero)
      return std::nullopt;
    if (rho == zero)
      rho = other;
    Sum left = argumentOf(p, q, rho), right = argumentOf(q, p, rho);
    std::optional<Sum> cancelling = cancellingDifference(left, right);
    if (!cancelling)
      return std::nullopt;
    Sum difference = std::move(*cancelling);
    raiseAll(builder, op, difference);
    Location location = op.getLoc();
    auto make = [&](const Sum &sum) { return makeCombine(builder, location, sum, op.getType()); };
    Difference result =
        makeDifference(builder, location, p, rho, make(left), make(right), make(difference));
    raised.insert({{p.getOperation(), q.getOperation()}, result});
    return result;
  }

  /// The b of side = f_rho(b). Undoes the fold prox-rest where the other side did not take part in
  /// it: f_0(b) is f_rho(b + rho * f_0(b)), and where f only cuts f_0(k * b + (1 - k) * f_0(b)),
  /// k the share that the other side has of b.
  static Sum argumentOf(ActivateOp side, ActivateOp other, const Rational &rho) {
    Rational zero(0, 1), one(1, 1);
    Sum sum;
    sum.insert({side.getB(), one});
    if (numberOf(side.getRhoAttr()) != rho) {
      addTo(sum, side, rho);
      return sum;
    }
    bool cuts =
        side.getActivation() == Activation::relu || side.getActivation() == Activation::clip;
    Rational share = partsOf(other.getB()).lookup(side.getB());
    if (!cuts || rho != zero || share <= zero || share >= one)
      return sum;
    sum.front().second = share;
    addTo(sum, side, one - share);
    return sum;
  }

  /// f_rho(p) - f_rho(q) by d as a multiple of a difference at rho = 0 (derivation.md 5): of relu
  /// and leaky_relu, which commute with positive factors, outside; of clip inside.
  Difference makeDifference(OpBuilder &builder, Location location, ActivateOp f,
                            const Rational &rho, Value p, Value q, Value d) {
    Rational one(1, 1), factor = one / (one + rho);
    StringAttr slope = f.getSlopeAttr();
    if (f.getActivation() == Activation::leaky_relu)
      slope = builder.getStringAttr(toString((one + rho) / (one / numberOf(slope) + rho)));
    if (f.getActivation() == Activation::clip && rho != Rational(0, 1)) {
      auto scaled = [&](Value value) {
        Sum sum;
        addTo(sum, value, factor);
        return makeCombine(builder, location, sum, value.getType());
      };
      p = scaled(p), q = scaled(q), d = scaled(d);
      factor = one;
    }
    Value value = ActivationDifferenceOp::create(builder, location, d.getType(), f.getActivation(),
                                                 p, q, d, slope);
    return {value, factor};
  }

  DenseMap<std::pair<Operation *, Operation *>, Difference> raised;
};

} // namespace
