//===- CountProducts.cpp - counts by kind, functions and updates alike ------------------------===//
#include "lib/Schedule/CountProducts.h"

#include "dialect/Dyad/DyadOps.h"

using namespace mlir;

dpc::ProductCounts dpc::countProducts(Operation *op) {
  ProductCounts counts;
  op->walk([&](Operation *inner) {
    counts.linear += isa<dyad::LinearOp>(inner);
    counts.linearTranspose += isa<dyad::LinearTransposeOp>(inner);
    counts.weightGradient += isa<dyad::WeightGradientOp>(inner);
  });
  return counts;
}
