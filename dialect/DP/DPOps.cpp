//===- DPOps.cpp - shapes and rules that `dp` operations keep ---------------------------------===//
//
// The parser has reported what users write wrongly (language.md 3, 4); these verifiers guard dumps
// that people edit and passes that err.
//
//===------------------------------------------------------------------------------------------===//
#include "dialect/DP/DPOps.h"

#include "llvm/ADT/StringSet.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::dp;

#include "dialect/DP/DPDialect.cpp.inc"
#include "dialect/DP/DPEnums.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/DP/DPOps.cpp.inc"

void DPDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/DP/DPOps.cpp.inc"
      >();
}

//===------------------------------------------------------------------------------------------===//
// Queries
//===------------------------------------------------------------------------------------------===//

SmallVector<LayerOp> ModelOp::getLayers() { return llvm::to_vector(getBody().getOps<LayerOp>()); }

SmallVector<CompartmentOp> ModelOp::getCompartments() {
  return llvm::to_vector(getBody().getOps<CompartmentOp>());
}

InputOp ModelOp::getInput() { return *getBody().getOps<InputOp>().begin(); }

PotentialOp ModelOp::getPotential() { return *getBody().getOps<PotentialOp>().begin(); }

std::optional<Rational> ModelOp::evaluate(const Coefficient &coefficient) {
  return coefficient.evaluate([&](StringRef name) -> std::optional<Rational> {
    auto text = getParameters().getAs<StringAttr>(name);
    return text ? parseRational(text.getValue()) : std::nullopt;
  });
}

llvm::SetVector<Value> LayerOp::getSources() {
  llvm::SetVector<Value> sources;
  llvm::DenseSet<Value> seen; // an affine map is a DAG: its paths may be exponentially many
  auto visit = [&](auto &visit, Value value) -> void {
    if (!seen.insert(value).second)
      return;
    Operation *op = value.getDefiningOp();
    if (isa<LayerOp, InputOp>(op))
      sources.insert(value);
    else
      for (Value operand : op->getOperands())
        visit(visit, operand);
  };
  visit(visit, getPreactivation());
  return sources;
}

Rational LayerOp::getSlopeNumber() {
  std::optional<StringRef> slope = getSlope();
  return slope ? *Coefficient::parse(*slope)->number() : Rational(1, 1);
}

Value dp::layerOf(Value vector) {
  return TypeSwitch<Operation *, Value>(vector.getDefiningOp())
      .Case<FormOp, AffineOp, StoredOp>([](auto op) { return op.getLayer(); })
      .Case<InverseOp, PreviousOp>([](auto op) { return layerOf(op.getForm()); })
      .Case<CombineOp>([](CombineOp op) { return layerOf(op.getOperands().front()); })
      .Default([](Operation *) { return Value(); });
}

//===------------------------------------------------------------------------------------------===//
// Verifiers
//===------------------------------------------------------------------------------------------===//

LogicalResult ModelOp::verify() {
  auto inputs = getBody().getOps<InputOp>();
  if (std::distance(inputs.begin(), inputs.end()) != 1)
    return emitOpError("needs exactly one dp.input");
  auto potentials = getBody().getOps<PotentialOp>();
  if (std::distance(potentials.begin(), potentials.end()) != 1)
    return emitOpError("needs exactly one dp.potential");
  SmallVector<LayerOp> layers = getLayers();
  if (layers.empty() || !layers.back().isOutput())
    return emitOpError("needs a last dp.layer named \"output\"");
  if (layers.back().getActivation() != Activation::identity)
    return emitOpError("needs the identity as the output's activation (N3)");
  llvm::StringSet<> names;
  for (LayerOp layer : layers)
    if (!names.insert(layer.getName()).second)
      return layer.emitOpError() << "repeats the name \"" << layer.getName() << "\" (N6)";
  for (NamedAttribute parameter : getParameters()) {
    auto text = dyn_cast<StringAttr>(parameter.getValue());
    if (!text || !parseRational(text.getValue()))
      return emitOpError() << "parameter " << parameter.getName() << " is not an exact number";
  }
  return success();
}

LogicalResult DenseOp::verify() {
  auto x = cast<RankedTensorType>(getX().getType());
  auto weight = cast<RankedTensorType>(getWeight().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (x.getRank() != 1 || weight.getRank() != 2 || result.getRank() != 1)
    return emitOpError("needs a vector, a matrix and a vector as result (N8)");
  if (weight.getDimSize(1) != x.getDimSize(0) || weight.getDimSize(0) != result.getDimSize(0))
    return emitOpError("weight must be [out, in]: expected ")
           << result.getDimSize(0) << "x" << x.getDimSize(0) << ", found " << weight;
  if (getBias() && getBias().getType() != result)
    return emitOpError("bias must have the result's type ") << result;
  return success();
}

LogicalResult FlattenOp::verify() {
  auto x = cast<RankedTensorType>(getX().getType());
  auto result = cast<RankedTensorType>(getResult().getType());
  if (result.getRank() != 1 || result.getNumElements() != x.getNumElements())
    return emitOpError("result must be a vector of ") << x.getNumElements() << " elements";
  return success();
}

LogicalResult CombineOp::verify() {
  if (getCoefficients().size() != getOperands().size() || getOperands().empty())
    return emitOpError("needs one coefficient per operand and at least one");
  return success();
}

LogicalResult LayerOp::verify() {
  if ((getActivation() == Activation::leaky_relu) != getSlope().has_value())
    return emitOpError("needs a slope exactly for leaky_relu");
  if (getSlope() && !Coefficient::parse(*getSlope())->number())
    return emitOpError("slope must be a number");
  SmallVector<Value> open{getPreactivation()};
  llvm::DenseSet<Value> seen;
  while (!open.empty()) {
    Value value = open.pop_back_val();
    Operation *op = value.getDefiningOp();
    if (!seen.insert(value).second || isa<LayerOp, InputOp, ParameterOp>(op))
      continue;
    if (!isa<DenseOp, FlattenOp, CombineOp>(op))
      return emitOpError() << "reads " << op->getName() << ", which is no linear operator (N4)";
    open.append(op->operand_begin(), op->operand_end());
  }
  return success();
}

LogicalResult FormOp::verify() {
  if (getNames().size() != getCoefficients().size())
    return emitOpError("needs one coefficient per name");
  Operation *layer = getLayer().getDefiningOp();
  if (!isa<LayerOp, InputOp>(layer))
    return emitOpError("first operand must be a layer or the input");
  auto model = (*this)->getParentOfType<ModelOp>();
  llvm::StringSet<> seen;
  for (StringAttr name : getNames().getAsRange<StringAttr>()) {
    if (!seen.insert(name.getValue()).second)
      return emitOpError() << "repeats " << name;
    bool known = isa<InputOp>(layer)
                     ? name.getValue() == datumName
                     : llvm::any_of(model.getCompartments(), [&](CompartmentOp compartment) {
                         return compartment.getNameAttr() == name;
                       });
    if (!known)
      return emitOpError() << name << " is no compartment of this layer";
  }
  return success();
}

static LogicalResult verifyForm(Operation *op, Value form) {
  if (!form.getDefiningOp<FormOp>())
    return op->emitOpError("operand must be a dp.form");
  return success();
}

LogicalResult InverseOp::verify() { return verifyForm(*this, getForm()); }
LogicalResult PreviousOp::verify() { return verifyForm(*this, getForm()); }
LogicalResult EnergyOp::verify() { return verifyForm(*this, getForm()); }

LogicalResult AffineOp::verify() {
  auto layer = getLayer().getDefiningOp<LayerOp>();
  if (!layer)
    return emitOpError("first operand must be a dp.layer");
  llvm::SetVector<Value> sources = layer.getSources();
  if (sources.size() != getReads().size())
    return emitOpError() << "needs one form per source: expected " << sources.size() << ", found "
                         << getReads().size();
  for (auto [source, read] : llvm::zip(sources, getReads())) {
    auto form = read.getDefiningOp<FormOp>();
    if (!form || form.getLayer() != source)
      return emitOpError("reads must be forms of the layer's sources, in their order");
  }
  return success();
}

LogicalResult LossOp::verify() {
  if (failed(verifyForm(*this, getForm())))
    return failure();
  auto layer = layerOf(getForm()).getDefiningOp<LayerOp>();
  if (!layer || !layer.isOutput())
    return emitOpError("must be at the output layer");
  if ((getAt() == LossPoint::value) != static_cast<bool>(getPoint()))
    return emitOpError("needs a point exactly for `at value`");
  if (getPoint() && getPoint().getType() != getForm().getType())
    return emitOpError("point must have the form's type ") << getForm().getType();
  return success();
}

LogicalResult PairOp::verify() {
  for (Value side : getOperands())
    if (!isa_and_nonnull<FormOp, InverseOp, PreviousOp, StoredOp, AffineOp>(side.getDefiningOp()))
      return emitOpError("sides must be form, inverse, previous, stored or affine");
  if (layerOf(getLeft()) != layerOf(getRight()))
    return emitOpError("sides must belong to one layer");
  return success();
}
