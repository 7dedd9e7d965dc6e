// RUN: dp-opt %s --cpu-plain-loops | FileCheck %s

// Small products are summed in double.
// CHECK-LABEL: func.func private @small(
// CHECK-NOT: vector
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK: scf.for %[[J:.*]] =
// CHECK: scf.for %[[K:[a-z0-9]+]] = {{.*}} -> (f64)
// CHECK: memref.load %{{.*}}[%[[I]], %[[K]]]
// CHECK: memref.load %{{.*}}[%[[K]], %[[J]]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK-NOT: linalg
func.func private @small(%a: memref<13x7xf32>, %b: memref<7x19xf32>, %r: memref<13x19xf32>) {
  linalg.matmul ins(%a, %b : memref<13x7xf32>, memref<7x19xf32>) outs(%r : memref<13x19xf32>)
  return
}

// The innermost loop of large ones walks along rows.
// CHECK-LABEL: func.func private @large(
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK-NEXT: scf.for %[[K:.*]] =
// CHECK-NEXT: scf.for %[[J:.*]] =
// CHECK-NEXT: memref.load %{{.*}}[%[[I]], %[[K]]]
// CHECK-NEXT: memref.load %{{.*}}[%[[K]], %[[J]]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK-NOT: affine
func.func private @large(%a: memref<130x170xf32>, %b: memref<170x190xf32>,
                         %r: memref<130x190xf32>) {
  linalg.matmul ins(%a, %b : memref<130x170xf32>, memref<170x190xf32>)
                outs(%r : memref<130x190xf32>)
  return
}
