// RUN: dp-opt %s --convert-dyad-to-linalg | FileCheck %s

// Weights are [in, out]; states are matrices; both feedback products read one transpose; sums over
// the batch read the first %rows samples and are scaled by their number.
// CHECK-LABEL: func.func @train_step(
// CHECK-SAME: %[[X:.*]]: tensor<5x6xf32> {dyad.dims = array<i64: 5, 2, 3>, dyad.name = "x"}
// CHECK-SAME: %[[Y:.*]]: tensor<5x4xf32>
// CHECK-SAME: %[[ROWS:.*]]: index
// CHECK-SAME: %[[W:.*]]: tensor<6x4xf32> {dyad.dims = array<i64: 4, 6>, dyad.name = "output.weight", dyad.parameter}
// CHECK-SAME: -> (tensor<6x4xf32> {dyad.dims = array<i64: 4, 6>, dyad.gradient, dyad.name = "output.weight#gradient"}
// CHECK-NOT: dyad.linear
// CHECK: linalg.matmul ins(%[[X]], %[[W]] : tensor<5x6xf32>, tensor<6x4xf32>)
// CHECK: %[[T:.*]] = linalg.transpose ins(%[[W]] : tensor<6x4xf32>)
// CHECK: linalg.matmul ins(%{{.*}}, %[[T]] :
// CHECK-NOT: linalg.transpose
// CHECK: linalg.matmul ins(%{{.*}}, %[[T]] :
// CHECK: %[[XS:.*]] = tensor.extract_slice %[[X]][0, 0] [%[[ROWS]], 6] [1, 1]
// CHECK: %[[DS:.*]] = tensor.extract_slice %{{.*}}[0, 0] [%[[ROWS]], 4] [1, 1]
// CHECK: linalg.matmul indexing_maps = {{.*}} ins(%[[XS]], %[[DS]]
// CHECK: %[[N:.*]] = arith.sitofp
// CHECK: arith.divf %{{.*}}, %[[N]]
// CHECK: iterator_types = ["reduction", "parallel"]
func.func @train_step(%x: tensor<5x2x3xf32> {dyad.name = "x"}, %y: tensor<5x4xf32> {dyad.name = "y"},
                      %rows: index {dyad.name = "rows"},
                      %w: tensor<4x6xf32> {dyad.name = "output.weight", dyad.parameter},
                      %b: tensor<4xf32> {dyad.name = "output.bias", dyad.parameter})
    -> (tensor<4x6xf32> {dyad.name = "output.weight#gradient"},
        tensor<4xf32> {dyad.name = "output.bias#gradient"}, tensor<5x2x3xf32> {dyad.name = "a#0"},
        tensor<5x6xf32> {dyad.name = "b#0"}) {
  %f = dyad.flatten %x : (tensor<5x2x3xf32>) -> tensor<5x6xf32>
  %z = dyad.linear %f, %w, %b : (tensor<5x6xf32>, tensor<4x6xf32>, tensor<4xf32>) -> tensor<5x4xf32>
  %d = dyad.loss_gradient half_squared_error %z, %y : tensor<5x4xf32>
  %v = dyad.linear_transpose %d, %w : (tensor<5x4xf32>, tensor<4x6xf32>) -> tensor<5x6xf32>
  %u = dyad.linear_transpose %z, %w : (tensor<5x4xf32>, tensor<4x6xf32>) -> tensor<5x6xf32>
  %s = dyad.unflatten %v : (tensor<5x6xf32>) -> tensor<5x2x3xf32>
  %g = dyad.weight_gradient %d, %f rows %rows : (tensor<5x4xf32>, tensor<5x6xf32>, index) -> tensor<4x6xf32>
  %c = dyad.bias_gradient %d rows %rows : (tensor<5x4xf32>, index) -> tensor<4xf32>
  return %g, %c, %s, %u : tensor<4x6xf32>, tensor<4xf32>, tensor<5x2x3xf32>, tensor<5x6xf32>
}

// A gradient that is nowhere reached has the layout of its parameter; one that two parameters
// share is copied, because each has its place.
// CHECK-LABEL: func.func @zeros(
// CHECK: %[[SUM:.*]] = linalg.matmul
// CHECK: %[[G:.*]] = linalg.generic {{.*}} ins(%[[SUM]] :
// CHECK: %[[ZERO:.*]] = linalg.generic {{.*}} outs(%{{.*}} : tensor<2x3xf32>)
// CHECK: %[[COPY:.*]] = linalg.generic {{.*}} ins(%[[G]] :
// CHECK: return %[[ZERO]], %[[G]], %[[COPY]]
func.func @zeros(%x: tensor<2x2xf32> {dyad.name = "x"}, %rows: index {dyad.name = "rows"},
                 %p: tensor<3x2xf32> {dyad.name = "p", dyad.parameter},
                 %q: tensor<2x2xf32> {dyad.name = "q", dyad.parameter},
                 %r: tensor<2x2xf32> {dyad.name = "r", dyad.parameter})
    -> (tensor<3x2xf32> {dyad.name = "p#gradient"}, tensor<2x2xf32> {dyad.name = "q#gradient"},
        tensor<2x2xf32> {dyad.name = "r#gradient"}) {
  %zero = dyad.zero : tensor<3x2xf32>
  %g = dyad.weight_gradient %x, %x rows %rows : (tensor<2x2xf32>, tensor<2x2xf32>, index) -> tensor<2x2xf32>
  return %zero, %g, %g : tensor<3x2xf32>, tensor<2x2xf32>, tensor<2x2xf32>
}
