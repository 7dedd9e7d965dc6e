//===- Passes.td - from updates to a straight line --------------------------------------------===//

#ifndef DPC_SCHEDULE_PASSES
#define DPC_SCHEDULE_PASSES

include "mlir/Pass/PassBase.td"

def UnrollInference : Pass<"dyad-unroll-inference", "::mlir::ModuleOp"> {
  let summary = "from the updates of a dyad.program to straight-line functions";
  let description = [{
    Writes the plain forward pass, one update per step of the inference sequence (language.md 5) and
    the gradients as one block in static single assignment, once per entry:

    | entry | results |
    | --- | --- |
    | `train_step` | parameter gradients, losses, predictions, compartments, forward activations |
    | `infer` | losses and predictions of the plain forward pass |
    | `probe` | every cell |
    | `gradients` | parameter gradients only: what `dpc info` counts |

    (Compartments and forward activations are for the divergence check.) All entries take x, y, the
    number of rows and every parameter. With `fold`, each operation is folded and hashed as it is
    made (derivation.md 8), and what no result needs is removed, so time stays linear in passes
    times layers; without it the program is the literal sequence.

    A remark per entry tells how many operations were `folded` away, found equal to an earlier one
    (`shared`), and not needed (`dead`).
  }];
  let options = [
    ListOption<"entries", "entries", "std::string", "functions to write, of the table above">,
    Option<"fold", "fold", "bool", "true", "fold, share and remove operations">];
  let dependentDialects = ["::mlir::func::FuncDialect"];
}

def RaiseDifferences : Pass<"dyad-raise-differences", "::mlir::func::FuncOp"> {
  let summary = "r f(p) - r f(q) becomes r times an exact activation difference";
  let description = [{
    Inside a `dyad.combine`, two activations of one kind with opposite coefficients become one
    `dyad.activation_difference` by d = p - q. Legal when p and q share an operand that cancels in
    d, so that d is formed without subtracting nearly equal numbers (derivation.md 10, spec.md 6.4).

    A remark per function tells how many differences were `raised`.
  }];
}

#endif
