//===- Crash.h - what a defect of dpc looks like to its user ------------------------*- C++ -*-===//
#pragma once

#include "lib/Support/Diagnostics.h"

#include "llvm/ADT/STLFunctionalExtras.h"

namespace dpc::tool {

/// Signals of a defect, failed allocations and LLVM's fatal errors end the process with a message
/// and the documented exit code.
void installCrashHandlers();

/// Runs `body`; an exception that escapes it becomes a message and an exit code.
ExitCode guarded(llvm::function_ref<ExitCode()> body);

} // namespace dpc::tool
