//===- Variables.cpp - variables, registers, parameters (PTX ISA 5.4) -------------------------===//

#include "simulator/Parse/Parser.h"

#include <bit>
#include <fmt/format.h>

namespace ptx {

bool Parser::alignment(uint32_t &result) {
  Token where = token;
  uint64_t value = 0;
  if (!unsignedInteger(value, 1 << 20, "an alignment"))
    return false;
  if (!std::has_single_bit(value))
    return fail(where, fmt::format("alignment {} is no power of two", value));
  result = static_cast<uint32_t>(value);
  return true;
}

bool Parser::typeDirective(Type &type) {
  if (!token.is(Token::Kind::Dotted))
    return failExpected("a type such as .b32");
  type = typeOfModifier(token.text.substr(1));
  if (type == Type::None || type == Type::TF32 || type >= Type::U16x2)
    return failExpected("a type such as .b32");
  advance();
  return true;
}

/// `.align N`, `.attribute(...)`, `.v2`, then the type.
bool Parser::declaratorPrefix(Declarator &result) {
  while (true) {
    if (acceptWord(".align")) {
      if (!alignment(result.alignment))
        return false;
    } else if (acceptWord(".attribute")) {
      if (!skipAttribute())
        return false;
    } else if (token.isWord(".v2") || token.isWord(".v4")) {
      result.vector = token.text[2] - '0';
      advance();
    } else {
      break;
    }
  }
  Token where = token;
  if (!typeDirective(result.type))
    return false;
  return result.type != Type::Pred ||
         fail(where, "a .pred variable: predicates are only in registers");
}

bool Parser::dimensions(Declarator &result) {
  result.bytes = uint64_t(bitWidth(result.type)) / 8 * result.vector;
  while (token.is("[")) {
    Token where = token;
    advance();
    uint64_t size = 0;
    if (!token.is("]")) {
      Constant constant;
      Token at = token;
      if (!expression(constant))
        return false;
      if (constant.isFloat || (!constant.isUnsigned && static_cast<int64_t>(constant.bits) < 0))
        return fail(at, "the size of an array is a positive integer");
      size = constant.bits;
    } else if (!result.dimensions.empty()) {
      return fail(where, "only the first dimension of an array may be left open");
    }
    if (!expect("]"))
      return false;
    if (result.dimensions.size() == limits::dimensions)
      return fail(where, "an array of too many dimensions");
    result.dimensions.push_back(size);
    if (!multiply(result.bytes, size, limits::variableBytes))
      return fail(where, fmt::format("`{}` is larger than {} bytes", result.name.text,
                                     limits::variableBytes));
  }
  return true;
}

/// Behind `.global` and the like, up to and with `;`.
bool Parser::variables(Space space, bool isExternal, Function *function) {
  Declarator prefix;
  if (!declaratorPrefix(prefix))
    return false;
  do {
    Declarator declarator = prefix;
    if (!identifier(declarator.name, "the name of a variable") || !dimensions(declarator) ||
        !addVariable(space, isExternal, function, std::move(declarator)))
      return false;
  } while (accept(","));
  return expect(";");
}

bool Parser::checkSize(const Variable &variable, const Token &where) {
  uint64_t most = limits::variableBytes;
  if (variable.space == Space::Shared)
    most = limits::sharedBytes;
  else if (variable.space == Space::Local)
    most = limits::localBytes;
  else if (variable.space == Space::Constant)
    most = limits::constantBytes;
  uint64_t total = variable.bytes;
  if (variable.space == Space::Constant)
    total = constantTotal += variable.bytes;
  else if (variable.space == Space::Local)
    total = localTotal += variable.bytes;
  return total <= most ||
         fail(where, fmt::format("with `{}` .{} memory holds {} bytes; there are {}", where.text,
                                 name(variable.space), total, most));
}

bool Parser::redeclareVariable(VariableId index, const Variable &variable, const Token &where) {
  Variable &old = module.variables[index];
  if (!old.isExternal && !variable.isExternal)
    return fail(where, fmt::format("`{}` is declared twice", where.text));
  if (old.space != variable.space || old.type != variable.type ||
      (old.bytes != variable.bytes && old.bytes != 0 && variable.bytes != 0))
    return fail(where, fmt::format("`{}` was declared with another type or size in line {}",
                                   where.text, old.line.ptx));
  if (old.isExternal)
    old = variable;
  return true;
}

bool Parser::addVariable(Space space, bool isExternal, Function *function, Declarator declarator) {
  Variable variable;
  const Token name = declarator.name;
  variable.name = name.text;
  variable.space = space;
  variable.type = declarator.type;
  variable.isExternal = isExternal;
  variable.line = {name.line, place.file, function ? place.source : 0};
  if (!isExternal && (space == Space::Global || space == Space::Constant) && token.is("=")) {
    advance();
    if (!initializer(variable, declarator))
      return false;
  } else if (token.is("=")) {
    return fail(token, fmt::format("an initial value of a {}.{} variable",
                                   isExternal ? ".extern " : "", ptx::name(space)));
  } else if (!declarator.dimensions.empty() && declarator.dimensions[0] == 0 && !isExternal &&
             space != Space::Shared) {
    return fail(name, fmt::format("`{}` has no size", name.text));
  }
  variable.bytes = declarator.bytes;
  uint32_t natural = bitWidth(declarator.type) / 8 * declarator.vector;
  variable.alignment = declarator.alignment ? declarator.alignment : natural;
  if (!checkSize(variable, name))
    return false;
  auto index = static_cast<VariableId>(module.variables.size());
  if (function) {
    if (!scopes.back().names.emplace(name.text, LocalName{LocalName::Kind::Variable, index}).second)
      return fail(name, fmt::format("`{}` is declared twice in this block", name.text));
  } else {
    if (functionNames.count(name.text))
      return fail(name, fmt::format("`{}` is a function", name.text));
    auto [found, isNew] = variableNames.emplace(name.text, index);
    if (!isNew)
      return redeclareVariable(found->second, variable, name);
  }
  module.variables.push_back(std::move(variable));
  return true;
}

/// `.reg [.v2] .b32 %r<100>, x;` behind `.reg`.
bool Parser::registers() {
  unsigned vector = 1;
  if (token.isWord(".v2") || token.isWord(".v4")) {
    vector = token.text[2] - '0';
    advance();
  }
  Type type = Type::None;
  Token where = token;
  if (!typeDirective(type))
    return false;
  if (type == Type::B128 && (module.version < 83 || module.architecture < 70))
    return fail(where, ".b128 registers need PTX ISA 8.3 and sm_70");
  do {
    Token name;
    if (!identifier(name, "the name of a register"))
      return false;
    if (accept("<")) {
      uint64_t count = 0;
      Token at = token;
      if (!unsignedInteger(count, ~uint64_t(0), "a number of registers") || !expect(">"))
        return false;
      if (vector != 1)
        return fail(at, "a range of vectors");
      if (count > limits::registers - registerCount)
        return fail(at, fmt::format("more than {} registers in a module", limits::registers));
      if (!declareRange(name, type, count))
        return false;
    } else if (!declareRegister(name, type, vector)) {
      return false;
    }
  } while (accept(","));
  return expect(";");
}

bool Parser::declareRegister(const Token &name, Type type, unsigned vector) {
  Function &function = module.functions[current];
  if (name.text == "_")
    return fail(name, "`_` as a name");
  Special special;
  if (findSpecial(name.text, special))
    return fail(name, fmt::format("`{}` is a special register", name.text));
  if (registerCount + vector > limits::registers)
    return fail(name, fmt::format("more than {} registers in a module", limits::registers));
  registerCount += vector;
  auto first = static_cast<RegisterId>(function.registers.size());
  auto kind = vector == 1 ? LocalName::Kind::Register : LocalName::Kind::Vector;
  if (!scopes.back().names.emplace(name.text, LocalName{kind, first, vector}).second)
    return fail(name, fmt::format("`{}` is declared twice in this block", name.text));
  for (unsigned i = 0; i < vector; ++i) {
    std::string text(name.text);
    if (vector > 1)
      text += std::string(".") + "xyzw"[i];
    function.registers.push_back({std::move(text), type});
  }
  return true;
}

bool Parser::declareRange(const Token &name, Type type, uint64_t count) {
  Function &function = module.functions[current];
  auto first = static_cast<RegisterId>(function.registers.size());
  BlockScope::Range range{first, static_cast<uint32_t>(count)};
  if (!scopes.back().ranges.emplace(name.text, range).second)
    return fail(name, fmt::format("`{}` is declared twice in this block", name.text));
  registerCount += count;
  for (uint64_t i = 0; i < count; ++i)
    function.registers.push_back({std::string(name.text) + std::to_string(i), type});
  return true;
}

/// One of a list of parameters, from `.param` or `.reg` on.
bool Parser::parameter(Parameter &result, Token &name, bool isPrototype) {
  result.isRegister = token.isWord(".reg");
  if (!acceptWord(".param") && !acceptWord(".reg"))
    return failExpected("`.param` or `.reg`");
  Declarator declarator;
  Token where = token;
  if (result.isRegister) {
    if (!typeDirective(declarator.type))
      return false;
    if (declarator.type == Type::B128)
      return fail(where, "parameters in .b128 registers are not supported");
  } else if (!declaratorPrefix(declarator)) {
    return false;
  }
  if (acceptWord(".ptr")) {
    for (Space space : {Space::Constant, Space::Global, Space::Local, Space::Shared})
      if (acceptWord(fmt::format(".{}", ptx::name(space)))) {
        result.pointee = space;
        break;
      }
    if (acceptWord(".align") && !alignment(result.pointeeAlignment))
      return false;
  }
  if (!identifier(name, "the name of a parameter"))
    return false;
  if (name.text == "_" && !isPrototype)
    return fail(name, "`_` as the name of a parameter");
  declarator.name = name;
  if (!result.isRegister && !dimensions(declarator))
    return false;
  result.name = name.text;
  result.type = declarator.type;
  unsigned bits = bitWidth(declarator.type);
  result.bytes = result.isRegister ? (bits + 7) / 8 : declarator.bytes;
  result.alignment =
      declarator.alignment ? declarator.alignment : std::max(1u, bits / 8 * declarator.vector);
  return true;
}

/// `.param .align 8 .b8 param0[24];` in a body, from behind `.param`: memory for a call.
bool Parser::callSlot() {
  Function &function = module.functions[current];
  Declarator prefix;
  if (!declaratorPrefix(prefix))
    return false;
  do {
    Declarator declarator = prefix;
    if (!identifier(declarator.name, "the name of a .param variable") || !dimensions(declarator))
      return false;
    Parameter slot;
    slot.name = declarator.name.text;
    slot.type = declarator.type;
    slot.bytes = declarator.bytes;
    uint32_t natural = bitWidth(declarator.type) / 8 * declarator.vector;
    slot.alignment = declarator.alignment ? declarator.alignment : natural;
    slot.offset = alignUp(callSlotTotal, slot.alignment);
    callSlotTotal = slot.offset + slot.bytes;
    if (callSlotTotal > limits::parameterBytes)
      return fail(declarator.name, fmt::format("more than {} bytes of .param in a function",
                                               limits::parameterBytes));
    auto index = static_cast<uint32_t>(function.callSlots.size());
    if (!scopes.back()
             .names.emplace(declarator.name.text, LocalName{LocalName::Kind::CallSlot, index})
             .second)
      return fail(declarator.name,
                  fmt::format("`{}` is declared twice in this block", declarator.name.text));
    function.callSlots.push_back(std::move(slot));
  } while (accept(","));
  return expect(";");
}

} // namespace ptx
