//===- Backend.h - the llvm dialect to machine code ---------------------------------*- C++ -*-===//
#pragma once

#include "lib/CodeGen/Target.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "llvm/ADT/SmallVector.h"

namespace dpc {

enum class MachineCode { Assembly, Object };

/// Code of a module in the llvm dialect: the text or bytes of one position-independent object.
/// `optLevel` 0 spends little time on it.
llvm::Expected<llvm::SmallVector<char, 0>> emitMachineCode(mlir::ModuleOp module,
                                                           const CpuTarget &target,
                                                           unsigned optLevel, MachineCode kind);

/// What emitMachineCode needs in the module's context.
void registerMachineCodeTranslations(mlir::DialectRegistry &registry);

} // namespace dpc
