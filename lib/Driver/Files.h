//===- Files.h - files that a command line names ------------------------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Actions/Actions.h"

#include "llvm/ADT/ArrayRef.h"

#include <string>
#include <vector>

namespace dpc::driver {

/// A file and the option that names it.
struct NamedFile {
  std::string option, path;
};

/// The model file and the prelude that a command reads.
std::vector<NamedFile> modelFiles(const ModelOptions &options);

/// Whether every output is a file of its own, neither an input nor another output: what a command
/// reads stays whole. False after messages. Devices and pipes may be named twice.
bool keepApart(DiagnosticEngine &engine, llvm::ArrayRef<NamedFile> outputs,
               llvm::ArrayRef<NamedFile> inputs);

} // namespace dpc::driver
