// Every op of the dialect survives printing and parsing.
// RUN: dp-opt %s | dp-opt | FileCheck %s
// RUN: dp-opt %s --mlir-print-op-generic | dp-opt | FileCheck %s

// CHECK-LABEL: dp.model @net batch 4 loss half_squared_error inference odd_even passes 3 realize secant alternate parameters {alpha = "1/4", "alpha[h]" = "0"} {
dp.model @net batch 4 loss half_squared_error inference odd_even passes 3 realize secant alternate parameters {alpha = "1/4", "alpha[h]" = "0"} {
  // CHECK: %[[X:.*]] = dp.input "x" : tensor<2x3xf32>
  %x = dp.input "x" : tensor<2x3xf32>
  // CHECK: %[[W:.*]] = dp.parameter "h.weight" : tensor<6x6xf32>
  %w = dp.parameter "h.weight" : tensor<6x6xf32>
  %b = dp.parameter "h.bias" : tensor<6xf32>
  // CHECK: %[[F:.*]] = dp.flatten %[[X]] : tensor<2x3xf32> -> tensor<6xf32>
  %f = dp.flatten %x : tensor<2x3xf32> -> tensor<6xf32>
  // CHECK: dp.dense %[[F]], %[[W]], %{{.*}} : (tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<6xf32>
  %d = dp.dense %f, %w, %b : (tensor<6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<6xf32>
  // CHECK: %[[H:.*]] = dp.layer "h" leaky_relu slope "1/100" %{{.*}} : tensor<6xf32>
  %h = dp.layer "h" leaky_relu slope "1/100" %d : tensor<6xf32>
  // CHECK: dp.dense %[[H]], %[[W]] : (tensor<6xf32>, tensor<6x6xf32>) -> tensor<6xf32>
  %e = dp.dense %h, %w : (tensor<6xf32>, tensor<6x6xf32>) -> tensor<6xf32>
  // CHECK: dp.combine ["1", "-1/2"] %{{.*}}, %[[H]] : tensor<6xf32>
  %s = dp.combine ["1", "-1/2"] %e, %h : tensor<6xf32>
  // CHECK: %[[O:.*]] = dp.layer "output" identity %{{.*}} : tensor<6xf32>
  %o = dp.layer "output" identity %s : tensor<6xf32>
  // CHECK: dp.compartment "up" state minimize
  dp.compartment "up" state minimize
  // CHECK: dp.compartment "down" multiplier maximize
  dp.compartment "down" multiplier maximize
  // CHECK: dp.potential {
  dp.potential {
    // CHECK: %[[U:.*]] = dp.form %[[O]] ["up"] ["1"] : tensor<6xf32>
    %u = dp.form %o ["up"] ["1"] : tensor<6xf32>
    // CHECK: %[[M:.*]] = dp.form %[[H]] ["up", "down"] ["alpha[h]", "1 - alpha[h]"] : tensor<6xf32>
    %m = dp.form %h ["up", "down"] ["alpha[h]", "1 - alpha[h]"] : tensor<6xf32>
    // CHECK: %[[A:.*]] = dp.affine %[[O]] reads(%[[M]]) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    %a = dp.affine %o reads(%m) : (tensor<6xf32>, tensor<6xf32>) -> tensor<6xf32>
    %g = dp.form %x ["given"] ["1"] : tensor<2x3xf32>
    // CHECK: dp.inverse %[[M]] : tensor<6xf32>
    %i = dp.inverse %m : tensor<6xf32>
    // CHECK: dp.previous %[[M]] : tensor<6xf32>
    %p = dp.previous %m : tensor<6xf32>
    // CHECK: dp.stored %[[H]] "up" : tensor<6xf32>
    %z = dp.stored %h "up" : tensor<6xf32>
    // CHECK: dp.define "m" %[[H]] is %[[M]] : tensor<6xf32>
    dp.define "m" %h is %m : tensor<6xf32>
    // CHECK: dp.energy "2" %[[U]] : tensor<6xf32>
    dp.energy "2" %u : tensor<6xf32>
    // CHECK: dp.loss "alpha" %[[U]] at exact : tensor<6xf32>
    dp.loss "alpha" %u at exact : tensor<6xf32>
    // CHECK: dp.loss "1 - alpha" %[[U]] at value %[[A]] : tensor<6xf32> : tensor<6xf32>
    dp.loss "1 - alpha" %u at value %a : tensor<6xf32> : tensor<6xf32>
    // CHECK: dp.pair "-2" %[[U]], %[[A]] : tensor<6xf32>
    dp.pair "-2" %u, %a : tensor<6xf32>
    dp.pair "1" %i, %z : tensor<6xf32>
    dp.pair "1" %p, %m : tensor<6xf32>
  }
}
