//===- Compiler.h - the whole compiler as one object --------------------------------*- C++ -*-===//
//
// A model file and options in; IR, machine code and diagnostics out. No globals, no exit, no output
// of its own: diagnostics go to the console as they arise.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/DP/DPOps.h"
#include "lib/Driver/Actions/Actions.h"
#include "lib/Frontend/Frontend.h"
#include "lib/Pipelines/Phases.h"

#include "mlir/IR/MLIRContext.h"

namespace dpc::driver {

/// Called with each phase reached; false, after messages, ends the compilation.
using AfterPhase = std::function<bool(const PhaseInfo &)>;

class Compiler {
public:
  Compiler(const ModelOptions &options, Console &console);

  /// Reads, checks and elaborates the model; `batch` replaces its setting. model() and modelOp()
  /// need this to have succeeded. False after messages.
  bool load(std::optional<int64_t> batch = std::nullopt);
  /// Reads a dump of the phase `from` in place of a model. False after messages.
  bool loadDump(Phase from);
  /// The syntax tree of the model as text; nothing after messages. Needs no load().
  std::optional<std::string> syntaxTree();

  /// What the frontend found; its module has moved into the compiler.
  const FrontendResult &model() const { return result; }
  mlir::ModuleOp module() { return *current; }
  /// The model in `dp`; gone after the phase `dyad`.
  dp::ModelOp modelOp() { return *module().getOps<dp::ModelOp>().begin(); }

  /// Runs the phases that lead from the present one to `to`; `after` sees each one reached. False
  /// after messages.
  bool runTo(Phase to, const PipelineOptions &options = {}, const AfterPhase &after = {});
  /// The same on a copy, which is the result; null after messages.
  mlir::OwningOpRef<mlir::ModuleOp> copyAt(Phase to, const PipelineOptions &options = {});
  /// Machine code of the module, which is in phase LLVM: text or bytes. Nothing after messages.
  std::optional<llvm::SmallVector<char, 0>> code(Phase kind, const PipelineOptions &options);

  /// The target of the command line's `--cpu`; nothing after messages.
  std::optional<CpuOptions> cpu(const MachineOptions &machine);

  DiagnosticEngine &engine() { return diagnostics; }
  ExitCode exitCode() const { return diagnostics.exitCode(); }

private:
  /// Reads the model and the prelude. False after messages.
  bool read();
  bool holdsPhase(Phase phase);
  bool runFrom(mlir::ModuleOp module, Phase to, const PipelineOptions &options,
               const AfterPhase &after);

  ModelOptions options;
  DiagnosticEngine diagnostics;
  mlir::MLIRContext context;
  std::optional<DiagnosticBridge> bridge;
  FrontendInput input;
  FrontendResult result;
  mlir::OwningOpRef<mlir::ModuleOp> current;
  Phase reached = Phase::DP;
};

} // namespace dpc::driver
