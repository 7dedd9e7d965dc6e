// RUN: dp-opt %s --cpu-plain-loops | FileCheck %s

// CHECK-LABEL: func.func private @product(
// CHECK-NOT: vector
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %[[M:.*]] step
// CHECK-NEXT: scf.for %[[K:.*]] =
// CHECK-NEXT: scf.for %[[J:.*]] =
// CHECK-NEXT: memref.load %{{.*}}[%[[I]], %[[K]]]
// CHECK-NEXT: memref.load %{{.*}}[%[[K]], %[[J]]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK-NOT: linalg
func.func private @product(%a: memref<13x7xf32>, %b: memref<7x19xf32>, %r: memref<13x19xf32>) {
  linalg.matmul ins(%a, %b : memref<13x7xf32>, memref<7x19xf32>) outs(%r : memref<13x19xf32>)
  return
}
