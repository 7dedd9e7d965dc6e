//===- Lexer.h - `.dp` text to tokens -----------------------------------------------*- C++ -*-===//
#pragma once

#include "lib/Support/Diagnostics.h"

#include <string>
#include <vector>

namespace dpc {

struct Token {
  enum class Kind {
#define DPC_TOKEN(name, description) name,
#include "lib/Frontend/Tokens.def"
  };
  Kind kind = Kind::end;
  uint32_t offset = 0, length = 0;
  /// The name with Greek letters spelt out, the digits of a number, the inside of a string.
  std::string text;
};

/// What a message calls this kind of token.
const char *describe(Token::Kind kind);

/// The tokens of the bytes [begin, end) of `file`; the last is always `end`. Comments and white
/// space separate. What is no token is reported (once per run of bytes) and becomes `junk`. `code`
/// is the exit code of such errors.
std::vector<Token> lex(const SourceFile &file, size_t begin, size_t end, DiagnosticEngine &engine,
                       ExitCode code = ExitCode::model);

} // namespace dpc
