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

// Small sums over the batch are summed in double: they may cancel in all elements of a gradient.
// CHECK-LABEL: func.func private @gradient(
// CHECK-SAME: %[[X:.*]]: memref<50x3xf32>, %[[ROWS:.*]]: index
// CHECK: scf.for %[[I:.*]] = %{{.*}} to %{{.*}} step
// CHECK: scf.for %[[J:.*]] =
// CHECK: scf.for %[[K:[a-z0-9]+]] = {{.*}} -> (f64)
// CHECK: memref.load %{{.*}}[%[[K]], %[[I]]]
// CHECK: memref.load %{{.*}}[%[[K]], %[[J]]]
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[I]], %[[J]]]
// CHECK: scf.for %[[COLUMN:.*]] =
// CHECK: scf.for %[[ROW:[a-z0-9]+]] = {{.*}} -> (f64)
// CHECK: memref.load %{{.*}}[%[[ROW]], %[[COLUMN]]]
// CHECK: arith.truncf
// CHECK: memref.store %{{.*}}, %{{.*}}[%[[COLUMN]]]
// CHECK-NOT: linalg
#x = affine_map<(d0, d1, d2) -> (d2, d0)>
#d = affine_map<(d0, d1, d2) -> (d2, d1)>
#g = affine_map<(d0, d1, d2) -> (d0, d1)>
#map = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
func.func private @gradient(%x: memref<50x3xf32>, %rows: index, %d: memref<50x2xf32>,
                            %g: memref<3x2xf32>, %s: memref<2xf32>) {
  %xs = memref.reinterpret_cast %x to offset: [0], sizes: [%rows, 3], strides: [3, 1]
      : memref<50x3xf32> to memref<?x3xf32>
  %ds = memref.reinterpret_cast %d to offset: [0], sizes: [%rows, 2], strides: [2, 1]
      : memref<50x2xf32> to memref<?x2xf32>
  linalg.matmul indexing_maps = [#x, #d, #g] ins(%xs, %ds : memref<?x3xf32>, memref<?x2xf32>)
                                             outs(%g : memref<3x2xf32>)
  linalg.generic {indexing_maps = [#map, #row], iterator_types = ["reduction", "parallel"]}
      ins(%ds : memref<?x2xf32>) outs(%s : memref<2xf32>) {
  ^bb0(%element: f32, %sum: f32):
    %0 = arith.addf %sum, %element : f32
    linalg.yield %0 : f32
  }
  return
}
