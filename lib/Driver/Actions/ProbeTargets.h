//===- ProbeTargets.h - the two ways to run a probe ---------------------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Compiler.h"
#include "lib/Driver/Runtime.h"

namespace dpc::driver {

struct ProbeBatch {
  dprt::Tensor x, y;                 ///< as in the file
  dprt::Samples samples;             ///< the same, checked
  std::vector<dprt::Tensor> weights; ///< in model order
};

struct ProbeResult {
  std::vector<dprt::Tensor> cells; ///< by the names of cells; `#loss` is the batch mean
  std::vector<dprt::Tensor> next;  ///< parameters after the optimizer's steps
};

/// In double: at --opt-level 0 the derived program as it is defined, else the scheduled one.
/// Nothing after messages.
std::optional<ProbeResult> probeReference(Compiler &compiler, const ProbeBatch &batch,
                                          const ProbeOptions &options);

/// Compiled for this machine. Nothing after messages.
std::optional<ProbeResult> probeCompiled(Compiler &compiler, const ProbeBatch &batch,
                                         const ProbeOptions &options);

} // namespace dpc::driver
