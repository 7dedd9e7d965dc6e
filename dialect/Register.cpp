//===- Register.cpp - both dialects in one call -----------------------------------------------===//
#include "dialect/Register.h"

#include "dialect/DP/DPOps.h"
#include "dialect/Dyad/DyadOps.h"

void dpc::registerDialects(mlir::DialectRegistry &registry) {
  registry.insert<dp::DPDialect, dyad::DyadDialect>();
}
