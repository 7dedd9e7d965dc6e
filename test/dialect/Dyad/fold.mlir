// One case per fold of derivation.md 8; folding again changes nothing.
// RUN: dp-opt %s --canonicalize > %t && FileCheck %s < %t
// RUN: dp-opt %t --canonicalize | diff %t -

// CHECK-LABEL: func.func @zero_coefficient
// CHECK: dyad.combine ["2"] %arg0
func.func @zero_coefficient(%x: tensor<4x2xf32>, %y: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = dyad.combine ["2", "0"] %x, %y : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @zero_operand
// CHECK-NEXT: return %arg0
func.func @zero_operand(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %z = dyad.zero : tensor<4x2xf32>
  %0 = dyad.combine ["1", "3"] %x, %z : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @merge
// CHECK: dyad.combine ["5/6", "1"] %arg0, %arg1
func.func @merge(%x: tensor<4x2xf32>, %y: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = dyad.combine ["1/2", "1", "1/3"] %x, %y, %x : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @merge_to_zero
// CHECK-NEXT: dyad.zero
func.func @merge_to_zero(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = dyad.combine ["1", "-1"] %x, %x : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Decimals are exact: 7/10 + 3/10 is 1.
// CHECK-LABEL: func.func @exact
// CHECK-NEXT: return %arg0
func.func @exact(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = dyad.combine ["7/10", "3/10"] %x, %x : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// The difference of a + 3/4 v and a - 1/4 v is v.
// CHECK-LABEL: func.func @flatten
// CHECK-NEXT: return %arg1
func.func @flatten(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "3/4"] %a, %v : tensor<4x2xf32>
  %q = dyad.combine ["1", "-1/4"] %a, %v : tensor<4x2xf32>
  %0 = dyad.combine ["1", "-1"] %p, %q : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Without a merge, flattening would repeat additions.
// CHECK-LABEL: func.func @nested
// CHECK: %[[P:.*]] = dyad.combine ["1", "3"] %arg0, %arg1
// CHECK: dyad.combine ["1", "2"] %arg2, %[[P]]
func.func @nested(%a: tensor<4x2xf32>, %v: tensor<4x2xf32>, %w: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %p = dyad.combine ["1", "3"] %a, %v : tensor<4x2xf32>
  %0 = dyad.combine ["1", "2"] %w, %p : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @identity
// CHECK-NEXT: return %arg0, %arg1
func.func @identity(%x: tensor<4x2xf32>, %y: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>) {
  %0 = dyad.activate identity %x : tensor<4x2xf32>
  %1 = dyad.slope_times identity %x, %y : tensor<4x2xf32>
  return %0, %1 : tensor<4x2xf32>, tensor<4x2xf32>
}

// CHECK-LABEL: func.func @identity_with_rho
// CHECK: dyad.activate identity rho "1" %arg0
func.func @identity_with_rho(%x: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %0 = dyad.activate identity rho "1" %x : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// CHECK-LABEL: func.func @transpose_zero
// CHECK-NEXT: %[[Z:.*]] = dyad.zero : tensor<4x6xf32>
// CHECK-NEXT: return %[[Z]]
func.func @transpose_zero(%w: tensor<5x6xf32>) -> tensor<4x6xf32> {
  %z = dyad.zero : tensor<4x5xf32>
  %0 = dyad.linear_transpose %z, %w : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<4x6xf32>
  return %0 : tensor<4x6xf32>
}

// CHECK-LABEL: func.func @slope_zero
// CHECK-NEXT: %[[Z:.*]] = dyad.zero : tensor<4x5xf32>
// CHECK-NEXT: return %[[Z]]
func.func @slope_zero(%x: tensor<4x5xf32>) -> tensor<4x5xf32> {
  %z = dyad.zero : tensor<4x5xf32>
  %0 = dyad.slope_times relu %x, %z : tensor<4x5xf32>
  return %0 : tensor<4x5xf32>
}

// CHECK-LABEL: func.func @unflatten_zero
// CHECK-NEXT: %[[Z:.*]] = dyad.zero : tensor<4x2x3xf32>
// CHECK-NEXT: return %[[Z]]
func.func @unflatten_zero() -> tensor<4x2x3xf32> {
  %z = dyad.zero : tensor<4x6xf32>
  %0 = dyad.unflatten %z : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
  return %0 : tensor<4x2x3xf32>
}

// CHECK-LABEL: func.func @gradient_zero
// CHECK-DAG: dyad.zero : tensor<5x6xf32>
// CHECK-DAG: dyad.zero : tensor<5xf32>
// CHECK-NOT: gradient
// CHECK: return
func.func @gradient_zero(%x: tensor<4x6xf32>, %n: index) -> (tensor<5x6xf32>, tensor<5xf32>) {
  %z = dyad.zero : tensor<4x5xf32>
  %0 = dyad.weight_gradient %z, %x rows %n : (tensor<4x5xf32>, tensor<4x6xf32>, index) -> tensor<5x6xf32>
  %1 = dyad.bias_gradient %z rows %n : (tensor<4x5xf32>, index) -> tensor<5xf32>
  return %0, %1 : tensor<5x6xf32>, tensor<5xf32>
}

// CHECK-LABEL: func.func @prox_rest
// CHECK: %[[S:.*]] = dyad.activate relu %arg0
// CHECK-NEXT: return %[[S]]
func.func @prox_rest(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.activate relu %a : tensor<4x2xf32>
  %b = dyad.combine ["1", "2"] %a, %s : tensor<4x2xf32>
  %0 = dyad.activate relu rho "2" %b : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// With another rho it is another state.
// CHECK-LABEL: func.func @no_prox_rest
// CHECK: dyad.activate relu rho "3"
func.func @no_prox_rest(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.activate relu %a : tensor<4x2xf32>
  %b = dyad.combine ["1", "2"] %a, %s : tensor<4x2xf32>
  %0 = dyad.activate relu rho "3" %b : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// What only cuts is at rest at every share of its argument and its state.
// CHECK-LABEL: func.func @prox_rest_of_cuts
// CHECK: %[[S:.*]] = dyad.activate clip %arg0
// CHECK-NEXT: return %[[S]]
func.func @prox_rest_of_cuts(%a: tensor<4x2xf32>) -> tensor<4x2xf32> {
  %s = dyad.activate clip %a : tensor<4x2xf32>
  %b = dyad.combine ["1/4", "3/4"] %a, %s : tensor<4x2xf32>
  %0 = dyad.activate clip %b : tensor<4x2xf32>
  return %0 : tensor<4x2xf32>
}

// Other weights than shares move it; what bends moves at any share; another slope is another function.
// CHECK-LABEL: func.func @no_rest
// CHECK: %[[A:.*]] = dyad.activate clip %{{[^a]}}
// CHECK: %[[B:.*]] = dyad.activate tanh %{{[^a]}}
// CHECK: %[[C:.*]] = dyad.activate leaky_relu slope "1/3" rho "1" %{{[^a]}}
// CHECK: return %[[A]], %[[B]], %[[C]]
func.func @no_rest(%a: tensor<4x2xf32>) -> (tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>) {
  %s = dyad.activate clip %a : tensor<4x2xf32>
  %b = dyad.combine ["1/4", "1/4"] %a, %s : tensor<4x2xf32>
  %0 = dyad.activate clip %b : tensor<4x2xf32>
  %t = dyad.activate tanh %a : tensor<4x2xf32>
  %c = dyad.combine ["1/4", "3/4"] %a, %t : tensor<4x2xf32>
  %1 = dyad.activate tanh %c : tensor<4x2xf32>
  %u = dyad.activate leaky_relu slope "1/2" %a : tensor<4x2xf32>
  %d = dyad.combine ["1", "1"] %a, %u : tensor<4x2xf32>
  %2 = dyad.activate leaky_relu slope "1/3" rho "1" %d : tensor<4x2xf32>
  return %0, %1, %2 : tensor<4x2xf32>, tensor<4x2xf32>, tensor<4x2xf32>
}
