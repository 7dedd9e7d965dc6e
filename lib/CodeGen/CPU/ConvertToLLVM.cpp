//===- ConvertToLLVM.cpp - cpu-convert-to-llvm ------------------------------------------------===//
#include "lib/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Conversion/FuncToLLVM/ConvertFuncToLLVM.h"
#include "mlir/Conversion/LLVMCommon/ConversionTarget.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Conversion/MathToLLVM/MathToLLVM.h"
#include "mlir/Conversion/MathToLibm/MathToLibm.h"
#include "mlir/Conversion/MemRefToLLVM/MemRefToLLVM.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Conversion/VectorToLLVM/ConvertVectorToLLVM.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Transforms/DialectConversion.h"

namespace dpc {
#define GEN_PASS_DEF_CPUCONVERTTOLLVM
#include "lib/CodeGen/CPU/Passes.h.inc"
} // namespace dpc

using namespace mlir;

namespace {

struct CpuConvertToLLVM : dpc::impl::CpuConvertToLLVMBase<CpuConvertToLLVM> {
  void runOnOperation() override {
    if (failed(lowerControlFlow()) || failed(convert()))
      return signalPassFailure();
    finishFunctions();
    addDescription();
  }

  /// Loops become branches, scalar functions that no approximation replaced calls of libm.
  LogicalResult lowerControlFlow() {
    RewritePatternSet patterns(&getContext());
    populateSCFToControlFlowConversionPatterns(patterns);
    populateMathToLibmConversionPatterns(patterns);
    ConversionTarget target(getContext());
    target.addIllegalDialect<scf::SCFDialect>();
    target.addIllegalOp<math::ExpOp, math::TanhOp, math::Log1pOp>();
    target.markUnknownOpDynamicallyLegal([](Operation *) { return true; });
    return applyPartialConversion(getOperation(), target, std::move(patterns));
  }

  LogicalResult convert() {
    for (auto function : getOperation().getOps<func::FuncOp>())
      if (function.isPrivate() && !function.isExternal())
        function->setAttr("llvm.linkage",
                          LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal));
    LowerToLLVMOptions options(&getContext());
    options.useBarePtrCallConv = true;
    options.overrideIndexBitwidth(64);
    LLVMTypeConverter converter(&getContext(), options);
    RewritePatternSet patterns(&getContext());
    SymbolTableCollection symbols;
    arith::populateArithToLLVMConversionPatterns(converter, patterns);
    cf::populateControlFlowToLLVMConversionPatterns(converter, patterns);
    populateFuncToLLVMConversionPatterns(converter, patterns, &symbols);
    populateMathToLLVMConversionPatterns(converter, patterns);
    populateFinalizeMemRefToLLVMConversionPatterns(converter, patterns, &symbols);
    populateVectorToLLVMConversionPatterns(converter, patterns);
    LLVMConversionTarget target(getContext());
    target.addLegalOp<ModuleOp>();
    return applyFullConversion(getOperation(), target, std::move(patterns));
  }

  void finishFunctions() {
    for (auto function : llvm::make_early_inc_range(getOperation().getOps<LLVM::LLVMFuncOp>()))
      if (function->hasAttr("cpu.tasks"))
        runTasks(function);
  }

  LLVM::LLVMFuncOp declareParallel(OpBuilder b) {
    ModuleOp module = getOperation();
    if (auto known = module.lookupSymbol<LLVM::LLVMFuncOp>("dprt_parallel"))
      return known;
    b.setInsertionPointToStart(module.getBody());
    Type pointer = LLVM::LLVMPointerType::get(&getContext());
    return LLVM::LLVMFuncOp::create(
        b, module.getLoc(), "dprt_parallel",
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()),
                                    {pointer, pointer, b.getI64Type()}));
  }

  /// kernel(a, b, ...) { slots = {a, b, ...}; dprt_parallel(kernel_slots, slots, tasks) }
  /// kernel_slots(slots, task) { kernel_task(task, slots[0], slots[1], ...) }
  void runTasks(LLVM::LLVMFuncOp kernel) {
    OpBuilder b(kernel);
    Location loc = kernel.getLoc();
    auto tasks = kernel->getAttrOfType<IntegerAttr>("cpu.tasks");
    auto body = kernel->getAttrOfType<FlatSymbolRefAttr>("cpu.body");
    kernel->removeAttr("cpu.tasks");
    kernel->removeAttr("cpu.body");
    LLVM::LLVMFuncOp parallel = declareParallel(b);
    Type pointer = LLVM::LLVMPointerType::get(&getContext()), slot = b.getI64Type();
    auto slotOf = [&](Value slots, int64_t index) -> Value {
      return LLVM::GEPOp::create(b, loc, pointer, slot, slots,
                                 ArrayRef<LLVM::GEPArg>{(int32_t)index});
    };

    auto trampoline = LLVM::LLVMFuncOp::create(
        b, loc, (kernel.getName() + "_slots").str(),
        LLVM::LLVMFunctionType::get(LLVM::LLVMVoidType::get(&getContext()), {pointer, slot}),
        LLVM::Linkage::Internal);
    Block *block = trampoline.addEntryBlock(b);
    b.setInsertionPointToEnd(block);
    SmallVector<Value> arguments{block->getArgument(1)};
    for (auto [index, argument] : llvm::enumerate(kernel.getArguments()))
      arguments.push_back(
          LLVM::LoadOp::create(b, loc, argument.getType(), slotOf(block->getArgument(0), index)));
    LLVM::CallOp::create(b, loc, TypeRange{}, body, arguments);
    LLVM::ReturnOp::create(b, loc, ValueRange{});

    b.setInsertionPoint(kernel.getBody().front().getTerminator());
    Value count =
        LLVM::ConstantOp::create(b, loc, slot, b.getI64IntegerAttr(kernel.getNumArguments()));
    Value slots = LLVM::AllocaOp::create(b, loc, pointer, slot, count);
    for (auto [index, argument] : llvm::enumerate(kernel.getArguments()))
      LLVM::StoreOp::create(b, loc, argument, slotOf(slots, index));
    Value number = LLVM::ConstantOp::create(b, loc, slot, tasks);
    Value function = LLVM::AddressOfOp::create(b, loc, trampoline);
    LLVM::CallOp::create(b, loc, parallel, ValueRange{function, slots, number});
  }

  void addDescription() {
    ModuleOp module = getOperation();
    auto text = module->getAttrOfType<StringAttr>("dprt.description");
    if (!text)
      return;
    OpBuilder b(module.getBodyRegion());
    std::string bytes = text.str() + '\0';
    auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
    LLVM::GlobalOp::create(b, module.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::External,
                           "dprt_description", b.getStringAttr(bytes));
    module->removeAttr("dprt.description");
  }
};

} // namespace
