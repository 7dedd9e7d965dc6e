//===- DPOps.td - operations of the `dp` dialect ----------------------------------------------===//

#ifndef DPC_DP_OPS
#define DPC_DP_OPS

include "dialect/DP/DPDialect.td"
include "dialect/DP/DPEnums.td"
include "dialect/Vocabulary.td"
include "mlir/IR/BuiltinAttributes.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class DP_Op<string mnemonic, list<Trait> traits = []> : Op<DP_Dialect, mnemonic, traits>;

// A vector of a layer, per sample.
def Vector : StaticShapeTensorOf<[AnyFloat]>;

def ModelOp : DP_Op<"model", [IsolatedFromAbove, SingleBlock, NoTerminator, NoRegionArguments,
                              Symbol]> {
  let summary = "a network with the objective that trains it";
  let description = [{
    Network ops, compartments, then one `dp.potential`. The last `dp.layer` is the output layer.
    `parameters` binds the objective's parameters (`alpha`, `alpha[h1]`) to exact numbers. `passes`
    is the K of language.md 5. `alternate` is language.md O12. `batch` is the number of samples of
    one step.

    ```mlir
    dp.model @mlp batch 100 loss softmax_cross_entropy inference forward_backward passes 1
             realize secant parameters {alpha = "0", beta = "1/10"} { ... }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, ConfinedAttr<I64Attr, [IntPositive]>:$batch,
                       Loss:$loss, Inference:$inference,
                       ConfinedAttr<I64Attr, [IntPositive]>:$passes, Realization:$realization,
                       UnitAttr:$alternate, DictionaryAttr:$parameters);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = [{
    $sym_name `batch` $batch `loss` $loss `inference` $inference `passes` $passes
    `realize` $realization (`alternate` $alternate^)? `parameters` $parameters
    attr-dict-with-keyword $body
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The layers in order (language.md N10); the last is the output layer.
    ::llvm::SmallVector<::dpc::dp::LayerOp> getLayers();
    ::llvm::SmallVector<::dpc::dp::CompartmentOp> getCompartments();
    ::dpc::dp::InputOp getInput();
    ::dpc::dp::PotentialOp getPotential();
    /// The number that `coefficient` has at this model's parameters; nothing if it mentions one
    /// that has none.
    ::std::optional<::dpc::Rational> evaluate(const ::dpc::Coefficient &coefficient);
  }];
}

//===------------------------------------------------------------------------------------------===//
// Network
//===------------------------------------------------------------------------------------------===//

def InputOp : DP_Op<"input", [Pure]> {
  let summary = "the datum, layer 0";
  let description = [{
    The value that the network is applied to, per sample, in the shape of the model file
    (language.md N1, N8). It is no layer: forms there know only `given` (language.md O4).
  }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Vector:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def ParameterOp : DP_Op<"parameter", [Pure]> {
  let summary = "a weight [out, in] or bias [out] that training changes";
  let description = [{ Named as in files (language.md T10): `h1.weight`, `h1.bias`. Shared where
    several operators use the same value (language.md N7). }];
  let arguments = (ins StrAttr:$name);
  let results = (outs Vector:$result);
  let assemblyFormat = "$name attr-dict `:` type($result)";
}

def DenseOp : DP_Op<"dense", [Pure]> {
  let summary = "weight * x + bias (language.md N7)";
  let description = [{
    [in], [out, in], [out] -> [out]. The one operator so far that owns parameters; its transpose and
    gradients are in derivation.md 1.
  }];
  let arguments = (ins Vector:$x, Vector:$weight, Optional<Vector>:$bias);
  let results = (outs Vector:$result);
  let assemblyFormat = [{
    $x `,` $weight (`,` $bias^)? attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def FlattenOp : DP_Op<"flatten", [Pure]> {
  let summary = "all elements as one vector, last dimension fastest (language.md N8)";
  let description = [{
    [d1, d2, ...] -> [d1 * d2 * ...]. Nothing is flattened silently, so a value of another rank
    meets `dp.dense` only through this.
  }];
  let arguments = (ins Vector:$x);
  let results = (outs Vector:$result);
  let assemblyFormat = "$x attr-dict `:` type($x) `->` type($result)";
  let hasVerifier = 1;
}

def CombineOp : DP_Op<"combine", [Pure, SameOperandsAndResultType]> {
  let summary = "sum of coefficient * operand";
  let description = [{
    In the network: `+`, `-` and multiplication by numbers (language.md N4), coefficients without
    parameters. In the potential: a vector expression.
  }];
  let arguments = (ins CoefficientArrayAttr:$coefficients, Variadic<Vector>:$operands);
  let results = (outs Vector:$result);
  let assemblyFormat = "$coefficients $operands attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def LayerOp : DP_Op<"layer", [Pure, SameOperandsAndResultType]> {
  let summary = "one layer: an activation applied to its pre-activation (language.md N2)";
  let description = [{
    The operand is the pre-activation, an affine map of earlier layers; the result is the layer's
    state as later layers read it, and names the layer in forms and terms. `slope` belongs to
    leaky_relu.
  }];
  let arguments = (ins StrAttr:$name, Activation:$activation, Vector:$preactivation,
                       OptionalAttr<CoefficientAttr>:$slope);
  let results = (outs Vector:$result);
  let assemblyFormat = [{
    $name $activation (`slope` $slope^)? $preactivation attr-dict `:` type($result)
  }];
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    /// The layers and the input that the affine map reads, in order of first appearance
    /// (operands before later operands, depth first).
    ::llvm::SetVector<::mlir::Value> getSources();
    /// The slope of leaky_relu as a number, 1 elsewhere.
    ::dpc::Rational getSlopeNumber();
    bool isOutput() { return getName() == "output"; }
  }];
}

//===------------------------------------------------------------------------------------------===//
// Compartments and vectors
//===------------------------------------------------------------------------------------------===//

def CompartmentOp : DP_Op<"compartment"> {
  let summary = "declares a compartment of every layer (language.md O1, O2)";
  let description = [{
    Once per compartment, in order of declaration. `state` starts at the plain forward activation
    and `multiplier` at zero; `minimize` and `maximize` add the curvature conditions of language.md
    O10, `stationary` none.
  }];
  let arguments = (ins StrAttr:$name, CompartmentKind:$kind, Goal:$goal);
  let assemblyFormat = "$name $kind $goal attr-dict";
}

def PotentialOp : DP_Op<"potential", [SingleBlock, NoTerminator, NoRegionArguments]> {
  let summary = "the terms whose sum is to be stationary";
  let description = [{
    Vectors (`form`, `inverse`, `previous`, `stored`, `affine`, `combine`), terms that read them
    (`energy`, `loss`, `pair`) and `define`s that only name a vector. The location of a term is that
    of its text in the objective; for one inside a macro, a call-site location: callee its place in
    the definition,
    caller the macro's use in the potential. What the terms mean: language.md 4.1, derivation.md 3.
  }];
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "attr-dict-with-keyword $body";
}

def FormOp : DP_Op<"form", [Pure, SameOperandsAndResultType]> {
  let summary = "a combination of the compartments of one layer (language.md 4.1)";
  let description = [{
    `names` are compartments of the layer, each at most once. At the input, which has no
    compartments, the only name is `given` and stands for the datum (language.md O4).

    ```mlir
    %m = dp.form %h1 ["p", "q"] ["a", "1 - a"] : tensor<512xf32>
    ```
  }];
  let arguments = (ins Vector:$layer, StrArrayAttr:$names, CoefficientArrayAttr:$coefficients);
  let results = (outs Vector:$result);
  let assemblyFormat = "$layer $names $coefficients attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def InverseOp : DP_Op<"inverse", [Pure, SameOperandsAndResultType]> {
  let summary = "f^-1 of a form, the gradient of G";
  let description = [{
    Shape of the form. For relu and clip it is a subgradient relation, whose derivative is read as
    1/f' (language.md 4.1).
  }];
  let arguments = (ins Vector:$form);
  let results = (outs Vector:$result);
  let assemblyFormat = "$form attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def PreviousOp : DP_Op<"previous", [Pure, SameOperandsAndResultType]> {
  let summary = "a form before the current update, held constant";
  let description = [{
    Shape of the form. Differentiation ignores it; the updates read the compartments' values from
    before (language.md 4.1).
  }];
  let arguments = (ins Vector:$form);
  let results = (outs Vector:$result);
  let assemblyFormat = "$form attr-dict `:` type($result)";
  let hasVerifier = 1;
}

def StoredOp : DP_Op<"stored", [Pure, SameOperandsAndResultType]> {
  let summary = "the pre-activation that produced the previous value of a compartment";
  let description = [{ `bregman(v, previous(c))` is G(v) - <stored c, v> up to a constant
    (language.md 4.1); relu and clip have no inverse, so it is stored, not recomputed. }];
  let arguments = (ins Vector:$layer, StrAttr:$name);
  let results = (outs Vector:$result);
  let assemblyFormat = "$layer $name attr-dict `:` type($result)";
}

def AffineOp : DP_Op<"affine", [Pure]> {
  let summary = "preactivation(v): a layer's affine map, each source read as one form";
  let description = [{
    `reads` has one form per source of `layer`, in the order of LayerOp::getSources (language.md
    4.1, O5).

    ```mlir
    %a = dp.affine %h2 reads(%mean_h1) : (tensor<512xf32>, tensor<784xf32>) -> tensor<512xf32>
    ```
  }];
  let arguments = (ins Vector:$layer, Variadic<Vector>:$reads);
  let results = (outs Vector:$result);
  let assemblyFormat = [{
    $layer `reads` `(` $reads `)` attr-dict `:` functional-type(operands, $result)
  }];
  let hasVerifier = 1;
}

def DefineOp : DP_Op<"define", [SameTypeOperands]> {
  let summary = "names a vector of one layer for people and dumps; the potential does not need it";
  let description = [{
    A `define` without arguments (language.md O5), of the layer's shape: `dpc probe` shows it
    (language.md 13) and `dpc explain` uses the name.
  }];
  let arguments = (ins StrAttr:$name, Vector:$layer, Vector:$value);
  let assemblyFormat = "$name $layer `is` $value attr-dict `:` type($value)";
}

//===------------------------------------------------------------------------------------------===//
// Terms
//===------------------------------------------------------------------------------------------===//

def EnergyOp : DP_Op<"energy"> {
  let summary = "coefficient * G(form), summed over units and batch";
  let description = [{
    G is the potential of the layer's activation, f^-1 its gradient; that of the input is half the
    squared norm (language.md 4.1, spec.md 1). The identity's makes a quadratic term.
  }];
  let arguments = (ins CoefficientAttr:$coefficient, Vector:$form);
  let assemblyFormat = "$coefficient $form attr-dict `:` type($form)";
  let hasVerifier = 1;
}

def LossOp : DP_Op<"loss"> {
  let summary = "coefficient * loss(form), summed over the batch, at the output layer";
  let description = [{
    With `at initial`, `at previous` or `at value` the loss is linearised there and the point is
    held constant by differentiation (language.md O8). The loss of `dp.model` says which loss.
  }];
  let arguments = (ins CoefficientAttr:$coefficient, Vector:$form, LossPoint:$at,
                       Optional<Vector>:$point);
  let assemblyFormat = [{
    $coefficient $form `at` $at ($point^ `:` type($point))? attr-dict `:` type($form)
  }];
  let hasVerifier = 1;
}

def PairOp : DP_Op<"pair", [SameTypeOperands]> {
  let summary = "coefficient * <left, right>, summed over units and batch";
  let description = [{
    Each side is a `form` (whose compartments are expanded bilinearly), `inverse`, `previous`,
    `stored` or `affine` value of one and the same layer. derivation.md 3 has their derivatives.
  }];
  let arguments = (ins CoefficientAttr:$coefficient, Vector:$left, Vector:$right);
  let assemblyFormat = "$coefficient $left `,` $right attr-dict `:` type($left)";
  let hasVerifier = 1;
}

#endif
