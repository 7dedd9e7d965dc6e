//===- DyadDialect.td - the order in which states move, on tensors ----------------------------===//

#ifndef DPC_DYAD_DIALECT
#define DPC_DYAD_DIALECT

include "mlir/IR/OpBase.td"

def Dyad_Dialect : Dialect {
  let name = "dyad";
  let cppNamespace = "::dpc::dyad";
  let summary = "in which order states move: pure operations on batches";
  let description = [{
    Two levels use the same operations. After Derive, a `dyad.program` has one `dyad.update` per
    layer, which reads and sets named cells and has no order yet. After Schedule, a `func.func` is
    the straight line of all updates in static single assignment.

    Values are batches: a state of 512 units is `tensor<100x512xf32>`; any float type is legal. No
    operation has two states, a side or an asymmetry: `mean` and `difference` are `combine`s, so
    that common-subexpression and dead-code elimination see each compartment singly
    (derivation.md 7). Coefficients are exact numbers.

    Folds that assume finite values are named in their operation's description: they may hide a NaN
    or infinity that the unfolded program would show.
  }];
  let hasConstantMaterializer = 1;
}

#endif
