//===- EmitOthers.cpp - kernels without a product ---------------------------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

using namespace mlir;
using namespace dpc;

static ArrayRef<int64_t> shapeOf(Value buffer) {
  return cast<MemRefType>(buffer.getType()).getShape();
}
static Value nothingKnown(Value) { return {}; }

/// Tasks for a kernel that touches so many elements: one per 16 Ki, none below 64 Ki.
static int64_t tasksFor(int64_t elements, int64_t items) {
  if (elements < 64 << 10)
    return 1;
  return llvm::bit_floor<uint64_t>(std::min<int64_t>({items, elements >> 14, 16}));
}

/// body(column, count) for every vector of a row of n elements.
static void eachVector(Emission &e, int64_t n, llvm::function_ref<void(Value, int64_t)> body) {
  int64_t whole = n - n % e.unit.lanes;
  e.loop({e.index(0), e.index(whole)}, e.unit.lanes,
         [&](Value column) { body(column, e.unit.lanes); });
  if (whole < n)
    body(e.index(whole), n - whole);
}

//===------------------------------------------------------------------------------------------===//
// Per unit
//===------------------------------------------------------------------------------------------===//

void dpc::emitPerUnit(KernelParts &parts, Emission &e) {
  ArrayRef<int64_t> shape = shapeOf(parts.perUnit.getDpsInits()[0]);
  if (shape.size() == 1)
    return eachVector(e, shape[0], [&](Value column, int64_t count) {
      e.perUnitAt(parts.perUnit, Value(), column, count, nothingKnown);
    });
  e.tasks(tasksFor(shape[0] * shape[1], shape[0]), shape[0], [&](Interval rows) {
    e.loop(rows, 1, [&](Value row) {
      eachVector(e, shape[1], [&](Value column, int64_t count) {
        e.perUnitAt(parts.perUnit, row, column, count, nothingKnown);
      });
    });
  });
}

//===------------------------------------------------------------------------------------------===//
// Reductions
//===------------------------------------------------------------------------------------------===//

/// The number that a reduction starts from: that of the fill before it.
static double startOf(KernelParts &parts, Value buffer) {
  for (auto fill : parts.function.getOps<linalg::FillOp>())
    if (fill.getDpsInits()[0] == buffer) {
      FloatAttr number;
      if (matchPattern(fill.getInputs()[0], m_Constant(&number)))
        return number.getValueAsDouble();
    }
  return 0.0;
}

/// [rows, n] -> [n]: four vectors of columns at a time, summed over the rows in their order.
void dpc::emitColumnReduction(KernelParts &parts, Emission &e) {
  auto reduction = cast<linalg::GenericOp>(parts.root.getOperation());
  Value input = reduction.getDpsInputs()[0], result = reduction.getDpsInits()[0];
  Value rows = e.index(shapeOf(input)[0] < 0 ? 0 : shapeOf(input)[0]);
  if (auto view = input.getDefiningOp<memref::ReinterpretCastOp>()) {
    input = view.getSource();
    if (!view.getSizes().empty())
      rows = view.getSizes()[0];
  }
  int64_t n = shapeOf(result)[0], lanes = e.unit.lanes;
  bool wide = sumsInDouble(reduction);
  auto wideType = VectorType::get({lanes}, e.b.getF64Type());
  auto columns = [&](Value column, int64_t vectors, int64_t lastCount) {
    Value start = e.splat(startOf(parts, result));
    if (wide)
      start = arith::ExtFOp::create(e.b, e.loc, wideType, start);
    SmallVector<Value> starts(vectors, start);
    auto loop = scf::ForOp::create(e.b, e.loc, e.index(0), rows, e.index(1), starts);
    {
      OpBuilder::InsertionGuard guard(e.b);
      e.b.setInsertionPointToStart(loop.getBody());
      SmallVector<Value> sums;
      for (int64_t v = 0; v < vectors; ++v) {
        Value x = e.load(input, {loop.getInductionVar(), e.plus(column, v * lanes)});
        Value sum = loop.getRegionIterArgs()[v];
        if (wide)
          sums.push_back(arith::AddFOp::create(e.b, e.loc, sum,
                                               arith::ExtFOp::create(e.b, e.loc, wideType, x)));
        else
          sums.push_back(e.onVectors(*reduction.getBody(), {x, sum})[0]);
      }
      scf::YieldOp::create(e.b, e.loc, sums);
    }
    for (int64_t v = 0; v < vectors; ++v) {
      Value at = e.plus(column, v * lanes), sum = loop.getResult(v);
      if (wide)
        sum = arith::TruncFOp::create(e.b, e.loc, e.vector, sum);
      int64_t count = v + 1 == vectors ? lastCount : lanes;
      bool kept = !parts.perUnit || !llvm::is_contained(parts.perUnit.getDpsInits(), result);
      if (kept)
        e.store(sum, result, at, count);
      if (parts.perUnit)
        e.perUnitAt(parts.perUnit, Value(), at, count,
                    [&](Value buffer) { return buffer == result ? sum : Value(); });
    }
  };
  int64_t width = 4 * lanes, whole = n - n % width, rest = n - whole;
  e.loop({e.index(0), e.index(whole)}, width, [&](Value column) { columns(column, 4, lanes); });
  if (rest > 0) {
    int64_t vectors = llvm::divideCeil(rest, lanes);
    columns(e.index(whole), vectors, rest - (vectors - 1) * lanes);
  }
}

/// How the lanes of a result are combined: what the region does to it last.
static vector::CombiningKind kindOf(linalg::GenericOp reduction, unsigned index) {
  Operation *last = reduction.getBody()->getTerminator()->getOperand(index).getDefiningOp();
  return isa_and_nonnull<arith::MaximumFOp>(last) ? vector::CombiningKind::MAXIMUMF
                                                  : vector::CombiningKind::ADD;
}

/// [m, n] -> [m], several results at once: lanes hold partial results of a row.
void dpc::emitRowReduction(KernelParts &parts, Emission &e) {
  auto reduction = cast<linalg::GenericOp>(parts.root.getOperation());
  SmallVector<int64_t> space = reduction.getStaticLoopRanges();
  unsigned results = reduction.getNumDpsInits();
  int64_t lanes = e.unit.lanes, whole = space[1] - space[1] % lanes;
  e.tasks(tasksFor(space[0] * space[1], space[0]), space[0], [&](Interval rows) {
    SmallVector<Value> starts;
    for (Value buffer : reduction.getDpsInits())
      starts.push_back(e.splat(startOf(parts, buffer)));
    e.loop(rows, 1, [&](Value row) {
      auto step = [&](Value column, ValueRange sums) {
        SmallVector<Value> arguments = e.operandsAt(reduction, row, column, nothingKnown);
        llvm::append_range(arguments, sums);
        return e.onVectors(*reduction.getBody(), arguments);
      };
      SmallVector<Value> sums = starts;
      if (whole > 0) {
        auto loop =
            scf::ForOp::create(e.b, e.loc, e.index(0), e.index(whole), e.index(lanes), sums);
        OpBuilder::InsertionGuard guard(e.b);
        e.b.setInsertionPointToStart(loop.getBody());
        scf::YieldOp::create(e.b, e.loc, step(loop.getInductionVar(), loop.getRegionIterArgs()));
        sums = SmallVector<Value>(loop.getResults());
      }
      if (whole < space[1]) {
        SmallVector<Value> next = step(e.index(whole), sums);
        for (unsigned i = 0; i < results; ++i)
          sums[i] = arith::SelectOp::create(e.b, e.loc, e.mask(space[1] - whole), next[i], sums[i]);
      }
      for (unsigned i = 0; i < results; ++i) {
        Value total = vector::ReductionOp::create(e.b, e.loc, kindOf(reduction, i), sums[i]);
        memref::StoreOp::create(e.b, e.loc, total, reduction.getDpsInits()[i], row);
      }
    });
  });
}

//===------------------------------------------------------------------------------------------===//
// Transpose
//===------------------------------------------------------------------------------------------===//

/// A square block of four rows and columns: two rounds of shuffles.
static SmallVector<Value> transposed4(Emission &e, ArrayRef<Value> rows) {
  auto shuffle = [&](Value x, Value y, ArrayRef<int64_t> lanes) -> Value {
    return vector::ShuffleOp::create(e.b, e.loc, x, y, lanes);
  };
  Value low02 = shuffle(rows[0], rows[2], {0, 4, 1, 5}),
        high02 = shuffle(rows[0], rows[2], {2, 6, 3, 7});
  Value low13 = shuffle(rows[1], rows[3], {0, 4, 1, 5}),
        high13 = shuffle(rows[1], rows[3], {2, 6, 3, 7});
  return {shuffle(low02, low13, {0, 4, 1, 5}), shuffle(low02, low13, {2, 6, 3, 7}),
          shuffle(high02, high13, {0, 4, 1, 5}), shuffle(high02, high13, {2, 6, 3, 7})};
}

/// [m, n] -> [n, m] in blocks of 4 x 4, four of them below each other so that whole lines of the
/// result are written. Padding of the source may be read; true elements and padding of the result
/// are written: it is no parameter.
void dpc::emitTranspose(KernelParts &parts, Emission &e) {
  Value source = parts.root.getDpsInputs()[0], result = parts.root.getDpsInits()[0];
  int64_t m = shapeOf(source)[0], n = shapeOf(source)[1];
  auto block = VectorType::get({4}, e.b.getF32Type());
  auto blockAt = [&](Value row, Value column, int64_t rows, int64_t columns) {
    SmallVector<Value> vectors;
    for (int64_t i = 0; i < 4; ++i)
      vectors.push_back(i < rows ? Value(vector::LoadOp::create(e.b, e.loc, block, source,
                                                                ValueRange{e.plus(row, i), column}))
                                 : vectors.back());
    SmallVector<Value> turned = transposed4(e, vectors);
    for (int64_t j = 0; j < columns; ++j)
      vector::StoreOp::create(e.b, e.loc, turned[j], result, ValueRange{e.plus(column, j), row});
  };
  auto strip = [&](Value row, int64_t rows) {
    auto blocksAt = [&](Value column, int64_t columns) {
      for (int64_t i = 0; i < rows; i += 4)
        blockAt(e.plus(row, i), column, std::min<int64_t>(4, rows - i), columns);
    };
    e.loop({e.index(0), e.index(n - n % 4)}, 4, [&](Value column) { blocksAt(column, 4); });
    if (n % 4)
      blocksAt(e.index(n - n % 4), n % 4);
  };
  int64_t whole = m / 16;
  if (whole > 0)
    e.tasks(tasksFor(m * n, whole), whole, [&](Interval strips) {
      e.loop(strips, 1, [&](Value number) { strip(e.times(number, 16), 16); });
    });
  if (m % 16)
    strip(e.index(whole * 16), m % 16);
}
