//===- PlainLoops.cpp - cpu-plain-loops -------------------------------------------------------===//
#include "lib/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"

namespace dpc {
#define GEN_PASS_DEF_CPUPLAINLOOPS
#include "lib/CodeGen/CPU/Passes.h.inc"
} // namespace dpc

using namespace mlir;

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

namespace {
struct CpuPlainLoops : dpc::impl::CpuPlainLoopsBase<CpuPlainLoops> {
  void runOnOperation() override {
    IRRewriter rewriter(&getContext());
    SmallVector<linalg::LinalgOp> ops;
    getOperation().walk([&](linalg::LinalgOp op) { ops.push_back(op); });
    for (linalg::LinalgOp op : ops) {
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
