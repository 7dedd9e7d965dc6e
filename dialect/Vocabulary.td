//===- Vocabulary.td - words and numbers that both dialects share ----------------------------===//
//
// Activations, losses and inference sequences (language.md N2, section 10, section 5) and exact
// coefficients. Enums print as bare keywords.
//
//===------------------------------------------------------------------------------------------===//

#ifndef DPC_VOCABULARY
#define DPC_VOCABULARY

include "mlir/IR/EnumAttr.td"
include "mlir/IR/AttrTypeBase.td"

// f is the gradient of the conjugate of G (spec.md 1); the table of G stands there.
def Activation : I32EnumAttr<"Activation", "activation of a layer", [
  I32EnumAttrCase<"identity", 0>,   // a
  I32EnumAttrCase<"relu", 1>,       // max(a, 0)
  I32EnumAttrCase<"leaky_relu", 2>, // a or slope * a
  I32EnumAttrCase<"clip", 3>,       // min(max(a, 0), 1)
  I32EnumAttrCase<"tanh", 4>,
  I32EnumAttrCase<"sigmoid", 5>]> {
  let cppNamespace = "::dpc";
}

def Loss : I32EnumAttr<"Loss", "loss at the output, per sample", [
  I32EnumAttrCase<"softmax_cross_entropy", 0>, // -<y, log softmax(z)>
  I32EnumAttrCase<"half_squared_error", 1>,    // 1/2 |z - y|^2
  I32EnumAttrCase<"squared_error", 2>]> {      // |z - y|^2
  let cppNamespace = "::dpc";
}

def Inference : I32EnumAttr<"Inference", "order in which layers are updated (language.md 5)", [
  I32EnumAttrCase<"forward", 0>,
  I32EnumAttrCase<"forward_backward", 1>,
  I32EnumAttrCase<"backward", 2>,
  I32EnumAttrCase<"odd_even", 3>,
  I32EnumAttrCase<"even_odd", 4>,
  I32EnumAttrCase<"jacobi", 5>]> {
  let cppNamespace = "::dpc";
}

// Stored as its canonical text, so that equal coefficients are one attribute in every dialect.
def CoefficientAttr : Attr<
    And<[CPred<"::llvm::isa<::mlir::StringAttr>($_self)">,
         CPred<"::dpc::Coefficient::isText(::llvm::cast<::mlir::StringAttr>($_self).getValue())">]>,
    "exact rational function of named parameters, as text"> {
  let storageType = "::mlir::StringAttr";
  let returnType = "::llvm::StringRef";
  let convertFromStorage = "$_self.getValue()";
  let constBuilderCall = "$_builder.getStringAttr($0)";
}

def CoefficientArrayAttr : TypedArrayAttrBase<CoefficientAttr, "exact coefficients">;

#endif
