//===- Options.h - what the phases of a compilation may be told ---------------------*- C++ -*-===//
#pragma once

#include "lib/CodeGen/Target.h"

#include <string>
#include <vector>

namespace dpc {

struct ScheduleOptions {
  /// Functions to make: train_step, infer, probe, gradients.
  std::vector<std::string> entries = {"train_step", "infer"};
  /// Fold, share and remove operations; otherwise the literal sequence.
  bool fold = true;
};

struct CpuOptions {
  /// 0: plain loops, one thread, libm. 2: register tiles, vectors, tasks.
  unsigned optLevel = 2;
  CpuTarget target;
};

struct PipelineOptions {
  ScheduleOptions schedule;
  CpuOptions cpu;
};

} // namespace dpc
