//===- Decoder.h - one function on its way from syntax to ops -----------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_DECODER_H
#define DPC_SIMULATOR_MACHINE_DECODER_H

#include "simulator/Machine/Handlers.h"
#include "simulator/Machine/Program.h"

#include <map>
#include <tuple>

namespace sim {

/// The type as which an instruction reads or writes its operand number `index`; decides the width
/// and meaning of immediates. Type::None: as wide as the register.
ptx::Type operandType(const ptx::Instruction &instruction, size_t index);
/// Whether operand number `index` is written.
bool isResult(const ptx::Instruction &instruction, size_t index);

/// An immediate as `type`, right-aligned.
uint64_t immediateAs(const ptx::Operand &operand, ptx::Type type);

/// The selector of the family that the instruction belongs to by its mnemonic and type.
Selector familyOf(const ptx::Instruction &instruction);

// DecodeModule.cpp
/// Whether the instruction leaves Warp::access.
bool accessesMemory(const ptx::Instruction &instruction);
/// An atomic, or a strong load or store.
bool isStrongAccess(const ptx::Instruction &instruction);

/// Program::sharedOffset and what the kernels need.
void layOutShared(Program &program);
/// Program::communicates.
bool communicates(const ptx::Module &module);
/// Program::barriersOnly.
bool barriersOnly(const ptx::Module &module);

/// What all functions of a module share while they are decoded.
struct ModuleLayout {
  const ptx::Module &module;
  std::vector<uint64_t> sharedOffset;
};

/// Turns operands into slots and predicate numbers.
class OperandDecoder {
public:
  OperandDecoder(const ModuleLayout &layout, const ptx::Function &function, FunctionCode &code);

  /// Registers, parameters, `.param` and `.local` variables get their places.
  void layOut();
  /// All operands of an instruction, flattened, with their roles. A register of 128 bits is two of
  /// 64.
  void flatten(const ptx::Instruction &instruction, std::vector<uint32_t> &slots,
               std::vector<OperandRole> &roles);
  /// One operand that is read (or, a register, written).
  uint32_t slotOf(const ptx::Operand &operand, ptx::Type type);
  uint32_t preset(Preset preset);
  /// A slot for the decoder's own use, of one or two units.
  uint32_t temporary(unsigned units);
  bool isPredicate(const ptx::Operand &operand) const;
  uint32_t parameterOffset(uint32_t index) const { return parameterPlaces[index]; }
  uint32_t callSlotOffset(uint32_t index) const { return callSlotPlaces[index]; }

  /// Special registers whose value changes while a frame lives, read since the last call of this:
  /// each needs an op that fills its slot.
  std::vector<std::pair<uint32_t, ptx::Operand>> takeVolatile() { return std::move(pending); }

private:
  void add(const ptx::Operand &operand, ptx::Type type, bool result, bool address,
           std::vector<uint32_t> &slots, std::vector<OperandRole> &roles);
  uint32_t place(uint64_t bytes, uint32_t alignment);

  uint64_t genericWindow(const ptx::Operand &base) const;

  const ModuleLayout &layout;
  const ptx::Function &function;
  FunctionCode &code;
  bool generic = false;                  ///< the instruction's addresses are generic
  std::vector<uint32_t> parameterPlaces; ///< parameters, then results
  std::vector<uint32_t> callSlotPlaces;
  std::map<ptx::VariableId, uint32_t> localPlaces;
  std::map<std::tuple<Preset::Kind, uint8_t, uint64_t, uint32_t, ptx::Special>, uint32_t> known;
  std::vector<std::pair<uint32_t, ptx::Operand>> pending;
};

} // namespace sim
#endif
