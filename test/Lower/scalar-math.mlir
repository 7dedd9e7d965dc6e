// RUN: dp-opt %s --convert-dyad-to-linalg | FileCheck %s

// Terms of equal magnitude are added first: r p - r q is exactly 0 where p equals q.
// CHECK-LABEL: func.func @combine
// CHECK: %[[D:.*]] = arith.subf %in, %in_0
// CHECK: %[[R:.*]] = arith.constant 0.333333343
// CHECK: arith.mulf %[[R]], %[[D]]
func.func @combine(%p: tensor<2x3xf32>, %q: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = dyad.combine ["1/3", "-1/3"] %p, %q : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// A comparison that is false for NaN keeps it.
// CHECK-LABEL: func.func @relu
// CHECK: %[[OFF:.*]] = arith.cmpf ogt, %[[ZERO:.*]], %in
// CHECK: arith.select %[[OFF]], %[[ZERO]], %in
func.func @relu(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = dyad.activate relu %a : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @leaky_relu
// CHECK-DAG: %[[BELOW:.*]] = arith.constant 0.095238097
// CHECK-DAG: %[[ABOVE:.*]] = arith.constant 0.666666686
// CHECK-DAG: arith.mulf %[[BELOW]], %in
// CHECK-DAG: arith.mulf %[[ABOVE]], %in
func.func @leaky_relu(%a: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = dyad.activate leaky_relu slope "1/10" rho "1/2" %a : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// No subtraction from 1, which would lose the digits of saturated units.
// CHECK-LABEL: func.func @tanh_difference
// CHECK: math.exp
// CHECK: math.exp
// CHECK-NOT: arith.subf
// CHECK: math.tanh %in_1
// CHECK-NOT: arith.subf
// CHECK: linalg.yield
func.func @tanh_difference(%p: tensor<2x3xf32>, %q: tensor<2x3xf32>, %d: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = dyad.activation_difference tanh %p, %q by %d : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

// The loss and its gradient share the reductions over a sample; the logarithm is that of 1 + x.
// CHECK-LABEL: func.func @cross_entropy
// CHECK-COUNT-1: arith.maximumf
// CHECK: math.log1p
// CHECK-NOT: arith.maximumf
// The gradient is one quotient: p - y would lose the digits of a confident prediction.
// CHECK: %[[Q:.*]] = arith.divf
// CHECK-NEXT: linalg.yield %[[Q]]
// CHECK-NEXT: }
// CHECK-NEXT: return
func.func @cross_entropy(%z: tensor<2x3xf32>, %y: tensor<2x3xf32>) -> (tensor<2xf32>, tensor<2x3xf32>) {
  %0 = dyad.loss softmax_cross_entropy %z, %y : (tensor<2x3xf32>, tensor<2x3xf32>) -> tensor<2xf32>
  %1 = dyad.loss_gradient softmax_cross_entropy %z, %y : tensor<2x3xf32>
  return %0, %1 : tensor<2xf32>, tensor<2x3xf32>
}

// At a kink the slope is that of the flat side (language.md N2).
// CHECK-LABEL: func.func @slopes_at_kinks
// CHECK: arith.cmpf ole, %in, %{{.*}}
// CHECK: arith.select
// CHECK: arith.cmpf oge, %in, %{{.*}}
// CHECK: arith.cmpf ole, %in, %{{.*}}
func.func @slopes_at_kinks(%z: tensor<2x3xf32>, %x: tensor<2x3xf32>) -> (tensor<2x3xf32>, tensor<2x3xf32>) {
  %0 = dyad.slope_times relu %z, %x : tensor<2x3xf32>
  %1 = dyad.slope_times clip %z, %x : tensor<2x3xf32>
  return %0, %1 : tensor<2x3xf32>, tensor<2x3xf32>
}

// 4 e / (1 + e)^2 keeps the digits of a saturated unit, which 1 - tanh^2 loses.
// CHECK-LABEL: func.func @tanh_slope
// CHECK-NOT: arith.subf
// CHECK: math.exp
// CHECK-NOT: arith.subf
// CHECK: return
func.func @tanh_slope(%z: tensor<2x3xf32>, %x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = dyad.slope_times tanh %z, %x : tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}
