//===- Passes.td - kernels on memrefs to machine code ----------------------------------------------===//

#ifndef DPC_CODEGEN_CPU_PASSES
#define DPC_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CpuOutlineTasks : Pass<"cpu-outline-tasks", "::mlir::ModuleOp"> {
  let summary = "the body of a kernel's scf.forall -> a function of the task's number";
  let description = [{
    `f` with a loop over T parallel tasks becomes `f_task(%task, arguments...)` with the body and an
    empty `f` with the attributes `cpu.tasks` = T and `cpu.body` = @f_task, which
    `cpu-convert-to-llvm` fills with the call of dprt_parallel.
  }];
}

def CpuConvertToLLVM : Pass<"cpu-convert-to-llvm", "::mlir::ModuleOp"> {
  let summary = "func, scf, arith, math, memref and vector -> llvm, with bare pointers";
  let description = [{
    Kernels become internal functions. The module's `dprt.description` becomes the global
    `dprt_description`. A function with `cpu.tasks` packs its arguments into an array of 64-bit
    slots and hands it with a trampoline to dprt_parallel.
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::cf::ControlFlowDialect"];
}

#endif
