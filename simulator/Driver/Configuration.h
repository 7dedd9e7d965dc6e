//===- Configuration.h - the environment variables of the mock driver ---------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_CONFIGURATION_H
#define DPC_SIMULATOR_DRIVER_CONFIGURATION_H

#include "simulator/Driver/Api.h"

#include <string>
#include <vector>

namespace sim::driver {

/// `CALL:N:ERROR` of DPC_MOCK_FAIL.
struct PlannedFailure {
  std::string call;
  uint64_t number = 0; ///< of the call that fails, from 1
  Result result = Result::Unknown;
  uint64_t seen = 0;
};

/// DPC_MOCK_*; docs/mock-cuda.md says what they mean.
struct Configuration {
  unsigned architecture = 80;
  unsigned version = 13000; ///< of CUDA: 1000 major + 10 minor
  uint64_t order = 0;
  uint64_t memory = 8ull << 30;
  uint64_t steps = 1'000'000'000;
  std::string log;
  bool check = true;
  bool strict = false;
  bool leaks = false;
  std::vector<PlannedFailure> failures;
  /// What is wrong with a variable, in words; empty if nothing is. cuInit then fails.
  std::string error;
};

Configuration readConfiguration();

/// By name or number; false if there is none such.
bool findResult(const std::string &text, Result &result);
/// Null for numbers that are no result.
const char *resultName(Result result);
const char *resultText(Result result);

} // namespace sim::driver
#endif
