// RUN: dp-opt %s --convert-dyad-to-linalg --dp-form-kernels | FileCheck %s
// RUN: dp-opt %s --convert-dyad-to-linalg --dp-form-kernels --remarks-filter=.* --remark-format=emitRemark -o /dev/null 2>&1 \
// RUN:   | FileCheck %s --check-prefix=REMARK

// REMARK: Category:dp-form-kernels | calls=4, kernels=3

// The two equal layers are one function of a product, its bias and its activation, with the
// pre-activation as a second result because the difference reads it. The nudge joins the product
// of the feedback, its latest operand. Entries are lists of calls.

// CHECK: func.func private @product_fused_4x6x6(
// CHECK-SAME: -> (tensor<4x6xf32>, tensor<4x6xf32>)
// CHECK: linalg.matmul
// CHECK: %[[R:.*]]:2 = linalg.generic
// CHECK-COUNT-1: arith.addf
// CHECK: arith.select
// CHECK: return %[[R]]#0, %[[R]]#1

// CHECK: func.func private @transpose_6x6(
// CHECK: func.func private @product_fused_4x6x6_1(
// CHECK: linalg.matmul
// CHECK: linalg.generic
// CHECK-NOT: linalg.generic
// CHECK: return
// CHECK-NOT: func.func private

// CHECK-LABEL: func.func @train_step(
// CHECK-NEXT: %[[A:.*]]:2 = call @product_fused_4x6x6(
// CHECK-NEXT: %[[B:.*]]:2 = call @product_fused_4x6x6(%[[A]]#1,
// CHECK-NEXT: %[[T:.*]] = call @transpose_6x6(
// CHECK-NEXT: %[[D:.*]] = call @product_fused_4x6x6_1(%[[B]]#1, %[[T]], %[[A]]#0)
// CHECK-NEXT: return %[[D]], %[[B]]#0
func.func @train_step(%x: tensor<4x6xf32>, %w: tensor<6x6xf32> {dyad.parameter}, %b: tensor<6xf32> {dyad.parameter},
                      %u: tensor<6x6xf32> {dyad.parameter}, %c: tensor<6xf32> {dyad.parameter}) -> (tensor<4x6xf32>, tensor<4x6xf32>) {
  %a0 = dyad.linear %x, %w, %b : (tensor<4x6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<4x6xf32>
  %s0 = dyad.activate relu %a0 : tensor<4x6xf32>
  %a1 = dyad.linear %s0, %u, %c : (tensor<4x6xf32>, tensor<6x6xf32>, tensor<6xf32>) -> tensor<4x6xf32>
  %s1 = dyad.activate relu %a1 : tensor<4x6xf32>
  %v = dyad.linear_transpose %s1, %u : (tensor<4x6xf32>, tensor<6x6xf32>) -> tensor<4x6xf32>
  %p = dyad.combine ["1", "1/2"] %a0, %v : tensor<4x6xf32>
  %q = dyad.combine ["1", "-1/2"] %a0, %v : tensor<4x6xf32>
  %d = dyad.activation_difference relu %p, %q by %v : tensor<4x6xf32>
  return %d, %a1 : tensor<4x6xf32>, tensor<4x6xf32>
}
