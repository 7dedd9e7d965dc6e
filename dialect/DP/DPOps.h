//===- DPOps.h - the `dp` dialect ---------------------------------------------------*- C++ -*-===//
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
#include "llvm/ADT/SetVector.h"

#include "dialect/DP/DPEnums.h.inc"

#include "dialect/DP/DPDialect.h.inc"

namespace dpc::dp {
class LayerOp;
class CompartmentOp;
class InputOp;
class PotentialOp;

/// The name under which a `dp.form` at the input reads the datum.
inline constexpr llvm::StringLiteral datumName = "given";
} // namespace dpc::dp

#define GET_OP_CLASSES
#include "dialect/DP/DPOps.h.inc"

namespace dpc::dp {
/// The layer (the value of a `dp.layer` or `dp.input`) at which a vector of the potential lives.
mlir::Value layerOf(mlir::Value vector);
} // namespace dpc::dp
