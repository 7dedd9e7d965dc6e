//===- Evaluator.cpp - what each `dyad` op computes, as DyadOps.td says -----------------------===//
#include "lib/Reference/Evaluator.h"

#include "lib/Reference/Kernels.h"

#include "llvm/ADT/TypeSwitch.h"
#include <fmt/format.h>
#include <fmt/ranges.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::reference;

llvm::Error reference::failure(const std::string &message) {
  return llvm::createStringError(llvm::inconvertibleErrorCode(), message);
}

static std::vector<int64_t> shapeOf(Type type) {
  if (auto tensor = dyn_cast<RankedTensorType>(type))
    return tensor.getShape().vec();
  return {};
}

llvm::Expected<Tensor> reference::argument(const Environment &arguments, StringRef name,
                                           Type type) {
  auto found = arguments.find(name.str());
  if (found == arguments.end())
    return failure(fmt::format("reference: no value for `{}`", name.str()));
  if (std::vector<int64_t> expected = shapeOf(type); found->second.shape != expected)
    return failure(fmt::format("reference: `{}` has the wrong shape: expected [{}], found [{}]",
                               name.str(), fmt::join(expected, ", "),
                               fmt::join(found->second.shape, ", ")));
  return found->second;
}

static double numberOf(StringRef coefficient) {
  std::optional<Rational> number = parseRational(coefficient);
  return number ? toDouble(*number) : std::numeric_limits<double>::quiet_NaN();
}

static ScalarFunction functionOf(Activation kind, std::optional<StringRef> slope) {
  return {kind, slope ? numberOf(*slope) : 1};
}

namespace {
/// What each op computes; DyadOps.td says it in words.
struct Meaning {
  Values &values;

  const Tensor &of(Value value) { return values[value]; }
  int64_t rows(Value value) { return static_cast<int64_t>(of(value).values.front()); }

  Tensor operator()(dyad::LinearOp op) {
    return linear(of(op.getX()), of(op.getWeight()), op.getBias() ? &of(op.getBias()) : nullptr);
  }
  Tensor operator()(dyad::LinearTransposeOp op) {
    return linearTranspose(of(op.getD()), of(op.getWeight()));
  }
  Tensor operator()(dyad::WeightGradientOp op) {
    return weightGradient(of(op.getD()), of(op.getX()), rows(op.getRows()));
  }
  Tensor operator()(dyad::BiasGradientOp op) {
    return biasGradient(of(op.getD()), rows(op.getRows()));
  }
  Tensor operator()(dyad::ZeroOp op) { return Tensor(shapeOf(op.getType())); }
  Tensor operator()(dyad::CombineOp op) {
    Tensor sum(shapeOf(op.getType()));
    for (auto [text, operand] :
         llvm::zip(op.getCoefficients().getAsRange<StringAttr>(), op.getOperands()))
      addScaled(sum, numberOf(text.getValue()), of(operand));
    return sum;
  }
  Tensor operator()(dyad::ActivateOp op) {
    ScalarFunction f = functionOf(op.getActivation(), op.getSlope());
    double rho = numberOf(op.getRho());
    return map([&](double b) { return rho == 0 ? f.value(b) : f.regularized(b, rho); },
               of(op.getB()));
  }
  Tensor operator()(dyad::SlopeTimesOp op) {
    ScalarFunction f = functionOf(op.getActivation(), op.getSlope());
    return map([&](double z, double x) { return f.derivative(z) * x; }, of(op.getZ()),
               of(op.getX()));
  }
  Tensor operator()(dyad::ActivationDifferenceOp op) {
    ScalarFunction f = functionOf(op.getActivation(), op.getSlope());
    return map([&](double p, double q, double d) { return f.difference(p, q, d); }, of(op.getP()),
               of(op.getQ()), of(op.getD()));
  }
  Tensor operator()(dyad::LossGradientOp op) {
    return lossGradientOfBatch(op.getLoss(), of(op.getZ()), of(op.getTarget()));
  }
  Tensor operator()(dyad::LossOp op) {
    return lossOfBatch(op.getLoss(), of(op.getZ()), of(op.getTarget()));
  }
  Tensor operator()(dyad::FlattenOp op) { return reshape(of(op.getX()), shapeOf(op.getType())); }
  Tensor operator()(dyad::UnflattenOp op) { return reshape(of(op.getX()), shapeOf(op.getType())); }
};
} // namespace

llvm::Error reference::evaluate(Operation *op, Values &values) {
  for (Value operand : op->getOperands())
    if (!values.contains(operand))
      return failure(fmt::format("reference: `{}` reads a value that nothing has computed",
                                 op->getName().getStringRef().str()));
  Meaning meaning{values};
  std::optional<Tensor> result =
      TypeSwitch<Operation *, std::optional<Tensor>>(op)
          .Case<dyad::LinearOp, dyad::LinearTransposeOp, dyad::WeightGradientOp,
                dyad::BiasGradientOp, dyad::ZeroOp, dyad::CombineOp, dyad::ActivateOp,
                dyad::SlopeTimesOp, dyad::ActivationDifferenceOp, dyad::LossGradientOp,
                dyad::LossOp, dyad::FlattenOp, dyad::UnflattenOp>(
              [&](auto op) -> std::optional<Tensor> { return meaning(op); })
          .Default([](Operation *) { return std::nullopt; });
  if (!result)
    return failure(
        fmt::format("reference: cannot execute `{}`", op->getName().getStringRef().str()));
  values[op->getResult(0)] = std::move(*result);
  return llvm::Error::success();
}
