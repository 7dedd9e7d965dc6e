// One program as each of its entries; jacobi reads a snapshot; folding shares what two updates compute alike.
// RUN: dp-opt %s --dyad-unroll-inference="entries=train_step,infer,probe,gradients" | FileCheck %s
// RUN: dp-opt %s --dyad-unroll-inference="entries=gradients fold=false" | FileCheck %s --check-prefix=RAW
// RUN: not dp-opt %s --dyad-unroll-inference="entries=predict" 2>&1 | FileCheck %s --check-prefix=ENTRY

// RUN: dp-opt %s --dyad-unroll-inference="entries=train_step,probe,gradients" --remarks-filter=.* --remark-format=emitRemark \
// RUN:   -o /dev/null 2>&1 | FileCheck %s --check-prefix=REMARK

// REMARK: train_step | Category:dyad-unroll-inference | dead=0, folded=1, shared=6
// REMARK: probe | Category:dyad-unroll-inference | dead=0, folded=1, shared=7
// REMARK: gradients | Category:dyad-unroll-inference | dead=1, folded=1, shared=6

// ENTRY: error: internal error: no entry predict

dyad.program @net inference jacobi passes 2 {
  %x = dyad.input : tensor<4x3xf32>
  %y = dyad.target : tensor<4x2xf32>
  %n = dyad.rows : index
  %w = dyad.parameter "h.weight" : tensor<3x3xf32>
  %v = dyad.parameter "output.weight" : tensor<2x3xf32>
  dyad.initial {
    %a = dyad.linear %x, %w : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
    %h = dyad.activate tanh %a : tensor<4x3xf32>
    dyad.set "h#forward" %h : tensor<4x3xf32>
    dyad.set "h#0" %h : tensor<4x3xf32>
    %o = dyad.linear %h, %v : (tensor<4x3xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
    dyad.set "output#forward" %o : tensor<4x2xf32>
    dyad.set "output#0" %o : tensor<4x2xf32>
    %l = dyad.loss half_squared_error %o, %y : (tensor<4x2xf32>, tensor<4x2xf32>) -> tensor<4xf32>
    dyad.set "#loss" %l : tensor<4xf32>
  }
  dyad.update "h" {
    %a = dyad.linear %x, %w : (tensor<4x3xf32>, tensor<3x3xf32>) -> tensor<4x3xf32>
    %o = dyad.get "output#0" : tensor<4x2xf32>
    %b = dyad.linear_transpose %o, %v : (tensor<4x2xf32>, tensor<2x3xf32>) -> tensor<4x3xf32>
    %c = dyad.combine ["1", "-1/2"] %a, %b : tensor<4x3xf32>
    %h = dyad.activate tanh %c : tensor<4x3xf32>
    dyad.set "h#0" %h : tensor<4x3xf32>
  }
  dyad.update "output" {
    %h = dyad.get "h#0" : tensor<4x3xf32>
    %o = dyad.linear %h, %v : (tensor<4x3xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
    dyad.set "output#0" %o : tensor<4x2xf32>
  }
  dyad.gradients {
    %o = dyad.get "output#0" : tensor<4x2xf32>
    %h = dyad.get "h#0" : tensor<4x3xf32>
    %g = dyad.weight_gradient %o, %h rows %n : (tensor<4x2xf32>, tensor<4x3xf32>, index) -> tensor<2x3xf32>
    %p = dyad.weight_gradient %h, %x rows %n : (tensor<4x3xf32>, tensor<4x3xf32>, index) -> tensor<3x3xf32>
    %f = dyad.combine ["1"] %g : tensor<2x3xf32>
    dyad.set "output.weight#gradient" %f : tensor<2x3xf32>
    dyad.set "h.weight#gradient" %p : tensor<3x3xf32>
    %d = dyad.linear %h, %v : (tensor<4x3xf32>, tensor<2x3xf32>) -> tensor<4x2xf32>
    dyad.set "output#define0" %d : tensor<4x2xf32>
  }
}

// Output's first update reads the forward state of h and so repeats the forward pass; its second reads h of pass 1.
// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[X:.*]]: tensor<4x3xf32> {dyad.name = "x"}, %[[Y:.*]]: tensor<4x2xf32> {dyad.name = "y"},
// CHECK-SAME: %[[N:.*]]: index {dyad.name = "rows"}, %[[W:.*]]: tensor<3x3xf32> {dyad.name = "h.weight", dyad.parameter},
// CHECK-SAME: %[[V:.*]]: tensor<2x3xf32> {dyad.name = "output.weight", dyad.parameter})
// CHECK-SAME: -> (tensor<2x3xf32> {dyad.name = "output.weight#gradient"}, tensor<3x3xf32> {dyad.name = "h.weight#gradient"}, tensor<4xf32> {dyad.name = "#loss"}, tensor<4x2xf32> {dyad.name = "output#forward"}, tensor<4x3xf32> {dyad.name = "h#forward"}, tensor<4x3xf32> {dyad.name = "h#0"}, tensor<4x2xf32> {dyad.name = "output#0"})
// CHECK-NEXT: %[[A:.*]] = dyad.linear %[[X]], %[[W]]
// CHECK-NEXT: %[[F:.*]] = dyad.activate tanh %[[A]]
// CHECK-NEXT: %[[O:.*]] = dyad.linear %[[F]], %[[V]]
// CHECK-NEXT: dyad.loss
// CHECK-NEXT: %[[B:.*]] = dyad.linear_transpose %[[O]], %[[V]]
// CHECK-NEXT: %[[C:.*]] = dyad.combine ["1", "-1/2"] %[[A]], %[[B]]
// CHECK-NEXT: %[[H:.*]] = dyad.activate tanh %[[C]]
// CHECK-NEXT: %[[Q:.*]] = dyad.linear %[[H]], %[[V]]
// CHECK-NEXT: dyad.weight_gradient %[[Q]], %[[H]] rows %[[N]]
// CHECK-NEXT: dyad.weight_gradient %[[H]], %[[X]] rows %[[N]]
// CHECK-NEXT: return

// CHECK-LABEL: func.func @infer(
// CHECK-SAME: -> (tensor<4xf32> {dyad.name = "#loss"}, tensor<4x2xf32> {dyad.name = "output#forward"})
// CHECK-NOT: linear_transpose

// CHECK-LABEL: func.func @probe(
// CHECK-SAME: {dyad.name = "output#define0"}

// CHECK-LABEL: func.func @gradients(
// CHECK-SAME: -> (tensor<2x3xf32> {dyad.name = "output.weight#gradient"}, tensor<3x3xf32> {dyad.name = "h.weight#gradient"})
// CHECK-NOT: dyad.loss
// CHECK: return

// The literal sequence: 2 + 2 x 3 + 2 products; the named vector, which no gradient needs, is not evaluated.
// RAW-LABEL: func.func @gradients(
// RAW-COUNT-5: dyad.linear{{ |_transpose}}
// RAW: dyad.linear
// RAW: dyad.linear_transpose
// RAW: dyad.linear
// RAW-NEXT: dyad.weight_gradient
// RAW-NEXT: dyad.weight_gradient
// RAW-NEXT: dyad.combine ["1"]
// RAW-NEXT: return
