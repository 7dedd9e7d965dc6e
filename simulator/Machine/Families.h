//===- Families.h - the selectors of one instruction set ----------------------------*- C++ -*-===//
//
// Declared once per instruction set: a file that includes this is compiled with DPC_SIMD_NAMESPACE
// naming the set.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_FAMILIES_H
#define DPC_SIMULATOR_MACHINE_FAMILIES_H

#include "simulator/Machine/Handlers.h"

namespace sim::DPC_SIMD_NAMESPACE {

Selected selectInteger(const ptx::Instruction &, const ptx::Function &);
Selected selectBits(const ptx::Instruction &, const ptx::Function &);
Selected selectFloating(const ptx::Instruction &, const ptx::Function &);
Selected selectApproximate(const ptx::Instruction &, const ptx::Function &);
Selected selectCompare(const ptx::Instruction &, const ptx::Function &);
Selected selectConvert(const ptx::Instruction &, const ptx::Function &);
Selected selectCollective(const ptx::Instruction &, const ptx::Function &);
Selected selectMatrix(const ptx::Instruction &, const ptx::Function &);
Selected selectMemory(const ptx::Instruction &, const ptx::Function &);

/// Parts of selectBits, selectFloating and selectMatrix.
Selected selectMove(const ptx::Instruction &, const ptx::Function &);
Selected selectPacked(const ptx::Instruction &, const ptx::Function &);
Selected selectIntegerMma(const ptx::Instruction &, const ptx::Function &);
Selected selectWmma(const ptx::Instruction &, const ptx::Function &);

extern const Selectors table;

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
