//===- Evaluator.h - one `dyad` op at a time ----------------------------------------*- C++ -*-===//
#pragma once

#include "dialect/Dyad/DyadOps.h"
#include "lib/Reference/Tensor.h"

#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"

namespace dpc::reference {

/// The tensor or number that each SSA value has. Indices are numbers.
using Values = llvm::DenseMap<mlir::Value, Tensor>;

/// Computes the result of a pure `dyad` op from those of its operands. Fails on any other op.
llvm::Error evaluate(mlir::Operation *op, Values &values);

/// An argument by name, of the shape that `type` says.
llvm::Expected<Tensor> argument(const Environment &arguments, llvm::StringRef name,
                                mlir::Type type);

/// An error with the text `message`.
llvm::Error failure(const std::string &message);

} // namespace dpc::reference
