//===- PlainLoops.cpp - cpu-plain-loops -------------------------------------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace dpc {
#define GEN_PASS_DEF_CPUPLAINLOOPS
#include "lib/CodeGen/CPU/Passes.h.inc"
} // namespace dpc

using namespace mlir;
using namespace dpc;

/// A product with its depth outside its columns: the innermost loop walks along rows.
static linalg::LinalgOp rowwise(IRRewriter &rewriter, linalg::LinalgOp op) {
  if (!isa<linalg::MatmulOp>(op))
    return op;
  rewriter.setInsertionPoint(op);
  FailureOr<linalg::GenericOp> generic = linalg::generalizeNamedOp(rewriter, op);
  if (failed(generic))
    return op;
  rewriter.setInsertionPoint(*generic);
  FailureOr<linalg::GenericOp> turned = linalg::interchangeGenericOp(rewriter, *generic, {0, 2, 1});
  return succeeded(turned) ? *turned : *generic;
}

/// for each element of the result { sum over the depth in double }
static void sumInDouble(IRRewriter &rewriter, linalg::LinalgOp op) {
  Location loc = op.getLoc();
  rewriter.setInsertionPoint(op);
  auto index = [&](int64_t value) -> Value {
    return arith::ConstantIndexOp::create(rewriter, loc, value);
  };
  Value zero = index(0), one = index(1);
  Value start = arith::ConstantOp::create(rewriter, loc, rewriter.getF64FloatAttr(0.0));
  SmallVector<int64_t> sizes = op.getStaticLoopRanges();
  SmallVector<utils::IteratorType> iterators = op.getIteratorTypesArray();
  size_t depthDim = llvm::find(iterators, utils::IteratorType::reduction) - iterators.begin();
  // Only the number of samples is no constant: the first dimension of what is summed.
  Value depth = ShapedType::isDynamic(sizes[depthDim])
                    ? Value(memref::DimOp::create(rewriter, loc, op.getDpsInputs()[0], zero))
                    : index(sizes[depthDim]);
  SmallVector<Value> counters(sizes.size());
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    if (dim == depthDim)
      continue;
    auto loop = scf::ForOp::create(rewriter, loc, zero, index(size), one);
    rewriter.setInsertionPointToStart(loop.getBody());
    counters[dim] = loop.getInductionVar();
  }
  auto indicesOf = [&](OpOperand &operand) {
    SmallVector<Value> indices;
    for (AffineExpr expr : op.getMatchingIndexingMap(&operand).getResults())
      indices.push_back(counters[cast<AffineDimExpr>(expr).getPosition()]);
    return indices;
  };
  auto loop = scf::ForOp::create(
      rewriter, loc, zero, depth, one, start,
      [&](OpBuilder &inner, Location, Value k, ValueRange sum) {
        counters[depthDim] = k;
        Value term;
        for (OpOperand *operand : op.getDpsInputOperands()) {
          Value number = memref::LoadOp::create(inner, loc, operand->get(), indicesOf(*operand));
          Value wide = arith::ExtFOp::create(inner, loc, inner.getF64Type(), number);
          term = term ? Value(arith::MulFOp::create(inner, loc, term, wide)) : wide;
        }
        Value next = arith::AddFOp::create(inner, loc, sum[0], term);
        scf::YieldOp::create(inner, loc, next);
      });
  Value sum = arith::TruncFOp::create(rewriter, loc, rewriter.getF32Type(), loop.getResult(0));
  OpOperand &result = op.getDpsInitsMutable()[0];
  memref::StoreOp::create(rewriter, loc, sum, result.get(), indicesOf(result));
}

namespace {
struct CpuPlainLoops : dpc::impl::CpuPlainLoopsBase<CpuPlainLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
      if (sumsInDouble(op)) {
        sumInDouble(rewriter, op);
        rewriter.eraseOp(op);
        continue;
      }
      op = rowwise(rewriter, op);
      rewriter.setInsertionPoint(op);
      if (failed(linalg::linalgOpToLoops(rewriter, op)))
        continue; // the check after the phase reports what is left
      rewriter.eraseOp(op);
    }
    // Every index is a plain loop counter.
    getOperation().walk([&](affine::AffineApplyOp apply) {
      auto index = dyn_cast<AffineDimExpr>(apply.getAffineMap().getResult(0));
      if (index)
        rewriter.replaceOp(apply, apply.getMapOperands()[index.getPosition()]);
    });
  }
};
} // namespace
