//===- DecodeOperands.cpp - from operands to slots --------------------------------------------===//
#include "simulator/Machine/Decoder.h"
#include "simulator/Machine/Memory.h"
#include "simulator/Machine/MemoryOperands.h"
#include "simulator/Parse/Forms.h"

#include <algorithm>
#include <bit>
#include <cmath>

using namespace sim;
using ptx::Type;
using Kind = ptx::Operand::Kind;

Type sim::operandType(const ptx::Instruction &instruction, size_t index) {
  const ptx::Form &form = ptx::form(instruction.form);
  return index < form.operands.size() ? form.operands[index].type(instruction.types) : Type::None;
}

bool sim::isResult(const ptx::Instruction &instruction, size_t index) {
  const ptx::Form &form = ptx::form(instruction.form);
  return index < form.operands.size() && form.operands[index].isResult;
}

/// Round to nearest even from double to a format with `mantissa` stored bits and the given range.
static uint16_t narrowFloat(double value, int mantissa, int minimum, int maximum) {
  uint16_t sign = std::signbit(value) ? 0x8000 : 0;
  uint16_t infinity = static_cast<uint16_t>(((1 << (15 - mantissa)) - 1) << mantissa);
  if (std::isnan(value))
    return 0x7fff;
  double magnitude = std::fabs(value);
  if (std::isinf(value) || magnitude >= std::ldexp(2 - std::ldexp(1.0, -mantissa - 1), maximum))
    return sign | infinity;
  if (magnitude == 0)
    return sign;
  int exponent = std::max(std::ilogb(magnitude), minimum);
  auto units = static_cast<uint32_t>(std::nearbyint(std::ldexp(magnitude, mantissa - exponent)));
  // A carry out of the mantissa moves into the exponent by itself.
  uint32_t biased = static_cast<uint32_t>(exponent - minimum);
  return static_cast<uint16_t>(sign | ((biased << mantissa) + units));
}

uint64_t sim::immediateAs(const ptx::Operand &operand, Type type) {
  unsigned bits = ptx::bitWidth(type);
  if (!operand.isFloat) {
    if (type == Type::None || bits >= 64)
      return operand.bits;
    return operand.bits & ((1ull << bits) - 1);
  }
  double value = operand.isSingle ? std::bit_cast<float>(static_cast<uint32_t>(operand.bits))
                                  : std::bit_cast<double>(operand.bits);
  switch (type) {
  case Type::F64:
    return std::bit_cast<uint64_t>(value);
  case Type::F16:
  case Type::F16x2: {
    uint64_t half = narrowFloat(value, 10, -14, 15);
    return type == Type::F16 ? half : half | half << 16;
  }
  case Type::BF16:
  case Type::BF16x2: {
    uint64_t half = narrowFloat(value, 7, -126, 127);
    return type == Type::BF16 ? half : half | half << 16;
  }
  default:
    if (operand.isSingle && bits <= 32)
      return operand.bits; // keeps the payload of a NaN
    if (bits == 64)
      return operand.isSingle ? std::bit_cast<uint64_t>(value) : operand.bits;
    return std::bit_cast<uint32_t>(static_cast<float>(value));
  }
}

OperandDecoder::OperandDecoder(const ModuleLayout &layout, const ptx::Function &function,
                               FunctionCode &code)
    : layout(layout), function(function), code(code) {}

uint32_t OperandDecoder::place(uint64_t bytes, uint32_t alignment) {
  // Beyond what the decoder refuses later sums must not wrap around.
  constexpr uint64_t tooMany = 1 << 30;
  uint64_t align = std::max<uint64_t>(alignment, 1);
  uint64_t at = (code.localBytes + align - 1) / align * align;
  code.localBytes = std::min(at, tooMany) + std::min(bytes, tooMany);
  code.localBytes = std::min(code.localBytes, tooMany);
  return static_cast<uint32_t>(std::min(at, tooMany));
}

uint32_t OperandDecoder::temporary(unsigned units) {
  uint32_t slot = code.slotCount;
  code.slotCount += units;
  return slot;
}

void OperandDecoder::layOut() {
  for (const ptx::Register &reg : function.registers) {
    if (reg.type == Type::Pred)
      code.location.push_back(code.predicateCount++);
    else
      code.location.push_back(temporary(ptx::bitWidth(reg.type) > 64   ? 4
                                        : ptx::bitWidth(reg.type) > 32 ? 2
                                                                       : 1));
  }
  code.registerSlots = code.slotCount;
  auto placeOf = [&](const ptx::Parameter &parameter) {
    Place where;
    if (parameter.isRegister) {
      where.kind = parameter.type == Type::Pred ? Place::Kind::Predicate : Place::Kind::Slot;
      where.at = code.location[parameter.reg];
      where.bytes = std::max(1u, ptx::bitWidth(parameter.type) / 8);
      parameterPlaces.push_back(0);
    } else {
      where.at = place(parameter.bytes, parameter.alignment);
      where.bytes = static_cast<uint32_t>(parameter.bytes);
      parameterPlaces.push_back(where.at);
    }
    return where;
  };
  if (function.isKernel) {
    for (const ptx::Parameter &parameter : function.parameters)
      parameterPlaces.push_back(static_cast<uint32_t>(parameter.offset));
  } else {
    for (const ptx::Parameter &parameter : function.parameters)
      code.parameters.push_back(placeOf(parameter));
    for (const ptx::Parameter &result : function.results)
      code.results.push_back(placeOf(result));
  }
  for (const ptx::Parameter &slot : function.callSlots)
    callSlotPlaces.push_back(place(slot.bytes, slot.alignment));
}

uint32_t OperandDecoder::preset(Preset preset) {
  auto key =
      std::make_tuple(preset.kind, preset.bytes, preset.value, preset.offset, preset.special);
  auto [at, fresh] = known.try_emplace(key, 0);
  if (fresh) {
    at->second = preset.slot = temporary(preset.bytes == 8 ? 2 : 1);
    code.presets.push_back(preset);
  }
  return at->second;
}

static bool isVolatile(ptx::Special special) {
  switch (special) {
  case ptx::Special::Clock:
  case ptx::Special::ClockHi:
  case ptx::Special::Clock64:
  case ptx::Special::GlobalTimer:
  case ptx::Special::GlobalTimerLo:
  case ptx::Special::GlobalTimerHi:
    return true;
  default:
    return false;
  }
}

bool OperandDecoder::isPredicate(const ptx::Operand &operand) const {
  return operand.kind == Kind::Register && function.registers[operand.reg].type == Type::Pred;
}

uint32_t OperandDecoder::slotOf(const ptx::Operand &operand, Type type) {
  auto bytes = static_cast<uint8_t>(std::max(1u, std::min(64u, ptx::bitWidth(type)) / 8));
  Preset value{.kind = Preset::Kind::Constant, .slot = 0, .bytes = bytes};
  auto local = [&](uint64_t at) {
    value.kind = Preset::Kind::Local;
    value.value = at + static_cast<uint64_t>(operand.offset);
    return preset(value);
  };
  switch (operand.kind) {
  case Kind::Register:
    return code.location[operand.reg];
  case Kind::Immediate:
    value.value = immediateAs(operand, type);
    return preset(value);
  case Kind::Special: {
    value.kind = Preset::Kind::Special;
    value.special = operand.special;
    value.value = operand.bits;
    if (!isVolatile(operand.special))
      return preset(value);
    uint32_t slot = temporary(2);
    pending.push_back({slot, operand});
    return slot;
  }
  case Kind::Variable: {
    const ptx::Variable &variable = layout.module.variables[operand.variable];
    if (variable.space == ptx::Space::Shared) {
      value.value = layout.sharedOffset[operand.variable] + static_cast<uint64_t>(operand.offset);
      return preset(value);
    }
    if (variable.space == ptx::Space::Local) {
      auto [at, fresh] = localPlaces.try_emplace(operand.variable, 0);
      if (fresh)
        at->second = place(variable.bytes, variable.alignment);
      return local(at->second);
    }
    value.kind = Preset::Kind::Variable;
    value.offset = operand.variable;
    value.value = static_cast<uint64_t>(operand.offset);
    return preset(value);
  }
  case Kind::Parameter:
    if (!function.isKernel)
      return local(parameterPlaces[operand.parameter]);
    value.value = parameterWindow + parameterPlaces[operand.parameter] +
                  static_cast<uint64_t>(operand.offset);
    return preset(value);
  case Kind::CallSlot:
    return local(callSlotPlaces[operand.parameter]);
  case Kind::Function:
    value.value = functionBase + operand.function * functionPitch;
    return preset(value);
  default:
    return noPredicate;
  }
}

void OperandDecoder::add(const ptx::Operand &operand, Type type, bool result, bool address,
                         std::vector<uint32_t> &slots, std::vector<OperandRole> &roles) {
  using Role = OperandRole::Kind;
  auto push = [&](uint32_t slot, Role role, unsigned bits) {
    slots.push_back(slot);
    roles.push_back({role, static_cast<uint8_t>(std::clamp(bits / 8, 1u, 8u))});
  };
  switch (operand.kind) {
  case Kind::Register: {
    Type own = function.registers[operand.reg].type;
    if (own == Type::Pred)
      push(code.location[operand.reg], result ? Role::PredicateOut : Role::PredicateIn, 8);
    else
      push(code.location[operand.reg],
           address  ? Role::AddressIn
           : result ? Role::ValueOut
                    : Role::ValueIn,
           ptx::bitWidth(own));
    if (own == Type::B128) // two of 64 bits each
      push(code.location[operand.reg] + 2, result ? Role::ValueOut : Role::ValueIn, 64);
    return;
  }
  case Kind::Sink:
    if (type == Type::B128)
      push(noPredicate, Role::Unused, 64);
    return push(noPredicate, Role::Unused, 32);
  case Kind::Address: {
    // The offset is the handler's business (Op::immediate), so that bases share their slots.
    ptx::Operand base = operand.elements[0];
    base.offset = static_cast<int64_t>(genericWindow(base));
    return add(base, Type::U64, false, true, slots, roles);
  }
  case Kind::Vector:
  case Kind::Pair:
  case Kind::List:
    for (const ptx::Operand &element : operand.elements)
      add(element, type, result, address, slots, roles);
    return;
  case Kind::Label:
    return;
  default:
    if (type == Type::Pred)
      return push(noPredicate, Role::Unused, 8); // an immediate, which the handler knows
    if (operand.kind == Kind::Immediate && address) {
      ptx::Operand zero = operand;
      return push(slotOf(zero, Type::U64), Role::AddressIn, 64);
    }
    push(slotOf(operand, type == Type::None ? Type::U32 : type),
         address ? Role::AddressIn : Role::ValueIn, ptx::bitWidth(type));
  }
}

/// A generic access may name a shared or local variable: what its address lacks to be generic.
uint64_t OperandDecoder::genericWindow(const ptx::Operand &base) const {
  if (!generic || base.kind != Kind::Variable)
    return 0;
  switch (layout.module.variables[base.variable].space) {
  case ptx::Space::Shared:
    return sharedWindow;
  case ptx::Space::Local:
    return localWindow;
  default:
    return 0;
  }
}

static bool isSymbol(const ptx::Operand &operand) {
  return operand.kind == Kind::Variable || operand.kind == Kind::Parameter ||
         operand.kind == Kind::CallSlot || operand.kind == Kind::Function;
}

void OperandDecoder::flatten(const ptx::Instruction &instruction, std::vector<uint32_t> &slots,
                             std::vector<OperandRole> &roles) {
  generic = spaceOf(instruction) == ptx::Space::Generic;
  for (size_t i = 0; i < instruction.operands.size(); ++i) {
    Type type = operandType(instruction, i);
    if (type == Type::None && isSymbol(instruction.operands[i]))
      type = instruction.type(); // of `mov` and `cvta`
    add(instruction.operands[i], type, isResult(instruction, i), false, slots, roles);
  }
}
