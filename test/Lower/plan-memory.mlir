// RUN: dp-opt %s --convert-dyad-to-linalg --dp-form-kernels --dp-plan-memory | FileCheck %s
// RUN: dp-opt %s --convert-dyad-to-linalg --dp-form-kernels --dp-plan-memory --dp-entry-points \
// RUN:   | FileCheck %s --check-prefix=ENTRY

// ENTRY: func.func @dprt_train_step(%{{.*}}: memref<{{.*}}xi8>, %{{.*}}: index)
// ENTRY: func.func @dprt_infer(

// Parameters, then gradients in the same layout, then data: pitches are whole lines, strides tell
// the transposed weight.
// CHECK: dprt.description = "dprt 1\0Abatch 5\0Aarena {{[0-9]+}}\0Aentry train_step dprt_train_step\0Aentry infer dprt_infer\0A
// CHECK-SAME: tensor * input x 2 5 256 272 1 {{[0-9]+}}\0A
// CHECK-SAME: tensor * target y 2 5 3 16 1 {{[0-9]+}}\0A
// CHECK-SAME: tensor * parameter output.weight 2 3 256 1 16 0\0A
// CHECK-SAME: tensor * parameter output.bias 1 3 1 16384\0A
// CHECK-SAME: tensor * gradient output.weight#gradient 2 3 256 1 16 16448\0A
// CHECK-SAME: tensor * gradient output.bias#gradient 1 3 1 32832\0A
// CHECK-SAME: tensor train_step value #loss 1 5 1 {{[0-9]+}}\0A
// CHECK-SAME: tensor infer value #loss
// CHECK-SAME: region parameters 0 16448\0Aregion gradients 16448 16448\0Aend\0A"

// The product accumulates where the result of the ops per unit will be.
// CHECK: func.func private @product_fused_5x3x256(
// CHECK-SAME: %[[X:[a-z0-9]+]]: memref<5x256xf32, strided<[272, 1]>>, %[[W:[a-z0-9]+]]: memref<256x3xf32, strided<[16, 1]>>
// CHECK-SAME: %[[B:[a-z0-9]+]]: memref<3xf32>, %[[Y:[a-z0-9]+]]: memref<5x3xf32, strided<[16, 1]>>
// CHECK-SAME: %[[Z:[a-z0-9]+]]: memref<5x3xf32, strided<[16, 1]>>, %[[D:[a-z0-9]+]]: memref<5x3xf32, strided<[16, 1]>>)
// CHECK: linalg.matmul ins(%[[X]], %[[W]] : {{.*}}) outs(%[[Z]] :
// CHECK: linalg.generic {{.*}} ins(%[[Z]], %[[B]], %[[Y]] : {{.*}}) outs(%[[Z]], %[[D]] :

// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK-LABEL: func.func @train_step(%{{.*}}: memref<{{.*}}xi8>, %{{.*}}: index)
// CHECK-NOT: memref.alloc
// CHECK-NOT: memref.copy
// CHECK: call @product_fused_5x3x256
func.func @train_step(%x: tensor<5x256xf32> {dyad.name = "x"}, %y: tensor<5x3xf32> {dyad.name = "y"},
                      %rows: index {dyad.name = "rows"},
                      %w: tensor<3x256xf32> {dyad.name = "output.weight", dyad.parameter},
                      %b: tensor<3xf32> {dyad.name = "output.bias", dyad.parameter})
    -> (tensor<3x256xf32> {dyad.name = "output.weight#gradient"},
        tensor<3xf32> {dyad.name = "output.bias#gradient"}, tensor<5xf32> {dyad.name = "#loss"}) {
  %z = dyad.linear %x, %w, %b : (tensor<5x256xf32>, tensor<3x256xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %l = dyad.loss half_squared_error %z, %y : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<5xf32>
  %d = dyad.loss_gradient half_squared_error %z, %y : tensor<5x3xf32>
  %g = dyad.weight_gradient %d, %x rows %rows : (tensor<5x3xf32>, tensor<5x256xf32>, index) -> tensor<3x256xf32>
  %c = dyad.bias_gradient %d rows %rows : (tensor<5x3xf32>, index) -> tensor<3xf32>
  return %g, %c, %l : tensor<3x256xf32>, tensor<3xf32>, tensor<5xf32>
}
func.func @infer(%x: tensor<5x256xf32> {dyad.name = "x"}, %y: tensor<5x3xf32> {dyad.name = "y"},
                 %rows: index {dyad.name = "rows"},
                 %w: tensor<3x256xf32> {dyad.name = "output.weight", dyad.parameter},
                 %b: tensor<3xf32> {dyad.name = "output.bias", dyad.parameter})
    -> (tensor<5xf32> {dyad.name = "#loss"}) {
  %z = dyad.linear %x, %w, %b : (tensor<5x256xf32>, tensor<3x256xf32>, tensor<3xf32>) -> tensor<5x3xf32>
  %l = dyad.loss half_squared_error %z, %y : (tensor<5x3xf32>, tensor<5x3xf32>) -> tensor<5xf32>
  return %l : tensor<5xf32>
}
