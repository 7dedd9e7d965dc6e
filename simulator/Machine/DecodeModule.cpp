//===- DecodeModule.cpp - what the functions of a module share --------------------------------===//
#include "simulator/Machine/Decoder.h"
#include "simulator/Machine/MemoryOperands.h"

#include <algorithm>

using namespace sim;
using ptx::Opcode;
using Kind = ptx::Operand::Kind;

namespace {

/// What a function names, directly.
struct Names {
  std::vector<bool> variables, functions;
  bool callsIndirectly = false;
};

} // namespace

static void collect(const ptx::Operand &operand, Names &names) {
  if (operand.kind == Kind::Variable)
    names.variables[operand.variable] = true;
  if (operand.kind == Kind::Function)
    names.functions[operand.function] = true;
  for (const ptx::Operand &element : operand.elements)
    collect(element, names);
}

static Names namesOf(const ptx::Module &module, const ptx::Function &function) {
  Names names;
  names.variables.resize(module.variables.size());
  names.functions.resize(module.functions.size());
  for (const ptx::Instruction &instruction : function.instructions) {
    for (const ptx::Operand &operand : instruction.operands)
      collect(operand, names);
    if (instruction.opcode == Opcode::Call && instruction.operands[1].kind != Kind::Function)
      names.callsIndirectly = true;
  }
  return names;
}

/// The variables that each kernel may touch, also through the functions that it may call.
static std::vector<std::vector<bool>> variablesOfKernels(const ptx::Module &module) {
  std::vector<Names> names;
  for (const ptx::Function &function : module.functions)
    names.push_back(namesOf(module, function));
  std::vector<std::vector<bool>> result(module.functions.size());
  for (size_t kernel = 0; kernel < module.functions.size(); ++kernel) {
    if (!module.functions[kernel].isKernel)
      continue;
    std::vector<bool> seen(module.functions.size()), &variables = result[kernel];
    variables.resize(module.variables.size());
    std::vector<size_t> left = {kernel};
    seen[kernel] = true;
    while (!left.empty()) {
      const Names &of = names[left.back()];
      left.pop_back();
      for (size_t v = 0; v < variables.size(); ++v)
        if (of.variables[v])
          variables[v] = true;
      for (size_t f = 0; f < seen.size(); ++f) {
        bool reached = of.functions[f] || (of.callsIndirectly && !module.functions[f].isKernel);
        if (reached && !seen[f]) {
          seen[f] = true;
          left.push_back(f);
        }
      }
    }
  }
  return result;
}

static bool readsReserved(const ptx::Module &module) {
  for (const ptx::Function &function : module.functions)
    for (const ptx::Instruction &instruction : function.instructions)
      for (const ptx::Operand &operand : instruction.operands)
        if (operand.kind == Kind::Special && operand.special == ptx::Special::ReservedSmem)
          return true;
  return false;
}

/// Kernels lay out only the shared variables that they use. A variable has one offset for all of
/// them, so that functions called from several kernels find it.
void sim::layOutShared(Program &program) {
  // Far more than any device has; sums do not wrap around.
  constexpr uint64_t mostShared = 1ull << 40;
  const ptx::Module &module = *program.module;
  program.sharedOffset.assign(module.variables.size(), 0);
  std::vector<std::vector<bool>> used = variablesOfKernels(module);
  auto place = [&](size_t v, bool external) {
    const ptx::Variable &variable = module.variables[v];
    if (variable.space != ptx::Space::Shared || (variable.bytes == 0) != external)
      return;
    uint64_t at = 0, alignment = std::max<uint64_t>(variable.alignment, external ? 16 : 1);
    for (size_t kernel = 0; kernel < used.size(); ++kernel)
      if (!used[kernel].empty() && used[kernel][v])
        at = std::max(at, program.functions[kernel].sharedBytes);
    at = (at + alignment - 1) / alignment * alignment;
    program.sharedOffset[v] = at;
    for (size_t kernel = 0; kernel < used.size(); ++kernel) {
      if (used[kernel].empty() || !used[kernel][v])
        continue;
      FunctionCode &code = program.functions[kernel];
      if (external)
        code.dynamicShared = std::max(code.dynamicShared, at);
      else
        code.sharedBytes = std::min(at, mostShared) + std::min(variable.bytes, mostShared);
    }
  };
  for (size_t v = 0; v < module.variables.size(); ++v)
    place(v, false);
  for (FunctionCode &code : program.functions)
    code.dynamicShared = code.sharedBytes;
  for (size_t v = 0; v < module.variables.size(); ++v)
    place(v, true);
  program.reservedShared = readsReserved(module) ? reservedSharedBytes : 0;
  for (uint64_t &offset : program.sharedOffset)
    offset += program.reservedShared;
}

bool sim::accessesMemory(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Ld:
  case Opcode::Ldu:
  case Opcode::St:
  case Opcode::Atom:
  case Opcode::Red:
  case Opcode::Ldmatrix:
  case Opcode::Stmatrix:
    return true;
  case Opcode::Wmma:
    return instruction.has("load") || instruction.has("store");
  case Opcode::Cp:
    return instruction.operands.size() > 1;
  default:
    return false;
  }
}

static bool isStrong(const ptx::Instruction &instruction) {
  return instruction.has("volatile") || instruction.has("relaxed") || instruction.has("acquire") ||
         instruction.has("release") || instruction.has("mmio");
}

static bool mayWaitForOtherBlocks(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Atom:
  case Opcode::Red:
    break;
  case Opcode::Membar:
  case Opcode::Fence:
    return !instruction.has("cta");
  case Opcode::Ld:
  case Opcode::St:
    if (!isStrong(instruction))
      return false;
    break;
  default:
    return false;
  }
  ptx::Space space = spaceOf(instruction);
  return space == ptx::Space::Global || space == ptx::Space::Generic;
}

bool sim::communicates(const ptx::Module &module) {
  for (const ptx::Function &function : module.functions) {
    // Device malloc hands out memory in the order of the calls; lines are printed in theirs.
    if (function.name == "malloc" || function.name == "free" || function.name == "vprintf")
      return true;
    for (const ptx::Instruction &instruction : function.instructions)
      if (mayWaitForOtherBlocks(instruction))
        return true;
  }
  return false;
}

bool sim::isStrongAccess(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Atom:
  case Opcode::Red:
    return true;
  case Opcode::Ld:
  case Opcode::St:
    return isStrong(instruction);
  default:
    return false;
  }
}

static bool ordersOtherwise(const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Membar:
  case Opcode::Fence:
    return true;
  case Opcode::Bar:
  case Opcode::Barrier: {
    if (instruction.has("warp") || instruction.has("arrive") || instruction.has("cluster"))
      return true;
    // Operands: the result of a reduction, the barrier, a number of threads, the predicate.
    size_t withoutCount = instruction.has("red") ? 3 : 1;
    return instruction.operands.size() > withoutCount;
  }
  default:
    return isStrongAccess(instruction);
  }
}

bool sim::barriersOnly(const ptx::Module &module) {
  for (const ptx::Function &function : module.functions)
    for (const ptx::Instruction &instruction : function.instructions)
      if (ordersOtherwise(instruction))
        return false;
  return true;
}
