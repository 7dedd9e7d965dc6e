//===- MatchOperands.cpp - which form has these operands --------------------------------------===//
//
// The rules for types of operands: PTX ISA 9.2 and 9.4.1.
//
//===------------------------------------------------------------------------------------------===//

#include "simulator/Parse/Forms.h"

#include <algorithm>
#include <fmt/format.h>

namespace ptx {

using Kind = Operand::Kind;

static bool isBits(Type type) {
  return type == Type::B8 || type == Type::B16 || type == Type::B32 || type == Type::B64 ||
         type == Type::B128;
}
static bool isInteger(Type type) { return type >= Type::U8 && type <= Type::S64; }
static bool isPackedInteger(Type type) { return type == Type::U16x2 || type == Type::S16x2; }

/// Whether a register of type `held` may be an operand of type `wanted`.
static bool agrees(Type held, Type wanted, bool isRelaxed) {
  if (wanted == Type::Pred || held == Type::Pred)
    return held == wanted;
  bool sameClass = isBits(held) || isBits(wanted) || (isInteger(held) && isInteger(wanted));
  if (isRelaxed && bitWidth(held) > bitWidth(wanted))
    return sameClass;
  return bitWidth(held) == bitWidth(wanted) && (sameClass || held == wanted);
}

/// The registers that agree with `type`, for messages.
static std::string registersFor(Type type, bool isRelaxed) {
  unsigned bits = bitWidth(type);
  std::string least = isRelaxed && bits < 64 ? " or wider" : "";
  if (type == Type::Pred)
    return "a .pred register";
  if (isPackedInteger(type) || type == Type::TF32)
    return "a .b32 register";
  if (isBits(type))
    return fmt::format("a {}-bit register{}", bits, least);
  if (isInteger(type))
    return fmt::format("a {}-bit integer or bit register{}", bits, least);
  return fmt::format("a .{} or .b{} register{}", name(type), bits,
                     isRelaxed && bits < 64 ? ", or a wider bit register" : "");
}

namespace {
/// Matches one operand list against one form.
class Matcher {
public:
  Matcher(const Mnemonic &mnemonic, const Module &module, const Function &function)
      : mnemonic(mnemonic), module(module), function(function) {}

  /// Empty when the operand fits.
  std::string check(const OperandPattern &pattern, const Operand &operand) const;

private:
  std::string value(const OperandPattern &pattern, Type type, const Operand &operand) const;
  std::string immediate(const OperandPattern &pattern, Type type, const Operand &operand) const;
  std::string vector(const OperandPattern &pattern, unsigned count, const Operand &operand) const;
  std::string address(const OperandPattern &pattern, const Operand &operand) const;
  std::string symbol(const Operand &operand) const;
  std::string wrong(const OperandPattern &pattern, Type type, const Operand &operand) const;
  std::string describe(const Operand &operand) const;
  bool has(std::string_view modifier) const {
    return std::find(mnemonic.modifiers.begin(), mnemonic.modifiers.end(), modifier) !=
           mnemonic.modifiers.end();
  }

  const Mnemonic &mnemonic;
  const Module &module;
  const Function &function;
};
} // namespace

std::string Matcher::describe(const Operand &operand) const {
  switch (operand.kind) {
  case Kind::Register: {
    const Register &reg = function.registers[operand.reg];
    return fmt::format("`{}{}` (.{})", operand.negated ? "!" : "", reg.name, name(reg.type));
  }
  case Kind::Immediate:
    return operand.isFloat ? "a floating-point constant" : "an integer constant";
  case Kind::Special:
    return fmt::format("the special register `{}` (.{})", name(operand.special),
                       name(typeOf(operand.special)));
  case Kind::Variable:
    return fmt::format("the variable `{}`", module.variables[operand.variable].name);
  case Kind::Parameter:
    return "a parameter";
  case Kind::CallSlot:
    return fmt::format("the .param variable `{}`", function.callSlots[operand.parameter].name);
  case Kind::Function:
    return fmt::format("the function `{}`", module.functions[operand.function].name);
  case Kind::Label:
    return "a label";
  case Kind::Address:
    return "an address in brackets";
  case Kind::Vector:
    return fmt::format("a vector of {}", operand.elements.size());
  case Kind::Pair:
    return "a pair `a|b`";
  case Kind::Sink:
    return "`_`";
  case Kind::List:
    return "a list in parentheses";
  }
  return "something else";
}

std::string Matcher::wrong(const OperandPattern &pattern, Type type, const Operand &operand) const {
  std::string expected = registersFor(type, pattern.isRelaxed);
  bool takesConstant = type != Type::B128 && !pattern.isRegister &&
                       (!isFloat(type) || type == Type::F32 || type == Type::F64);
  if (!pattern.isResult && takesConstant && !isPackedInteger(type))
    expected += isFloat(type) ? " or a floating-point constant" : " or an integer constant";
  return fmt::format("{} where {} is expected", describe(operand), expected);
}

/// For an integer constant.
static std::string range(const OperandPattern &pattern, const Operand &operand) {
  auto number = static_cast<int64_t>(operand.bits);
  if (pattern.multiple && (number <= 0 || number % pattern.multiple != 0))
    return fmt::format("{} where a positive multiple of {} is expected", number, pattern.multiple);
  bool fits = pattern.ranges.empty();
  std::string allowed;
  for (auto [first, last] : pattern.ranges) {
    fits = fits || (number >= first && number <= last);
    allowed += fmt::format("{}{}", allowed.empty() ? "" : ", ",
                           first == last ? fmt::format("{}", first)
                                         : fmt::format("{} to {}", first, last));
  }
  return fits ? "" : fmt::format("{} where {} is expected", number, allowed);
}

std::string Matcher::immediate(const OperandPattern &pattern, Type type,
                               const Operand &operand) const {
  bool fits = false;
  if (!operand.isFloat)
    fits = !isFloat(type) && !isPackedInteger(type) && type != Type::B128;
  else if (type == Type::F32 || type == Type::F64)
    fits = true;
  else // the bits of a constant, when it has as many as the type
    fits = type == (operand.isSingle ? Type::B32 : Type::B64);
  if (!fits)
    return wrong(pattern, type, operand);
  return operand.isFloat ? "" : range(pattern, operand);
}

std::string Matcher::value(const OperandPattern &pattern, Type type, const Operand &operand) const {
  if (operand.kind == Kind::Pair) {
    if (pattern.pair == OperandPattern::Pair::None)
      return fmt::format("a pair `a|b` where one result is expected");
    const Operand &first = operand.elements[0], &second = operand.elements[1];
    if (second.kind != Kind::Sink && (second.kind != Kind::Register || second.negated ||
                                      function.registers[second.reg].type != Type::Pred))
      return fmt::format("{} where a .pred register is expected behind `|`", describe(second));
    OperandPattern single = pattern;
    single.pair = OperandPattern::Pair::None;
    return value(single, type, first);
  }
  if (pattern.pair == OperandPattern::Pair::Required)
    return fmt::format("{} where a pair `a|b` is expected", describe(operand));
  if (operand.kind == Kind::Sink && pattern.isResult && pattern.allowsSink)
    return "";
  if (operand.kind == Kind::Register) {
    if (function.registers[operand.reg].type == Type::B128 && pattern.isRelaxed &&
        type != Type::B128)
      return fmt::format("{}: registers of 128 bits for narrower types are not supported",
                         describe(operand));
    bool mayNegate = type == Type::Pred && !pattern.isResult;
    if (agrees(function.registers[operand.reg].type, type, pattern.isRelaxed) &&
        (mayNegate || !operand.negated))
      return "";
    return wrong(pattern, type, operand);
  }
  if (operand.kind == Kind::Immediate && !pattern.isResult && !pattern.isRegister)
    return immediate(pattern, type, operand);
  if (operand.kind == Kind::Special && !pattern.isResult) {
    if (!pattern.allowsSpecial)
      return fmt::format("the special register `{}` in `{}`: only mov and cvt read those",
                         name(operand.special), name(mnemonic.opcode));
    Type held = typeOf(operand.special);
    bool isLegacy =
        wasNarrower(operand.special) && 2 * bitWidth(type) == bitWidth(held) && !isFloat(type);
    if (isLegacy || agrees(held, type, pattern.isRelaxed))
      return "";
  }
  return wrong(pattern, type, operand);
}

std::string Matcher::vector(const OperandPattern &pattern, unsigned count,
                            const Operand &operand) const {
  if (operand.kind != Kind::Vector || operand.elements.size() != count)
    return fmt::format("{} where a vector of {} is expected", describe(operand), count);
  OperandPattern element = pattern;
  element.allowsSink = pattern.isResult && (pattern.kind == OperandPattern::Kind::Data ||
                                            mnemonic.opcode == Opcode::Mov);
  unsigned width = 0; // of the registers: all of them have the same
  for (const Operand &part : operand.elements) {
    if (std::string why = value(element, pattern.type(mnemonic.types), part); !why.empty())
      return why;
    if (part.kind != Kind::Register)
      continue;
    unsigned own = bitWidth(function.registers[part.reg].type);
    if (width && own != width)
      return fmt::format("{} in a vector of {}-bit registers", describe(part), width);
    width = own;
  }
  return "";
}

static bool spaceOf(std::string_view modifier, Space &space) {
  std::string_view stem = modifier.substr(0, modifier.find(':'));
  for (Space candidate :
       {Space::Constant, Space::Global, Space::Local, Space::Param, Space::Shared})
    if (stem == name(candidate)) {
      space = candidate;
      return true;
    }
  return false;
}

std::string Matcher::address(const OperandPattern &pattern, const Operand &operand) const {
  if (operand.kind != Kind::Address)
    return fmt::format("{} where an address in brackets is expected", describe(operand));
  Space space = Space::Generic;
  bool movesTiles = mnemonic.opcode == Opcode::Ldmatrix || mnemonic.opcode == Opcode::Stmatrix;
  if (movesTiles && !has("shared"))
    space = Space::Shared;
  unsigned index = 0;
  for (std::string_view modifier : mnemonic.modifiers)
    if (Space found; spaceOf(modifier, found) && index++ == pattern.space)
      space = found;
  const Operand &base = operand.elements[0];
  Space held = Space::Generic;
  switch (base.kind) {
  case Kind::Register: {
    Type type = function.registers[base.reg].type;
    bool isNarrow = space == Space::Shared || space == Space::Local || space == Space::Param ||
                    space == Space::Constant;
    if (isFloat(type) || (bitWidth(type) != 64 && !(isNarrow && bitWidth(type) == 32)))
      return fmt::format("the address {} where a 64-bit{} integer or bit register is expected",
                         describe(base), isNarrow ? " or 32-bit" : "");
    return "";
  }
  case Kind::Variable:
    held = module.variables[base.variable].space;
    break;
  case Kind::Parameter:
    if (mnemonic.opcode == Opcode::St && base.parameter < function.parameters.size())
      return "a store to a parameter: those can only be read";
    held = Space::Param;
    break;
  case Kind::CallSlot:
    held = Space::Param;
    break;
  case Kind::Immediate:
    return "";
  default:
    return fmt::format("{} where an address is expected", describe(base));
  }
  if (space != Space::Generic && space != held)
    return fmt::format("{} is in .{}, but `{}` accesses .{}", describe(base), name(held),
                       mnemonic.fullName(), name(space));
  if (space == Space::Generic && held == Space::Param)
    return fmt::format("{} is in .param, but `{}` names no state space", describe(base),
                       mnemonic.fullName());
  return "";
}

std::string Matcher::symbol(const Operand &operand) const {
  bool isWide = !mnemonic.types.empty() && bitWidth(mnemonic.types[0]) == 64;
  switch (operand.kind) {
  case Kind::Variable: {
    const Variable &variable = module.variables[operand.variable];
    bool fits32 = variable.space == Space::Shared || variable.space == Space::Local ||
                  variable.space == Space::Constant;
    if (!isWide && !fits32)
      return fmt::format("the address of {} has 64 bits", describe(operand));
    break;
  }
  case Kind::Parameter:
  case Kind::CallSlot:
    break;
  case Kind::Function:
    if (!isWide)
      return fmt::format("the address of {} has 64 bits", describe(operand));
    if (mnemonic.opcode == Opcode::Cvta)
      return fmt::format("{} where a variable or register is expected", describe(operand));
    break;
  default:
    return fmt::format("{} where the name of a variable, parameter or function is expected",
                       describe(operand));
  }
  if (mnemonic.opcode == Opcode::Mov)
    return "";
  Space space = Space::Generic;
  for (std::string_view modifier : mnemonic.modifiers)
    spaceOf(modifier, space);
  Space held =
      operand.kind == Kind::Variable ? module.variables[operand.variable].space : Space::Param;
  return held == space
             ? ""
             : fmt::format("{} is in .{}, not in .{}", describe(operand), name(held), name(space));
}

std::string Matcher::check(const OperandPattern &pattern, const Operand &operand) const {
  Type type = pattern.type(mnemonic.types);
  switch (pattern.kind) {
  case OperandPattern::Kind::Value:
    return value(pattern, type, operand);
  case OperandPattern::Kind::Immediate:
    if (operand.kind != Kind::Immediate || operand.isFloat)
      return fmt::format("{} where an integer constant is expected", describe(operand));
    return range(pattern, operand);
  case OperandPattern::Kind::Address:
    return address(pattern, operand);
  case OperandPattern::Kind::Vector:
    return vector(pattern,
                  pattern.count ? pattern.count
                  : has("x4")   ? 4
                  : has("x2")   ? 2
                                : 1,
                  operand);
  case OperandPattern::Kind::Data:
    if (has("v2") || has("v4"))
      return vector(pattern, has("v4") ? 4 : 2, operand);
    return value(pattern, type, operand);
  case OperandPattern::Kind::Symbol:
    return symbol(operand);
  case OperandPattern::Kind::Label:
    return operand.kind == Kind::Label
               ? ""
               : fmt::format("{} where a label is expected", describe(operand));
  case OperandPattern::Kind::Table:
    return operand.kind == Kind::Label
               ? ""
               : fmt::format("{} where a label of .branchtargets is expected", describe(operand));
  case OperandPattern::Kind::Call:
    return "";
  }
  return "";
}

/// "3", "2 or 3", "2 to 4".
static std::string countText(size_t least, size_t most) {
  if (least == most)
    return fmt::format("{} operand{}", least, least == 1 ? "" : "s");
  return fmt::format("{} {} {} operands", least, most == least + 1 ? "or" : "to", most);
}

bool matchOperands(const Mnemonic &mnemonic, std::span<const Operand> operands,
                   const Module &module, const Function &function, uint16_t &result,
                   OperandError &error) {
  Matcher matcher(mnemonic, module, function);
  size_t least = ~size_t(0), most = 0;
  bool haveError = false;
  for (uint16_t index : mnemonic.candidates) {
    const Form &candidate = form(index);
    if (candidate.operands.size() == 1 &&
        candidate.operands[0].kind == OperandPattern::Kind::Call) {
      result = index;
      return true;
    }
    least = std::min<size_t>(least, candidate.requiredOperands);
    most = std::max(most, candidate.operands.size());
    if (operands.size() < candidate.requiredOperands || operands.size() > candidate.operands.size())
      continue;
    size_t i = 0;
    std::string why;
    for (; i < operands.size() && why.empty(); ++i)
      why = matcher.check(candidate.operands[i], operands[i]);
    if (why.empty()) {
      result = index;
      return true;
    }
    // The form that got furthest says best what is wrong; of equals, the first.
    if (!haveError || i - 1 > error.operand) {
      error.operand = i - 1;
      error.message = fmt::format("operand {} of `{}`: {}", i, mnemonic.fullName(), why);
      haveError = true;
    }
  }
  if (!haveError) {
    error.operand = std::min(operands.size(), most);
    error.message = fmt::format("`{}` takes {}, not {}", mnemonic.fullName(),
                                countText(least, most), operands.size());
  }
  return false;
}

} // namespace ptx
