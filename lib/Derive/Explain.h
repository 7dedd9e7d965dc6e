//===- Explain.h - what was derived, as text ----------------------------------------*- C++ -*-===//
#pragma once

#include "dialect/DP/DPOps.h"

#include <string>

namespace dpc::derive {

/// Every condition, solved unknown, realised update and weight gradient of the model, each with the
/// lines of the objective that it came from (derivation.md 11); layers that differ only in names
/// are grouped. Fails with messages where nothing can be derived.
mlir::FailureOr<std::string> explain(dp::ModelOp model);

} // namespace dpc::derive
