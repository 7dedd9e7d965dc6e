//===- Initializers.cpp - initial values of variables (PTX ISA 5.4.4) -------------------------===//

#include "simulator/Parse/Parser.h"

#include <bit>
#include <cstring>
#include <fmt/format.h>

namespace ptx {

static bool isWholeNumber(Type type) { return !isFloat(type) || bitWidth(type) == 16; }

/// Little-endian bytes of `value` into the initial bytes at `at`.
static void store(Variable &variable, uint64_t at, uint64_t value, unsigned bytes) {
  if (variable.initial.size() < at + bytes)
    variable.initial.resize(at + bytes);
  for (unsigned i = 0; i < bytes; ++i)
    variable.initial[at + i] = static_cast<uint8_t>(value >> (8 * i));
}

bool Parser::constantValue(Variable &variable, Type type, uint64_t at, const Constant &constant,
                           const Token &where) {
  uint64_t bits = constant.bits;
  if (type == Type::F32 || type == Type::F64) {
    if (!constant.isFloat)
      return fail(where, fmt::format("an integer as initial value of a .{}", name(type)));
    double value = constant.isSingle ? double(std::bit_cast<float>(static_cast<uint32_t>(bits)))
                                     : std::bit_cast<double>(bits);
    if (type == Type::F64 && constant.isSingle)
      bits = std::bit_cast<uint64_t>(value);
    else if (type == Type::F32 && !constant.isSingle)
      bits = std::bit_cast<uint32_t>(static_cast<float>(value));
  } else if (constant.isFloat || !isWholeNumber(type)) {
    return fail(where, fmt::format("this constant as initial value of a .{}", name(type)));
  }
  store(variable, at, bits, bitWidth(type) / 8);
  return true;
}

/// `x`, `x+4`, `generic(x)+4`, `0xFF00(x)`: addresses (PTX ISA 5.4.4, mask operator).
bool Parser::symbolValue(Variable &variable, Type type, uint64_t at) {
  Token where = token;
  Variable::Relocation relocation{at, false, 0, 0, false, static_cast<uint8_t>(bitWidth(type) / 8),
                                  0};
  if (token.is(Token::Kind::Integer)) { // a mask
    uint64_t mask = token.bits;
    unsigned shift = mask ? std::countr_zero(mask) : 0;
    if (mask == 0 || shift % 8 != 0 || mask >> shift != 0xff || bitWidth(type) != 8)
      return fail(where, "a mask selects one byte, for a variable of 8-bit elements");
    relocation.shift = static_cast<uint8_t>(shift);
    advance();
    if (!expect("("))
      return false;
  } else if (bitWidth(type) != 64 && bitWidth(type) != 32) {
    return fail(where, fmt::format("an address as initial value of a .{}", name(type)));
  }
  bool isMask = !token.is(where.text);
  relocation.generic = token.isWord("generic");
  if (relocation.generic) {
    advance();
    if (!expect("("))
      return false;
  }
  Token symbol;
  if (!identifier(symbol, "the name of a variable or function"))
    return false;
  if (auto found = variableNames.find(symbol.text); found != variableNames.end()) {
    relocation.target = found->second;
  } else if (auto function = functionNames.find(symbol.text); function != functionNames.end()) {
    relocation.isFunction = true;
    relocation.target = function->second;
  } else if (symbol.text == variable.name) { // its own address
    relocation.target = static_cast<uint32_t>(module.variables.size());
  } else {
    return fail(symbol, fmt::format("`{}` is not declared", symbol.text));
  }
  auto addend = [&] {
    bool isNegative = token.is("-");
    if (!token.is("+") && !isNegative)
      return true;
    advance();
    Constant constant;
    Token constantAt = token;
    if (!unary(constant, 0))
      return false;
    if (constant.isFloat)
      return fail(constantAt, "an offset that is no integer");
    uint64_t value = static_cast<uint64_t>(relocation.addend);
    value = isNegative ? value - constant.bits : value + constant.bits;
    relocation.addend = static_cast<int64_t>(value);
    return true;
  };
  if (!addend() || (relocation.generic && (!expect(")") || !addend())))
    return false;
  if (isMask && where.is(Token::Kind::Integer) && !expect(")"))
    return false;
  store(variable, at, 0, bitWidth(type) / 8);
  variable.relocations.push_back(relocation);
  return true;
}

bool Parser::initializerValue(Variable &variable, const Declarator &declarator, uint64_t element) {
  uint64_t at = element * (bitWidth(declarator.type) / 8);
  bool isMask = token.is(Token::Kind::Integer) && peek().is("(");
  bool isName = token.is(Token::Kind::Identifier) && !token.isWord("WARP_SZ");
  if (isMask || isName)
    return symbolValue(variable, declarator.type, at);
  Token where = token;
  Constant constant;
  return expression(constant) && constantValue(variable, declarator.type, at, constant, where);
}

/// `{ ... }` of dimension `dimension`, whose first element is `element`. `past` becomes the number
/// of the element behind the last one given.
bool Parser::initializerList(Variable &variable, const Declarator &declarator, size_t dimension,
                             uint64_t element, uint64_t &past, unsigned depth) {
  if (!expect("{"))
    return false;
  std::vector<uint64_t> sizes = declarator.dimensions;
  if (declarator.vector > 1)
    sizes.push_back(declarator.vector);
  if (depth >= sizes.size() || dimension >= sizes.size())
    return fail(token, "more braces than dimensions");
  uint64_t stride = 1; // elements per entry of this list, when its entries are lists
  for (size_t i = dimension + 1; i < sizes.size(); ++i)
    stride *= sizes[i];
  bool isOpen = sizes[dimension] == 0;
  uint64_t end = isOpen ? limits::variableBytes : element + sizes[dimension] * stride;
  uint64_t next = element;
  past = element;
  while (!token.is("}")) {
    if (next >= end || next > limits::variableBytes)
      return fail(token, "more initial values than elements");
    if (token.is("{")) {
      if (!initializerList(variable, declarator, dimension + 1, next, past, depth + 1))
        return false;
      next += stride;
      past = next;
    } else {
      if (!initializerValue(variable, declarator, next))
        return false;
      past = ++next;
    }
    if (!accept(","))
      break;
  }
  return expect("}");
}

/// Behind `=`. Sets the size of an open array.
bool Parser::initializer(Variable &variable, Declarator &declarator) {
  bool isArray = !declarator.dimensions.empty();
  uint64_t past = 1;
  Token where = token;
  if (token.is(Token::Kind::String)) {
    if (declarator.dimensions.size() != 1 || bitWidth(declarator.type) != 8)
      return fail(token, "a string as initial value of what is no array of bytes");
    for (char c : token.text)
      variable.initial.push_back(static_cast<uint8_t>(c));
    variable.initial.push_back(0);
    past = variable.initial.size();
    if (declarator.dimensions[0] != 0 && past - 1 > declarator.dimensions[0])
      return fail(where, "more initial values than elements");
    if (declarator.dimensions[0] != 0 && past > declarator.dimensions[0])
      variable.initial.pop_back(); // as in C, the zero at the end may be left out
    advance();
  } else if (isArray || declarator.vector > 1) {
    if (!initializerList(variable, declarator, 0, 0, past, 0))
      return false;
  } else if (!initializerValue(variable, declarator, 0)) {
    return false;
  }
  if (isArray && declarator.dimensions[0] == 0) {
    uint64_t row = declarator.vector;
    for (size_t i = 1; i < declarator.dimensions.size(); ++i)
      row *= declarator.dimensions[i];
    if (row == 0)
      return fail(where, "an array of no size");
    declarator.dimensions[0] = (past + row - 1) / row;
    declarator.bytes = declarator.dimensions[0] * row * (bitWidth(declarator.type) / 8);
  }
  return true;
}

} // namespace ptx
