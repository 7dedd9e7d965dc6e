//===- EntryPoints.cpp - dp-entry-points ------------------------------------------------------===//
#include "lib/Lower/Passes.h"

namespace dpc {
#define GEN_PASS_DEF_ENTRYPOINTS
#include "lib/Lower/Passes.h.inc"
} // namespace dpc

using namespace mlir;

namespace {
struct EntryPoints : dpc::impl::EntryPointsBase<EntryPoints> {
  void runOnOperation() override {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPublic())
        function.setName(("dprt_" + function.getName()).str());
  }
};
} // namespace
