//===- Frontend.h - from the text of a model to the `dp` dialect --------------------*- C++ -*-===//
#pragma once

#include "lib/Support/Diagnostics.h"
#include "lib/Support/Settings.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace dpc {

struct FrontendInput {
  SourceFile model;
  /// The methods a model can name besides its own: builtinPrelude(), or a file of the user.
  SourceFile prelude;
  /// `KEY=VALUE` of every `--set`, in the order of the command line.
  std::vector<std::string> sets;
  /// Samples of one step, instead of the `batch` setting.
  std::optional<int64_t> batch;
};

/// A weight [out, in] or bias [out] that training changes, in model order.
struct ParameterInfo {
  std::string name; // as in files: `h1.weight`, `h1.bias`, `h1.1.weight` (language.md N7, T10)
  std::vector<int64_t> shape;
  /// The first layer that uses it, whose `gain[layer]` counts.
  std::string layer;
  /// `gain` of the `initialize` setting for that layer.
  double gain = 1;
  Place place;

  bool isBias() const { return shape.size() == 1; }
};

struct FrontendResult {
  /// One `dp.model`, named like the network; its location is the `objective` setting.
  mlir::OwningOpRef<mlir::ModuleOp> module;
  TrainingSettings settings;
  std::vector<ParameterInfo> parameters; // in model order
  std::vector<std::string> layers;       // in order, the last is `output` (N6, N10)
  std::string inputName;
  std::vector<int64_t> inputShape;
  int64_t outputs = 0;
  std::vector<std::string> compartments; // in order of declaration
  std::vector<bool> multipliers;         // of the compartments: starts at zero (O1)
  std::vector<std::string> defines;      // names with a dp.define, in order of declaration
};

/// Reads, checks and elaborates a model. All independent errors are reported to `engine`, sorted by
/// place; nothing is returned if there was one. Sources are registered with `engine`, and the place
/// for errors in the prelude is set. `dp` is loaded into `context`.
std::optional<FrontendResult> elaborate(mlir::MLIRContext &context, const FrontendInput &input,
                                        DiagnosticEngine &engine);

/// The syntax tree of the model file as indented text; nothing if it does not parse.
std::optional<std::string> dumpAst(const FrontendInput &input, DiagnosticEngine &engine);

/// The text of the shipped methods, and the same as a source named `prelude`.
llvm::StringRef builtinPreludeText();
SourceFile builtinPrelude();

} // namespace dpc
