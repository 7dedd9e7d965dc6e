//===- MatrixLayout.cpp - which lane holds which element of a matrix --------------------------===//
#include "simulator/Machine/MatrixLayout.h"

#include <charconv>

using namespace sim;
using ptx::Type;
using Role = WmmaFragment::Role;

MatrixShape sim::shapeOf(const ptx::Instruction &instruction) {
  for (std::string_view modifier : instruction.modifiers) {
    size_t n = modifier.find('n'), k = modifier.find('k');
    if (modifier.empty() || modifier[0] != 'm' || n == modifier.npos)
      continue;
    auto number = [&](size_t from) {
      uint16_t value = 0;
      std::from_chars(modifier.data() + from, modifier.data() + modifier.size(), value);
      return value;
    };
    MatrixShape shape{number(1), number(n + 1), k == modifier.npos ? uint16_t(0) : number(k + 1)};
    if (shape.m && shape.n)
      return shape;
  }
  return {};
}

static WmmaFragment fragment(Role role, MatrixShape shape, Type type, bool byColumns) {
  WmmaFragment result;
  unsigned bits = ptx::bitWidth(type);
  if (bits < 8) { // words take the place of elements
    shape.k = static_cast<uint16_t>(shape.k * bits / 32);
    bits = 32;
  }
  if (shape.m == 8 && shape.n == 8)
    byColumns = role == Role::B;
  result.role = role;
  result.rows = static_cast<uint8_t>(role == Role::B ? shape.k : shape.m);
  result.columns = static_cast<uint8_t>(role == Role::A ? shape.k : shape.n);
  result.countsColumns = byColumns && role != Role::Accumulator;
  result.elementBytes = static_cast<uint8_t>(bits / 8);
  if (role != Role::Accumulator && type == Type::F16)
    result.registers = 8; // for every shape
  else
    result.registers = static_cast<uint8_t>(result.elements() / (warpSize * result.perRegister()));
  return result;
}

WmmaFragment sim::wmmaFragment(const ptx::Instruction &instruction) {
  Role role = instruction.has("a") ? Role::A : instruction.has("b") ? Role::B : Role::Accumulator;
  return fragment(role, shapeOf(instruction), instruction.type(), instruction.has("col"));
}

WmmaOperands sim::wmmaOperands(const ptx::Instruction &instruction) {
  WmmaOperands result;
  result.shape = shapeOf(instruction);
  // Two layouts, of a and b; types d and c, or d, a, b and c.
  bool byColumns[2] = {false, false};
  unsigned layouts = 0;
  for (std::string_view modifier : instruction.modifiers)
    if ((modifier == "row" || modifier == "col") && layouts < 2)
      byColumns[layouts++] = modifier == "col";
  bool four = instruction.types.size() == 4;
  Type d = instruction.type(0), c = instruction.type(four ? 3 : 1);
  Type inputs = four ? instruction.type(1) : Type::F16;
  result.d = fragment(Role::Accumulator, result.shape, d, false);
  result.a = fragment(Role::A, result.shape, inputs, byColumns[0]);
  result.b = fragment(Role::B, result.shape, inputs, byColumns[1]);
  result.c = fragment(Role::Accumulator, result.shape, c, false);
  return result;
}
