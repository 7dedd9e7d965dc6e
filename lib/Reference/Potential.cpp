//===- Potential.cpp - every term of a potential at given states ------------------------------===//
#include "lib/Reference/Potential.h"

#include "lib/Reference/Evaluator.h"
#include "lib/Reference/Kernels.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/TypeSwitch.h"
#include <fmt/format.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::reference;

static ScalarFunction functionOf(dp::LayerOp layer) {
  return {layer.getActivation(), toDouble(layer.getSlopeNumber())};
}

namespace {
/// Values of the vectors of a model, network and potential alike, at one point. The first error
/// that any of them meets is kept; what follows from it is empty.
class Vectors {
public:
  Vectors(dp::ModelOp model, const Point &point, Vectors *held = nullptr)
      : model(model), point(point), held(held ? *held : *this) {
    if (auto x = point.find("x"); x != point.end())
      batch = x->second.rows();
  }

  /// The vector that an op of the potential names.
  const Tensor &of(Value vector);
  /// An affine map of the network, from what stands in `read` for the layers and the input.
  Tensor affine(Value output, const llvm::DenseMap<Value, Tensor> &read);
  /// `x`, `y`, a parameter or a cell.
  Tensor named(StringRef name, Type perSample);
  Tensor parameter(dp::ParameterOp op) { return checked(op.getName(), shapeOf(op.getType())); }
  double number(StringRef coefficient);
  /// [batch, ...] for a vector of this type.
  std::vector<int64_t> batchShape(Type perSample);

  llvm::Error takeError() {
    return firstError.empty() ? llvm::Error::success() : failure(firstError);
  }

private:
  Tensor compute(Operation *op);
  Tensor form(dp::FormOp op);
  Tensor combine(Type perSample, ArrayAttr coefficients,
                 llvm::function_ref<Tensor(unsigned)> operand);
  Tensor checked(StringRef name, std::vector<int64_t> shape);
  void fail(const std::string &message) {
    if (firstError.empty())
      firstError = message;
  }
  static std::vector<int64_t> shapeOf(Type type) {
    return cast<RankedTensorType>(type).getShape().vec();
  }
  unsigned indexOf(StringRef compartment) {
    unsigned index = 0;
    for (dp::CompartmentOp op : model.getCompartments()) {
      if (op.getName() == compartment)
        break;
      ++index;
    }
    return index;
  }

  dp::ModelOp model;
  const Point &point;
  Vectors &held;
  int64_t batch = 0;
  llvm::DenseMap<Value, Tensor> known;
  llvm::StringMap<double> numbers; // of coefficients
  std::string firstError;
};
} // namespace

double Vectors::number(StringRef coefficient) {
  auto [known, isNew] = numbers.try_emplace(coefficient, 0);
  if (!isNew)
    return known->second;
  std::optional<Coefficient> parsed = Coefficient::parse(coefficient);
  if (std::optional<Rational> value = parsed ? model.evaluate(*parsed) : std::nullopt)
    return known->second = toDouble(*value);
  fail(fmt::format("reference: coefficient `{}` has no value", coefficient.str()));
  return 0;
}

std::vector<int64_t> Vectors::batchShape(Type perSample) {
  std::vector<int64_t> shape = shapeOf(perSample);
  shape.insert(shape.begin(), batch);
  return shape;
}

Tensor Vectors::checked(StringRef name, std::vector<int64_t> shape) {
  auto found = point.find(name.str());
  if (found != point.end() && found->second.shape == shape)
    return found->second;
  fail(fmt::format("reference: `{}` is missing or has the wrong shape", name.str()));
  return Tensor(std::move(shape));
}

Tensor Vectors::named(StringRef name, Type perSample) {
  return checked(name, batchShape(perSample));
}

Tensor Vectors::combine(Type perSample, ArrayAttr coefficients,
                        llvm::function_ref<Tensor(unsigned)> operand) {
  Tensor sum(batchShape(perSample));
  for (auto [i, coefficient] : llvm::enumerate(coefficients.getAsRange<StringAttr>()))
    addScaled(sum, number(coefficient.getValue()), operand(i));
  return sum;
}

Tensor Vectors::affine(Value output, const llvm::DenseMap<Value, Tensor> &read) {
  if (auto found = read.find(output); found != read.end())
    return found->second;
  return TypeSwitch<Operation *, Tensor>(output.getDefiningOp())
      .Case([&](dp::DenseOp op) {
        Tensor weight = parameter(op.getWeight().getDefiningOp<dp::ParameterOp>());
        if (!op.getBias())
          return linear(affine(op.getX(), read), weight, nullptr);
        Tensor bias = parameter(op.getBias().getDefiningOp<dp::ParameterOp>());
        return linear(affine(op.getX(), read), weight, &bias);
      })
      .Case([&](dp::FlattenOp op) {
        return reshape(affine(op.getX(), read), batchShape(op.getType()));
      })
      .Case([&](dp::CombineOp op) {
        return combine(op.getType(), op.getCoefficients(),
                       [&](unsigned i) { return affine(op.getOperand(i), read); });
      })
      .Default([&](Operation *op) {
        fail(fmt::format("reference: `{}` is no affine map", op->getName().getStringRef().str()));
        return Tensor(batchShape(output.getType()));
      });
}

Tensor Vectors::form(dp::FormOp op) {
  auto layer = op.getLayer().getDefiningOp<dp::LayerOp>();
  return combine(op.getType(), op.getCoefficients(), [&](unsigned i) {
    if (!layer) // the only name at the input is the datum's
      return named("x", op.getType());
    StringRef compartment = cast<StringAttr>(op.getNames()[i]).getValue();
    return named(fmt::format("{}#{}", layer.getName().str(), indexOf(compartment)), op.getType());
  });
}

Tensor Vectors::compute(Operation *op) {
  return TypeSwitch<Operation *, Tensor>(op)
      .Case([&](dp::FormOp op) { return form(op); })
      .Case([&](dp::InverseOp op) {
        ScalarFunction f{Activation::identity}; // the input's potential is half the square
        if (auto layer = dp::layerOf(op.getForm()).getDefiningOp<dp::LayerOp>())
          f = functionOf(layer);
        return map([&](double s) { return f.inverse(s); }, of(op.getForm()));
      })
      .Case([&](dp::PreviousOp op) { return held.of(op.getForm()); })
      .Case([&](dp::StoredOp op) {
        auto layer = op.getLayer().getDefiningOp<dp::LayerOp>();
        return held.named(fmt::format("{}#z{}", layer.getName().str(), indexOf(op.getName())),
                          op.getType());
      })
      .Case([&](dp::AffineOp op) {
        auto layer = op.getLayer().getDefiningOp<dp::LayerOp>();
        llvm::DenseMap<Value, Tensor> read;
        for (auto [source, form] : llvm::zip(layer.getSources(), op.getReads()))
          read[source] = of(form);
        return affine(layer.getPreactivation(), read);
      })
      .Case([&](dp::CombineOp op) {
        return combine(op.getType(), op.getCoefficients(),
                       [&](unsigned i) { return of(op.getOperand(i)); });
      })
      .Default([&](Operation *op) {
        fail(fmt::format("reference: `{}` is no vector", op->getName().getStringRef().str()));
        return Tensor(batchShape(op->getResult(0).getType()));
      });
}

const Tensor &Vectors::of(Value vector) {
  if (auto found = known.find(vector); found != known.end())
    return found->second;
  Tensor value = compute(vector.getDefiningOp());
  return known[vector] = std::move(value);
}

//===------------------------------------------------------------------------------------------===//
// Terms
//===------------------------------------------------------------------------------------------===//

/// Adds up, within each sample, scale * function(element of x, …).
template <typename Function, typename... Tensors>
static Tensor sumUnits(double scale, Function function, const Tensor &x, const Tensors &...others) {
  Tensor sum({x.rows()});
  for (int64_t b = 0; b < x.rows(); ++b) {
    for (int64_t i = 0; i < x.columns(); ++i)
      sum.values[b] += function(x.at(b, i), others.at(b, i)...);
    sum.values[b] *= scale;
  }
  return sum;
}

static double product(double a, double b) { return a * b; }

/// l(p) + <gradient at p, z - p>.
static Tensor linearisedLoss(Loss loss, double scale, const Tensor &z, const Tensor &p,
                             const Tensor &target) {
  Tensor atPoint = lossOfBatch(loss, p, target);
  Tensor sum = sumUnits(
      scale, [](double gradient, double z, double p) { return gradient * (z - p); },
      lossGradientOfBatch(loss, p, target), z, p);
  addScaled(sum, scale, atPoint);
  return sum;
}

llvm::Expected<Environment> reference::runForward(dp::ModelOp model, const Point &point) {
  Vectors vectors(model, point);
  Environment cells;
  llvm::DenseMap<Value, Tensor> states;
  dp::InputOp input = model.getInput();
  states[input.getResult()] = vectors.named("x", input.getType());
  for (dp::LayerOp layer : model.getLayers()) {
    ScalarFunction f = functionOf(layer);
    Tensor a = vectors.affine(layer.getPreactivation(), states);
    Tensor s = map([&](double b) { return f.value(b); }, a);
    cells[layer.getName().str() + "#preactivation"] = a;
    cells[layer.getName().str() + "#forward"] = s;
    states[layer.getResult()] = std::move(s);
  }
  if (llvm::Error error = vectors.takeError())
    return std::move(error);
  return cells;
}

llvm::Expected<std::vector<Tensor>> reference::evaluateTerms(dp::ModelOp model, const Point &point,
                                                             const Point &held) {
  Vectors constants(model, held), vectors(model, point, &constants);
  Type outputs = model.getLayers().back().getType();

  auto pointOf = [&](dp::LossOp op) -> llvm::Expected<Tensor> {
    if (op.getAt() == dp::LossPoint::value)
      return constants.of(op.getPoint());
    if (op.getAt() == dp::LossPoint::previous)
      return constants.of(op.getForm());
    auto forward = runForward(model, held);
    if (!forward)
      return forward.takeError();
    return forward->at("output#forward");
  };

  std::vector<Tensor> terms;
  for (Operation &op : model.getPotential().getBody().front()) {
    if (auto energy = dyn_cast<dp::EnergyOp>(op)) {
      ScalarFunction f{Activation::identity};
      if (auto layer = dp::layerOf(energy.getForm()).getDefiningOp<dp::LayerOp>())
        f = functionOf(layer);
      terms.push_back(sumUnits(
          vectors.number(energy.getCoefficient()), [&](double s) { return f.potential(s); },
          vectors.of(energy.getForm())));
    } else if (auto pair = dyn_cast<dp::PairOp>(op)) {
      // Two look-ups: the first reference does not survive the second.
      Tensor left = vectors.of(pair.getLeft());
      terms.push_back(sumUnits(vectors.number(pair.getCoefficient()), product, left,
                               vectors.of(pair.getRight())));
    } else if (auto loss = dyn_cast<dp::LossOp>(op)) {
      Tensor target = constants.named("y", outputs), z = vectors.of(loss.getForm());
      double scale = vectors.number(loss.getCoefficient());
      if (loss.getAt() == dp::LossPoint::exact) {
        Tensor value(std::vector<int64_t>{z.rows()});
        addScaled(value, scale, lossOfBatch(model.getLoss(), z, target));
        terms.push_back(std::move(value));
        continue;
      }
      auto at = pointOf(loss);
      if (!at)
        return at.takeError();
      terms.push_back(linearisedLoss(model.getLoss(), scale, z, *at, target));
    }
  }
  if (llvm::Error error = vectors.takeError())
    return std::move(error);
  if (llvm::Error error = constants.takeError())
    return std::move(error);
  return terms;
}

llvm::Expected<Tensor> reference::evaluatePotential(dp::ModelOp model, const Point &point,
                                                    const Point &held) {
  auto terms = evaluateTerms(model, point, held);
  if (!terms)
    return terms.takeError();
  auto x = point.find("x");
  Tensor sum(std::vector<int64_t>{x == point.end() ? 0 : x->second.rows()});
  for (const Tensor &term : *terms)
    addScaled(sum, 1, term);
  return sum;
}
