//===- MemoryRest.h - memory instructions that are executed lane by lane ------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_MEMORYREST_H
#define DPC_SIMULATOR_MACHINE_MEMORYREST_H

#include "simulator/Machine/Access.h"
#include "simulator/Machine/Handlers.h"

namespace sim {

/// `count` values of `bytes` bytes each, through resolve(). MemoryOperands::uses: bytes of the
/// registers.
void loadSlowly(Warp &warp, const Op &op, LaneMask active, unsigned count, unsigned bytes,
                bool isSigned);
void storeSlowly(Warp &warp, const Op &op, LaneMask active, unsigned count, unsigned bytes);
Handler slowLoad(unsigned bytes, bool isSigned, unsigned count);
Handler slowStore(unsigned bytes, unsigned count);

/// Order, scope and the width of the base of a memory instruction with this address.
MemoryOperands memoryOperandsOf(const ptx::Instruction &instruction, const ptx::Function &function,
                                const ptx::Operand &address);
bool addressIsWide(const ptx::Operand &address, const ptx::Function &function);
/// Of the registers of a value or vector; those of immediates are as wide as the type.
unsigned registerBytesOf(const ptx::Operand &value, const ptx::Function &function, unsigned bytes);

/// Memory instructions that need no code of their own per instruction set.
Selected selectMemoryRest(const ptx::Instruction &instruction, const ptx::Function &function);
Selected selectStack(const ptx::Instruction &instruction);
Selected selectAtomic(const ptx::Instruction &instruction, const ptx::Function &function);
Selected selectAsyncCopy(const ptx::Instruction &instruction, const ptx::Function &function);

} // namespace sim
#endif
