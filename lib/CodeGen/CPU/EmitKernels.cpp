//===- EmitKernels.cpp - cpu-emit-kernels -----------------------------------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace dpc {
#define GEN_PASS_DEF_CPUEMITKERNELS
#include "lib/CodeGen/CPU/Passes.h.inc"
} // namespace dpc

using namespace mlir;
using namespace dpc;

static void emitBody(KernelParts &parts, const VectorUnit &unit) {
  Emission e(parts, unit);
  if (!parts.root)
    return emitPerUnit(parts, e);
  if (isa<linalg::TransposeOp>(parts.root))
    return emitTranspose(parts, e);
  if (isa<linalg::ContractionOpInterface>(parts.root.getOperation()))
    return emitProduct(parts, e);
  if (parts.root.getIteratorTypesArray()[0] == utils::IteratorType::reduction)
    return emitColumnReduction(parts, e);
  emitRowReduction(parts, e);
}

/// Exponentials and their kin on vectors become polynomials: relative errors of a few 1e-7.
static LogicalResult approximate(func::FuncOp function, const FrozenRewritePatternSet &patterns,
                                 const VectorUnit &unit) {
  bool needed = false;
  function.walk(
      [&](Operation *op) { needed |= isa<math::ExpOp, math::TanhOp, math::Log1pOp>(op); });
  if (!needed)
    return success();
  if (failed(applyPatternsGreedily(function, patterns)))
    return failure();
  // Without the instruction each fused operation would be a call.
  if (!unit.fma)
    function.walk([](math::FmaOp op) {
      OpBuilder b(op);
      Value product = arith::MulFOp::create(b, op.getLoc(), op.getA(), op.getB());
      op.replaceAllUsesWith(arith::AddFOp::create(b, op.getLoc(), product, op.getC()).getResult());
      op.erase();
    });
  return success();
}

namespace {
struct CpuEmitKernels : dpc::impl::CpuEmitKernelsBase<CpuEmitKernels> {
  using CpuEmitKernelsBase::CpuEmitKernelsBase;

  void runOnOperation() override {
    VectorUnit unit{lanes, registers, fma};
    RewritePatternSet polynomials(&getContext());
    populateMathPolynomialApproximationPatterns(polynomials, [](StringRef name) {
      return llvm::is_contained({"math.exp", "math.tanh", "math.log1p", "math.log"}, name);
    });
    FrozenRewritePatternSet patterns(std::move(polynomials));
    for (auto function : getOperation().getOps<func::FuncOp>()) {
      if (function.isExternal() || !function.isPrivate())
        continue;
      std::optional<KernelParts> parts = KernelParts::of(function);
      if (!parts)
        continue; // the check after the phase reports what is left
      SmallVector<Operation *> old;
      for (Operation &op : function.getBody().front().without_terminator())
        old.push_back(&op);
      emitBody(*parts, unit);
      for (Operation *op : llvm::reverse(old))
        op->erase();
      if (failed(approximate(function, patterns, unit)))
        return signalPassFailure();
    }
  }
};
} // namespace
