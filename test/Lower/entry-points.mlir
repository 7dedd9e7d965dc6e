// RUN: dp-opt %s --dp-entry-points | FileCheck %s

// CHECK: func.func private @kernel
func.func private @kernel(%a: memref<3xf32>) {
  return
}
// CHECK: func.func @dprt_probe(
// CHECK: call @kernel
func.func @probe(%arena: memref<64xi8>, %rows: index) {
  %c0 = arith.constant 0 : index
  %0 = memref.view %arena[%c0][] : memref<64xi8> to memref<3xf32>
  call @kernel(%0) : (memref<3xf32>) -> ()
  return
}
