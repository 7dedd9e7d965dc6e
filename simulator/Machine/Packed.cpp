//===- Packed.cpp - f16x2 and bf16x2 arithmetic (PTX ISA 9.7.4) -------------------------------===//
#include "simulator/Machine/HalfOps.h"

using namespace sim;

namespace sim::DPC_SIMD_NAMESPACE {

Selected selectPacked(const ptx::Instruction &instruction, const ptx::Function &) {
  return {.run = instruction.type() == ptx::Type::F16x2 ? selectHalf<Half, true>(instruction)
                                                        : selectHalf<BFloat, true>(instruction)};
}

} // namespace sim::DPC_SIMD_NAMESPACE
