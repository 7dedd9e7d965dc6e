//===- Emission.h - what all emitters of kernels share ------------------------------*- C++ -*-===//
#pragma once

#include "lib/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace dpc {

/// The vector registers of the machine (CpuTarget).
struct VectorUnit {
  int64_t lanes, registers;
  bool fma;
};

/// A kernel function on memrefs, as dp-plan-memory makes it, taken apart.
struct KernelParts {
  mlir::func::FuncOp function;
  mlir::linalg::LinalgOp root;                  // product, reduction or transpose; or null
  mlir::linalg::GenericOp perUnit;              // what follows per unit; or null
  llvm::SmallVector<mlir::Operation *> scalars; // arithmetic on `rows`, constants

  /// Nothing if the function is no kernel of a known form.
  static std::optional<KernelParts> of(mlir::func::FuncOp function);
};

/// The whole matrix behind a view of its first rows.
mlir::Value wholeOf(mlir::Value buffer);

/// Whether a product, or a sum over the batch, is summed in double. Where a nudge moves a unit
/// across a kink, its difference is a pre-activation near zero, as wrong as the sum that gave it
/// and seen beside small nudges; where the samples of a batch nearly balance, a gradient is small
/// beside its terms. Small sums can afford it; large ones are summed in f32.
bool sumsInDouble(mlir::linalg::LinalgOp root);

/// Half-open range of indices.
struct Interval {
  mlir::Value begin, end;
};

/// Emits loops and vector code into the body of one kernel. Vectors are rows of matrices: whole
/// vectors may be read from the padding of a row, but only true elements are written.
class Emission {
public:
  Emission(KernelParts &parts, const VectorUnit &unit);

  mlir::OpBuilder b;
  mlir::Location loc;
  const VectorUnit unit;
  mlir::VectorType vector;

  //===--- Tasks ---===//

  /// Calls `body` where the code of one task goes, with the task's share of [0, items). One task is
  /// emitted in place, more become a parallel loop. The share splits outputs, never sums.
  void tasks(int64_t count, int64_t items, llvm::function_ref<void(Interval)> body);

  //===--- Indices ---===//

  mlir::Value index(int64_t value);
  mlir::Value plus(mlir::Value x, mlir::Value y);
  mlir::Value plus(mlir::Value x, int64_t y);
  mlir::Value times(mlir::Value x, int64_t factor);
  mlir::Value minimum(mlir::Value x, mlir::Value y);
  mlir::Value maximum(mlir::Value x, mlir::Value y);
  /// for (i = range.begin; i < range.end; i += step) body(i), leaving the builder after it.
  void loop(Interval range, int64_t step, llvm::function_ref<void(mlir::Value)> body);

  //===--- Vectors ---===//

  mlir::Value splat(double number);
  mlir::Value broadcast(mlir::Value scalar);
  /// Of a vector or matrix; `indices` of its first element.
  mlir::Value load(mlir::Value buffer, mlir::ValueRange indices);
  mlir::Value loadScalar(mlir::Value buffer, mlir::ValueRange indices);
  /// Writes the first `count` lanes.
  void store(mlir::Value value, mlir::Value buffer, mlir::ValueRange indices, int64_t count);
  mlir::Value multiplyAdd(mlir::Value x, mlir::Value y, mlir::Value sum);
  /// The first `count` lanes are true.
  mlir::Value mask(int64_t count);

  /// What a scalar region computes, on whole vectors: its results for these arguments. Scalars
  /// from outside are broadcast.
  llvm::SmallVector<mlir::Value> onVectors(mlir::Block &body, mlir::ValueRange arguments);

  /// What the operands of an op per unit are at row `row`, from column `column` on: vectors, where
  /// `known` has the operand its vector. `row` is null for ops on one dimension.
  llvm::SmallVector<mlir::Value> operandsAt(mlir::linalg::GenericOp op, mlir::Value row,
                                            mlir::Value column,
                                            llvm::function_ref<mlir::Value(mlir::Value)> known);
  /// Computes an op per unit there and writes the first `count` lanes of its results.
  void perUnitAt(mlir::linalg::GenericOp op, mlir::Value row, mlir::Value column, int64_t count,
                 llvm::function_ref<mlir::Value(mlir::Value)> known);

private:
  mlir::Value constant(mlir::TypedAttr value);
  /// The value of a scalar of the old body in the code of the current task.
  mlir::Value scalarOf(mlir::Value old);
  void enterTask(mlir::Block *block);

  KernelParts &parts;
  mlir::Block *top = nullptr; // of the current task: constants and scalars go to its start
  llvm::DenseMap<mlir::Attribute, mlir::Value> constants;
  llvm::DenseMap<mlir::Value, mlir::Value> scalars, broadcasts;
  mlir::Operation *lastAtTop = nullptr;
};

/// One emitter per form of kernel.
void emitProduct(KernelParts &parts, Emission &e);
void emitPerUnit(KernelParts &parts, Emission &e);
void emitColumnReduction(KernelParts &parts, Emission &e);
void emitRowReduction(KernelParts &parts, Emission &e);
void emitTranspose(KernelParts &parts, Emission &e);

} // namespace dpc
