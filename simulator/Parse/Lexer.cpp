//===- Lexer.cpp - PTX text to tokens ---------------------------------------------------------===//

#include "simulator/Parse/Lexer.h"

#include <charconv>
#include <cstring>
#include <fmt/format.h>

namespace ptx {

static bool isDigit(char c) { return c >= '0' && c <= '9'; }
static bool isLetter(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool isWordCharacter(char c) { return isLetter(c) || isDigit(c) || c == '_' || c == '$'; }

/// 0 to 15, or 16 for what is no hexadecimal digit.
static unsigned digitValue(char c) {
  if (isDigit(c))
    return c - '0';
  if (c >= 'a' && c <= 'f')
    return c - 'a' + 10;
  if (c >= 'A' && c <= 'F')
    return c - 'A' + 10;
  return 16;
}

Token Lexer::make(Token::Kind kind, size_t start, size_t end) {
  Token token;
  token.kind = kind;
  token.line = line;
  token.column = static_cast<uint32_t>(start - lineStart + 1);
  token.text = text.substr(start, end - start);
  position = end;
  return token;
}

Token Lexer::fail(size_t at, std::string why) {
  failure = make(Token::Kind::Error, at, at);
  failed = true;
  message = std::move(why);
  return failure;
}

/// Skips white space and comments; false for a comment that does not end.
bool Lexer::skipBlank() {
  while (position < text.size()) {
    char c = text[position];
    if (c == '\n') {
      ++line;
      lineStart = ++position;
    } else if (c == ' ' || c == '\t' || c == '\r' || c == '\f' || c == '\v') {
      ++position;
    } else if (c == '/' && at(position + 1) == '/') {
      size_t end = text.find('\n', position);
      position = end == std::string_view::npos ? text.size() : end;
    } else if (c == '/' && at(position + 1) == '*') {
      size_t end = text.find("*/", position + 2);
      if (end == std::string_view::npos)
        return false;
      for (size_t i = position; i < end; ++i)
        if (text[i] == '\n') {
          ++line;
          lineStart = i + 1;
        }
      position = end + 2;
    } else {
      break;
    }
  }
  return true;
}

Token Lexer::next() {
  if (failed)
    return failure;
  if (!skipBlank())
    return fail(position, "a comment that does not end");
  size_t start = position;
  if (start >= text.size())
    return make(Token::Kind::End, start, start);
  char c = text[start];
  if (isLetter(c) || c == '_' || c == '$' || (c == '%' && isWordCharacter(at(start + 1)))) {
    size_t end = start + 1;
    while (end < text.size() && isWordCharacter(text[end]))
      ++end;
    return make(Token::Kind::Identifier, start, end);
  }
  if (c == '.' && isWordCharacter(at(start + 1))) {
    // `::` belongs to a modifier: `.L2::128B`, `.shared::cta`.
    size_t end = start + 1;
    while (end < text.size()) {
      if (isWordCharacter(text[end]))
        ++end;
      else if (text[end] == ':' && at(end + 1) == ':' && isWordCharacter(at(end + 2)))
        end += 2;
      else
        break;
    }
    return make(Token::Kind::Dotted, start, end);
  }
  if (isDigit(c))
    return number(start);
  if (c == '"')
    return string(start);
  return punctuator(start);
}

Token Lexer::punctuator(size_t start) {
  static constexpr std::string_view pairs[] = {"<<", ">>", "<=", ">=", "==", "!=", "&&", "||"};
  for (std::string_view pair : pairs)
    if (text.substr(start, 2) == pair)
      return make(Token::Kind::Punctuator, start, start + 2);
  char c = text[start];
  if (std::strchr("{}[]()<>,;:+-*/%&|^~!?=@.", c) && c != '\0')
    return make(Token::Kind::Punctuator, start, start + 1);
  if (c > ' ' && c < 127)
    return fail(start, fmt::format("unexpected character `{}`", c));
  return fail(start, fmt::format("unexpected byte 0x{:02x}", static_cast<unsigned char>(c)));
}

Token Lexer::string(size_t start) {
  size_t end = text.find_first_of("\"\n", start + 1);
  while (end != std::string_view::npos && text[end] == '"' && text[end - 1] == '\\')
    end = text.find_first_of("\"\n", end + 1);
  if (end == std::string_view::npos || text[end] != '"')
    return fail(start, "a string that does not end on its line");
  Token token = make(Token::Kind::String, start + 1, end);
  token.column -= 1;
  position = end + 1;
  return token;
}

Token Lexer::hexFloat(size_t start, unsigned digits) {
  uint64_t bits = 0;
  for (unsigned i = 0; i < digits; ++i) {
    unsigned digit = digitValue(at(start + 2 + i));
    if (digit > 15)
      return fail(start, fmt::format("`{}` takes exactly {} hexadecimal digits",
                                     text.substr(start, 2), digits));
    bits = bits << 4 | digit;
  }
  size_t end = start + 2 + digits;
  if (isWordCharacter(at(end)))
    return fail(start, fmt::format("`{}` takes exactly {} hexadecimal digits",
                                   text.substr(start, 2), digits));
  Token token = make(Token::Kind::Float, start, end);
  token.bits = bits;
  token.isSingle = digits == 8;
  return token;
}

Token Lexer::decimalFloat(size_t start) {
  double value = 0;
  auto [end, error] = std::from_chars(text.data() + start, text.data() + text.size(), value,
                                      std::chars_format::general);
  size_t stop = end - text.data();
  if (isWordCharacter(at(stop)))
    return fail(start, "a number is followed by other characters");
  // Beyond the range of a double: from_chars leaves `value` alone.
  if (error != std::errc())
    return fail(start, "a floating-point constant outside the range of .f64");
  Token token = make(Token::Kind::Float, start, stop);
  std::memcpy(&token.bits, &value, sizeof value);
  return token;
}

/// PTX ISA 4.5.1 and 4.5.2.
Token Lexer::number(size_t start) {
  char first = text[start], second = at(start + 1);
  if (first == '0' && (second == 'f' || second == 'F'))
    return hexFloat(start, 8);
  if (first == '0' && (second == 'd' || second == 'D'))
    return hexFloat(start, 16);
  unsigned base = 10;
  size_t digits = start;
  if (first == '0' && (second == 'x' || second == 'X')) {
    base = 16;
    digits += 2;
  } else if (first == '0' && (second == 'b' || second == 'B')) {
    base = 2;
    digits += 2;
  } else if (first == '0') {
    base = 8;
  }
  size_t end = digits;
  while (digitValue(at(end)) < (base == 8 ? 10 : base))
    ++end;
  char after = at(end);
  bool hasExponent = (after == 'e' || after == 'E') &&
                     (isDigit(at(end + 1)) ||
                      ((at(end + 1) == '+' || at(end + 1) == '-') && isDigit(at(end + 2))));
  if ((base == 10 || base == 8) && ((after == '.' && isDigit(at(end + 1))) || hasExponent ||
                                    (after == '.' && !isWordCharacter(at(end + 1)))))
    return decimalFloat(start);
  if (end == digits)
    return fail(start, "a number without digits");
  uint64_t value = 0;
  for (size_t i = digits; i < end; ++i) {
    unsigned digit = digitValue(text[i]);
    if (digit >= base)
      return fail(start, fmt::format("`{}` is no octal digit", text[i]));
    if (value > (~uint64_t(0) - digit) / base)
      return fail(start, "an integer constant of more than 64 bits");
    value = value * base + digit;
  }
  bool isUnsigned = value >> 63;
  if (at(end) == 'U') {
    isUnsigned = true;
    ++end;
  }
  if (isWordCharacter(at(end)))
    return fail(start, "a number is followed by other characters");
  Token token = make(Token::Kind::Integer, start, end);
  token.bits = value;
  token.isUnsigned = isUnsigned;
  return token;
}

} // namespace ptx
