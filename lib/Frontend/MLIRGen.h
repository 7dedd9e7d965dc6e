//===- MLIRGen.h - the elaborated model as `dp` -------------------------------------*- C++ -*-===//
#pragma once

#include "lib/Frontend/Objective.h"
#include "lib/Frontend/SettingsReader.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace dpc {

/// One `dp.model`, every operation at its `.dp` place.
mlir::OwningOpRef<mlir::ModuleOp> generate(mlir::MLIRContext &context, const NetworkGraph &network,
                                           const ElaboratedObjective &objective,
                                           const ParameterValues &parameters,
                                           const TrainingSettings &settings, Loss loss,
                                           Inference inference);

} // namespace dpc
