//===- RandomPrograms.h - scheduled functions of every op, shape and order ----------*- C++ -*-===//
#pragma once

#include <string>
#include <vector>

namespace dpc::test {

/// Text of a module with one function `train_step` (docs/architecture.md: scheduled functions) of
/// random ops on widths 1 to 130 and batches 1 to 130. Equal seeds give equal programs.
std::string randomProgram(unsigned seed);

/// Back-propagation through a chain of dense layers of these widths, with exact differences:
/// entries train_step and infer.
std::string chainProgram(const std::vector<int> &widths, int batch, const std::string &activation,
                         const std::string &loss);

} // namespace dpc::test
