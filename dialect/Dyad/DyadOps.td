//===- DyadOps.td - operations of the `dyad` dialect ------------------------------------------===//

#ifndef DPC_DYAD_OPS
#define DPC_DYAD_OPS

include "dialect/Dyad/DyadDialect.td"
include "dialect/Vocabulary.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Dyad_Op<string mnemonic, list<Trait> traits = []> : Op<Dyad_Dialect, mnemonic, traits>;

// A state, parameter or gradient of static shape; a batch has the samples as first dimension.
def Batch : StaticShapeTensorOf<[AnyFloat]>;

//===------------------------------------------------------------------------------------------===//
// Programs: before there is an order
//===------------------------------------------------------------------------------------------===//

def ProgramOp : Dyad_Op<"program", [IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments,
                                    Symbol]> {
  let summary = "derived updates of every layer, without an order";
  let description = [{
    Sources (`input`, `target`, `rows`, `parameter`), then one `initial`, one `update` per layer in
    the order of the layers (language.md N10), one `gradients`. State lives in named cells of the
    program, read by `get` and set by `set`; the order of the updates is given by `inference` and
    `passes` (language.md 5) and made explicit by `dyad-unroll-inference`.

    Cells, with L a layer and P a parameter: `L#0`, `L#1`, … compartments in declaration order;
    `L#z0`, … the pre-activations that produced them; `L#forward` the plain forward activation;
    `L#preactivation` that of the last update; `L#define0`, … named vectors at the final states;
    `P#gradient` batch means; `#loss` one value per sample at the plain forward prediction.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Inference:$inference,
                       ConfinedAttr<I64Attr, [IntPositive]>:$passes);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `inference` $inference `passes` $passes attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
}

def InputOp : Dyad_Op<"input", [Pure]> {
  let summary = "the batch of data [batch, ...]";
  let description = [{
    In the shape of the model file, samples first. Rows from `dyad.rows` on hold anything: no result
    may depend on them (language.md T3).
  }];
  let results = (outs Batch:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def TargetOp : Dyad_Op<"target", [Pure]> {
  let summary = "the batch of targets [batch, outputs]; labels are one-hot";
  let description = [{
    One row per sample; what the losses of language.md 10 compare with.
  }];
  let results = (outs Batch:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def RowsOp : Dyad_Op<"rows", [Pure]> {
  let summary = "number of samples in the batch; rows from there on are padding";
  let description = [{
    At least 1 and at most the batch. The last batch of an epoch may be partial (language.md T3); it
    counts as its own size in every mean (language.md T4).
  }];
  let results = (outs Index:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
}

def ParameterOp : Dyad_Op<"parameter", [Pure]> {
  let summary = "a weight [out, in] or bias [out], by its name in files (language.md T10)";
  let description = [{
    In the layout of files; shared weights are one value (language.md N7).
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Batch:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

class Dyad_BodyOp<string mnemonic> : Dyad_Op<mnemonic, [HasParent<"ProgramOp">, SingleBlock,
                                                        NoTerminator, NoRegionArguments]> {
  let regions = (region SizedRegion<1>:$body);
}

def InitialOp : Dyad_BodyOp<"initial"> {
  let summary = "the plain forward pass: sets every cell before the first update";
  let description = [{
    States at the layer's activation, multipliers at `dyad.zero` (language.md O1), the loss per
    sample at this prediction.
  }];
  let assemblyFormat = "attr-dict-with-keyword $body";
}

def UpdateOp : Dyad_BodyOp<"update"> {
  let summary = "moves all compartments of one layer from the same inputs (language.md I1)";
  let description = [{
    All `get`s mean the values before the update, wherever they stand; what it does not set stays
    (derivation.md 7).
  }];
  let arguments = (ins StrAttr:$layer);
  let assemblyFormat = "$layer attr-dict-with-keyword $body";
}

def GradientsOp : Dyad_BodyOp<"gradients"> {
  let summary = "after the last update: sets the gradient cells and named vectors";
  let description = [{
    Partial derivatives of the potential at the final states, batch means (language.md O16,
    derivation.md 7).
  }];
  let assemblyFormat = "attr-dict-with-keyword $body";
}

def GetOp : Dyad_Op<"get", [Pure]> {
  let summary = "the value of a cell before this update";
  let description = [{
    Of the type that every `set` of the cell has. `dyad-unroll-inference` replaces it by the value
    set last (derivation.md 7).
  }];
  let arguments = (ins StrAttr:$cell);
  let results = (outs Batch:$result);
  let assemblyFormat = "$cell attr-dict `:` type($result)";
}

def SetOp : Dyad_Op<"set"> {
  let summary = "the value of a cell after this update";
  let description = [{
    Shown to later updates only; if a body sets a cell twice, the last counts (derivation.md 7).
  }];
  let arguments = (ins StrAttr:$cell, Batch:$value);
  let assemblyFormat = "$cell $value attr-dict `:` type($value)";
}

//===------------------------------------------------------------------------------------------===//
// Products
//===------------------------------------------------------------------------------------------===//

def LinearOp : Dyad_Op<"linear", [Pure]> {
  let summary = "x * weight^T + bias: [batch, in], [out, in], [out] -> [batch, out]; a product";
  let description = [{
    The forward product of derivation.md 1. It counts as one product whatever the bias, and no fold
    removes it: only equal ones are shared.
  }];
  let arguments = (ins Batch:$x, Batch:$weight, Optional<Batch>:$bias);
  let results = (outs Batch:$result);
  let assemblyFormat = [{
    $x `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def LinearTransposeOp : Dyad_Op<"linear_transpose", [Pure]> {
  let summary = "d * weight: [batch, out], [out, in] -> [batch, in]; a product";
  let description = [{ The transpose product of derivation.md 1, without bias. Fold
    transpose-zero (of `zero` is `zero`) **assumes weights finite**. }];
  let arguments = (ins Batch:$d, Batch:$weight);
  let results = (outs Batch:$result);
  let assemblyFormat = "$d `,` $weight attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def WeightGradientOp : Dyad_Op<"weight_gradient", [Pure]> {
  let summary = "d^T * x / rows over the first `rows` samples: [out, in]; a product";
  let description = [{ The mean over samples (language.md O16). Fold gradient-zero (of `zero`
    is `zero`) **assumes x finite**. }];
  let arguments = (ins Batch:$d, Batch:$x, Index:$rows);
  let results = (outs Batch:$result);
  let assemblyFormat = "$d `,` $x `rows` $rows attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def BiasGradientOp : Dyad_Op<"bias_gradient", [Pure]> {
  let summary = "sum of d over the first `rows` samples / rows: [batch, out] -> [out]";
  let description = [{ The mean over samples (language.md O16). Fold gradient-zero: of `zero`
    is `zero`. }];
  let arguments = (ins Batch:$d, Index:$rows);
  let results = (outs Batch:$result);
  let assemblyFormat = "$d `rows` $rows attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

//===------------------------------------------------------------------------------------------===//
// Per unit
//===------------------------------------------------------------------------------------------===//

def ZeroOp : Dyad_Op<"zero", [Pure, ConstantLike]> {
  let summary = "all zeros";
  let description = [{
    Of any shape. Where a multiplier starts (language.md O1) and what folds that drop work leave
    (derivation.md 8).
  }];
  let results = (outs Batch:$result);
  let assemblyFormat = "attr-dict `:` type($result)";
  let hasFolder = 1;
}

def CombineOp : Dyad_Op<"combine", [Pure, SameOperandsAndResultType]> {
  let summary = "sum of coefficient * operand: mean, difference, nudge, damping, residual sum";
  let description = [{
    Folds (derivation.md 8): zero-coefficient drops 0 * x (**assumes x finite**); zero-operand drops
    c * zero; merge adds the coefficients of equal operands and makes `zero` of nothing (x - x
    **assumes finite**); flatten replaces an operand that is a combine by its operands if a merge
    follows; unit makes x of 1 * x.
  }];
  let arguments = (ins CoefficientArrayAttr:$coefficients, Variadic<Batch>:$operands);
  let results = (outs Batch:$result);
  let assemblyFormat = "$coefficients $operands attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def ActivateOp : Dyad_Op<"activate", [Pure, SameOperandsAndResultType]> {
  let summary = "f_rho(b): the s with f^-1(s) + rho * s = b; f(b) for rho = 0";
  let description = [{
    derivation.md 5 has the closed forms: relu max(b, 0)/(1 + rho), clip clip(b/(1 + rho)),
    leaky_relu b/(1 + rho) or b/(1/slope + rho) by the sign of b, identity b/(1 + rho). tanh and
    sigmoid need rho = 0.

    Folds: identity with rho = 0 is b; prox-rest makes f_0(a) of f_rho(a + rho * f_0(a)).
  }];
  let arguments = (ins Activation:$activation, Batch:$b, OptionalAttr<CoefficientAttr>:$slope,
                       DefaultValuedAttr<CoefficientAttr, "\"0\"">:$rho);
  let results = (outs Batch:$result);
  let assemblyFormat = [{
    $activation (`slope` $slope^)? (`rho` $rho^)? $b attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
  let hasFolder = 1;
}

def SlopeTimesOp : Dyad_Op<"slope_times", [Pure, SameOperandsAndResultType]> {
  let summary = "f'(z) * x, at kinks of relu and clip 0, at leaky_relu's the slope";
  let description = [{ The feedback of derivation.md 5. Folds: identity is x; transpose-zero: of
    x = `zero` is `zero` (**assumes z finite**). }];
  let arguments = (ins Activation:$activation, Batch:$z, Batch:$x,
                       OptionalAttr<CoefficientAttr>:$slope);
  let results = (outs Batch:$result);
  let assemblyFormat = "$activation (`slope` $slope^)? $z `,` $x attr-dict `:` type($result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

def ActivationDifferenceOp : Dyad_Op<"activation_difference", [Pure, SameOperandsAndResultType]> {
  let summary = "f(p) - f(q) given d = p - q exactly (spec.md 6.4)";
  let description = [{ Made only by `dyad-raise-differences`: subtracting rounded activations would
    lose the digits that small nudging needs. }];
  let arguments = (ins Activation:$activation, Batch:$p, Batch:$q, Batch:$d,
                       OptionalAttr<CoefficientAttr>:$slope);
  let results = (outs Batch:$result);
  let assemblyFormat = [{
    $activation (`slope` $slope^)? $p `,` $q `by` $d attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
}

def LossGradientOp : Dyad_Op<"loss_gradient", [Pure, SameOperandsAndResultType]> {
  let summary = "gradient of the loss per sample at z: [batch, outputs]";
  let description = [{
    softmax(z) - y, z - y or 2 (z - y) (language.md 10). Not divided by the batch: gradients of
    parameters are (language.md T4).
  }];
  let arguments = (ins Loss:$loss, Batch:$z, Batch:$target);
  let results = (outs Batch:$result);
  let assemblyFormat = "$loss $z `,` $target attr-dict `:` type($result)";
}

def LossOp : Dyad_Op<"loss", [Pure]> {
  let summary = "the loss of each sample: [batch, outputs] -> [batch]";
  let description = [{
    language.md 10: cross-entropy of softmax(z), half the squared distance, or the squared distance.
    Padding rows have one too; whoever adds them up stops at `dyad.rows`.
  }];
  let arguments = (ins Loss:$loss, Batch:$z, Batch:$target);
  let results = (outs Batch:$result);
  let assemblyFormat = "$loss $z `,` $target attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

//===------------------------------------------------------------------------------------------===//
// Shapes
//===------------------------------------------------------------------------------------------===//

def FlattenOp : Dyad_Op<"flatten", [Pure]> {
  let summary = "[batch, ...] -> [batch, elements], last dimension fastest";
  let description = [{
    A view in the end: `convert-dyad-to-linalg` makes every state a matrix (language.md N8).
  }];
  let arguments = (ins Batch:$x);
  let results = (outs Batch:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
}

def UnflattenOp : Dyad_Op<"unflatten", [Pure]> {
  let summary = "[batch, elements] -> [batch, ...], the transpose of flatten";
  let description = [{ Carries cotangents back through `flatten` (derivation.md 3). Fold
    transpose-zero: of `zero` is `zero`. }];
  let arguments = (ins Batch:$x);
  let results = (outs Batch:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, $result)";
  let hasVerifier = 1;
  let hasFolder = 1;
}

#endif
