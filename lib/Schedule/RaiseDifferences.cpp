#include "dialect/Dyad/DyadOps.h"
#include "lib/Schedule/Passes.h"

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

/// Adds scale * value, a combine by its operands. Returns the number of terms added.
size_t addExpanded(Sum &sum, Value value, const Rational &scale) {
  auto add = [&](Value operand, const Rational &coefficient) {
    auto [place, isNew] = sum.insert({operand, coefficient});
    if (!isNew)
      place->second += coefficient;
  };
  auto combine = value.getDefiningOp<CombineOp>();
  if (!combine) {
    add(value, scale);
    return 1;
  }
  for (auto [operand, text] : llvm::zip(combine.getOperands(), combine.getCoefficients()))
    add(operand, scale * numberOf(text));
  return combine.getOperands().size();
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

/// f at rho = 0, whose difference has an exact form.
ActivateOp plainActivation(Value value) {
  auto op = value.getDefiningOp<ActivateOp>();
  return op && numberOf(op.getRhoAttr()) == Rational(0, 1) ? op : ActivateOp();
}

struct RaiseDifferences : dpc::impl::RaiseDifferencesBase<RaiseDifferences> {
  void runOnOperation() override {
    SmallVector<CombineOp> combines;
    getOperation().walk([&](CombineOp op) { combines.push_back(op); });
    for (CombineOp op : combines)
      raise(op);
    // The activations that only the differences needed are dead now.
    Block &block = getOperation().getBody().front();
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block)))
      if (op.use_empty() && isPure(&op) && !op.hasTrait<OpTrait::IsTerminator>())
        op.erase();
  }

  void raise(CombineOp op) {
    Sum sum;
    for (auto [operand, text] : llvm::zip(op.getOperands(), op.getCoefficients()))
      sum.insert({operand, numberOf(text)});
    if (sum.size() != op.getOperands().size())
      return; // not folded: leave it
    OpBuilder builder(op);
    bool changed = false;
    while (raiseOne(builder, op, sum))
      changed = true;
    if (!changed)
      return;
    op.replaceAllUsesWith(makeCombine(builder, op.getLoc(), sum, op.getType()));
    op.erase();
  }

  /// Replaces one pair r f(p), -r f(q) of the sum.
  bool raiseOne(OpBuilder &builder, CombineOp op, Sum &sum) {
    for (auto &[left, coefficient] : sum) {
      ActivateOp p = plainActivation(left);
      if (!p)
        continue;
      for (auto &[right, opposite] : sum) {
        ActivateOp q = plainActivation(right);
        if (!q || p == q || p.getActivation() != q.getActivation() ||
            p.getSlope() != q.getSlope() || opposite != -coefficient)
          continue;
        Sum difference;
        size_t terms = addExpanded(difference, p.getB(), Rational(1, 1)) +
                       addExpanded(difference, q.getB(), Rational(-1, 1));
        difference.remove_if([](const auto &term) { return term.second == Rational(0, 1); });
        if (difference.size() + 2 > terms)
          continue; // nothing cancels: p - q would lose the digits that f(p) - f(q) loses
        Value d = makeCombine(builder, op.getLoc(), difference, op.getType());
        Value raised =
            ActivationDifferenceOp::create(builder, op.getLoc(), op.getType(), p.getActivation(),
                                           p.getB(), q.getB(), d, p.getSlopeAttr());
        Rational scale = coefficient;
        Value first = left, second = right;
        sum.erase(first);
        sum.erase(second);
        sum.insert({raised, scale});
        ++numRaised;
        return true;
      }
    }
    return false;
  }
};

} // namespace
