//===- DyadOps.h - the `dyad` dialect -----------------------------------------------*- C++ -*-===//
#pragma once

#include "dialect/Vocabulary.h"

#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/InferTypeOpInterface.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

#include "dialect/Dyad/DyadDialect.h.inc"

namespace dpc::dyad {
/// Argument and result attribute of scheduled functions: the cell or source that a value stands for
/// (`h1#0`, `h1.weight`, `h1.weight#gradient`, `#loss`, `x`, `y`, `rows`).
inline constexpr llvm::StringLiteral nameAttr = "dyad.name";
/// Unit argument attribute of scheduled functions: this argument is a parameter.
inline constexpr llvm::StringLiteral parameterAttr = "dyad.parameter";
} // namespace dpc::dyad

#define GET_OP_CLASSES
#include "dialect/Dyad/DyadOps.h.inc"

namespace dpc::dyad {
/// Whether `op` is one matrix product: what is counted by `dpc info` (derivation.md).
inline bool isProduct(mlir::Operation *op) {
  return mlir::isa<LinearOp, LinearTransposeOp, WeightGradientOp>(op);
}
} // namespace dpc::dyad
