//===- CommandLine.h - from argv to a subcommand with its options -------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Actions/Actions.h"

#include "llvm/ADT/ArrayRef.h"

#include <functional>
#include <string>
#include <variant>

namespace dpc::tool {

/// What the command line asks for: a text to print, a mistake in it, or a command to run.
struct Help {
  std::string text;
};
struct Mistake {
  std::string text;
};
using Command = std::function<ExitCode(driver::Console &)>;

std::variant<Help, Mistake, Command> parseCommandLine(llvm::ArrayRef<const char *> arguments);

} // namespace dpc::tool
