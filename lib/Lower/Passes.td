//===- Passes.td - from dyad to linalg to one arena -------------------------------------------===//

#ifndef DPC_LOWER_PASSES
#define DPC_LOWER_PASSES

include "mlir/Pass/PassBase.td"

def ConvertDyadToLinalg : Pass<"convert-dyad-to-linalg", "::mlir::ModuleOp"> {
  let summary = "scheduled dyad functions -> linalg on matrices [batch, elements]";
  let description = [{
    Every state becomes a matrix [batch, elements], so that flatten and unflatten vanish. Weights
    and their gradients become [in, out], the transpose of the file layout, because forward
    products read whole rows of them; feedback reads an explicit `linalg.transpose`, one per weight
    and function. Exact coefficients become numbers of the element type here.

    `rows` bounds every sum over the batch, so that padding contributes exactly nothing, whatever
    it holds.

    Arguments and results keep `dyad.name` and `dyad.parameter`; `dyad.dims` holds the dimensions
    of the file layout and `dyad.gradient` marks the gradient of a parameter.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::math::MathDialect", "::mlir::tensor::TensorDialect"];
}

def FormKernels : Pass<"dp-form-kernels", "::mlir::ModuleOp"> {
  let summary = "fuse products with what follows per unit into functions";
  let description = [{
    Each product, reduction and transpose becomes one private function. An op per unit joins the
    function of the latest of its producers if it has the same iteration space: all its other
    operands exist by then, so that is always legal. What is left forms functions without a
    product. The ops per unit of a function become one `linalg.generic` with several results.
    Structurally equal functions are merged; every entry becomes a flat list of calls.

    A remark tells how many `calls` all entries make and how many `kernels` are distinct.
  }];
}

def PlanMemory : Pass<"dp-plan-memory", "::mlir::ModuleOp"> {
  let summary = "place every tensor of the flat call lists in one arena";
  let description = [{
    Buffers are placed by liveness on the call list, 64-byte aligned. The pitch of a matrix is its
    width rounded up to 16 elements, and 16 more if that is a multiple of 256, so that rows do not
    meet in one cache set. Data, parameters and gradients have the same place in every entry;
    parameters and gradients are two regions of equal layout. Results stay valid until the entry
    returns. Kernels become functions on memrefs of static shape that write to their last
    arguments; the first result of a product's function is also where the product accumulates.
    Nothing is allocated or copied in what runs.

    The module attribute `dprt.description` holds the text that runtime/include/dprt/dprt.h defines.
  }];
  let dependentDialects = ["::mlir::memref::MemRefDialect"];
}

def EntryPoints : Pass<"dp-entry-points", "::mlir::ModuleOp"> {
  let summary = "give the entries the symbols that the description names";
  let description = [{
    Public functions get the prefix `dprt_`, so that `dprt.description` finds them and no symbol of
    another library has their name; kernels are private and keep theirs. Their signature is already
    that of `dprt_entry` (runtime/include/dprt/dprt.h): the arena and the number of rows.

    Example: `func.func @probe(%arena: memref<64xi8>, %rows: index)` becomes `@dprt_probe`.
  }];
}

#endif
