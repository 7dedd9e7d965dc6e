//===- Actions.h - the subcommands of dpc as functions ------------------------------*- C++ -*-===//
//
// Each takes its options and reports to the console; the result is the exit code.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Driver/Console.h"
#include "lib/Support/Diagnostics.h"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace dpc::driver {

/// A model file and what the command line changes of it.
struct ModelOptions {
  std::string file;                   ///< `-` is standard input
  std::vector<std::string> settings;  ///< KEY=VALUE, in order
  std::optional<std::string> prelude; ///< file that replaces the built-in prelude
};

struct MachineOptions {
  int optLevel = 2;           ///< 0 or 2
  int threads = 0;            ///< 0: one per core
  std::string cpu = "native"; ///< a name that CpuTarget::get knows
};

struct TrainOptions {
  ModelOptions model;
  MachineOptions machine;
  std::optional<std::string> data, init, out, metrics;
  std::optional<int64_t> maxSteps;
};
ExitCode train(const TrainOptions &options, Console &console);

struct EvalOptions {
  ModelOptions model;
  MachineOptions machine;
  std::optional<std::string> data;
  std::string weights;
};
ExitCode eval(const EvalOptions &options, Console &console);

struct ProbeOptions {
  ModelOptions model;
  MachineOptions machine;
  std::string weights, inputs, dump;
  int64_t steps = 1;
  bool reference = false;
};
ExitCode probe(const ProbeOptions &options, Console &console);

struct InfoOptions {
  ModelOptions model;
  bool json = false;
};
ExitCode info(const InfoOptions &options, Console &console);

struct ExplainOptions {
  ModelOptions model;
};
/// A model file, or the id of a message (`DP3001`) in its place.
ExitCode explain(const ExplainOptions &options, Console &console);

struct CompileOptions {
  ModelOptions model;
  MachineOptions machine;
  std::optional<std::string> emit, from, dumpPhases, out;
  bool locations = false; ///< print where each operation comes from
};
ExitCode compile(const CompileOptions &options, Console &console);

struct PreludeOptions {
  std::optional<std::string> prelude;
};
ExitCode prelude(const PreludeOptions &options, Console &console);

} // namespace dpc::driver
