//===- Interpreter.h - executes `dyad`, in double -----------------------------------*- C++ -*-===//
//
// The oracle of everything after Derive. Arguments by name: `x` [batch, ...], `y` [batch, outputs],
// `rows` (a number: samples that are not padding), parameters by their names in files. Errors: a
// missing argument or one of another shape than the program's, an op that is not `dyad`.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/Dyad/DyadOps.h"
#include "lib/Reference/Tensor.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "llvm/Support/Error.h"

namespace dpc::reference {

/// Runs a scheduled function, op by op. Results by their `dyad.name`.
llvm::Expected<Environment> runFunction(mlir::func::FuncOp function, const Environment &arguments);

/// Runs a derived program as it is defined: `initial`, the updates in the order of its inference
/// and passes, `gradients`. All cells by name. Shares nothing with the stage that unrolls.
llvm::Expected<Environment> runProgram(dyad::ProgramOp program, const Environment &arguments);

/// The layers 1..L of language.md 5 in the order in which they are updated, as groups that move
/// from the same old states: of one layer each, but for jacobi of all.
std::vector<std::vector<int64_t>> updateSequence(Inference inference, int64_t passes,
                                                 int64_t layers);

} // namespace dpc::reference
