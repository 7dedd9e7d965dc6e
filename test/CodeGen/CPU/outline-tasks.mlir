// RUN: dp-opt %s --cpu-outline-tasks | FileCheck %s
// RUN: dp-opt %s --cpu-outline-tasks --cpu-convert-to-llvm | FileCheck %s --check-prefix=LLVM

// CHECK: func.func private @kernel_task(%[[TASK:.*]]: index, %[[A:.*]]: memref<4xf32>)
// CHECK: %[[ONE:.*]] = arith.constant 1.0
// CHECK: memref.store %[[ONE]], %[[A]][%[[TASK]]]
// CHECK: func.func private @kernel(%{{.*}}: memref<4xf32>) attributes {cpu.body = @kernel_task, cpu.tasks = 4 : i64}
// CHECK-NOT: memref.store

// LLVM: llvm.func @dprt_parallel(!llvm.ptr, !llvm.ptr, i64)
// LLVM: llvm.func internal @kernel_task(%{{.*}}: i64, %{{.*}}: !llvm.ptr)
// LLVM: llvm.func internal @kernel_slots(%[[SLOTS:.*]]: !llvm.ptr, %[[TASK:.*]]: i64)
// LLVM: %[[PLACE:.*]] = llvm.getelementptr %[[SLOTS]][0]
// LLVM: %[[POINTER:.*]] = llvm.load %[[PLACE]]
// LLVM: llvm.call @kernel_task(%[[TASK]], %[[POINTER]])
// LLVM: llvm.func internal @kernel(
// LLVM: %[[TASKS:.*]] = llvm.mlir.constant(4 : i64)
// LLVM: %[[F:.*]] = llvm.mlir.addressof @kernel_slots
// LLVM: llvm.call @dprt_parallel(%[[F]], %{{.*}}, %[[TASKS]])
func.func private @kernel(%a: memref<4xf32>) {
  %one = arith.constant 1.0 : f32
  scf.forall (%task) in (4) {
    memref.store %one, %a[%task] : memref<4xf32>
  }
  return
}
