//===- Passes.td - kernels on memrefs to machine code -----------------------------------------===//

#ifndef DPC_CODEGEN_CPU_PASSES
#define DPC_CODEGEN_CPU_PASSES

include "mlir/Pass/PassBase.td"

def CpuPlainLoops : Pass<"cpu-plain-loops", "::mlir::ModuleOp"> {
  let summary = "linalg kernels -> plain loops on numbers";
  let description = [{
    Optimisation level 0: what the kernels say, element by element, without vectors or tasks. Small
    products are summed in double, large ones in memory, row by row of their right factor.
  }];
  let dependentDialects = ["::mlir::scf::SCFDialect"];
}

def CpuEmitKernels : Pass<"cpu-emit-kernels", "::mlir::ModuleOp"> {
  let summary = "linalg kernels -> register tiles, vectors and tasks";
  let description = [{
    A product runs over panels of columns and tiles of rows whose sums stay in registers; what
    follows per unit works on these registers, or on the tile in the first-level cache if it is
    long. Small products are summed in double (Emission.h says why), deep ones in blocks.
    Remainders are exact smaller tiles; at the last columns whole vectors are read (rows are
    padded) and true elements written. Reductions and ops per unit run along rows. Large kernels
    become a parallel loop over tasks that write disjoint outputs: a sum is never split, so results
    do not depend on the number of threads.
  }];
  let options = [
    Option<"lanes", "lanes", "int64_t", "8", "f32 elements of a vector register">,
    Option<"registers", "registers", "int64_t", "16", "vector registers">,
    Option<"fma", "fma", "bool", "true", "use fused multiply-add">];
  let dependentDialects = ["::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
                           "::mlir::vector::VectorDialect"];
}

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
