//===- LayerMap.cpp - the operators between a layer and its inputs, both ways -----------------===//
//
// Forward in program order, cotangents and weight gradients against it, so that each operator is
// written once per direction however many layers read its result.
//
//===------------------------------------------------------------------------------------------===//
#include "lib/Derive/LayerMap.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

static bool isSource(Value value) { return isa<dp::LayerOp, dp::InputOp>(value.getDefiningOp()); }

RankedTensorType LayerMap::batchType(Type perSample) const {
  auto type = cast<RankedTensorType>(perSample);
  SmallVector<int64_t> shape{batch};
  llvm::append_range(shape, type.getShape());
  return RankedTensorType::get(shape, type.getElementType());
}

SmallVector<Value> LayerMap::operators() {
  llvm::SetVector<Value> order;
  auto visit = [&](auto &visit, Value value) -> void {
    if (isSource(value) || isa<dp::ParameterOp>(value.getDefiningOp()) || order.contains(value))
      return;
    for (Value operand : value.getDefiningOp()->getOperands())
      visit(visit, operand);
    order.insert(value);
  };
  visit(visit, layer.getPreactivation());
  return order.takeVector();
}

/// One operator on values of its operands.
Value LayerMap::apply(OpBuilder &builder, Location location, Value result,
                      llvm::function_ref<Value(Value)> valueOf) {
  Type type = batchType(result.getType());
  return TypeSwitch<Operation *, Value>(result.getDefiningOp())
      .Case<dp::DenseOp>([&](dp::DenseOp op) {
        return dyad::LinearOp::create(builder, location, type, valueOf(op.getX()),
                                      parameter(op.getWeight()),
                                      op.getBias() ? parameter(op.getBias()) : Value());
      })
      .Case<dp::FlattenOp>([&](dp::FlattenOp op) {
        return dyad::FlattenOp::create(builder, location, type, valueOf(op.getX()));
      })
      .Case<dp::CombineOp>([&](dp::CombineOp op) {
        return dyad::CombineOp::create(builder, location, type, op.getCoefficientsAttr(),
                                       llvm::map_to_vector(op.getOperands(), valueOf));
      });
}

Value LayerMap::forward(OpBuilder &builder, Location location,
                        llvm::function_ref<Value(Value)> sources,
                        llvm::DenseMap<Value, Value> &values) {
  for (Value source : layer.getSources())
    if (!values.count(source)) {
      Value value = sources(source);
      values[source] = value;
    }
  for (Value result : operators())
    if (!values.count(result)) {
      Value value =
          apply(builder, location, result, [&](Value operand) { return values.lookup(operand); });
      values[result] = value;
    }
  return values.lookup(layer.getPreactivation());
}

void LayerMap::operands(OpBuilder &builder, Location location,
                        llvm::DenseMap<Value, Value> &values) {
  SmallVector<Value> order = operators();
  llvm::DenseSet<Value> wanted;
  for (Value result : llvm::reverse(order)) {
    Operation *op = result.getDefiningOp();
    if (auto dense = dyn_cast<dp::DenseOp>(op))
      wanted.insert(dense.getX());
    if (wanted.contains(result))
      wanted.insert(op->operand_begin(), op->operand_end());
  }
  for (Value result : order)
    if (wanted.contains(result) && !values.count(result)) {
      Value value =
          apply(builder, location, result, [&](Value operand) { return values.lookup(operand); });
      values[result] = value;
    }
}

void LayerMap::backward(OpBuilder &builder, Location location, Value cotangent,
                        llvm::function_ref<bool(Value)> follow,
                        llvm::function_ref<void(Value, Value)> visit) {
  llvm::DenseMap<Value, SmallVector<std::pair<StringRef, Value>>> flows;
  auto flow = [&](Value value, StringRef coefficient, Value cotangent) {
    flows[value].push_back({coefficient, cotangent});
  };
  auto arrived = [&](Value value) -> Value {
    auto &parts = flows[value];
    if (parts.empty())
      return {};
    if (parts.size() == 1 && parts.front().first == "1")
      return parts.front().second;
    SmallVector<Attribute> coefficients;
    SmallVector<Value> operands;
    for (auto [coefficient, part] : parts) {
      coefficients.push_back(builder.getStringAttr(coefficient));
      operands.push_back(part);
    }
    return dyad::CombineOp::create(builder, location, operands.front().getType(),
                                   builder.getArrayAttr(coefficients), operands);
  };
  flow(layer.getPreactivation(), "1", cotangent);
  SmallVector<Value> order = operators();
  for (Value value : llvm::reverse(order)) {
    Value sum = arrived(value);
    if (!sum)
      continue;
    visit(value, sum);
    TypeSwitch<Operation *>(value.getDefiningOp())
        .Case<dp::DenseOp>([&](dp::DenseOp op) {
          if (follow(op.getX()))
            flow(op.getX(), "1",
                 dyad::LinearTransposeOp::create(builder, location, batchType(op.getX().getType()),
                                                 sum, parameter(op.getWeight())));
        })
        .Case<dp::FlattenOp>([&](dp::FlattenOp op) {
          if (follow(op.getX()))
            flow(op.getX(), "1",
                 dyad::UnflattenOp::create(builder, location, batchType(op.getX().getType()), sum));
        })
        .Case<dp::CombineOp>([&](dp::CombineOp op) {
          for (auto [operand, text] : llvm::zip(op.getOperands(), op.getCoefficients()))
            if (follow(operand))
              flow(operand, cast<StringAttr>(text).getValue(), sum);
        });
  }
  for (Value source : layer.getSources())
    if (Value sum = arrived(source))
      visit(source, sum);
}

/// Values from which `source` can be reached backwards.
static llvm::DenseSet<Value> pathsTo(ArrayRef<Value> operators, Value source) {
  llvm::DenseSet<Value> reached{source};
  for (Value value : operators)
    if (llvm::any_of(value.getDefiningOp()->getOperands(),
                     [&](Value operand) { return reached.contains(operand); }))
      reached.insert(value);
  return reached;
}

Value LayerMap::transpose(OpBuilder &builder, Location location, Value source, Value cotangent) {
  llvm::DenseSet<Value> reached = pathsTo(operators(), source);
  Value result;
  backward(
      builder, location, cotangent, [&](Value value) { return reached.contains(value); },
      [&](Value value, Value sum) {
        if (value == source)
          result = sum;
      });
  return result;
}

void LayerMap::parameterGradients(OpBuilder &builder, Location location, Value cotangent,
                                  Value rows, llvm::DenseMap<Value, Value> &values,
                                  llvm::function_ref<void(Value, Value)> use) {
  // Only operators above some other operator with parameters need a cotangent.
  llvm::DenseSet<Value> withParameters;
  for (Value value : operators()) {
    Operation *op = value.getDefiningOp();
    if (isa<dp::DenseOp>(op) || llvm::any_of(op->getOperands(), [&](Value operand) {
          return withParameters.contains(operand);
        }))
      withParameters.insert(value);
  }
  backward(
      builder, location, cotangent, [&](Value value) { return withParameters.contains(value); },
      [&](Value value, Value sum) {
        auto op = value.getDefiningOp<dp::DenseOp>();
        if (!op)
          return;
        use(op.getWeight(),
            dyad::WeightGradientOp::create(builder, location, op.getWeight().getType(), sum,
                                           values.lookup(op.getX()), rows));
        if (op.getBias())
          use(op.getBias(),
              dyad::BiasGradientOp::create(builder, location, op.getBias().getType(), sum, rows));
      });
}
