//===- OutlineTasks.cpp - cpu-outline-tasks ---------------------------------------------------===//
#include "lib/CodeGen/CPU/Passes.h"

#include "mlir/IR/IRMapping.h"
#include "mlir/Transforms/RegionUtils.h"

namespace dpc {
#define GEN_PASS_DEF_CPUOUTLINETASKS
#include "lib/CodeGen/CPU/Passes.h.inc"
} // namespace dpc

using namespace mlir;

/// The body reads only its index, arguments of the function and constants, which are repeated.
static void outline(func::FuncOp kernel, scf::ForallOp loop) {
  OpBuilder b(kernel);
  SmallVector<Type> types{b.getIndexType()};
  llvm::append_range(types, kernel.getArgumentTypes());
  auto task = func::FuncOp::create(b, kernel.getLoc(), (kernel.getName() + "_task").str(),
                                   b.getFunctionType(types, {}));
  task.setPrivate();
  Block *block = task.addEntryBlock();
  IRMapping map;
  map.map(loop.getInductionVars().front(), block->getArgument(0));
  map.map(kernel.getArguments(), block->getArguments().drop_front());
  b.setInsertionPointToEnd(block);
  llvm::SetVector<Value> captured;
  getUsedValuesDefinedAbove(loop.getRegion(), captured);
  for (Value value : captured)
    if (Operation *constant = value.getDefiningOp())
      b.clone(*constant, map);
  for (Operation &op : loop.getBody()->without_terminator())
    b.clone(op, map);
  func::ReturnOp::create(b, kernel.getLoc());
  kernel->setAttr("cpu.tasks", b.getI64IntegerAttr(*loop.getStaticUpperBound().begin()));
  kernel->setAttr("cpu.body", FlatSymbolRefAttr::get(task));
  loop.erase();
}

namespace {
struct CpuOutlineTasks : dpc::impl::CpuOutlineTasksBase<CpuOutlineTasks> {
  void runOnOperation() override {
    for (auto kernel : llvm::make_early_inc_range(getOperation().getOps<func::FuncOp>())) {
      if (kernel.isExternal())
        continue;
      auto loops = llvm::to_vector(kernel.getOps<scf::ForallOp>());
      if (loops.size() == 1)
        outline(kernel, loops.front());
    }
  }
};
} // namespace
