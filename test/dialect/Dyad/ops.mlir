// Every op of the dialect survives printing and parsing.
// RUN: dp-opt %s | dp-opt | FileCheck %s
// RUN: dp-opt %s --mlir-print-op-generic | dp-opt | FileCheck %s

// CHECK-LABEL: dyad.program @net inference jacobi passes 2 {
dyad.program @net inference jacobi passes 2 {
  // CHECK: dyad.input : tensor<4x2x3xf32>
  %x = dyad.input : tensor<4x2x3xf32>
  // CHECK: dyad.target : tensor<4x5xf32>
  %y = dyad.target : tensor<4x5xf32>
  // CHECK: dyad.rows : index
  %n = dyad.rows : index
  // CHECK: dyad.parameter "output.weight" : tensor<5x6xf32>
  %w = dyad.parameter "output.weight" : tensor<5x6xf32>
  %b = dyad.parameter "output.bias" : tensor<5xf32>
  // CHECK: dyad.initial {
  dyad.initial {
    // CHECK: dyad.flatten %{{.*}} : (tensor<4x2x3xf32>) -> tensor<4x6xf32>
    %f = dyad.flatten %x : (tensor<4x2x3xf32>) -> tensor<4x6xf32>
    // CHECK: dyad.linear %{{.*}}, %{{.*}}, %{{.*}} : (tensor<4x6xf32>, tensor<5x6xf32>, tensor<5xf32>) -> tensor<4x5xf32>
    %a = dyad.linear %f, %w, %b : (tensor<4x6xf32>, tensor<5x6xf32>, tensor<5xf32>) -> tensor<4x5xf32>
    // CHECK: dyad.set "output#0" %{{.*}} : tensor<4x5xf32>
    dyad.set "output#0" %a : tensor<4x5xf32>
    // CHECK: dyad.loss squared_error %{{.*}}, %{{.*}} : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4xf32>
    %l = dyad.loss squared_error %a, %y : (tensor<4x5xf32>, tensor<4x5xf32>) -> tensor<4xf32>
    dyad.set "#loss" %l : tensor<4xf32>
  }
  // CHECK: dyad.update "output" {
  dyad.update "output" {
    // CHECK: dyad.get "output#0" : tensor<4x5xf32>
    %s = dyad.get "output#0" : tensor<4x5xf32>
    // CHECK: dyad.loss_gradient softmax_cross_entropy %{{.*}}, %{{.*}} : tensor<4x5xf32>
    %g = dyad.loss_gradient softmax_cross_entropy %s, %y : tensor<4x5xf32>
    // CHECK: dyad.combine ["1", "-1/10"] %{{.*}}, %{{.*}} : tensor<4x5xf32>
    %c = dyad.combine ["1", "-1/10"] %s, %g : tensor<4x5xf32>
    // CHECK: dyad.activate leaky_relu slope "1/100" rho "1/2" %{{.*}} : tensor<4x5xf32>
    %r = dyad.activate leaky_relu slope "1/100" rho "1/2" %c : tensor<4x5xf32>
    // CHECK: dyad.activate relu %{{.*}} : tensor<4x5xf32>
    %q = dyad.activate relu %r : tensor<4x5xf32>
    // CHECK: dyad.slope_times tanh %{{.*}}, %{{.*}} : tensor<4x5xf32>
    %t = dyad.slope_times tanh %q, %g : tensor<4x5xf32>
    // CHECK: dyad.activation_difference relu %{{.*}}, %{{.*}} by %{{.*}} : tensor<4x5xf32>
    %d = dyad.activation_difference relu %c, %s by %t : tensor<4x5xf32>
    dyad.set "output#0" %d : tensor<4x5xf32>
  }
  // CHECK: dyad.gradients {
  dyad.gradients {
    %s = dyad.get "output#0" : tensor<4x5xf32>
    // CHECK: dyad.zero : tensor<4x5xf32>
    %z = dyad.zero : tensor<4x5xf32>
    // CHECK: dyad.linear_transpose %{{.*}}, %{{.*}} : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<4x6xf32>
    %v = dyad.linear_transpose %s, %w : (tensor<4x5xf32>, tensor<5x6xf32>) -> tensor<4x6xf32>
    // CHECK: dyad.unflatten %{{.*}} : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
    %u = dyad.unflatten %v : (tensor<4x6xf32>) -> tensor<4x2x3xf32>
    // CHECK: dyad.weight_gradient %{{.*}}, %{{.*}} rows %{{.*}} : (tensor<4x5xf32>, tensor<4x6xf32>, index) -> tensor<5x6xf32>
    %g = dyad.weight_gradient %s, %v rows %n : (tensor<4x5xf32>, tensor<4x6xf32>, index) -> tensor<5x6xf32>
    // CHECK: dyad.bias_gradient %{{.*}} rows %{{.*}} : (tensor<4x5xf32>, index) -> tensor<5xf32>
    %h = dyad.bias_gradient %z rows %n : (tensor<4x5xf32>, index) -> tensor<5xf32>
    dyad.set "output.weight#gradient" %g : tensor<5x6xf32>
  }
}

// Any float type is legal.
// CHECK-LABEL: func.func @types
func.func @types(%x: tensor<4x6xbf16>, %w: tensor<5x6xbf16>) -> tensor<4x5xbf16> {
  %a = dyad.linear %x, %w : (tensor<4x6xbf16>, tensor<5x6xbf16>) -> tensor<4x5xbf16>
  return %a : tensor<4x5xbf16>
}
