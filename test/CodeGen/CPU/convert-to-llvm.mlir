// RUN: dp-opt %s --cpu-convert-to-llvm | FileCheck %s

// CHECK: llvm.mlir.global external constant @dprt_description("dprt 1\0A\00")
// CHECK: llvm.func internal @kernel(%{{.*}}: !llvm.ptr, %{{.*}}: i64)
// CHECK: llvm.call @expf
// CHECK: llvm.func @dprt_infer(%{{.*}}: !llvm.ptr, %{{.*}}: i64)
// CHECK: llvm.call @kernel(
module attributes {dprt.description = "dprt 1\0A"} {
  func.func private @kernel(%a: memref<3xf32>, %rows: index) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    scf.for %i = %c0 to %rows step %c1 {
      %0 = memref.load %a[%i] : memref<3xf32>
      %1 = math.exp %0 : f32
      memref.store %1, %a[%i] : memref<3xf32>
    }
    return
  }
  func.func @dprt_infer(%arena: memref<128xi8>, %rows: index) {
    %c64 = arith.constant 64 : index
    %0 = memref.view %arena[%c64][] : memref<128xi8> to memref<3xf32>
    call @kernel(%0, %rows) : (memref<3xf32>, index) -> ()
    return
  }
}
