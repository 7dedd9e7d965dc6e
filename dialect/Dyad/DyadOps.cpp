//===- DyadOps.cpp - shapes and rules that `dyad` operations keep -----------------------------===//
#include "dialect/Dyad/DyadOps.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::dyad;

#include "dialect/Dyad/DyadDialect.cpp.inc"
#define GET_OP_CLASSES
#include "dialect/Dyad/DyadOps.cpp.inc"

void DyadDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialect/Dyad/DyadOps.cpp.inc"
      >();
}

Operation *DyadDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type,
                                            Location location) {
  if (!isa<UnitAttr>(value)) // the only constant is zero
    return nullptr;
  return ZeroOp::create(builder, location, type);
}

//===------------------------------------------------------------------------------------------===//
// Verifiers
//===------------------------------------------------------------------------------------------===//

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }

static LogicalResult expectType(Operation *op, StringRef what, Value value,
                                ArrayRef<int64_t> shape) {
  RankedTensorType found = typeOf(value);
  if (found.getShape() == shape)
    return success();
  return op->emitOpError() << what << " has the wrong shape: expected "
                           << RankedTensorType::get(shape, found.getElementType()) << ", found "
                           << found;
}

static LogicalResult expectMatrices(Operation *op, ValueRange values) {
  for (Value value : values)
    if (typeOf(value).getRank() != 2)
      return op->emitOpError() << "needs matrices, found " << value.getType();
  return success();
}

static LogicalResult verifySlope(Operation *op, Activation activation,
                                 std::optional<StringRef> slope) {
  if ((activation == Activation::leaky_relu) != slope.has_value())
    return op->emitOpError("needs a slope exactly for leaky_relu");
  if (slope && !Coefficient::parse(*slope)->number())
    return op->emitOpError("slope must be a number");
  return success();
}

LogicalResult ProgramOp::verify() {
  auto count = [&](auto range) { return std::distance(range.begin(), range.end()); };
  if (count(getBody().getOps<InitialOp>()) != 1 || count(getBody().getOps<GradientsOp>()) != 1)
    return emitOpError("needs exactly one dyad.initial and one dyad.gradients");
  if (count(getBody().getOps<InputOp>()) != 1 || count(getBody().getOps<TargetOp>()) != 1 ||
      count(getBody().getOps<RowsOp>()) != 1)
    return emitOpError("needs exactly one dyad.input, dyad.target and dyad.rows");
  llvm::StringSet<> layers;
  for (UpdateOp update : getBody().getOps<UpdateOp>())
    if (!layers.insert(update.getLayer()).second)
      return update.emitOpError() << "repeats the layer \"" << update.getLayer() << "\"";
  if (layers.empty())
    return emitOpError("needs at least one dyad.update");

  llvm::StringMap<Type> cells;
  for (SetOp set : (*getBody().getOps<InitialOp>().begin()).getBody().getOps<SetOp>())
    cells[set.getCell()] = set.getValue().getType();
  WalkResult walk = getBody().walk([&](Operation *op) -> WalkResult {
    auto check = [&](StringRef cell, Type type) -> LogicalResult {
      auto found = cells.find(cell);
      if (found == cells.end())
        return op->emitOpError() << "cell \"" << cell << "\" is not set by dyad.initial";
      if (found->second != type)
        return op->emitOpError() << "cell \"" << cell << "\" has the type " << found->second;
      return success();
    };
    if (auto get = dyn_cast<GetOp>(op))
      return check(get.getCell(), get.getType());
    auto set = dyn_cast<SetOp>(op);
    return set && isa<UpdateOp>(op->getParentOp()) ? check(set.getCell(), set.getValue().getType())
                                                   : success();
  });
  return failure(walk.wasInterrupted());
}

LogicalResult LinearOp::verify() {
  if (failed(expectMatrices(*this, {getX(), getWeight(), getResult()})))
    return failure();
  int64_t batch = typeOf(getX()).getDimSize(0), in = typeOf(getX()).getDimSize(1),
          out = typeOf(getWeight()).getDimSize(0);
  if (failed(expectType(*this, "weight", getWeight(), {out, in})) ||
      failed(expectType(*this, "result", getResult(), {batch, out})))
    return failure();
  return getBias() ? expectType(*this, "bias", getBias(), {out}) : success();
}

LogicalResult LinearTransposeOp::verify() {
  if (failed(expectMatrices(*this, {getD(), getWeight(), getResult()})))
    return failure();
  int64_t batch = typeOf(getD()).getDimSize(0), out = typeOf(getD()).getDimSize(1),
          in = typeOf(getWeight()).getDimSize(1);
  if (failed(expectType(*this, "weight", getWeight(), {out, in})))
    return failure();
  return expectType(*this, "result", getResult(), {batch, in});
}

LogicalResult WeightGradientOp::verify() {
  if (failed(expectMatrices(*this, {getD(), getX(), getResult()})))
    return failure();
  int64_t batch = typeOf(getD()).getDimSize(0), out = typeOf(getD()).getDimSize(1),
          in = typeOf(getX()).getDimSize(1);
  if (failed(expectType(*this, "x", getX(), {batch, in})))
    return failure();
  return expectType(*this, "result", getResult(), {out, in});
}

LogicalResult BiasGradientOp::verify() {
  if (failed(expectMatrices(*this, {getD()})))
    return failure();
  return expectType(*this, "result", getResult(), {typeOf(getD()).getDimSize(1)});
}

LogicalResult CombineOp::verify() {
  if (getCoefficients().size() != getOperands().size() || getOperands().empty())
    return emitOpError("needs one coefficient per operand and at least one");
  for (auto text : getCoefficients().getAsRange<StringAttr>())
    if (!Coefficient::parse(text.getValue())->number())
      return emitOpError() << "coefficient " << text << " is not a number";
  return success();
}

LogicalResult ActivateOp::verify() {
  std::optional<Rational> rho = Coefficient::parse(getRho())->number();
  if (!rho)
    return emitOpError("rho must be a number");
  bool curved = getActivation() == Activation::tanh || getActivation() == Activation::sigmoid;
  if (curved && *rho != Rational(0, 1))
    return emitOpError("tanh and sigmoid have no closed form with rho other than 0");
  return verifySlope(*this, getActivation(), getSlope());
}

LogicalResult SlopeTimesOp::verify() { return verifySlope(*this, getActivation(), getSlope()); }

LogicalResult ActivationDifferenceOp::verify() {
  return verifySlope(*this, getActivation(), getSlope());
}

LogicalResult LossOp::verify() {
  if (failed(expectMatrices(*this, {getZ()})) ||
      failed(expectType(*this, "target", getTarget(), typeOf(getZ()).getShape())))
    return failure();
  return expectType(*this, "result", getResult(), {typeOf(getZ()).getDimSize(0)});
}

static LogicalResult verifyFlattening(Operation *op, Value full, Value flat) {
  RankedTensorType type = typeOf(full);
  if (type.getRank() < 2)
    return op->emitOpError("needs a batch of at least vectors");
  int64_t batch = type.getDimSize(0);
  return expectType(op, "flat side", flat, {batch, type.getNumElements() / batch});
}

LogicalResult FlattenOp::verify() { return verifyFlattening(*this, getX(), getResult()); }
LogicalResult UnflattenOp::verify() { return verifyFlattening(*this, getResult(), getX()); }
