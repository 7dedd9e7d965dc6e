// The equations of DP transposed (spec.md 2.3), derived from its potential alone: one hidden tanh layer, alpha = 1/4,
// beta = 1/2. `v` is the feedback, `g` the gradient of the loss at the plain forward prediction.
// RUN: dp-opt %s --dp-derive-updates | FileCheck %s

dp.model @net batch 5 loss half_squared_error inference forward passes 1 realize secant parameters {alpha = "1/4", beta = "1/2"} {
  %x = dp.input "x" : tensor<3xf32>
  %w = dp.parameter "h.weight" : tensor<4x3xf32>
  %b = dp.parameter "h.bias" : tensor<4xf32>
  %u = dp.parameter "output.weight" : tensor<2x4xf32>
  %a = dp.dense %x, %w, %b : (tensor<3xf32>, tensor<4x3xf32>, tensor<4xf32>) -> tensor<4xf32>
  %h = dp.layer "h" tanh %a : tensor<4xf32>
  %c = dp.dense %h, %u : (tensor<4xf32>, tensor<2x4xf32>) -> tensor<2xf32>
  %o = dp.layer "output" identity %c : tensor<2xf32>
  dp.compartment "plus" state stationary
  dp.compartment "minus" state stationary
  dp.potential {
    %mean = dp.form %o ["plus", "minus"] ["alpha", "1 - alpha"] : tensor<2xf32>
    %delta = dp.form %o ["plus", "minus"] ["1", "-1"] : tensor<2xf32>
    %mean_h = dp.form %h ["plus", "minus"] ["alpha", "1 - alpha"] : tensor<4xf32>
    %delta_h = dp.form %h ["plus", "minus"] ["1", "-1"] : tensor<4xf32>
    %given = dp.form %x ["given"] ["1"] : tensor<3xf32>
    // loss(mean) + 1/beta * dot(delta, inverse(mean) - preactivation(mean)), layer by layer
    dp.loss "1" %mean at initial : tensor<2xf32>
    %inverse_h = dp.inverse %mean_h : tensor<4xf32>
    dp.pair "1/beta" %delta_h, %inverse_h : tensor<4xf32>
    %pre_h = dp.affine %h reads(%given) : (tensor<4xf32>, tensor<3xf32>) -> tensor<4xf32>
    dp.pair "-1/beta" %delta_h, %pre_h : tensor<4xf32>
    %inverse = dp.inverse %mean : tensor<2xf32>
    dp.pair "1/beta" %delta, %inverse : tensor<2xf32>
    %pre = dp.affine %o reads(%mean_h) : (tensor<2xf32>, tensor<4xf32>) -> tensor<2xf32>
    dp.pair "-1/beta" %delta, %pre : tensor<2xf32>
  }
}

// CHECK-LABEL: dyad.program @net inference forward passes 1 {
// CHECK-DAG: %[[X:.*]] = dyad.input : tensor<5x3xf32>
// CHECK-DAG: %[[Y:.*]] = dyad.target : tensor<5x2xf32>
// CHECK-DAG: %[[ROWS:.*]] = dyad.rows : index
// CHECK-DAG: %[[W:.*]] = dyad.parameter "h.weight"
// CHECK-DAG: %[[B:.*]] = dyad.parameter "h.bias"
// CHECK-DAG: %[[U:.*]] = dyad.parameter "output.weight"

// Both compartments start at the plain forward pass.
// CHECK: dyad.initial {
// CHECK: %[[A:.*]] = dyad.linear %[[X]], %[[W]], %[[B]]
// CHECK: %[[F:.*]] = dyad.activate tanh %[[A]]
// CHECK-DAG: dyad.set "h#forward" %[[F]]
// CHECK-DAG: dyad.set "h#0" %[[F]]
// CHECK-DAG: dyad.set "h#1" %[[F]]
// CHECK: %[[P:.*]] = dyad.linear %[[F]], %[[U]]
// CHECK-DAG: dyad.set "output#0" %[[P]]
// CHECK-DAG: dyad.set "output#1" %[[P]]
// CHECK: %[[L:.*]] = dyad.loss half_squared_error %[[P]], %[[Y]]
// CHECK: dyad.set "#loss" %[[L]]

// plus = tanh(a + (1 - alpha) v), minus = tanh(a - alpha v): one product each for a and v.
// CHECK: dyad.update "h" {
// CHECK-NEXT: %[[A:.*]] = dyad.linear %[[X]], %[[W]], %[[B]]
// CHECK-NEXT: %[[OP:.*]] = dyad.get "output#0"
// CHECK-NEXT: %[[OM:.*]] = dyad.get "output#1"
// CHECK-NEXT: %[[D:.*]] = dyad.combine ["1", "-1"] %[[OP]], %[[OM]]
// CHECK-NEXT: %[[V:.*]] = dyad.linear_transpose %[[D]], %[[U]]
// CHECK-NEXT: %[[ZP:.*]] = dyad.combine ["1", "3/4"] %[[A]], %[[V]]
// CHECK-NEXT: %[[PLUS:.*]] = dyad.activate tanh %[[ZP]]
// CHECK-NEXT: %[[ZM:.*]] = dyad.combine ["1", "-1/4"] %[[A]], %[[V]]
// CHECK-NEXT: %[[MINUS:.*]] = dyad.activate tanh %[[ZM]]
// CHECK-NEXT: dyad.set "h#0" %[[PLUS]]
// CHECK-NEXT: dyad.set "h#1" %[[MINUS]]
// CHECK-NEXT: dyad.set "h#preactivation" %[[A]]

// plus = a - (1 - alpha) beta g, minus = a + alpha beta g, a from the mean of h.
// CHECK: dyad.update "output" {
// CHECK-NEXT: %[[FORWARD:.*]] = dyad.get "output#forward"
// CHECK-NEXT: %[[G:.*]] = dyad.loss_gradient half_squared_error %[[FORWARD]], %[[Y]]
// CHECK-NEXT: %[[N:.*]] = dyad.combine ["-1/2"] %[[G]]
// CHECK-NEXT: %[[HP:.*]] = dyad.get "h#0"
// CHECK-NEXT: %[[HM:.*]] = dyad.get "h#1"
// CHECK-NEXT: %[[M:.*]] = dyad.combine ["1/4", "3/4"] %[[HP]], %[[HM]]
// CHECK-NEXT: %[[A:.*]] = dyad.linear %[[M]], %[[U]]
// CHECK-NEXT: %[[PLUS:.*]] = dyad.combine ["1", "3/4"] %[[A]], %[[N]]
// CHECK-NEXT: %[[MINUS:.*]] = dyad.combine ["1", "-1/4"] %[[A]], %[[N]]
// CHECK-NEXT: dyad.set "output#0" %[[PLUS]]
// CHECK-NEXT: dyad.set "output#1" %[[MINUS]]

// dL/dW = -1/beta * difference x mean of the layer below, the mean over the batch.
// CHECK: dyad.gradients {
// CHECK: %[[HP:.*]] = dyad.get "h#0"
// CHECK: %[[HM:.*]] = dyad.get "h#1"
// CHECK: %[[DH:.*]] = dyad.combine ["1", "-1"] %[[HP]], %[[HM]]
// CHECK: %[[GW:.*]] = dyad.weight_gradient %[[DH]], %[[X]] rows %[[ROWS]]
// CHECK: %[[GB:.*]] = dyad.bias_gradient %[[DH]] rows %[[ROWS]]
// CHECK: %[[DO:.*]] = dyad.combine ["1", "-1"]
// CHECK: %[[M:.*]] = dyad.combine ["1/4", "3/4"] %[[HP]], %[[HM]]
// CHECK: %[[GU:.*]] = dyad.weight_gradient %[[DO]], %[[M]] rows %[[ROWS]]
// CHECK: %[[SW:.*]] = dyad.combine ["-2"] %[[GW]]
// CHECK: dyad.set "h.weight#gradient" %[[SW]]
// CHECK: %[[SB:.*]] = dyad.combine ["-2"] %[[GB]]
// CHECK: dyad.set "h.bias#gradient" %[[SB]]
// CHECK: %[[SU:.*]] = dyad.combine ["-2"] %[[GU]]
// CHECK: dyad.set "output.weight#gradient" %[[SU]]
