//===- RegisterAll.cpp - dialects and passes of every stage -----------------------------------===//
#include "lib/Pipelines/RegisterAll.h"

#include "dialect/Register.h"
#include "lib/CodeGen/CPU/Backend.h"
#include "lib/CodeGen/CPU/Passes.h"
#include "lib/Derive/Passes.h"
#include "lib/Lower/Passes.h"
#include "lib/Schedule/Passes.h"

void dpc::registerAllDialects(mlir::DialectRegistry &registry) {
  registerDialects(registry);
  registry.insert<mlir::func::FuncDialect, mlir::arith::ArithDialect, mlir::math::MathDialect,
                  mlir::tensor::TensorDialect, mlir::linalg::LinalgDialect,
                  mlir::memref::MemRefDialect, mlir::scf::SCFDialect, mlir::vector::VectorDialect,
                  mlir::cf::ControlFlowDialect, mlir::LLVM::LLVMDialect>();
  registerMachineCodeTranslations(registry);
}

void dpc::registerAllPasses() {
  registerDerivePasses();
  registerSchedulePasses();
  registerLowerPasses();
  registerCodeGenCPUPasses();
}
