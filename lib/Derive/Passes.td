//===- Passes.td - from potentials to updates -------------------------------------------------===//

#ifndef DPC_DERIVE_PASSES
#define DPC_DERIVE_PASSES

include "mlir/Pass/PassBase.td"

def DeriveUpdates : Pass<"dp-derive-updates", "::mlir::ModuleOp"> {
  let summary = "from the potential of a dp.model to the updates of a dyad.program";
  let description = [{
    Differentiates the potential by every compartment of every layer, changes to independent
    unknowns, solves the stationarity conditions one after the other and writes the updates, the
    plain forward pass and the parameter gradients (derivation.md 2-6). Replaces each `dp.model` by
    a `dyad.program` of the same name.

    What cannot be derived is an error at the term that prevents it, with the condition that failed
    (DP30xx).
  }];
  let dependentDialects = ["::dpc::dyad::DyadDialect"];
}

#endif
