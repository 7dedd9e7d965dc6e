//===- EmitKernels.cpp - cpu-emit-kernels ----------------------------------------------------------===//
#include "lib/CodeGen/CPU/Emission.h"

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

namespace {
struct CpuEmitKernels : dpc::impl::CpuEmitKernelsBase<CpuEmitKernels> {
  using CpuEmitKernelsBase::CpuEmitKernelsBase;

  void runOnOperation() override {
    VectorUnit unit{lanes, registers, fma};
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
    }
  }
};
} // namespace
