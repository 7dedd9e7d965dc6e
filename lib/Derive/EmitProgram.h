//===- EmitProgram.h - a derivation as a dyad.program -------------------------------*- C++ -*-===//
#pragma once

#include "dialect/Dyad/DyadOps.h"
#include "lib/Derive/Derivation.h"

namespace dpc::derive {

/// Writes the sources, the plain forward pass, one update per layer, the gradients and the named
/// vectors of a derivation at the builder's insertion point.
mlir::FailureOr<dyad::ProgramOp> emitProgram(mlir::OpBuilder &builder, Derivation &derivation);

} // namespace dpc::derive
