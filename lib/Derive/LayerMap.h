//===- LayerMap.h - a layer's affine map: forward, transpose, parameter gradient ----*- C++ -*-===//
//
// Walks the operators between a `dp.layer` and its sources. A new linear operator needs exactly
// three cases here: forward, transpose, parameter gradient (derivation.md 3).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/DP/DPOps.h"
#include "dialect/Dyad/DyadOps.h"

namespace dpc::derive {

/// Builds `dyad` ops for the affine map of one layer. `parameter` gives the batch-level value of a
/// `dp.parameter`, `batch` the number of samples.
class LayerMap {
public:
  using ParameterValue = llvm::function_ref<mlir::Value(mlir::Value)>;

  LayerMap(dp::LayerOp layer, int64_t batch, ParameterValue parameter)
      : layer(layer), batch(batch), parameter(parameter) {}

  /// The pre-activation when source s has the value `sources(s)`. Every operator's value is kept in
  /// `values`, for the gradient.
  mlir::Value forward(mlir::OpBuilder &builder, mlir::Location location,
                      llvm::function_ref<mlir::Value(mlir::Value)> sources,
                      llvm::DenseMap<mlir::Value, mlir::Value> &values);

  /// Only what operators with parameters read, for parameterGradients(); `values` must hold the
  /// sources.
  void operands(mlir::OpBuilder &builder, mlir::Location location,
                llvm::DenseMap<mlir::Value, mlir::Value> &values);

  /// The transpose towards `source`, applied to `cotangent`: only along paths that reach it.
  mlir::Value transpose(mlir::OpBuilder &builder, mlir::Location location, mlir::Value source,
                        mlir::Value cotangent);

  /// Calls `use(parameter, gradient)` for every use of a parameter: cotangent times what the
  /// operator reads, averaged over the first `rows` samples.
  void parameterGradients(mlir::OpBuilder &builder, mlir::Location location, mlir::Value cotangent,
                          mlir::Value rows, llvm::DenseMap<mlir::Value, mlir::Value> &values,
                          llvm::function_ref<void(mlir::Value, mlir::Value)> use);

  mlir::RankedTensorType batchType(mlir::Type perSample) const;

private:
  /// Calls `visit(value, cotangent)` for the operators' results from the layer backwards, each
  /// after all its users, with the sum of what flows into it.
  void backward(mlir::OpBuilder &builder, mlir::Location location, mlir::Value cotangent,
                llvm::function_ref<bool(mlir::Value)> follow,
                llvm::function_ref<void(mlir::Value, mlir::Value)> visit);
  mlir::Value apply(mlir::OpBuilder &builder, mlir::Location location, mlir::Value result,
                    llvm::function_ref<mlir::Value(mlir::Value)> valueOf);
  /// The operators' results in dependency order, sources excluded.
  llvm::SmallVector<mlir::Value> operators();

  dp::LayerOp layer;
  int64_t batch;
  ParameterValue parameter;
};

} // namespace dpc::derive
