//===- CountProducts.h - how many matrix products a program has ---------------------*- C++ -*-===//
#pragma once

#include "mlir/IR/Operation.h"

namespace dpc {

/// Products by kind (derivation.md 1).
struct ProductCounts {
  int64_t linear = 0;
  int64_t linearTranspose = 0;
  int64_t weightGradient = 0;
};

/// Counts the products inside `op`.
ProductCounts countProducts(mlir::Operation *op);

} // namespace dpc
