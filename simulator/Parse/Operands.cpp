//===- Operands.cpp - operands of instructions (PTX ISA 6) ------------------------------------===//

#include "simulator/Parse/Parser.h"

#include <fmt/format.h>

namespace ptx {

bool Parser::constant(Operand &result) {
  Constant value;
  if (!expression(value))
    return false;
  result.kind = Operand::Kind::Immediate;
  result.bits = value.bits;
  result.isFloat = value.isFloat;
  result.isSingle = value.isSingle;
  return true;
}

/// Looks `name` up as `prefix` and number in a range of registers.
static bool inRange(const BlockScope &scope, std::string_view name, RegisterId &reg) {
  size_t digits = name.size();
  while (digits > 0 && name[digits - 1] >= '0' && name[digits - 1] <= '9')
    --digits;
  // A prefix may end in digits itself (`%r1<5>`), and a number has no leading zeros.
  for (; digits < name.size(); ++digits) {
    std::string_view number = name.substr(digits);
    if (number.size() > 9 || (number.size() > 1 && number[0] == '0'))
      continue;
    auto found = scope.ranges.find(name.substr(0, digits));
    if (found == scope.ranges.end())
      continue;
    uint32_t index = 0;
    for (char c : number)
      index = index * 10 + (c - '0');
    if (index < found->second.count) {
      reg = found->second.first + index;
      return true;
    }
  }
  return false;
}

/// Resolves a name of the body, innermost block first.
bool Parser::localName(const Token &name, Operand &result, bool &found) {
  found = true;
  for (auto scope = scopes.rbegin(); scope != scopes.rend(); ++scope) {
    if (inRange(*scope, name.text, result.reg)) {
      result.kind = Operand::Kind::Register;
      return true;
    }
    auto entry = scope->names.find(name.text);
    if (entry == scope->names.end())
      continue;
    const LocalName &local = entry->second;
    switch (local.kind) {
    case LocalName::Kind::Register:
      result.kind = Operand::Kind::Register;
      result.reg = local.index;
      return true;
    case LocalName::Kind::Vector:
      return component(name, local, result);
    case LocalName::Kind::Variable:
      result.kind = Operand::Kind::Variable;
      result.variable = local.index;
      return true;
    case LocalName::Kind::Parameter:
      result.kind = Operand::Kind::Parameter;
      result.parameter = local.index;
      return true;
    case LocalName::Kind::CallSlot:
      result.kind = Operand::Kind::CallSlot;
      result.parameter = local.index;
      return true;
    }
  }
  found = false;
  return true;
}

/// `v.x`, or `v` for all of a vector of registers.
bool Parser::component(const Token &name, const LocalName &vector, Operand &result) {
  if (token.is(Token::Kind::Dotted)) {
    std::string_view words[] = {".x", ".y", ".z", ".w", ".r", ".g", ".b", ".a"};
    for (unsigned i = 0; i < 8; ++i)
      if (token.text == words[i] && i % 4 < vector.count) {
        advance();
        result.kind = Operand::Kind::Register;
        result.reg = vector.index + i % 4;
        return true;
      }
    return fail(token, fmt::format("`{}` has no component `{}`", name.text, token.text));
  }
  result.kind = Operand::Kind::Vector;
  for (unsigned i = 0; i < vector.count; ++i) {
    Operand element;
    element.kind = Operand::Kind::Register;
    element.reg = vector.index + i;
    result.elements.push_back(element);
  }
  return true;
}

/// `%envreg0` to `%envreg31`, `%pm0` to `%pm7`, `%pm0_64` to `%pm7_64`.
static bool numberedSpecial(std::string_view text, Operand &result) {
  auto matches = [&](std::string_view before, std::string_view behind, Special special,
                     unsigned count) {
    if (text.size() <= before.size() + behind.size() || !text.starts_with(before) ||
        !text.ends_with(behind))
      return false;
    for (unsigned i = 0; i < count; ++i)
      if (text.substr(before.size(), text.size() - before.size() - behind.size()) ==
          std::to_string(i)) {
        result.special = special;
        result.bits = i;
        return true;
      }
    return false;
  };
  return matches("%envreg", "", Special::EnvReg, 32) || matches("%pm", "", Special::Pm, 8) ||
         matches("%pm", "_64", Special::Pm64, 8);
}

/// A name that starts with `%` and is declared nowhere.
bool Parser::specialRegister(const Token &name, Operand &result) {
  result.kind = Operand::Kind::Special;
  constexpr std::string_view reserved = "%reserved_smem_offset_";
  if (name.text.starts_with(reserved)) {
    std::string_view which = name.text.substr(reserved.size());
    result.special = Special::ReservedSmem;
    if (which == "begin" || which == "end" || which == "cap")
      result.bits = which == "begin" ? 0 : which == "end" ? 1 : 2;
    else if (which == "0" || which == "1")
      result.bits = 3 + (which[0] - '0');
    else
      return fail(name, fmt::format("unknown special register `{}`", name.text));
    return true;
  }
  if (name.text.starts_with("%envreg") || name.text.starts_with("%pm"))
    return numberedSpecial(name.text, result) ||
           fail(name, fmt::format("unknown special register `{}`", name.text));
  std::string full(name.text);
  if (token.is(Token::Kind::Dotted)) {
    full += token.text;
    if (findSpecial(full, result.special)) {
      advance();
      return true;
    }
  } else if (findSpecial(full, result.special)) {
    return true;
  }
  return fail(name, fmt::format("`{}` is neither a declared register nor a special one", full));
}

/// The function `name`; one that is not declared yet must be by the end of the module.
FunctionId Parser::functionUse(const Token &name) {
  auto found = functionNames.find(name.text);
  if (found != functionNames.end())
    return found->second;
  auto index = static_cast<FunctionId>(module.functions.size());
  functionNames.emplace(name.text, index);
  undeclared.emplace(index, name);
  Function function;
  function.name = name.text;
  function.isDeclaration = true;
  module.functions.push_back(std::move(function));
  return index;
}

/// An operand that starts with an identifier.
bool Parser::named(Operand &result, Opcode opcode) {
  Token name = token;
  advance();
  if (opcode == Opcode::Bra || opcode == Opcode::Brx) {
    Operand index;
    bool found = false;
    if (opcode == Opcode::Brx && (!localName(name, result, found) || found))
      return found;
    result.kind = Operand::Kind::Label;
    result.label = labelId(name.text);
    if (!labelStates[result.label].use.line)
      labelStates[result.label].use = name;
    return true;
  }
  bool found = false;
  if (!localName(name, result, found))
    return false;
  if (found)
    return true;
  if (auto variable = variableNames.find(name.text); variable != variableNames.end()) {
    result.kind = Operand::Kind::Variable;
    result.variable = variable->second;
    return true;
  }
  if (name.text[0] == '%' && !functionNames.count(name.text))
    return specialRegister(name, result);
  if (opcode == Opcode::Mov || functionNames.count(name.text)) {
    result.kind = Operand::Kind::Function;
    result.function = functionUse(name);
    return true;
  }
  return fail(name, fmt::format("`{}` is not declared", name.text));
}

/// `+8` or `+-8` behind a name.
bool Parser::offset(Operand &base) {
  if (!accept("+"))
    return true;
  Constant value;
  Token where = token;
  if (!binary(value, 9, 0))
    return false;
  if (value.isFloat)
    return fail(where, "an offset that is no integer");
  base.offset = static_cast<int64_t>(value.bits);
  return true;
}

/// `[base+offset]`
bool Parser::address(Operand &result) {
  result.kind = Operand::Kind::Address;
  advance();
  Operand base;
  if (token.is(Token::Kind::Identifier) && !token.isWord("WARP_SZ")) {
    if (!named(base, Opcode::Ld) || !offset(base))
      return false;
  } else if (!constant(base)) {
    return false;
  }
  if (base.kind == Operand::Kind::Immediate && base.isFloat)
    return fail(token, "a floating-point constant as address");
  result.elements.push_back(std::move(base));
  return expect("]");
}

/// `{a, b, ...}`
bool Parser::vectorOperand(Operand &result, const Mnemonic &mnemonic) {
  result.kind = Operand::Kind::Vector;
  Token where = token;
  advance();
  do {
    if (token.is("{") || token.is("["))
      return failExpected("a register or constant");
    Operand element;
    if (!operand(element, mnemonic, 0))
      return false;
    if (element.kind == Operand::Kind::Vector || element.kind == Operand::Kind::Pair)
      return fail(where, "a vector of other than registers and constants");
    result.elements.push_back(std::move(element));
    if (result.elements.size() > 16)
      return fail(where, "a vector of more than 16 elements");
  } while (accept(","));
  return expect("}");
}

bool Parser::operand(Operand &result, const Mnemonic &mnemonic, size_t index) {
  if (token.is("["))
    return address(result);
  if (token.is("{"))
    return vectorOperand(result, mnemonic);
  if (token.is("!") && peek().is(Token::Kind::Identifier)) {
    Token where = token;
    advance();
    if (!named(result, mnemonic.opcode))
      return false;
    result.negated = true;
    return (result.kind == Operand::Kind::Register &&
            module.functions[current].registers[result.reg].type == Type::Pred) ||
           fail(where, "`!` before what is no .pred register");
  }
  if (startsExpression())
    return constant(result);
  if (!token.is(Token::Kind::Identifier))
    return failExpected("an operand");
  if (token.text == "_") {
    advance();
    result.kind = Operand::Kind::Sink;
  } else if (!named(result, mnemonic.opcode)) {
    return false;
  }
  if (result.kind == Operand::Kind::Variable || result.kind == Operand::Kind::Parameter ||
      result.kind == Operand::Kind::CallSlot)
    return offset(result);
  if (index == 0 && token.is("|")) {
    advance();
    Operand second;
    if (token.isWord("_")) {
      advance();
      second.kind = Operand::Kind::Sink;
    } else if (!token.is(Token::Kind::Identifier)) {
      return failExpected("a .pred register");
    } else if (!named(second, mnemonic.opcode)) {
      return false;
    }
    Operand pair;
    pair.kind = Operand::Kind::Pair;
    pair.elements.push_back(std::move(result));
    pair.elements.push_back(std::move(second));
    result = std::move(pair);
  }
  return true;
}

} // namespace ptx
