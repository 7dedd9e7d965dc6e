//===- Phases.h - the table of phases -----------------------------------------------*- C++ -*-===//
#pragma once

#include "lib/Pipelines/Options.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/Pass/PassManager.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace dpc {

/// The states of a compilation in their order. `Ast` is text, `Asm` and `Obj` are what
/// emitMachineCode makes of `LLVM`; the others are MLIR modules.
enum class Phase { Ast, DP, Dyad, Schedule, Tensor, Buffer, Target, LLVM, Asm, Obj };

struct PhaseInfo {
  Phase phase;
  llvm::StringRef name; // of `--emit` and `--from`
  llvm::StringRef help;
  /// Dialects that may be left after it, besides `builtin`; empty if it is no MLIR module.
  llvm::ArrayRef<llvm::StringRef> dialects;
  /// Adds the passes that lead here from the phase before; null where no pass does.
  void (*build)(mlir::OpPassManager &, const PipelineOptions &);
};

llvm::ArrayRef<PhaseInfo> phases();
const PhaseInfo &info(Phase phase);
/// The phase of that name, or null.
const PhaseInfo *findPhase(llvm::StringRef name);

/// Takes a module that is in phase `from` to phase `to` (both modules, from <= to). After each
/// phase only its dialects may be left; an intruder is an error at its location. `after` is called
/// with each phase reached, for dumps. Errors are emitted as diagnostics.
mlir::LogicalResult
runPhases(mlir::ModuleOp module, Phase from, Phase to, const PipelineOptions &options,
          llvm::function_ref<mlir::LogicalResult(const PhaseInfo &)> after = {});

/// Code of a module in phase LLVM, as phase `to` (Asm or Obj) wants it.
llvm::Expected<llvm::SmallVector<char, 0>> emitCode(mlir::ModuleOp module, Phase to,
                                                    const PipelineOptions &options);

} // namespace dpc
