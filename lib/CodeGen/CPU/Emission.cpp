//===- Emission.cpp - loops, tasks, masks and vectors for the emitters ------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace dpc;

std::optional<KernelParts> KernelParts::of(func::FuncOp function) {
  KernelParts parts;
  parts.function = function;
  for (Operation &op : function.getBody().front().without_terminator()) {
    if (isa<linalg::FillOp, memref::ReinterpretCastOp>(op))
      continue;
    if (auto linalgOp = dyn_cast<linalg::LinalgOp>(op)) {
      auto generic = dyn_cast<linalg::GenericOp>(op);
      if (generic && generic.getNumLoops() == generic.getNumParallelLoops()) {
        if (parts.perUnit)
          return std::nullopt;
        parts.perUnit = generic;
      } else {
        if (parts.root || parts.perUnit)
          return std::nullopt;
        parts.root = linalgOp;
      }
      continue;
    }
    if (!isa<arith::ArithDialect>(op.getDialect()))
      return std::nullopt;
    parts.scalars.push_back(&op);
  }
  if (!parts.root && !parts.perUnit)
    return std::nullopt;
  return parts;
}

Value dpc::wholeOf(Value buffer) {
  auto view = buffer.getDefiningOp<memref::ReinterpretCastOp>();
  return view ? view.getSource() : buffer;
}

/// Whether a reduction along the batch does nothing but add up.
static bool isColumnSum(linalg::LinalgOp op) {
  Block &body = op->getRegion(0).front();
  return isa<linalg::GenericOp>(op.getOperation()) && op.getNumLoops() == 2 &&
         op.getIteratorTypesArray()[0] == utils::IteratorType::reduction &&
         op.getNumDpsInputs() == 1 && isa<arith::AddFOp>(body.front()) &&
         body.getOperations().size() == 2;
}

bool dpc::sumsInDouble(linalg::LinalgOp root) {
  if (!isa<linalg::MatmulOp>(root.getOperation()) && !isColumnSum(root))
    return false;
  // Multiplications and additions. Sums over the batch show their rounding where they cancel in
  // all elements of the result: only where those are few.
  int64_t work = 2, most = 4'000'000;
  for (int64_t size : root.getStaticLoopRanges()) {
    if (ShapedType::isDynamic(size)) {
      size = cast<MemRefType>(wholeOf(root.getDpsInputs()[0]).getType()).getDimSize(0);
      most = 500'000;
    }
    work *= size;
  }
  return work <= most;
}

Emission::Emission(KernelParts &parts, const VectorUnit &unit)
    : b(parts.function.getBody().front().getTerminator()), loc(parts.function.getLoc()), unit(unit),
      vector(VectorType::get({unit.lanes}, b.getF32Type())), parts(parts) {
  enterTask(&parts.function.getBody().front());
}

//===------------------------------------------------------------------------------------------===//
// Tasks
//===------------------------------------------------------------------------------------------===//

void Emission::enterTask(Block *block) {
  top = block;
  lastAtTop = nullptr;
  constants.clear();
  scalars.clear();
  broadcasts.clear();
}

void Emission::tasks(int64_t count, int64_t items, llvm::function_ref<void(Interval)> body) {
  if (count <= 1) {
    body({index(0), index(items)});
    return;
  }
  auto forall = scf::ForallOp::create(b, loc, ArrayRef<OpFoldResult>{b.getIndexAttr(count)},
                                      ValueRange{}, std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(forall.getBody());
  enterTask(forall.getBody());
  Value task = forall.getInductionVars().front();
  // Shares differ by at most one item: [task * items / count, (task + 1) * items / count).
  auto bound = [&](Value number) -> Value {
    if (items % count == 0)
      return times(number, items / count);
    return arith::DivUIOp::create(b, loc, times(number, items), index(count));
  };
  Value begin = bound(task);
  body({begin, bound(plus(task, 1))});
  enterTask(&parts.function.getBody().front());
}

//===------------------------------------------------------------------------------------------===//
// Indices
//===------------------------------------------------------------------------------------------===//

Value Emission::constant(TypedAttr value) {
  Value &known = constants[value];
  if (!known) {
    OpBuilder::InsertionGuard guard(b);
    if (lastAtTop)
      b.setInsertionPointAfter(lastAtTop);
    else
      b.setInsertionPointToStart(top);
    known = arith::ConstantOp::create(b, loc, value);
    lastAtTop = known.getDefiningOp();
  }
  return known;
}

static std::optional<int64_t> constantOf(Value value) {
  IntegerAttr number;
  if (matchPattern(value, m_Constant(&number)))
    return number.getInt();
  return std::nullopt;
}

Value Emission::index(int64_t value) { return constant(b.getIndexAttr(value)); }

Value Emission::plus(Value x, Value y) {
  std::optional<int64_t> a = constantOf(x), c = constantOf(y);
  if (a && c)
    return index(*a + *c);
  if (a == 0)
    return y;
  if (c == 0)
    return x;
  return arith::AddIOp::create(b, loc, x, y);
}
Value Emission::plus(Value x, int64_t y) { return plus(x, index(y)); }

Value Emission::times(Value x, int64_t factor) {
  if (std::optional<int64_t> a = constantOf(x))
    return index(*a * factor);
  return factor == 1 ? x : Value(arith::MulIOp::create(b, loc, x, index(factor)));
}
Value Emission::minimum(Value x, Value y) {
  std::optional<int64_t> a = constantOf(x), c = constantOf(y);
  return a && c ? index(std::min(*a, *c)) : Value(arith::MinUIOp::create(b, loc, x, y));
}
Value Emission::maximum(Value x, Value y) {
  std::optional<int64_t> a = constantOf(x), c = constantOf(y);
  return a && c ? index(std::max(*a, *c)) : Value(arith::MaxUIOp::create(b, loc, x, y));
}

void Emission::loop(Interval range, int64_t step, llvm::function_ref<void(Value)> body) {
  std::optional<int64_t> begin = constantOf(range.begin), end = constantOf(range.end);
  if (begin && end && *begin + step >= *end) {
    if (*begin < *end)
      body(range.begin);
    return;
  }
  auto loop = scf::ForOp::create(b, loc, range.begin, range.end, index(step));
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

//===------------------------------------------------------------------------------------------===//
// Vectors
//===------------------------------------------------------------------------------------------===//

Value Emission::splat(double number) {
  return constant(DenseElementsAttr::get(vector, b.getF32FloatAttr(number).getValue()));
}

Value Emission::broadcast(Value scalar) {
  return vector::BroadcastOp::create(b, loc, vector, scalar);
}

Value Emission::load(Value buffer, ValueRange indices) {
  return vector::LoadOp::create(b, loc, vector, buffer, indices);
}
Value Emission::loadScalar(Value buffer, ValueRange indices) {
  return memref::LoadOp::create(b, loc, buffer, indices);
}

void Emission::store(Value value, Value buffer, ValueRange indices, int64_t count) {
  if (count >= unit.lanes)
    vector::StoreOp::create(b, loc, value, buffer, indices);
  else
    vector::MaskedStoreOp::create(b, loc, buffer, indices, mask(count), value);
}

Value Emission::multiplyAdd(Value x, Value y, Value sum) {
  if (unit.fma)
    return vector::FMAOp::create(b, loc, x, y, sum);
  return arith::AddFOp::create(b, loc, sum, arith::MulFOp::create(b, loc, x, y));
}

Value Emission::mask(int64_t count) {
  SmallVector<bool> bits(unit.lanes, false);
  std::fill_n(bits.begin(), std::min(count, unit.lanes), true);
  return constant(DenseElementsAttr::get(VectorType::get({unit.lanes}, b.getI1Type()), bits));
}

//===------------------------------------------------------------------------------------------===//
// Scalar regions on vectors
//===------------------------------------------------------------------------------------------===//

Value Emission::scalarOf(Value old) {
  if (isa<BlockArgument>(old))
    return old; // of the function
  if (Value known = scalars.lookup(old))
    return known;
  Operation *op = old.getDefiningOp();
  IRMapping map;
  for (Value operand : op->getOperands())
    map.map(operand, scalarOf(operand));
  OpBuilder::InsertionGuard guard(b);
  if (lastAtTop)
    b.setInsertionPointAfter(lastAtTop);
  else
    b.setInsertionPointToStart(top);
  lastAtTop = b.clone(*op, map);
  return scalars[old] = lastAtTop->getResult(0);
}

SmallVector<Value> Emission::onVectors(Block &body, ValueRange arguments) {
  llvm::DenseMap<Value, Value> map;
  for (auto [argument, value] : llvm::zip(body.getArguments(), arguments))
    map[argument] = value;
  auto operandOf = [&](Value operand) -> Value {
    if (Value known = map.lookup(operand))
      return known;
    Value &known = broadcasts[operand];
    if (!known) {
      Value scalar = scalarOf(operand);
      OpBuilder::InsertionGuard guard(b);
      if (lastAtTop)
        b.setInsertionPointAfter(lastAtTop);
      else
        b.setInsertionPointToStart(top);
      known = broadcast(scalar);
      lastAtTop = known.getDefiningOp();
    }
    return known;
  };
  for (Operation &op : body.without_terminator()) {
    if (auto number = dyn_cast<arith::ConstantOp>(op)) {
      map[number] = splat(cast<FloatAttr>(number.getValue()).getValueAsDouble());
      continue;
    }
    OperationState state(loc, op.getName());
    for (Value operand : op.getOperands())
      state.operands.push_back(operandOf(operand));
    for (Type type : op.getResultTypes())
      state.types.push_back(VectorType::get({unit.lanes}, type));
    state.addAttributes(op.getAttrs());
    state.propertiesAttr = op.getPropertiesAsAttribute();
    Operation *made = b.create(state);
    for (auto [from, to] : llvm::zip(op.getResults(), made->getResults()))
      map[from] = to;
  }
  SmallVector<Value> results;
  for (Value operand : body.getTerminator()->getOperands())
    results.push_back(operandOf(operand));
  return results;
}

SmallVector<Value> Emission::operandsAt(linalg::GenericOp op, Value row, Value column,
                                        llvm::function_ref<Value(Value)> known) {
  SmallVector<Value> values;
  for (OpOperand *operand : op.getDpsInputOperands()) {
    Value buffer = operand->get();
    if (Value value = known(buffer)) {
      values.push_back(value);
      continue;
    }
    AffineMap map = op.getMatchingIndexingMap(operand);
    bool perRow = map.getNumResults() == 1 && map.getNumDims() == 2 &&
                  map.getResult(0) == b.getAffineDimExpr(0);
    if (perRow)
      values.push_back(broadcast(loadScalar(buffer, row)));
    else if (map.getNumResults() == 1)
      values.push_back(load(buffer, column));
    else
      values.push_back(load(buffer, {row, column}));
  }
  return values;
}

void Emission::perUnitAt(linalg::GenericOp op, Value row, Value column, int64_t count,
                         llvm::function_ref<Value(Value)> known) {
  SmallVector<Value> arguments = operandsAt(op, row, column, known);
  // What the outputs held before is never read.
  arguments.append(op.getNumDpsInits(), Value());
  SmallVector<Value> results = onVectors(*op.getBody(), arguments);
  for (auto [result, buffer] : llvm::zip(results, op.getDpsInits())) {
    if (op.getNumLoops() == 1)
      store(result, buffer, column, count);
    else
      store(result, buffer, {row, column}, count);
  }
}
