//===- Expressions.cpp - constant expressions (PTX ISA 4.5.3 to 4.5.6) ------------------------===//

#include "simulator/Parse/Parser.h"

#include <cstring>
#include <fmt/format.h>

namespace ptx {

static double asDouble(uint64_t bits) {
  double value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}
static uint64_t bitsOf(double value) {
  uint64_t bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

/// As in C; 0 = no binary operator.
static unsigned precedenceOf(const Token &token) {
  static constexpr struct {
    std::string_view text;
    unsigned precedence;
  } operators[] = {{"||", 1}, {"&&", 2}, {"|", 3},  {"^", 4},  {"&", 5},  {"==", 6},
                   {"!=", 6}, {"<", 7},  {"<=", 7}, {">", 7},  {">=", 7}, {"<<", 8},
                   {">>", 8}, {"+", 9},  {"-", 9},  {"*", 10}, {"/", 10}, {"%", 10}};
  if (token.is(Token::Kind::Punctuator))
    for (const auto &entry : operators)
      if (entry.text == token.text)
        return entry.precedence;
  return 0;
}

bool Parser::startsExpression() {
  return token.is(Token::Kind::Integer) || token.is(Token::Kind::Float) || token.is("-") ||
         token.is("+") || token.is("~") || token.is("!") || token.is("(") ||
         token.isWord("WARP_SZ");
}

bool Parser::primary(Constant &result, unsigned depth) {
  if (token.is(Token::Kind::Integer) || token.is(Token::Kind::Float)) {
    result.isFloat = token.is(Token::Kind::Float);
    result.isSingle = token.isSingle;
    result.isUnsigned = token.isUnsigned;
    result.bits = token.bits;
    advance();
    return true;
  }
  if (acceptWord("WARP_SZ")) {
    result = Constant();
    result.bits = 32;
    return true;
  }
  if (!accept("("))
    return failExpected("a constant");
  if (token.isWord(".s64") || token.isWord(".u64")) { // a cast
    bool isUnsigned = token.isWord(".u64");
    Token where = token;
    advance();
    if (!expect(")") || !unary(result, depth + 1))
      return false;
    if (result.isFloat)
      return fail(where, "a cast of a floating-point constant");
    result.isUnsigned = isUnsigned;
    return true;
  }
  return expression(result, depth + 1) && expect(")");
}

bool Parser::unary(Constant &result, unsigned depth) {
  if (depth > limits::nesting)
    return fail(token, "an expression nested too deeply");
  Token op = token;
  if (!accept("-") && !accept("+") && !accept("~") && !accept("!"))
    return primary(result, depth);
  if (!unary(result, depth + 1))
    return false;
  if (result.isFloat) {
    if (op.is("-"))
      result.bits ^= uint64_t(1) << (result.isSingle ? 31 : 63);
    return op.is("-") || op.is("+") ||
           fail(op, fmt::format("`{}` of a floating-point constant", op.text));
  }
  if (op.is("-"))
    result.bits = -result.bits;
  else if (op.is("~"))
    result.bits = ~result.bits;
  else if (op.is("!"))
    result = {false, false, false, result.bits == 0};
  return true;
}

static bool applyFloat(char op, double right, double &value) {
  switch (op) {
  case '+':
    value += right;
    return true;
  case '-':
    value -= right;
    return true;
  case '*':
    value *= right;
    return true;
  case '/':
    value /= right;
    return true;
  default:
    return false;
  }
}

static uint64_t compare(std::string_view op, uint64_t a, uint64_t b, bool isUnsigned) {
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  bool less = isUnsigned ? a < b : x < y;
  bool equal = a == b;
  if (op == "<")
    return less;
  if (op == "<=")
    return less || equal;
  if (op == ">")
    return !less && !equal;
  if (op == ">=")
    return !less;
  return op == "==" ? equal : !equal;
}

static uint64_t shift(bool isLeft, uint64_t a, uint64_t b, bool isUnsigned) {
  if (b > 63)
    return isLeft || isUnsigned || static_cast<int64_t>(a) >= 0 ? 0 : ~uint64_t(0);
  if (isLeft)
    return a << b;
  return isUnsigned ? a >> b : static_cast<uint64_t>(static_cast<int64_t>(a) >> b);
}

static uint64_t divide(bool isRemainder, uint64_t a, uint64_t b, bool isUnsigned) {
  if (isUnsigned)
    return isRemainder ? a % b : a / b;
  if (b == ~uint64_t(0)) // the least integer by -1 wraps
    return isRemainder ? 0 : -a;
  auto x = static_cast<int64_t>(a), y = static_cast<int64_t>(b);
  return static_cast<uint64_t>(isRemainder ? x % y : x / y);
}

bool Parser::apply(const Token &op, const Constant &right, Constant &result) {
  if (result.isFloat || right.isFloat) {
    double value = asDouble(result.bits);
    if (!result.isFloat || !right.isFloat || result.isSingle || right.isSingle ||
        op.text.size() != 1 || !applyFloat(op.text[0], asDouble(right.bits), value))
      return fail(op, fmt::format("`{}` of these constants", op.text));
    result.bits = bitsOf(value);
    return true;
  }
  uint64_t a = result.bits, b = right.bits;
  bool isShift = op.is("<<") || op.is(">>");
  bool isUnsigned = result.isUnsigned || (right.isUnsigned && !isShift);
  bool isLogical = false;
  uint64_t value = 0;
  if (op.is("+"))
    value = a + b;
  else if (op.is("-"))
    value = a - b;
  else if (op.is("*"))
    value = a * b;
  else if (op.is("/") || op.is("%")) {
    if (b == 0)
      return fail(op, "a division by zero");
    value = divide(op.is("%"), a, b, isUnsigned);
  } else if (isShift)
    value = shift(op.is("<<"), a, b, isUnsigned);
  else if (op.is("&"))
    value = a & b;
  else if (op.is("|"))
    value = a | b;
  else if (op.is("^"))
    value = a ^ b;
  else {
    isLogical = true;
    if (op.is("&&"))
      value = a && b;
    else if (op.is("||"))
      value = a || b;
    else
      value = compare(op.text, a, b, isUnsigned);
  }
  result = {false, false, isUnsigned && !isLogical, value};
  return true;
}

bool Parser::binary(Constant &result, unsigned precedence, unsigned depth) {
  if (!unary(result, depth))
    return false;
  while (unsigned found = precedenceOf(token)) {
    if (found < precedence)
      break;
    Token op = token;
    advance();
    Constant right;
    if (!binary(right, found + 1, depth + 1) || !apply(op, right, result))
      return false;
  }
  return true;
}

bool Parser::expression(Constant &result, unsigned depth) {
  if (!binary(result, 1, depth))
    return false;
  if (!token.is("?"))
    return true;
  Token op = token;
  advance();
  if (result.isFloat)
    return fail(op, "a floating-point constant as condition");
  bool condition = result.bits != 0;
  Constant yes, no;
  if (!expression(yes, depth + 1) || !expect(":") || !expression(no, depth + 1))
    return false;
  result = condition ? yes : no;
  return true;
}

} // namespace ptx
