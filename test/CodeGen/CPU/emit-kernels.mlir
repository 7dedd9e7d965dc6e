// RUN: dp-opt %s --cpu-emit-kernels | FileCheck %s
// RUN: dp-opt %s --cpu-emit-kernels="lanes=16 registers=32" | FileCheck %s --check-prefix=WIDE
// RUN: dp-opt %s --cpu-emit-kernels="lanes=4 fma=false" | FileCheck %s --check-prefix=PLAIN

// Small products are summed in double: 2 x 16 tiles, one panel and a rest of three columns. Sums
// never leave registers before the depth is done.
// CHECK-LABEL: func.func private @small(
// CHECK-SAME: %[[A:.*]]: memref<13x7xf32, strided<[16, 1]>>
// CHECK-SAME: %[[B:.*]]: memref<7x19xf32, strided<[32, 1]>>
// CHECK-NOT: memref.alloc
// CHECK: %{{.*}}:4 = scf.for %[[K:.*]] = %c0 to %c7 {{.*}} vector<8xf64>
// CHECK-COUNT-2: vector.load %[[B]][%[[K]],
// CHECK-COUNT-2: memref.load %[[A]][%{{.*}}, %[[K]]]
// CHECK: arith.truncf
// CHECK: vector.store
// CHECK: vector.maskedstore {{.*}} vector<8xi1>
// CHECK-NOT: linalg

// WIDE-LABEL: func.func private @small(
// WIDE: vector.load {{.*}}, vector<16xf32>
// WIDE: vector.fma {{.*}} : vector<16xf64>

// PLAIN-LABEL: func.func private @small(
// PLAIN-NOT: vector.fma
// PLAIN: arith.mulf {{.*}} : vector<4xf64>
#map = affine_map<(d0, d1) -> (d0, d1)>
#row = affine_map<(d0, d1) -> (d1)>
#column = affine_map<(d0, d1) -> (d0)>
func.func private @small(%a: memref<13x7xf32, strided<[16, 1]>>, %b: memref<7x19xf32, strided<[32, 1]>>,
                           %c: memref<19xf32>, %r: memref<13x19xf32, strided<[32, 1]>>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%r : memref<13x19xf32, strided<[32, 1]>>)
  linalg.matmul ins(%a, %b : memref<13x7xf32, strided<[16, 1]>>, memref<7x19xf32, strided<[32, 1]>>)
                outs(%r : memref<13x19xf32, strided<[32, 1]>>)
  linalg.generic {indexing_maps = [#map, #row, #map], iterator_types = ["parallel", "parallel"]}
      ins(%r, %c : memref<13x19xf32, strided<[32, 1]>>, memref<19xf32>)
      outs(%r : memref<13x19xf32, strided<[32, 1]>>) {
  ^bb0(%sum: f32, %bias: f32, %old: f32):
    %0 = arith.addf %sum, %bias : f32
    linalg.yield %0 : f32
  }
  return
}

// A hundred rows are tiles of six and of five; a depth of 512 is summed in blocks of 64.
// CHECK-LABEL: func.func private @large(
// CHECK: scf.forall (%{{.*}}) in (16)
// CHECK: %{{.*}}:12 = scf.for %[[BLOCK:.*]] = %c0 to %c512 step %c64
// CHECK: %{{.*}}:12 = scf.for %{{.*}} = %[[BLOCK]] to
// CHECK-COUNT-12: vector.fma {{.*}} : vector<8xf32>
// CHECK-COUNT-12: arith.addf {{.*}} : vector<8xf32>
// CHECK: %{{.*}}:10 = scf.for
func.func private @large(%a: memref<100x512xf32, strided<[528, 1]>>,
                         %b: memref<512x512xf32, strided<[528, 1]>>,
                         %r: memref<100x512xf32, strided<[528, 1]>>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%r : memref<100x512xf32, strided<[528, 1]>>)
  linalg.matmul ins(%a, %b : memref<100x512xf32, strided<[528, 1]>>,
                             memref<512x512xf32, strided<[528, 1]>>)
                outs(%r : memref<100x512xf32, strided<[528, 1]>>)
  return
}

// The depth of a weight gradient is the number of samples; A is read along its rows.
// CHECK-LABEL: func.func private @gradient(
// CHECK-SAME: %[[X:.*]]: memref<100x640xf32, strided<[640, 1]>>, %[[ROWS:.*]]: index
// CHECK: scf.forall (%{{.*}}) in (16)
// CHECK: scf.for %[[K:.*]] = %c0 to %[[ROWS]]
// CHECK: memref.load %[[X]][%[[K]], %{{.*}}]
// CHECK: arith.mulf
// CHECK: vector.store
#x = affine_map<(d0, d1, d2) -> (d2, d0)>
#d = affine_map<(d0, d1, d2) -> (d2, d1)>
#g = affine_map<(d0, d1, d2) -> (d0, d1)>
func.func private @gradient(%x: memref<100x640xf32, strided<[640, 1]>>, %rows: index,
                            %d: memref<100x512xf32, strided<[528, 1]>>, %g: memref<640x512xf32, strided<[528, 1]>>) {
  %xs = memref.reinterpret_cast %x to offset: [0], sizes: [%rows, 640], strides: [640, 1]
      : memref<100x640xf32, strided<[640, 1]>> to memref<?x640xf32, strided<[640, 1]>>
  %ds = memref.reinterpret_cast %d to offset: [0], sizes: [%rows, 512], strides: [528, 1]
      : memref<100x512xf32, strided<[528, 1]>> to memref<?x512xf32, strided<[528, 1]>>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%g : memref<640x512xf32, strided<[528, 1]>>)
  linalg.matmul indexing_maps = [#x, #d, #g]
      ins(%xs, %ds : memref<?x640xf32, strided<[640, 1]>>, memref<?x512xf32, strided<[528, 1]>>)
      outs(%g : memref<640x512xf32, strided<[528, 1]>>)
  %one = arith.constant 1.0 : f32
  %n = arith.index_cast %rows : index to i64
  %f = arith.sitofp %n : i64 to f32
  %inverse = arith.divf %one, %f : f32
  linalg.generic {indexing_maps = [#map, #map], iterator_types = ["parallel", "parallel"]}
      ins(%g : memref<640x512xf32, strided<[528, 1]>>) outs(%g : memref<640x512xf32, strided<[528, 1]>>) {
  ^bb0(%sum: f32, %old: f32):
    %0 = arith.mulf %sum, %inverse : f32
    linalg.yield %0 : f32
  }
  return
}

// Small sums over the batch are summed in double: they may cancel in all elements of a gradient.
// CHECK-LABEL: func.func private @small_gradient(
// CHECK-SAME: %{{.*}}: memref<100x3xf32, strided<[16, 1]>>, %[[ROWS:.*]]: index
// CHECK: scf.for %{{.*}} = %c0 to %[[ROWS]] {{.*}}vector<8xf64>
// CHECK: vector.fma {{.*}} : vector<8xf64>
// CHECK: arith.truncf
// CHECK-LABEL: func.func private @bias_gradient(
// CHECK-SAME: %{{.*}}: memref<100x2xf32, strided<[16, 1]>>, %[[ROWS:.*]]: index
// CHECK: scf.for %{{.*}} = %c0 to %[[ROWS]] {{.*}}vector<8xf64>
// CHECK: arith.addf {{.*}} : vector<8xf64>
// CHECK: arith.truncf
func.func private @small_gradient(%x: memref<100x3xf32, strided<[16, 1]>>, %rows: index,
                                  %d: memref<100x2xf32, strided<[16, 1]>>,
                                  %g: memref<3x2xf32, strided<[16, 1]>>) {
  %xs = memref.reinterpret_cast %x to offset: [0], sizes: [%rows, 3], strides: [16, 1]
      : memref<100x3xf32, strided<[16, 1]>> to memref<?x3xf32, strided<[16, 1]>>
  %ds = memref.reinterpret_cast %d to offset: [0], sizes: [%rows, 2], strides: [16, 1]
      : memref<100x2xf32, strided<[16, 1]>> to memref<?x2xf32, strided<[16, 1]>>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%g : memref<3x2xf32, strided<[16, 1]>>)
  linalg.matmul indexing_maps = [#x, #d, #g]
      ins(%xs, %ds : memref<?x3xf32, strided<[16, 1]>>, memref<?x2xf32, strided<[16, 1]>>)
      outs(%g : memref<3x2xf32, strided<[16, 1]>>)
  return
}
func.func private @bias_gradient(%d: memref<100x2xf32, strided<[16, 1]>>, %rows: index,
                                 %s: memref<2xf32>) {
  %ds = memref.reinterpret_cast %d to offset: [0], sizes: [%rows, 2], strides: [16, 1]
      : memref<100x2xf32, strided<[16, 1]>> to memref<?x2xf32, strided<[16, 1]>>
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%s : memref<2xf32>)
  linalg.generic {indexing_maps = [#map, #row], iterator_types = ["reduction", "parallel"]}
      ins(%ds : memref<?x2xf32, strided<[16, 1]>>) outs(%s : memref<2xf32>) {
  ^bb0(%element: f32, %sum: f32):
    %0 = arith.addf %sum, %element : f32
    linalg.yield %0 : f32
  }
  return
}

// Rows of a reduction are whole vectors and a masked rest; exponentials are polynomials.
// CHECK-LABEL: func.func private @rows(
// CHECK-NOT: math.exp
// CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : vector<8xi1>
// CHECK: vector.reduction <add>
// CHECK: memref.store
// CHECK-NOT: linalg
func.func private @rows(%z: memref<5x10xf32, strided<[16, 1]>>, %top: memref<5xf32>, %r: memref<5xf32>) {
  %zero = arith.constant 0.0 : f32
  linalg.fill ins(%zero : f32) outs(%r : memref<5xf32>)
  linalg.generic {indexing_maps = [#map, #column, #column], iterator_types = ["parallel", "reduction"]}
      ins(%z, %top : memref<5x10xf32, strided<[16, 1]>>, memref<5xf32>) outs(%r : memref<5xf32>) {
  ^bb0(%element: f32, %most: f32, %sum: f32):
    %0 = arith.subf %element, %most : f32
    %1 = math.exp %0 : f32
    %2 = arith.addf %sum, %1 : f32
    linalg.yield %2 : f32
  }
  return
}

// CHECK-LABEL: func.func private @transpose(
// CHECK-COUNT-4: vector.load {{.*}}, vector<4xf32>
// CHECK-COUNT-8: vector.shuffle
// CHECK-COUNT-4: vector.store
func.func private @transpose(%w: memref<6x9xf32, strided<[16, 1]>>, %t: memref<9x6xf32, strided<[16, 1]>>) {
  linalg.transpose ins(%w : memref<6x9xf32, strided<[16, 1]>>)
                   outs(%t : memref<9x6xf32, strided<[16, 1]>>) permutation = [1, 0]
  return
}
