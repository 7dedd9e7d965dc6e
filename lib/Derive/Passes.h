//===- Passes.h - passes of the Derive stage ----------------------------------------*- C++ -*-===//
#pragma once

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/Pass.h"

namespace dpc {
#define GEN_PASS_DECL
#define GEN_PASS_REGISTRATION
#include "lib/Derive/Passes.h.inc"
} // namespace dpc
