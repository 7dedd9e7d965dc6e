//===- DPEnums.td - words of the `dp` dialect alone -------------------------------------------===//

#ifndef DPC_DP_ENUMS
#define DPC_DP_ENUMS

include "mlir/IR/EnumAttr.td"

def Goal : I32EnumAttr<"Goal", "what the potential is to be in a compartment (language.md O2)", [
  I32EnumAttrCase<"minimize", 0>,
  I32EnumAttrCase<"maximize", 1>,
  I32EnumAttrCase<"stationary", 2>]> {
  let cppNamespace = "::dpc::dp";
}

def CompartmentKind : I32EnumAttr<"CompartmentKind",
                                  "where a compartment starts (language.md O1)", [
  I32EnumAttrCase<"state", 0>,        // at the layer's activation in a plain forward pass
  I32EnumAttrCase<"multiplier", 1>]> { // at zero
  let cppNamespace = "::dpc::dp";
}

def LossPoint : I32EnumAttr<"LossPoint", "where a loss is linearised (language.md O8)", [
  I32EnumAttrCase<"exact", 0>,    // nowhere: the proximal condition
  I32EnumAttrCase<"initial", 1>,  // at the plain forward prediction
  I32EnumAttrCase<"previous", 2>, // at the state before the update
  I32EnumAttrCase<"value", 3>]> { // at a given vector (`current` becomes this)
  let cppNamespace = "::dpc::dp";
}

def Realization : I32EnumAttr<"Realization", "how solved updates are computed (language.md O11)", [
  I32EnumAttrCase<"exact", 0>,
  I32EnumAttrCase<"secant", 1>]> {
  let cppNamespace = "::dpc::dp";
}

#endif
