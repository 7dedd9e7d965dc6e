//===- CommandLine.h - the flags of dpc-ptxsim --------------------------------------*- C++ -*-===//
#ifndef DPC_TOOLS_PTXSIM_COMMANDLINE_H
#define DPC_TOOLS_PTXSIM_COMMANDLINE_H

#include "simulator/Machine/Launch.h"

#include <span>
#include <stdexcept>
#include <string>

namespace ptxsim {

/// The command line is wrong: exit code 2.
struct UsageError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct CommandLine {
  bool help = false;
  bool list = false;
  bool instructions = false;
  std::string file, kernel, arguments, inputs, dump, report;
  sim::LaunchShape shape;
  sim::LaunchOptions options;
};

/// Throws UsageError.
CommandLine parseCommandLine(std::span<char *const> words);
extern const char *const helpText;

} // namespace ptxsim
#endif
