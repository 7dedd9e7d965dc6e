//===- Decode.cpp - a module made executable --------------------------------------------------===//
#include "simulator/Checkers/Poison.h"
#include "simulator/Counters/Counters.h"
#include "simulator/Machine/ControlFlow.h"
#include "simulator/Machine/ControlHandlers.h"
#include "simulator/Machine/Decoder.h"
#include "simulator/Machine/Handlers.h"
#include "simulator/Machine/MatrixLayout.h"
#include "simulator/Machine/MemoryOperands.h"

#include <algorithm>
#include <fmt/format.h>

using namespace sim;
using ptx::Opcode;
using ptx::Type;
using Kind = ptx::Operand::Kind;

ptx::Space sim::spaceOf(const ptx::Instruction &instruction) {
  for (std::string_view modifier : instruction.modifiers) {
    std::string_view space = modifier.substr(0, modifier.find("::"));
    if (space == "global")
      return ptx::Space::Global;
    if (space == "shared")
      return ptx::Space::Shared;
    if (space == "local")
      return ptx::Space::Local;
    if (space == "const")
      return ptx::Space::Constant;
    if (space == "param")
      return ptx::Space::Param;
  }
  return ptx::Space::Generic;
}

Access::Scope sim::scopeOf(const ptx::Instruction &instruction, Access::Scope otherwise) {
  if (instruction.has("cta"))
    return Access::Scope::Block;
  if (instruction.has("cluster") || instruction.has("gpu") || instruction.has("gl"))
    return Access::Scope::Device;
  return instruction.has("sys") ? Access::Scope::System : otherwise;
}

namespace {

class FunctionDecoder {
public:
  FunctionDecoder(const ModuleLayout &layout, const ptx::Function &function, FunctionCode &code)
      : module(layout.module), function(function), code(code), operands(layout, function, code) {}
  /// Empty, or what the simulator cannot execute; `line` says where.
  std::string run(uint32_t &line);

private:
  std::string decode(uint32_t index);
  Op &emit(uint32_t index);
  void setOperands(Op &op, const ptx::Instruction &instruction);
  void decodeParameterLoad(Op &op, const ptx::Instruction &instruction);
  bool isParameterLoad(const ptx::Instruction &instruction) const;
  void decodeCall(Op &op, const ptx::Instruction &instruction);
  void decodeBarrier(Op &op, const ptx::Instruction &instruction);
  void decodeMembers(Op &op, const ptx::Instruction &instruction);
  Selected select(const ptx::Instruction &instruction);
  Place placeOf(const ptx::Operand &operand, Type type);

  const ptx::Module &module;
  const ptx::Function &function;
  FunctionCode &code;
  OperandDecoder operands;
  std::vector<uint32_t> firstOp; ///< per instruction, and the end
  std::vector<uint32_t> slots;
  std::vector<OperandRole> roles;
};

} // namespace

/// Floating-point operations by the usual rule: fma 2, add and mul 1; mma 2 M N K.
static void countFlops(Op &op, const ptx::Instruction &instruction) {
  Type type = instruction.type();
  uint32_t parts = type == Type::F16x2 || type == Type::BF16x2 || type == Type::F32x2 ? 2 : 1;
  switch (instruction.opcode) {
  case Opcode::Fma:
  case Opcode::Mad:
    op.flopsPerLane = ptx::isFloat(type) ? 2 * parts : 0;
    return;
  case Opcode::Add:
  case Opcode::Sub:
  case Opcode::Mul:
    op.flopsPerLane = ptx::isFloat(type) ? parts : 0;
    return;
  case Opcode::Mma:
  case Opcode::Wmma:
    if (instruction.has("load") || instruction.has("store"))
      return;
    if (MatrixShape shape = shapeOf(instruction); shape.m)
      op.flopsPerLane = 2u * shape.m * shape.n * shape.k / warpSize; // all lanes take part
    return;
  default:
    return;
  }
}

Op &FunctionDecoder::emit(uint32_t index) {
  Op &op = code.ops.emplace_back();
  op.instruction = index;
  op.reconverge = noOp;
  return op;
}

/// Pools move while they grow: until the end `operands` holds an index.
static const uint32_t *asIndex(size_t at) { return reinterpret_cast<const uint32_t *>(at); }

void FunctionDecoder::setOperands(Op &op, const ptx::Instruction &instruction) {
  slots.clear();
  roles.clear();
  operands.flatten(instruction, slots, roles);
  op.operands = asIndex(code.operandPool.size());
  op.operandCount = static_cast<uint16_t>(slots.size());
  code.operandPool.insert(code.operandPool.end(), slots.begin(), slots.end());
  code.rolePool.insert(code.rolePool.end(), roles.begin(), roles.end());
}

Selected FunctionDecoder::select(const ptx::Instruction &instruction) {
  Selected selected = familyOf(instruction)(instruction, function);
  if (selected.run)
    return selected;
  const Selectors &all = selectors();
  for (Selector other : {all.integer, all.bits, all.floating, all.approximate})
    if (selected = other(instruction, function); selected.run)
      return selected;
  return selected;
}

void FunctionDecoder::decodeMembers(Op &op, const ptx::Instruction &instruction) {
  switch (instruction.opcode) {
  case Opcode::Mma:
  case Opcode::Wmma:
  case Opcode::Ldmatrix:
  case Opcode::Stmatrix:
  case Opcode::Movmatrix:
    op.step = Step::Collective;
    op.members = allLanes;
    op.wholeWarp = true;
    return;
  case Opcode::Shfl:
  case Opcode::Vote:
  case Opcode::Match:
  case Opcode::Redux: {
    op.step = Step::Collective;
    const ptx::Operand &mask = instruction.operands.back();
    if (mask.kind == Kind::Immediate && static_cast<LaneMask>(mask.bits))
      op.members = static_cast<LaneMask>(mask.bits);
    else
      op.target = operands.slotOf(mask, Type::B32);
    return;
  }
  default:
    return;
  }
}

bool FunctionDecoder::isParameterLoad(const ptx::Instruction &instruction) const {
  if (!function.isKernel || instruction.opcode != Opcode::Ld || instruction.operands.size() != 2 ||
      spaceOf(instruction) != ptx::Space::Param || instruction.type() == Type::B128)
    return false;
  const ptx::Operand &address = instruction.operands[1];
  if (address.kind != Kind::Address || address.elements[0].kind != Kind::Parameter)
    return false;
  const ptx::Operand &base = address.elements[0];
  uint64_t bytes = ptx::bitWidth(instruction.type()) / 8;
  uint64_t count =
      instruction.operands[0].kind == Kind::Vector ? instruction.operands[0].elements.size() : 1;
  uint64_t at = operands.parameterOffset(base.parameter) + static_cast<uint64_t>(base.offset);
  return at % (bytes * count) == 0 && at <= function.parameterBytes &&
         bytes * count <= function.parameterBytes - at;
}

/// `ld.param` with a constant address: copies from slots that hold the parameters.
void FunctionDecoder::decodeParameterLoad(Op &op, const ptx::Instruction &instruction) {
  const ptx::Operand &to = instruction.operands[0];
  const ptx::Operand &base = instruction.operands[1].elements[0];
  Type type = instruction.type();
  uint32_t bytes = ptx::bitWidth(type) / 8;
  uint64_t at = operands.parameterOffset(base.parameter) + static_cast<uint64_t>(base.offset);
  const std::vector<ptx::Operand> single = {to};
  const auto &elements = to.kind == Kind::Vector ? to.elements : single;
  op.operands = asIndex(code.operandPool.size());
  op.operandCount = static_cast<uint16_t>(2 * elements.size());
  unsigned registerBits = 0;
  for (const ptx::Operand &element : elements) {
    bool isRegister = element.kind == Kind::Register;
    unsigned bits = isRegister ? ptx::bitWidth(function.registers[element.reg].type) : 0;
    registerBits = std::max(registerBits, bits);
    code.operandPool.push_back(isRegister ? code.location[element.reg] : noPredicate);
    code.rolePool.push_back({isRegister ? OperandRole::Kind::ValueOut : OperandRole::Kind::Unused,
                             static_cast<uint8_t>(std::max(1u, bits / 8))});
  }
  for (size_t i = 0; i < elements.size(); ++i) {
    Preset preset{.kind = Preset::Kind::Parameter,
                  .slot = 0,
                  .bytes = static_cast<uint8_t>(bytes),
                  .offset = static_cast<uint32_t>(at + i * bytes)};
    code.operandPool.push_back(operands.preset(preset));
    code.rolePool.push_back({OperandRole::Kind::ValueIn, static_cast<uint8_t>(bytes)});
  }
  op.run = copyHandler(bytes, ptx::isSigned(type), registerBits / 8);
  op.extra = static_cast<uint32_t>(elements.size());
  op.check = resizeHandler();
}

Place FunctionDecoder::placeOf(const ptx::Operand &operand, Type type) {
  Place place;
  switch (operand.kind) {
  case Kind::CallSlot:
    place.at = operands.callSlotOffset(operand.parameter);
    place.bytes = static_cast<uint32_t>(function.callSlots[operand.parameter].bytes);
    return place;
  case Kind::Register:
    if (operands.isPredicate(operand)) {
      place.kind = Place::Kind::Predicate;
      place.at = code.location[operand.reg];
      return place;
    }
    place.kind = Place::Kind::Slot;
    place.at = code.location[operand.reg];
    place.bytes = std::max(1u, ptx::bitWidth(function.registers[operand.reg].type) / 8);
    return place;
  default:
    place.kind = Place::Kind::Slot;
    place.at = operands.slotOf(operand, type);
    place.bytes = std::max(1u, ptx::bitWidth(type) / 8);
    return place;
  }
}

void FunctionDecoder::decodeCall(Op &op, const ptx::Instruction &instruction) {
  op.step = Step::Call;
  op.target = static_cast<uint32_t>(code.calls.size());
  CallSite site;
  const ptx::Operand &callee = instruction.operands[1];
  const ptx::Function *target = nullptr;
  if (callee.kind == Kind::Function) {
    site.function = callee.function;
    target = &module.functions[callee.function];
  } else {
    site.addressSlot = operands.slotOf(callee, Type::U64);
  }
  auto typeOf = [&](size_t i) {
    return target && i < target->parameters.size() ? target->parameters[i].type : Type::B32;
  };
  for (const ptx::Operand &result : instruction.operands[0].elements)
    site.results.push_back(placeOf(result, Type::B32));
  const std::vector<ptx::Operand> &arguments = instruction.operands[2].elements;
  for (size_t i = 0; i < arguments.size(); ++i)
    site.arguments.push_back(placeOf(arguments[i], typeOf(i)));
  code.calls.push_back(std::move(site));
}

void FunctionDecoder::decodeBarrier(Op &op, const ptx::Instruction &instruction) {
  if (instruction.has("warp")) {
    op.step = Step::WarpSync;
    const ptx::Operand &mask = instruction.operands[0];
    if (mask.kind == Kind::Immediate && static_cast<LaneMask>(mask.bits))
      op.members = static_cast<LaneMask>(mask.bits);
    else
      op.target = operands.slotOf(mask, Type::B32);
    return;
  }
  op.step = Step::Barrier;
  BarrierUse use;
  use.aligned = instruction.opcode == Opcode::Bar || instruction.has("aligned");
  use.ofCluster = instruction.has("cluster");
  use.kind = instruction.has("arrive") ? BarrierUse::Kind::Arrive
             : instruction.has("wait") ? BarrierUse::Kind::Wait
             : instruction.has("popc") ? BarrierUse::Kind::Count
             : instruction.has("and")  ? BarrierUse::Kind::And
             : instruction.has("or")   ? BarrierUse::Kind::Or
                                       : BarrierUse::Kind::Sync;
  bool reduces = instruction.has("red");
  use.hasThreads = instruction.operands.size() == (reduces ? 4 : 2);
  if (reduces) {
    const ptx::Operand &source = instruction.operands.back();
    use.negated = source.negated;
    if (source.kind == Kind::Immediate)
      use.constant = source.bits ? BarrierUse::Constant::True : BarrierUse::Constant::False;
  }
  op.extra = use.pack();
}

std::string FunctionDecoder::decode(uint32_t index) {
  const ptx::Instruction &instruction = function.instructions[index];
  Op op;
  op.instruction = index;
  op.reconverge = noOp;
  if (instruction.hasGuard) {
    op.guard = code.location[instruction.guard];
    op.guardNegated = instruction.guardNegated;
  }
  auto label = [&](const ptx::Operand &operand) {
    return function.labels[operand.label].instruction;
  };
  switch (instruction.opcode) {
  case Opcode::Bra:
    op.step = Step::Branch;
    op.target = label(instruction.operands[0]);
    break;
  case Opcode::Brx: {
    op.step = Step::BranchIndexed;
    op.target = static_cast<uint32_t>(code.tables.size());
    std::vector<uint32_t> &table = code.tables.emplace_back();
    for (ptx::LabelId target : function.tables[instruction.operands[1].label])
      table.push_back(function.labels[target].instruction);
    setOperands(op, instruction);
    break;
  }
  case Opcode::Call:
    decodeCall(op, instruction);
    break;
  case Opcode::Ret:
    op.step = function.isKernel ? Step::Exit : Step::Return;
    break;
  case Opcode::Exit:
    op.step = Step::Exit;
    break;
  case Opcode::Trap:
  case Opcode::Brkpt:
    op.step = Step::Trap;
    break;
  case Opcode::Nanosleep:
    op.step = Step::Yield;
    break;
  case Opcode::Bar:
  case Opcode::Barrier:
    setOperands(op, instruction);
    decodeBarrier(op, instruction);
    op.check = checkHandler(instruction);
    break;
  case Opcode::Membar:
  case Opcode::Fence:
    op.run = instruction.has("proxy") ? nothingHandler() : fenceHandler();
    op.extra = static_cast<uint32_t>(scopeOf(instruction, Access::Scope::System));
    break;
  case Opcode::Pmevent:
  case Opcode::Discard:
  case Opcode::Applypriority:
  case Opcode::Griddepcontrol: // of one grid after the other
    op.run = nothingHandler();
    break;
  default:
    if (isParameterLoad(instruction)) {
      decodeParameterLoad(op, instruction);
      break;
    }
    setOperands(op, instruction);
    if (Selected selected = select(instruction); selected.run) {
      op.run = selected.run;
      op.immediate = selected.immediate;
      op.extra = selected.extra;
    } else {
      return fmt::format("the simulator does not execute {}", instruction.fullName());
    }
    decodeMembers(op, instruction);
    if (isStrongAccess(instruction))
      op.step = Step::Strong;
    op.accesses = accessesMemory(instruction);
    if (op.accesses)
      op.count = [](Warp &warp, const Op &, LaneMask) { countAccess(warp, *warp.block->counters); };
    op.check = checkHandler(instruction);
    countFlops(op, instruction);
  }
  // Special registers that change need their slot filled first.
  for (auto &[slot, special] : operands.takeVolatile()) {
    Op &fill = emit(index);
    fill.auxiliary = true;
    fill.run = specialHandler();
    fill.immediate = slot;
    fill.extra = static_cast<uint32_t>(special.special);
  }
  code.ops.push_back(op);
  return "";
}

std::string FunctionDecoder::run(uint32_t &line) {
  code.source = &function;
  operands.layOut();
  for (uint32_t i = 0; i < function.instructions.size(); ++i) {
    firstOp.push_back(static_cast<uint32_t>(code.ops.size()));
    if (std::string error = decode(i); !error.empty()) {
      line = function.instructions[i].line.ptx;
      return error;
    }
  }
  firstOp.push_back(static_cast<uint32_t>(code.ops.size()));
  Op &end = emit(
      function.instructions.empty() ? 0 : static_cast<uint32_t>(function.instructions.size() - 1));
  end.auxiliary = true;
  end.step = function.isKernel ? Step::Exit : Step::Return;
  for (Op &op : code.ops) {
    if (op.step == Step::Branch)
      op.target = firstOp[std::min<size_t>(op.target, firstOp.size() - 1)];
    auto at = reinterpret_cast<size_t>(op.operands);
    op.operands = code.operandPool.data() + at;
    op.roles = code.rolePool.data() + at;
  }
  for (std::vector<uint32_t> &table : code.tables)
    for (uint32_t &target : table)
      target = firstOp[std::min<size_t>(target, firstOp.size() - 1)];
  code.localBytes = (code.localBytes + 15) / 16 * 16;
  findReconvergence(code);
  line = function.line.ptx;
  if (code.localBytes > mostLocalBytes)
    return fmt::format("{} needs {} bytes of local memory per thread, {} is the most",
                       function.name, code.localBytes, mostLocalBytes);
  return "";
}

DecodeResult sim::decode(std::shared_ptr<const ptx::Module> module, unsigned architecture) {
  DecodeResult result;
  if (module->architecture > architecture) {
    result.error.line = 1;
    result.error.message =
        fmt::format("the module is for {}, the device is sm_{}", module->target, architecture);
    return result;
  }
  auto program = std::make_shared<Program>();
  program->module = module;
  program->functions.resize(module->functions.size());
  layOutShared(*program);
  program->communicates = communicates(*module);
  program->barriersOnly = barriersOnly(*module);
  ModuleLayout layout{*module, program->sharedOffset};
  for (size_t i = 0; i < module->functions.size(); ++i) {
    const ptx::Function &function = module->functions[i];
    FunctionCode &code = program->functions[i];
    code.source = &function;
    FunctionDecoder decoder(layout, function, code);
    if (std::string error = decoder.run(result.error.line); !error.empty()) {
      result.error.message = error;
      return result;
    }
  }
  result.error = {};
  result.program = std::move(program);
  return result;
}
