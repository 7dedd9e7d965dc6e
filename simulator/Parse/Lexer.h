//===- Lexer.h - PTX text to tokens -------------------------------------------------*- C++ -*-===//
//
// Lexical rules of PTX ISA 4.2 to 4.5. Tokens are made on demand and point into the text.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_PARSE_LEXER_H
#define DPC_SIMULATOR_PARSE_LEXER_H

#include <cstdint>
#include <string>
#include <string_view>

namespace ptx {

struct Token {
  enum class Kind : uint8_t {
    End,
    Error,      ///< what is wrong is in Lexer::error()
    Identifier, ///< also registers (`%r1`), labels (`$L1`) and the sink `_`
    Dotted,     ///< `.name`, as in directives and modifiers; `text` has the dot
    Integer,    ///< `bits`; `isUnsigned` with the suffix U or a value beyond 63 bits
    Float,      ///< `bits`: a double, or with `isSingle` a float
    String,     ///< `text` without the quotes
    Punctuator, ///< `text`: one character, or `<<`, `>>`, `<=`, `>=`, `==`, `!=`, `&&`, `||`
  };
  Kind kind = Kind::End;
  bool isUnsigned = false;
  bool isSingle = false;
  uint32_t line = 0;   ///< 1-based
  uint32_t column = 0; ///< 1-based, in bytes
  std::string_view text;
  uint64_t bits = 0;

  bool is(Kind other) const { return kind == other; }
  bool is(std::string_view punctuator) const {
    return kind == Kind::Punctuator && text == punctuator;
  }
  bool isWord(std::string_view word) const {
    return (kind == Kind::Identifier || kind == Kind::Dotted) && text == word;
  }
};

class Lexer {
public:
  explicit Lexer(std::string_view text) : text(text) {}

  /// The next token. After End or Error it stays there.
  Token next();
  /// Why the last token is an Error.
  const std::string &error() const { return message; }

private:
  bool skipBlank();
  Token make(Token::Kind kind, size_t start, size_t end);
  Token fail(size_t at, std::string why);
  Token number(size_t start);
  Token hexFloat(size_t start, unsigned digits);
  Token decimalFloat(size_t start);
  Token string(size_t start);
  Token punctuator(size_t start);
  char at(size_t index) const { return index < text.size() ? text[index] : '\0'; }

  std::string_view text;
  size_t position = 0;
  size_t lineStart = 0;
  uint32_t line = 1;
  bool failed = false;
  Token failure;
  std::string message;
};

/// Character that may be inside an identifier.
bool isWordCharacter(char c);

} // namespace ptx
#endif
