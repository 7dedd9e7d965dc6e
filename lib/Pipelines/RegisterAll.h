//===- RegisterAll.h - everything a tool may meet, in one call ----------------------*- C++ -*-===//
#pragma once

#include "mlir/IR/DialectRegistry.h"

namespace dpc {

/// Our dialects and those of the phases from `schedule` on, with what code generation attaches.
void registerAllDialects(mlir::DialectRegistry &registry);

/// Our passes, for textual pipelines.
void registerAllPasses();

} // namespace dpc
