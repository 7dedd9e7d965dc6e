//===- EmitProduct.cpp - register tiles for matrix products -----------------------------------===//
//
// for panel of columns { for tile of rows { for k { nv vectors of B; per row one broadcast of A and
// nv multiply-adds } what follows per unit } }: sums stay in registers. Rows are
// split evenly into tiles, the last panel may be narrower.
//
//===------------------------------------------------------------------------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

using namespace mlir;
using namespace dpc;

namespace {

/// Columns of one panel: `vectors` of them, the last with `lastCount` true columns.
struct Panel {
  int64_t vectors, lastCount;
};

class ProductEmitter {
public:
  ProductEmitter(KernelParts &parts, Emission &e);
  void emit();

private:
  void share(Interval items);
  void rows(const Panel &panel, Value group, Value column);
  void tile(const Panel &panel, int64_t height, Value row, Value column);
  SmallVector<Value> sum(const Panel &panel, int64_t height, Value row, Value column);
  void finish(ArrayRef<Value> sums, const Panel &panel, int64_t height, Value row, Value column);

  /// Most rows of a tile with so many vectors per row: its sums, one row of B, one broadcast and,
  /// without fused multiply-add, one product are in registers. In double each takes two.
  int64_t heightOf(int64_t vectors) const {
    int64_t others = vectors + (e.unit.fma ? 1 : 2);
    int64_t free = e.unit.registers / (wide ? 2 : 1) - others;
    return std::max<int64_t>(1, free / vectors);
  }

  KernelParts &parts;
  Emission &e;
  linalg::LinalgOp product;
  Value a, b, result; // A [m, k] or [k, m], B [k, n], sums [m, n]
  bool transposedA;
  bool wide = false; // sums in double
  bool keepsSums;    // the sums themselves are a result
  int64_t m, n;
  int64_t mostDepth; // of the products of a whole batch
  Value k;
  int64_t fullVectors; // of a whole panel
  int64_t groups = 1;  // of the tiles of a panel
};

} // namespace

ProductEmitter::ProductEmitter(KernelParts &parts, Emission &e)
    : parts(parts), e(e), product(parts.root) {
  Value viewA = product.getDpsInputs()[0];
  a = wholeOf(viewA);
  b = wholeOf(product.getDpsInputs()[1]);
  result = product.getDpsInits()[0];
  AffineMap map = product.getIndexingMapsArray()[0];
  transposedA = map.getResult(0) == e.b.getAffineDimExpr(2);
  mostDepth = cast<MemRefType>(a.getType()).getDimSize(transposedA ? 0 : 1);
  auto type = cast<MemRefType>(result.getType());
  m = type.getDimSize(0), n = type.getDimSize(1);
  keepsSums = !parts.perUnit || !llvm::is_contained(parts.perUnit.getDpsInits(), result);
  // Two vectors of 8, three of 16 or four of 4 per row: as many sums as hide the latency of a
  // multiply-add without spilling.
  fullVectors = e.unit.registers >= 32 ? (e.unit.lanes >= 16 ? 3 : 4) : 2;
}

void ProductEmitter::emit() {
  // One task per half MFLOP, but none at all below two: a parallel region costs microseconds.
  int64_t work = 2 * m * n * mostDepth;
  wide = sumsInDouble(product);
  int64_t width = fullVectors * e.unit.lanes;
  int64_t panelCount = llvm::divideCeil(n, width);
  if (work < 2'000'000)
    return share({e.index(0), e.index(panelCount)});
  // Enough items to give every thread the same: groups of tiles of a panel. Consecutive items of
  // one task share the panel, so more groups cost nothing.
  int64_t tiles = llvm::divideCeil(m, heightOf(fullVectors));
  while (panelCount * groups < 32 && groups * 4 <= tiles)
    groups *= 2;
  int64_t tasks = llvm::bit_floor<uint64_t>(std::min<int64_t>(panelCount * groups, work / 500'000));
  e.tasks(std::min<int64_t>(tasks, 16), panelCount * groups, [&](Interval items) { share(items); });
}

/// The items of one task; item i is group i % groups of panel i / groups.
void ProductEmitter::share(Interval items) {
  // Only the products with the samples as depth have a depth that is known at run time.
  auto view = product.getDpsInputs()[0].getDefiningOp<memref::ReinterpretCastOp>();
  k = view ? view.getSizes()[0] : e.index(mostDepth);
  int64_t width = fullVectors * e.unit.lanes;
  int64_t whole = n / width, rest = n % width;
  auto divided = [&](Value item) -> Value {
    return groups == 1 ? item : Value(arith::DivUIOp::create(e.b, e.loc, item, e.index(groups)));
  };
  auto remainder = [&](Value item) -> Value {
    return groups == 1 ? e.index(0)
                       : Value(arith::RemUIOp::create(e.b, e.loc, item, e.index(groups)));
  };
  if (whole > 0)
    e.loop({items.begin, e.minimum(items.end, e.index(whole * groups))}, 1, [&](Value item) {
      rows({fullVectors, e.unit.lanes}, remainder(item), e.times(divided(item), width));
    });
  if (rest == 0)
    return;
  int64_t vectors = llvm::divideCeil(rest, e.unit.lanes);
  Panel last{vectors, rest - (vectors - 1) * e.unit.lanes};
  e.loop({e.maximum(items.begin, e.index(whole * groups)), items.end}, 1,
         [&](Value item) { rows(last, remainder(item), e.index(whole * width)); });
}

/// A group of a panel's rows. All rows are `large` tiles of height + 1, then tiles of height.
void ProductEmitter::rows(const Panel &panel, Value group, Value column) {
  int64_t tiles = llvm::divideCeil(m, heightOf(panel.vectors));
  int64_t height = m / tiles, large = m % tiles;
  auto bound = [&](Value number) -> Value {
    if (groups == 1 || tiles % groups == 0)
      return e.times(number, tiles / groups);
    return arith::DivUIOp::create(e.b, e.loc, e.times(number, tiles), e.index(groups));
  };
  Interval own{bound(group), bound(e.plus(group, 1))};
  if (large > 0)
    e.loop({own.begin, e.minimum(own.end, e.index(large))}, 1,
           [&](Value number) { tile(panel, height + 1, e.times(number, height + 1), column); });
  e.loop({e.maximum(own.begin, e.index(large)), own.end}, 1, [&](Value number) {
    tile(panel, height, e.plus(e.times(number, height), large), column);
  });
}

void ProductEmitter::tile(const Panel &panel, int64_t height, Value row, Value column) {
  finish(sum(panel, height, row, column), panel, height, row, column);
}

SmallVector<Value> ProductEmitter::sum(const Panel &panel, int64_t height, Value row,
                                       Value column) {
  SmallVector<Value> rowAt, columnAt;
  for (int64_t i = 0; i < height; ++i)
    rowAt.push_back(e.plus(row, i));
  for (int64_t v = 0; v < panel.vectors; ++v)
    columnAt.push_back(e.plus(column, v * e.unit.lanes));
  // Sums over blocks of the depth are added up: rounding errors grow with the square roots of the
  // block and of the number of blocks, not with that of the depth (a factor of 3 at 784).
  auto sumType = VectorType::get({e.unit.lanes}, wide ? Type(e.b.getF64Type()) : e.b.getF32Type());
  auto widened = [&](Value value) -> Value {
    return wide ? Value(arith::ExtFOp::create(e.b, e.loc, sumType, value)) : value;
  };
  auto spread = [&](Value scalar) -> Value {
    if (!wide)
      return e.broadcast(scalar);
    Value number = arith::ExtFOp::create(e.b, e.loc, e.b.getF64Type(), scalar);
    return vector::BroadcastOp::create(e.b, e.loc, sumType, number);
  };
  Value zero =
      wide ? Value(arith::ExtFOp::create(e.b, e.loc, sumType, e.splat(0.0))) : e.splat(0.0);
  SmallVector<Value> zeros(height * panel.vectors, zero);
  auto block = [&](Value begin, Value end) {
    auto loop = scf::ForOp::create(e.b, e.loc, begin, end, e.index(1), zeros);
    OpBuilder::InsertionGuard guard(e.b);
    e.b.setInsertionPointToStart(loop.getBody());
    Value depth = loop.getInductionVar();
    SmallVector<Value> vectorsOfB, sums;
    for (Value at : columnAt)
      vectorsOfB.push_back(widened(e.load(b, {depth, at})));
    for (int64_t i = 0; i < height; ++i) {
      Value scalar =
          transposedA ? e.loadScalar(a, {depth, rowAt[i]}) : e.loadScalar(a, {rowAt[i], depth});
      Value factor = spread(scalar);
      for (int64_t v = 0; v < panel.vectors; ++v)
        sums.push_back(
            e.multiplyAdd(factor, vectorsOfB[v], loop.getRegionIterArgs()[i * panel.vectors + v]));
    }
    scf::YieldOp::create(e.b, e.loc, sums);
    return SmallVector<Value>(loop.getResults());
  };
  if (wide) {
    SmallVector<Value> sums = block(e.index(0), k);
    for (Value &sum : sums)
      sum = arith::TruncFOp::create(e.b, e.loc, e.vector, sum);
    return sums;
  }
  constexpr int64_t depthOfBlock = 64;
  if (mostDepth <= 2 * depthOfBlock)
    return block(e.index(0), k);
  auto loop = scf::ForOp::create(e.b, e.loc, e.index(0), k, e.index(depthOfBlock), zeros);
  OpBuilder::InsertionGuard guard(e.b);
  e.b.setInsertionPointToStart(loop.getBody());
  Value begin = loop.getInductionVar();
  SmallVector<Value> sums = block(begin, e.minimum(e.plus(begin, depthOfBlock), k));
  for (auto [sum, total] : llvm::zip(sums, loop.getRegionIterArgs()))
    sum = arith::AddFOp::create(e.b, e.loc, total, sum);
  scf::YieldOp::create(e.b, e.loc, sums);
  return SmallVector<Value>(loop.getResults());
}

void ProductEmitter::finish(ArrayRef<Value> sums, const Panel &panel, int64_t height, Value row,
                            Value column) {
  auto countOf = [&](int64_t v) { return v + 1 == panel.vectors ? panel.lastCount : e.unit.lanes; };
  // Few ops per unit work on the sums in registers. More would be repeated for every register of
  // the tile: then the sums go through their place in memory, which is in the first-level cache.
  int64_t ops = parts.perUnit ? parts.perUnit.getBody()->getOperations().size() : 0;
  bool throughMemory = parts.perUnit && ops * int64_t(sums.size()) > 96;
  if (keepsSums || throughMemory)
    for (int64_t i = 0; i < height; ++i)
      for (int64_t v = 0; v < panel.vectors; ++v)
        e.store(sums[i * panel.vectors + v], result,
                {e.plus(row, i), e.plus(column, v * e.unit.lanes)}, countOf(v));
  if (!parts.perUnit)
    return;
  auto follow = [&](Value at, int64_t v, Value known) {
    e.perUnitAt(parts.perUnit, at, e.plus(column, v * e.unit.lanes), countOf(v),
                [&](Value buffer) { return buffer == result ? known : Value(); });
  };
  if (throughMemory) {
    e.loop({row, e.plus(row, height)}, 1, [&](Value at) {
      for (int64_t v = 0; v < panel.vectors; ++v)
        follow(at, v, Value());
    });
    return;
  }
  for (int64_t i = 0; i < height; ++i)
    for (int64_t v = 0; v < panel.vectors; ++v)
      follow(e.plus(row, i), v, sums[i * panel.vectors + v]);
}

void dpc::emitProduct(KernelParts &parts, Emission &e) { ProductEmitter(parts, e).emit(); }
