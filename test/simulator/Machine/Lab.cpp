//===- Lab.cpp - run one instruction without a machine ----------------------------------------===//
#include "Lab.h"

#include <bit>
#include <cstring>
#include <stdexcept>

using namespace sim;
using namespace sim::lab;
using ptx::Opcode;
using Kind = ptx::Operand::Kind;

const std::vector<std::string> &lab::instructionSets() {
  static const std::vector<std::string> sets = [] {
    std::vector<std::string> result;
    for (const char *name : {"baseline", "avx2", "avx512"})
      if (selectors(name))
        result.push_back(name);
    return result;
  }();
  return sets;
}

uint64_t lab::bits(float value) { return std::bit_cast<uint32_t>(value); }
uint64_t lab::bits(double value) { return std::bit_cast<uint64_t>(value); }

/// The first family that knows the instruction, as approximate ones do not know others' forms.
static Selected select(const Selectors &all, const ptx::Instruction &instruction,
                       const ptx::Function &function) {
  bool isFloat = ptx::isFloat(instruction.type());
  switch (instruction.opcode) {
  case Opcode::Cvt:
    return all.convert(instruction, function);
  case Opcode::Set:
  case Opcode::Setp:
    return all.compare(instruction, function);
  case Opcode::Mma:
  case Opcode::Wmma:
    return all.matrix(instruction, function);
  case Opcode::Shfl:
  case Opcode::Vote:
  case Opcode::Match:
  case Opcode::Redux:
  case Opcode::Activemask:
    return all.collective(instruction, function);
  case Opcode::Mov:
  case Opcode::Selp:
  case Opcode::Slct:
    return all.bits(instruction, function);
  default:
    break;
  }
  if (instruction.has("approx") || instruction.has("full"))
    return all.approximate(instruction, function);
  if (isFloat)
    return all.floating(instruction, function);
  Selected selected = all.integer(instruction, function);
  return selected.run ? selected : all.bits(instruction, function);
}

Instruction::Instruction(const std::string &text, const std::string &instructionSet) {
  std::string source =
      ".version 9.0\n.target sm_90\n.address_size 64\n.visible .entry k() {\n"
      ".reg .pred %p<40>; .reg .b16 %h<40>; .reg .b32 %r<40>; .reg .b64 %d<40>;\n" +
      text + "\nret;\n}\n";
  ptx::ParseResult parsed = ptx::parseModule(source, "lab");
  if (!parsed.module)
    throw std::runtime_error(text + ": " + parsed.error.message);
  module = std::move(*parsed.module);
  const ptx::Function &function = module.functions.at(0);
  const ptx::Instruction &instruction = function.instructions.at(0);
  for (size_t i = 0; i < instruction.operands.size(); ++i)
    flatten(instruction.operands[i], i == 0);
  selected = select(*selectors(instructionSet), instruction, function);
  if (!selected.run)
    throw std::runtime_error(text + ": no handler");
}

void Instruction::add(Place place) {
  place.at = place.isPredicate ? uint32_t(places.size()) : uint32_t(2 * places.size());
  places.push_back(place);
}

void Instruction::flatten(const ptx::Operand &operand, bool isResult) {
  switch (operand.kind) {
  case Kind::Vector:
  case Kind::Pair:
    for (const ptx::Operand &element : operand.elements)
      flatten(element, isResult);
    return;
  case Kind::Register: {
    ptx::Type type = module.functions[0].registers[operand.reg].type;
    return add({.isPredicate = type == ptx::Type::Pred,
                .isResult = isResult,
                .bits = ptx::bitWidth(type)});
  }
  default:
    add({.isResult = isResult, .bits = 64});
  }
}

std::vector<Values> Instruction::run(const std::vector<Values> &sources, LaneMask active) {
  struct alignas(64) Slot {
    std::byte bytes[2 * slotBytes];
  };
  std::vector<Slot> slots(places.size());
  std::vector<LaneMask> predicates(places.size());
  std::vector<uint32_t> operands;
  Warp warp;
  warp.slots = slots[0].bytes;
  warp.predicates = predicates.data();
  size_t next = 0;
  for (const Place &place : places) {
    operands.push_back(place.at);
    if (place.isResult) {
      std::memset(&slots[place.at / 2 * !place.isPredicate], place.isPredicate ? 0 : 0xa5,
                  place.isPredicate ? 0 : sizeof(Slot));
      continue;
    }
    const Values &values = sources.at(next++);
    for (unsigned lane = 0; lane < warpSize; ++lane)
      if (place.isPredicate)
        predicates[place.at] |= uint32_t(values[lane] & 1) << lane;
      else if (place.bits == 64)
        lanes<uint64_t>(warp, place.at)[lane] = values[lane];
      else
        lanes<uint32_t>(warp, place.at)[lane] = uint32_t(values[lane]);
  }
  Op op{.run = selected.run};
  op.operands = operands.data();
  op.immediate = selected.immediate;
  op.extra = selected.extra;
  op.operandCount = uint16_t(operands.size());
  op.run(warp, op, active);
  std::vector<Values> results;
  for (const Place &place : places) {
    if (!place.isResult)
      continue;
    Values &values = results.emplace_back();
    for (unsigned lane = 0; lane < warpSize; ++lane)
      values[lane] = place.isPredicate  ? predicates[place.at] >> lane & 1
                     : place.bits == 64 ? lanes<uint64_t>(warp, place.at)[lane]
                                        : lanes<uint32_t>(warp, place.at)[lane];
  }
  return results;
}

uint64_t lab::evaluate(const std::string &text, const std::vector<uint64_t> &sources) {
  std::vector<Values> values;
  for (uint64_t source : sources)
    values.emplace_back().fill(source);
  uint64_t result = 0;
  for (const std::string &set : instructionSets()) {
    std::vector<Values> results = Instruction(text, set).run(values);
    if (set != instructionSets()[0] && results[0][0] != result)
      throw std::runtime_error(text + ": instruction sets differ");
    result = results[0][0];
    for (uint64_t lane : results[0])
      if (lane != result)
        throw std::runtime_error(text + ": lanes differ");
  }
  return result;
}
