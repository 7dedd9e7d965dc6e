//===- Evaluation.h - what train and eval share -------------------------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Compiler.h"
#include "lib/Driver/Runtime.h"

namespace dpc::driver {

/// The line that both commands end their results with.
std::string accuracyLine(const dprt::Evaluation &test);

/// Whether the model says what its data are; a message if not.
bool hasData(Compiler &compiler);

/// Where an error in the data belongs: at the path in the model file, or nowhere if the command
/// line replaced it.
Place dataPlace(const Compiler &compiler, const std::optional<std::string> &path);

} // namespace dpc::driver
