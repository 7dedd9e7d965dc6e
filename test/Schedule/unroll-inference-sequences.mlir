// The inference sequences of language.md 5: update k multiplies its state by k, so the order can be read off.
// RUN: split-file %s %t
// RUN: dp-opt %t/forward.mlir --dyad-unroll-inference="entries=probe fold=false" | FileCheck %t/forward.mlir
// RUN: dp-opt %t/forward_backward.mlir --dyad-unroll-inference="entries=probe fold=false" | FileCheck %t/forward_backward.mlir
// RUN: dp-opt %t/backward.mlir --dyad-unroll-inference="entries=probe fold=false" | FileCheck %t/backward.mlir
// RUN: dp-opt %t/odd_even.mlir --dyad-unroll-inference="entries=probe fold=false" | FileCheck %t/odd_even.mlir
// RUN: dp-opt %t/even_odd.mlir --dyad-unroll-inference="entries=probe fold=false" | FileCheck %t/even_odd.mlir

//--- forward.mlir
// CHECK-LABEL: func.func @probe
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["4"]
// CHECK-NOT: dyad.combine
dyad.program @net inference forward passes 2 {
  %x = dyad.input : tensor<1x1xf32>
  %y = dyad.target : tensor<1x1xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "l1#0" %x : tensor<1x1xf32>
    dyad.set "l1#forward" %x : tensor<1x1xf32>
    dyad.set "l2#0" %x : tensor<1x1xf32>
    dyad.set "l2#forward" %x : tensor<1x1xf32>
    dyad.set "l3#0" %x : tensor<1x1xf32>
    dyad.set "l3#forward" %x : tensor<1x1xf32>
    dyad.set "l4#0" %x : tensor<1x1xf32>
    dyad.set "l4#forward" %x : tensor<1x1xf32>
    %l = dyad.loss half_squared_error %x, %y : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1xf32>
    dyad.set "#loss" %l : tensor<1xf32>
  }
  dyad.update "l1" {
    %s = dyad.get "l1#0" : tensor<1x1xf32>
    %t = dyad.combine ["1"] %s : tensor<1x1xf32>
    dyad.set "l1#0" %t : tensor<1x1xf32>
  }
  dyad.update "l2" {
    %s = dyad.get "l2#0" : tensor<1x1xf32>
    %t = dyad.combine ["2"] %s : tensor<1x1xf32>
    dyad.set "l2#0" %t : tensor<1x1xf32>
  }
  dyad.update "l3" {
    %s = dyad.get "l3#0" : tensor<1x1xf32>
    %t = dyad.combine ["3"] %s : tensor<1x1xf32>
    dyad.set "l3#0" %t : tensor<1x1xf32>
  }
  dyad.update "l4" {
    %s = dyad.get "l4#0" : tensor<1x1xf32>
    %t = dyad.combine ["4"] %s : tensor<1x1xf32>
    dyad.set "l4#0" %t : tensor<1x1xf32>
  }
  dyad.gradients {
  }
}

//--- forward_backward.mlir
// CHECK-LABEL: func.func @probe
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["1"]
// CHECK-NOT: dyad.combine
dyad.program @net inference forward_backward passes 2 {
  %x = dyad.input : tensor<1x1xf32>
  %y = dyad.target : tensor<1x1xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "l1#0" %x : tensor<1x1xf32>
    dyad.set "l1#forward" %x : tensor<1x1xf32>
    dyad.set "l2#0" %x : tensor<1x1xf32>
    dyad.set "l2#forward" %x : tensor<1x1xf32>
    dyad.set "l3#0" %x : tensor<1x1xf32>
    dyad.set "l3#forward" %x : tensor<1x1xf32>
    dyad.set "l4#0" %x : tensor<1x1xf32>
    dyad.set "l4#forward" %x : tensor<1x1xf32>
    %l = dyad.loss half_squared_error %x, %y : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1xf32>
    dyad.set "#loss" %l : tensor<1xf32>
  }
  dyad.update "l1" {
    %s = dyad.get "l1#0" : tensor<1x1xf32>
    %t = dyad.combine ["1"] %s : tensor<1x1xf32>
    dyad.set "l1#0" %t : tensor<1x1xf32>
  }
  dyad.update "l2" {
    %s = dyad.get "l2#0" : tensor<1x1xf32>
    %t = dyad.combine ["2"] %s : tensor<1x1xf32>
    dyad.set "l2#0" %t : tensor<1x1xf32>
  }
  dyad.update "l3" {
    %s = dyad.get "l3#0" : tensor<1x1xf32>
    %t = dyad.combine ["3"] %s : tensor<1x1xf32>
    dyad.set "l3#0" %t : tensor<1x1xf32>
  }
  dyad.update "l4" {
    %s = dyad.get "l4#0" : tensor<1x1xf32>
    %t = dyad.combine ["4"] %s : tensor<1x1xf32>
    dyad.set "l4#0" %t : tensor<1x1xf32>
  }
  dyad.gradients {
  }
}

//--- backward.mlir
// CHECK-LABEL: func.func @probe
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["1"]
// CHECK-NOT: dyad.combine
dyad.program @net inference backward passes 2 {
  %x = dyad.input : tensor<1x1xf32>
  %y = dyad.target : tensor<1x1xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "l1#0" %x : tensor<1x1xf32>
    dyad.set "l1#forward" %x : tensor<1x1xf32>
    dyad.set "l2#0" %x : tensor<1x1xf32>
    dyad.set "l2#forward" %x : tensor<1x1xf32>
    dyad.set "l3#0" %x : tensor<1x1xf32>
    dyad.set "l3#forward" %x : tensor<1x1xf32>
    dyad.set "l4#0" %x : tensor<1x1xf32>
    dyad.set "l4#forward" %x : tensor<1x1xf32>
    %l = dyad.loss half_squared_error %x, %y : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1xf32>
    dyad.set "#loss" %l : tensor<1xf32>
  }
  dyad.update "l1" {
    %s = dyad.get "l1#0" : tensor<1x1xf32>
    %t = dyad.combine ["1"] %s : tensor<1x1xf32>
    dyad.set "l1#0" %t : tensor<1x1xf32>
  }
  dyad.update "l2" {
    %s = dyad.get "l2#0" : tensor<1x1xf32>
    %t = dyad.combine ["2"] %s : tensor<1x1xf32>
    dyad.set "l2#0" %t : tensor<1x1xf32>
  }
  dyad.update "l3" {
    %s = dyad.get "l3#0" : tensor<1x1xf32>
    %t = dyad.combine ["3"] %s : tensor<1x1xf32>
    dyad.set "l3#0" %t : tensor<1x1xf32>
  }
  dyad.update "l4" {
    %s = dyad.get "l4#0" : tensor<1x1xf32>
    %t = dyad.combine ["4"] %s : tensor<1x1xf32>
    dyad.set "l4#0" %t : tensor<1x1xf32>
  }
  dyad.gradients {
  }
}

//--- odd_even.mlir
// CHECK-LABEL: func.func @probe
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["4"]
// CHECK-NOT: dyad.combine
dyad.program @net inference odd_even passes 2 {
  %x = dyad.input : tensor<1x1xf32>
  %y = dyad.target : tensor<1x1xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "l1#0" %x : tensor<1x1xf32>
    dyad.set "l1#forward" %x : tensor<1x1xf32>
    dyad.set "l2#0" %x : tensor<1x1xf32>
    dyad.set "l2#forward" %x : tensor<1x1xf32>
    dyad.set "l3#0" %x : tensor<1x1xf32>
    dyad.set "l3#forward" %x : tensor<1x1xf32>
    dyad.set "l4#0" %x : tensor<1x1xf32>
    dyad.set "l4#forward" %x : tensor<1x1xf32>
    %l = dyad.loss half_squared_error %x, %y : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1xf32>
    dyad.set "#loss" %l : tensor<1xf32>
  }
  dyad.update "l1" {
    %s = dyad.get "l1#0" : tensor<1x1xf32>
    %t = dyad.combine ["1"] %s : tensor<1x1xf32>
    dyad.set "l1#0" %t : tensor<1x1xf32>
  }
  dyad.update "l2" {
    %s = dyad.get "l2#0" : tensor<1x1xf32>
    %t = dyad.combine ["2"] %s : tensor<1x1xf32>
    dyad.set "l2#0" %t : tensor<1x1xf32>
  }
  dyad.update "l3" {
    %s = dyad.get "l3#0" : tensor<1x1xf32>
    %t = dyad.combine ["3"] %s : tensor<1x1xf32>
    dyad.set "l3#0" %t : tensor<1x1xf32>
  }
  dyad.update "l4" {
    %s = dyad.get "l4#0" : tensor<1x1xf32>
    %t = dyad.combine ["4"] %s : tensor<1x1xf32>
    dyad.set "l4#0" %t : tensor<1x1xf32>
  }
  dyad.gradients {
  }
}

//--- even_odd.mlir
// CHECK-LABEL: func.func @probe
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["3"]
// CHECK: dyad.combine ["2"]
// CHECK: dyad.combine ["4"]
// CHECK: dyad.combine ["1"]
// CHECK: dyad.combine ["3"]
// CHECK-NOT: dyad.combine
dyad.program @net inference even_odd passes 2 {
  %x = dyad.input : tensor<1x1xf32>
  %y = dyad.target : tensor<1x1xf32>
  %n = dyad.rows : index
  dyad.initial {
    dyad.set "l1#0" %x : tensor<1x1xf32>
    dyad.set "l1#forward" %x : tensor<1x1xf32>
    dyad.set "l2#0" %x : tensor<1x1xf32>
    dyad.set "l2#forward" %x : tensor<1x1xf32>
    dyad.set "l3#0" %x : tensor<1x1xf32>
    dyad.set "l3#forward" %x : tensor<1x1xf32>
    dyad.set "l4#0" %x : tensor<1x1xf32>
    dyad.set "l4#forward" %x : tensor<1x1xf32>
    %l = dyad.loss half_squared_error %x, %y : (tensor<1x1xf32>, tensor<1x1xf32>) -> tensor<1xf32>
    dyad.set "#loss" %l : tensor<1xf32>
  }
  dyad.update "l1" {
    %s = dyad.get "l1#0" : tensor<1x1xf32>
    %t = dyad.combine ["1"] %s : tensor<1x1xf32>
    dyad.set "l1#0" %t : tensor<1x1xf32>
  }
  dyad.update "l2" {
    %s = dyad.get "l2#0" : tensor<1x1xf32>
    %t = dyad.combine ["2"] %s : tensor<1x1xf32>
    dyad.set "l2#0" %t : tensor<1x1xf32>
  }
  dyad.update "l3" {
    %s = dyad.get "l3#0" : tensor<1x1xf32>
    %t = dyad.combine ["3"] %s : tensor<1x1xf32>
    dyad.set "l3#0" %t : tensor<1x1xf32>
  }
  dyad.update "l4" {
    %s = dyad.get "l4#0" : tensor<1x1xf32>
    %t = dyad.combine ["4"] %s : tensor<1x1xf32>
    dyad.set "l4#0" %t : tensor<1x1xf32>
  }
  dyad.gradients {
  }
}
