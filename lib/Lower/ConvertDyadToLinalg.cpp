//===- ConvertDyadToLinalg.cpp - convert-dyad-to-linalg ---------------------------------------===//
#include "dialect/Dyad/DyadOps.h"
#include "lib/Lower/Passes.h"
#include "lib/Lower/ScalarMath.h"
#include "lib/Support/Messages.h"

#include "llvm/ADT/StringSet.h"

namespace dpc {
#define GEN_PASS_DEF_CONVERTDYADTOLINALG
#include "lib/Lower/Passes.h.inc"
} // namespace dpc

using namespace mlir;
using namespace dpc;

namespace {

/// A value of the source is either over the batch or has the shape of a parameter: only the
/// latter is transposed.
enum class Kind { Batch, Parameter };

class FunctionConverter {
public:
  explicit FunctionConverter(func::FuncOp source) : source(source), b(source) {}
  FailureOr<func::FuncOp> convert();

private:
  using Body = llvm::function_ref<Value(ScalarMath &, ValueRange)>;

  LogicalResult convertSignature();
  LogicalResult convertOp(Operation *op);
  void convertSoftmax(Operation *op, Value z, Value y);
  LogicalResult convertReturn(func::ReturnOp op);

  RankedTensorType convertType(Type type, Kind kind) const;
  Kind kindOf(Value value) const {
    return parameterLike.contains(value) ? Kind::Parameter : Kind::Batch;
  }
  Value get(Value value, Kind kind = Kind::Batch);
  void set(Value value, Value converted) { values[value] = converted; }

  Value filled(Location loc, RankedTensorType type, double number);
  Value product(Operation *op, RankedTensorType type, Value x, Value y, bool transposeX);
  Value transposed(Location loc, Value weight);
  Value firstRows(Location loc, Value matrix);
  Value rowsInverse(Location loc, FloatType type);
  /// One op per unit of `type`; an operand of lower rank is a row vector (its size is the last
  /// dimension).
  Value elementwise(Location loc, RankedTensorType type, ValueRange operands, Body body);
  /// Folds each row of a matrix; `reduced` names the columns' combiner for each result.
  using RowBody =
      llvm::function_ref<SmallVector<Value>(OpBuilder &, Location, ScalarMath &, ValueRange)>;
  SmallVector<Value> reduceRows(Location loc, ValueRange matrices, ValueRange columns,
                                ArrayRef<double> neutral, RowBody body);

  func::FuncOp source;
  OpBuilder b;
  func::FuncOp target;
  Value rows, inverse;
  llvm::DenseSet<Value> parameterLike;
  llvm::DenseMap<Value, Value> values, transposes, targetSums;
  struct Softmax {
    Value top, ties, below;
  };
  llvm::DenseMap<Value, Softmax> softmaxes; // of the pre-activation
};

} // namespace

static RankedTensorType typeOf(Value value) { return cast<RankedTensorType>(value.getType()); }
static FloatType elementOf(RankedTensorType type) { return cast<FloatType>(type.getElementType()); }

RankedTensorType FunctionConverter::convertType(Type type, Kind kind) const {
  auto tensor = cast<RankedTensorType>(type);
  ArrayRef<int64_t> shape = tensor.getShape();
  if (kind == Kind::Parameter)
    return shape.size() == 2 ? tensor.clone({shape[1], shape[0]}) : tensor;
  if (shape.size() <= 2)
    return tensor;
  return tensor.clone({shape[0], tensor.getNumElements() / shape[0]});
}

Value FunctionConverter::get(Value value, Kind kind) {
  // A zero is made where it is used: it may serve for both kinds.
  if (auto op = value.getDefiningOp<dyad::ZeroOp>())
    return elementwise(op.getLoc(), convertType(op.getType(), kind), {},
                       [](ScalarMath &math, ValueRange) { return math.constant(0.0); });
  return values.at(value);
}

//===------------------------------------------------------------------------------------------===//
// Building blocks
//===------------------------------------------------------------------------------------------===//

Value FunctionConverter::filled(Location loc, RankedTensorType type, double number) {
  Value value = arith::ConstantOp::create(b, loc, b.getFloatAttr(type.getElementType(), number));
  Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  return linalg::FillOp::create(b, loc, value, empty).getResult(0);
}

Value FunctionConverter::elementwise(Location loc, RankedTensorType type, ValueRange operands,
                                     Body body) {
  unsigned rank = type.getRank();
  SmallVector<AffineMap> maps;
  for (Value operand : operands)
    maps.push_back(typeOf(operand).getRank() == rank
                       ? b.getMultiDimIdentityMap(rank)
                       : AffineMap::get(rank, 0, b.getAffineDimExpr(rank - 1)));
  maps.push_back(b.getMultiDimIdentityMap(rank));
  Value empty = tensor::EmptyOp::create(b, loc, type.getShape(), type.getElementType());
  SmallVector<utils::IteratorType> iterators(rank, utils::IteratorType::parallel);
  auto generic = linalg::GenericOp::create(
      b, loc, TypeRange{type}, operands, ValueRange{empty}, maps, iterators,
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        ScalarMath math(inner, loc, elementOf(type));
        linalg::YieldOp::create(inner, loc, body(math, arguments.drop_back()));
      });
  return generic.getResult(0);
}

Value FunctionConverter::product(Operation *op, RankedTensorType type, Value x, Value y,
                                 bool transposeX) {
  Value zero = filled(op->getLoc(), type, 0.0);
  if (transposeX)
    return linalg::MatmulTransposeAOp::create(b, op->getLoc(), TypeRange{type}, ValueRange{x, y},
                                              ValueRange{zero})
        .getResult(0);
  return linalg::MatmulOp::create(b, op->getLoc(), TypeRange{type}, ValueRange{x, y},
                                  ValueRange{zero})
      .getResult(0);
}

Value FunctionConverter::transposed(Location loc, Value weight) {
  Value &result = transposes[weight];
  if (!result) {
    RankedTensorType type = typeOf(weight);
    Value empty = tensor::EmptyOp::create(
        b, loc, ArrayRef<int64_t>{type.getDimSize(1), type.getDimSize(0)}, type.getElementType());
    result =
        linalg::TransposeOp::create(b, loc, weight, empty, ArrayRef<int64_t>{1, 0}).getResult()[0];
  }
  return result;
}

Value FunctionConverter::firstRows(Location loc, Value matrix) {
  RankedTensorType type = typeOf(matrix);
  SmallVector<OpFoldResult> offsets{b.getIndexAttr(0), b.getIndexAttr(0)};
  SmallVector<OpFoldResult> sizes{rows, b.getIndexAttr(type.getDimSize(1))};
  SmallVector<OpFoldResult> strides{b.getIndexAttr(1), b.getIndexAttr(1)};
  return tensor::ExtractSliceOp::create(b, loc, matrix, offsets, sizes, strides);
}

Value FunctionConverter::rowsInverse(Location loc, FloatType type) {
  if (!inverse) {
    Value integer = arith::IndexCastOp::create(b, loc, b.getI64Type(), rows);
    Value number = arith::SIToFPOp::create(b, loc, type, integer);
    Value one = arith::ConstantOp::create(b, loc, b.getFloatAttr(type, 1.0));
    inverse = arith::DivFOp::create(b, loc, one, number);
  }
  return inverse;
}

SmallVector<Value> FunctionConverter::reduceRows(Location loc, ValueRange matrices,
                                                 ValueRange columns, ArrayRef<double> neutral,
                                                 RowBody body) {
  RankedTensorType type = typeOf(matrices.front());
  auto result = RankedTensorType::get({type.getDimSize(0)}, type.getElementType());
  SmallVector<Value> operands(matrices), inits;
  SmallVector<AffineMap> maps(matrices.size(), b.getMultiDimIdentityMap(2));
  operands.append(columns.begin(), columns.end());
  for (double number : neutral)
    inits.push_back(filled(loc, result, number));
  maps.append(columns.size() + inits.size(), AffineMap::get(2, 0, b.getAffineDimExpr(0)));
  SmallVector<utils::IteratorType> iterators{utils::IteratorType::parallel,
                                             utils::IteratorType::reduction};
  auto generic = linalg::GenericOp::create(
      b, loc, SmallVector<Type>(inits.size(), result), operands, inits, maps, iterators,
      [&](OpBuilder &inner, Location, ValueRange arguments) {
        ScalarMath math(inner, loc, elementOf(type));
        linalg::YieldOp::create(inner, loc, body(inner, loc, math, arguments));
      });
  return SmallVector<Value>(generic.getResults());
}

//===------------------------------------------------------------------------------------------===//
// Operations
//===------------------------------------------------------------------------------------------===//

static std::optional<Rational> numberOf(std::optional<StringRef> text) {
  return text ? parseRational(*text) : std::nullopt;
}

template <typename OpT> static ActivationFunction functionOf(OpT op) {
  return {op.getActivation(), numberOf(op.getSlope()).value_or(Rational(1, 1))};
}

/// Sums, gradients and losses of the softmax of `z`, shared by the ops that read it.
void FunctionConverter::convertSoftmax(Operation *op, Value z, Value y) {
  Softmax &softmax = softmaxes[z];
  if (!softmax.top) {
    Location loc = op->getLoc();
    softmax.top = reduceRows(loc, {z}, {}, {-std::numeric_limits<double>::infinity()},
                             [](OpBuilder &inner, Location l, ScalarMath &, ValueRange arguments) {
                               return SmallVector<Value>{
                                   arith::MaximumFOp::create(inner, l, arguments[0], arguments[1])};
                             })[0];
    SmallVector<Value> sums = reduceRows(
        loc, {z}, {softmax.top}, {0.0, 0.0},
        [](OpBuilder &inner, Location l, ScalarMath &math, ValueRange arguments) {
          auto [tie, below] = math.softmaxTerms(arguments[0], arguments[1]);
          return SmallVector<Value>{arith::AddFOp::create(inner, l, arguments[2], tie),
                                    arith::AddFOp::create(inner, l, arguments[3], below)};
        });
    softmax.ties = sums[0], softmax.below = sums[1];
  }
  if (auto loss = dyn_cast<dyad::LossOp>(op)) {
    set(loss.getResult(),
        reduceRows(op->getLoc(), {z, y}, {softmax.top, softmax.ties, softmax.below}, {0.0},
                   [](OpBuilder &inner, Location l, ScalarMath &math, ValueRange arguments) {
                     Value term = math.crossEntropy(arguments[0], arguments[1],
                                                    {arguments[2], arguments[3], arguments[4]});
                     return SmallVector<Value>{arith::AddFOp::create(inner, l, arguments[5], term)};
                   })[0]);
    return;
  }
  Value &targetSum = targetSums[y];
  if (!targetSum)
    targetSum = reduceRows(op->getLoc(), {y}, {}, {0.0},
                           [](OpBuilder &inner, Location l, ScalarMath &, ValueRange arguments) {
                             return SmallVector<Value>{
                                 arith::AddFOp::create(inner, l, arguments[1], arguments[0])};
                           })[0];
  // Columns of one number per sample: the maps tell them from row vectors.
  RankedTensorType type = typeOf(z);
  AffineMap identity = b.getMultiDimIdentityMap(2);
  AffineMap perSample = AffineMap::get(2, 0, b.getAffineDimExpr(0));
  Value empty = tensor::EmptyOp::create(b, op->getLoc(), type.getShape(), type.getElementType());
  auto generic = linalg::GenericOp::create(
      b, op->getLoc(), TypeRange{type},
      ValueRange{z, y, softmax.top, softmax.ties, softmax.below, targetSum}, ValueRange{empty},
      ArrayRef<AffineMap>{identity, identity, perSample, perSample, perSample, perSample, identity},
      SmallVector<utils::IteratorType>(2, utils::IteratorType::parallel),
      [&](OpBuilder &inner, Location l, ValueRange arguments) {
        ScalarMath math(inner, l, elementOf(type));
        linalg::YieldOp::create(
            inner, l,
            math.crossEntropyGradient(arguments[0], arguments[1],
                                      {arguments[2], arguments[3], arguments[4]}, arguments[5]));
      });
  set(op->getResult(0), generic.getResult(0));
}

LogicalResult FunctionConverter::convertOp(Operation *op) {
  Location loc = op->getLoc();
  auto resultType = [&] {
    return convertType(op->getResult(0).getType(), kindOf(op->getResult(0)));
  };
  /// An op per unit on all its operands.
  auto perUnit = [&](Body body) {
    Kind kind = kindOf(op->getResult(0));
    SmallVector<Value> operands;
    for (Value operand : op->getOperands())
      operands.push_back(get(operand, kind));
    set(op->getResult(0), elementwise(loc, resultType(), operands, body));
    return success();
  };
  return llvm::TypeSwitch<Operation *, LogicalResult>(op)
      .Case([&](dyad::LinearOp linear) {
        Value weight = get(linear.getWeight(), Kind::Parameter);
        Value result = product(op, resultType(), get(linear.getX()), weight, /*transposeX=*/false);
        if (linear.getBias())
          result = elementwise(loc, resultType(), {result, get(linear.getBias(), Kind::Parameter)},
                               [](ScalarMath &math, ValueRange v) {
                                 return math.combine({Rational(1, 1), Rational(1, 1)}, v);
                               });
        set(linear.getResult(), result);
        return success();
      })
      .Case([&](dyad::LinearTransposeOp linear) {
        Value weight = transposed(loc, get(linear.getWeight(), Kind::Parameter));
        set(linear.getResult(),
            product(op, resultType(), get(linear.getD()), weight, /*transposeX=*/false));
        return success();
      })
      .Case([&](dyad::WeightGradientOp gradient) {
        Value x = firstRows(loc, get(gradient.getX())), d = firstRows(loc, get(gradient.getD()));
        Value sum = product(op, resultType(), x, d, /*transposeX=*/true);
        Value scale = rowsInverse(loc, elementOf(resultType()));
        set(gradient.getResult(),
            elementwise(loc, resultType(), {sum},
                        [&](ScalarMath &math, ValueRange v) { return math.product(v[0], scale); }));
        return success();
      })
      .Case([&](dyad::BiasGradientOp gradient) {
        Value d = firstRows(loc, get(gradient.getD()));
        SmallVector<AffineMap> maps{b.getMultiDimIdentityMap(2),
                                    AffineMap::get(2, 0, b.getAffineDimExpr(1))};
        SmallVector<utils::IteratorType> iterators{utils::IteratorType::reduction,
                                                   utils::IteratorType::parallel};
        auto sum = linalg::GenericOp::create(
            b, loc, TypeRange{resultType()}, ValueRange{d},
            ValueRange{filled(loc, resultType(), 0.0)}, maps, iterators,
            [](OpBuilder &inner, Location l, ValueRange arguments) {
              Value next = arith::AddFOp::create(inner, l, arguments[1], arguments[0]);
              linalg::YieldOp::create(inner, l, next);
            });
        Value scale = rowsInverse(loc, elementOf(resultType()));
        set(gradient.getResult(),
            elementwise(loc, resultType(), sum.getResults(),
                        [&](ScalarMath &math, ValueRange v) { return math.product(v[0], scale); }));
        return success();
      })
      .Case([&](dyad::ZeroOp) { return success(); })
      .Case([&](dyad::CombineOp combine) {
        SmallVector<Rational> coefficients;
        for (auto text : combine.getCoefficients().getAsRange<StringAttr>())
          coefficients.push_back(*parseRational(text.getValue()));
        return perUnit(
            [&](ScalarMath &math, ValueRange v) { return math.combine(coefficients, v); });
      })
      .Case([&](dyad::ActivateOp activate) {
        return perUnit([&](ScalarMath &math, ValueRange v) {
          return math.activate(functionOf(activate), *parseRational(activate.getRho()), v[0]);
        });
      })
      .Case([&](dyad::SlopeTimesOp slope) {
        return perUnit([&](ScalarMath &math, ValueRange v) {
          return math.slopeTimes(functionOf(slope), v[0], v[1]);
        });
      })
      .Case([&](dyad::ActivationDifferenceOp difference) {
        return perUnit([&](ScalarMath &math, ValueRange v) {
          return math.activationDifference(functionOf(difference), v[0], v[1], v[2]);
        });
      })
      .Case<dyad::LossGradientOp, dyad::LossOp>([&](auto loss) -> LogicalResult {
        Value z = get(loss.getZ()), y = get(loss.getTarget());
        if (loss.getLoss() == Loss::softmax_cross_entropy) {
          convertSoftmax(op, z, y);
          return success();
        }
        if constexpr (std::is_same_v<decltype(loss), dyad::LossGradientOp>)
          return perUnit([&](ScalarMath &math, ValueRange v) {
            return math.squaredGradient(loss.getLoss(), v[0], v[1]);
          });
        set(loss.getResult(),
            reduceRows(loc, {z, y}, {}, {0.0},
                       [&](OpBuilder &inner, Location l, ScalarMath &math, ValueRange v) {
                         Value term = math.squaredLoss(loss.getLoss(), v[0], v[1]);
                         return SmallVector<Value>{arith::AddFOp::create(inner, l, v[2], term)};
                       })[0]);
        return success();
      })
      .Case<dyad::FlattenOp, dyad::UnflattenOp>([&](auto shape) {
        set(shape.getResult(), get(shape.getX()));
        return success();
      })
      .Case([&](func::ReturnOp ret) { return convertReturn(ret); })
      .Default([&](Operation *other) {
        return LogicalResult(dpc::emitError(other->getLoc(), message::phaseNotSupported,
                                            other->getName().getStringRef().str()));
      });
}

//===------------------------------------------------------------------------------------------===//
// Functions
//===------------------------------------------------------------------------------------------===//

static DenseI64ArrayAttr dimsOf(Builder &builder, Type type) {
  return builder.getDenseI64ArrayAttr(cast<RankedTensorType>(type).getShape());
}

LogicalResult FunctionConverter::convertSignature() {
  // Which values have the shape of a parameter: forwards from parameters and gradients, then
  // backwards from the results that are gradients.
  llvm::StringSet<> gradients;
  for (BlockArgument argument : source.getArguments()) {
    auto name = source.getArgAttrOfType<StringAttr>(argument.getArgNumber(), "dyad.name");
    if (source.getArgAttr(argument.getArgNumber(), "dyad.parameter")) {
      parameterLike.insert(argument);
      if (name)
        gradients.insert((name.getValue() + "#gradient").str());
    }
    Type type = argument.getType();
    auto tensor = dyn_cast<RankedTensorType>(type);
    if (tensor && !tensor.getElementType().isF32())
      return dpc::emitError(source.getLoc(), message::phaseNotSupported,
                            "elements that are not f32");
  }
  source.walk([&](Operation *op) {
    if (isa<dyad::WeightGradientOp, dyad::BiasGradientOp>(op) ||
        (isa<dyad::CombineOp>(op) && llvm::any_of(op->getOperands(), [&](Value operand) {
           return parameterLike.contains(operand);
         })))
      parameterLike.insert(op->getResult(0));
  });
  auto ret = cast<func::ReturnOp>(source.getBody().front().getTerminator());
  SmallVector<bool> isGradient;
  for (auto [index, value] : llvm::enumerate(ret.getOperands())) {
    auto name = source.getResultAttrOfType<StringAttr>(index, "dyad.name");
    isGradient.push_back(name && gradients.contains(name.getValue()));
    if (isGradient.back() && !value.getDefiningOp<dyad::ZeroOp>())
      parameterLike.insert(value);
  }

  SmallVector<Type> inputs, results;
  for (BlockArgument argument : source.getArguments())
    inputs.push_back(isa<RankedTensorType>(argument.getType())
                         ? Type(convertType(argument.getType(), kindOf(argument)))
                         : argument.getType());
  for (auto [value, gradient] : llvm::zip(ret.getOperands(), isGradient))
    results.push_back(convertType(value.getType(), gradient ? Kind::Parameter : Kind::Batch));

  target = func::FuncOp::create(b, source.getLoc(), source.getName(),
                                b.getFunctionType(inputs, results));
  Block *entry = target.addEntryBlock();
  for (unsigned i = 0; i < source.getNumArguments(); ++i) {
    if (DictionaryAttr attributes = source.getArgAttrDict(i))
      target.setArgAttrs(i, attributes);
    Value argument = source.getArgument(i);
    if (isa<RankedTensorType>(argument.getType()))
      target.setArgAttr(i, "dyad.dims", dimsOf(b, argument.getType()));
    else
      rows = entry->getArgument(i);
    values[argument] = entry->getArgument(i);
  }
  for (unsigned i = 0; i < source.getNumResults(); ++i) {
    if (DictionaryAttr attributes = source.getResultAttrDict(i))
      target.setResultAttrs(i, attributes);
    target.setResultAttr(i, "dyad.dims", dimsOf(b, source.getResultTypes()[i]));
    if (isGradient[i])
      target.setResultAttr(i, "dyad.gradient", b.getUnitAttr());
  }
  b.setInsertionPointToStart(entry);
  return success();
}

LogicalResult FunctionConverter::convertReturn(func::ReturnOp op) {
  SmallVector<Value> results;
  llvm::DenseSet<Value> taken; // by gradients: each has a place of its own
  for (auto [index, value] : llvm::enumerate(op.getOperands())) {
    bool gradient = target.getResultAttr(index, "dyad.gradient") != nullptr;
    Value result = get(value, gradient ? Kind::Parameter : Kind::Batch);
    if (gradient && (isa<BlockArgument>(result) || !taken.insert(result).second))
      result = elementwise(op.getLoc(), typeOf(result), {result},
                           [](ScalarMath &, ValueRange v) { return v[0]; });
    results.push_back(result);
  }
  func::ReturnOp::create(b, op.getLoc(), results);
  return success();
}

FailureOr<func::FuncOp> FunctionConverter::convert() {
  if (failed(convertSignature()))
    return failure();
  for (Operation &op : source.getBody().front())
    if (failed(convertOp(&op)))
      return failure();
  return target;
}

namespace {
struct ConvertDyadToLinalg : dpc::impl::ConvertDyadToLinalgBase<ConvertDyadToLinalg> {
  void runOnOperation() override {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (function.isExternal())
        continue;
      if (failed(FunctionConverter(function).convert()))
        return signalPassFailure();
      function.erase();
    }
  }
};
} // namespace
