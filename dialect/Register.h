//===- Register.h - the one list of our dialects ------------------------------------*- C++ -*-===//
#pragma once

namespace mlir {
class DialectRegistry;
}

namespace dpc {
/// Registers `dp` and `dyad`.
void registerDialects(mlir::DialectRegistry &registry);
} // namespace dpc
