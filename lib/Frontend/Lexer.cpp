//===- Lexer.cpp - names, numbers and signs of language.md 2 ----------------------------------===//
#include "lib/Frontend/Lexer.h"

#include "llvm/ADT/StringExtras.h"

using namespace dpc;
using llvm::StringRef;

const char *dpc::describe(Token::Kind kind) {
  switch (kind) {
#define DPC_TOKEN(name, description)                                                               \
  case Token::Kind::name:                                                                          \
    return description;
#include "lib/Frontend/Tokens.def"
  }
  llvm_unreachable("unknown token");
}

namespace {

/// The Greek spellings of language.md 2.
constexpr std::pair<llvm::StringLiteral, llvm::StringLiteral> greek[] = {
    {"α", "alpha"}, {"β", "beta"}, {"γ", "gamma"}, {"Δ", "delta"}, {"Σ", "sum"}};

/// Digits beyond this say nothing that a computer could use.
constexpr size_t longestNumber = 400;
constexpr unsigned mostErrors = 1000;

class Lexer {
public:
  Lexer(const SourceFile &file, size_t begin, size_t end, DiagnosticEngine &engine, ExitCode code)
      : file(file), rest(file.text().slice(begin, end)), offset(begin), engine(engine), code(code) {
    if (begin == 0)
      skip(rest.starts_with("\xEF\xBB\xBF") ? 3 : 0); // a byte order mark
  }

  std::vector<Token> run() {
    for (;;) {
      skipSpace();
      if (rest.empty() || errors > mostErrors) {
        add(Token::Kind::end, 0, "");
        return std::move(tokens);
      }
      next();
    }
  }

private:
  void skip(size_t length) {
    rest = rest.drop_front(length);
    offset += length;
  }

  void skipSpace() {
    for (;;) {
      size_t length = rest.size() - rest.ltrim(" \t\r\n\f\v").size();
      if (rest.drop_front(length).starts_with("//"))
        length += rest.drop_front(length).take_until([](char c) { return c == '\n'; }).size();
      if (length == 0)
        return;
      skip(length);
    }
  }

  void add(Token::Kind kind, size_t length, std::string text) {
    tokens.push_back(
        {kind, static_cast<uint32_t>(offset), static_cast<uint32_t>(length), std::move(text)});
    skip(length);
  }

  template <typename... Arguments>
  void error(const Message &message, const Arguments &...arguments) {
    ++errors;
    engine.error(file.place(offset), message, arguments...).code(code);
  }

  /// A letter of a name at the front of `text`: its length and its spelling, or 0.
  static size_t nameLetter(StringRef text, bool first, std::string &spelling) {
    if (text.empty())
      return 0;
    if (llvm::isAlpha(text[0]) || text[0] == '_' || (!first && llvm::isDigit(text[0]))) {
      spelling += text[0];
      return 1;
    }
    for (auto [letter, name] : greek)
      if (text.starts_with(letter)) {
        spelling += name;
        return letter.size();
      }
    return 0;
  }

  void next() {
    std::string spelling;
    size_t length = 0;
    while (size_t letter = nameLetter(rest.drop_front(length), length == 0, spelling))
      length += letter;
    if (length > 0)
      return add(Token::Kind::name, length, std::move(spelling));
    if (llvm::isDigit(rest[0]))
      return number();
    if (rest[0] == '"')
      return string();
    if (rest.starts_with("->"))
      return add(Token::Kind::arrow, 2, "->");
    Token::Kind kind = punctuation(rest[0]);
    if (kind != Token::Kind::junk)
      return add(kind, 1, rest.take_front(1).str());
    junk();
  }

  static Token::Kind punctuation(char c) {
    using Kind = Token::Kind;
    switch (c) {
    case '(':
      return Kind::leftParen;
    case ')':
      return Kind::rightParen;
    case '[':
      return Kind::leftBracket;
    case ']':
      return Kind::rightBracket;
    case '{':
      return Kind::leftBrace;
    case '}':
      return Kind::rightBrace;
    case ',':
      return Kind::comma;
    case ';':
      return Kind::semicolon;
    case ':':
      return Kind::colon;
    case '.':
      return Kind::dot;
    case '=':
      return Kind::equal;
    case '+':
      return Kind::plus;
    case '-':
      return Kind::minus;
    case '*':
      return Kind::star;
    case '/':
      return Kind::slash;
    default:
      return Kind::junk;
    }
  }

  void number() {
    size_t length = rest.take_while(llvm::isDigit).size();
    StringRef after = rest.drop_front(length);
    if (after.size() > 1 && after[0] == '.' && llvm::isDigit(after[1]))
      length += 1 + after.drop_front().take_while(llvm::isDigit).size();
    after = rest.drop_front(length);
    if (after.consume_front("e") || after.consume_front("E")) {
      if (!after.consume_front("-"))
        after.consume_front("+");
      if (size_t digits = after.take_while(llvm::isDigit).size())
        length = after.data() + digits - rest.data();
    }
    if (length > longestNumber) {
      // Well-formed, so even in a `--set` a wrong value and not a malformed option.
      ++errors;
      engine.error(file.place(offset), message::numberTooLong, length);
      return add(Token::Kind::junk, length, "");
    }
    add(Token::Kind::number, length, rest.take_front(length).str());
  }

  void string() {
    StringRef inside = rest.drop_front();
    size_t length = inside.find_first_of("\"\n");
    if (length == StringRef::npos || inside[length] == '\n') {
      error(message::unterminatedString);
      length = inside.take_until([](char c) { return c == '\n' || c == ';'; }).size();
      return add(Token::Kind::junk, length + 1, "");
    }
    add(Token::Kind::string, length + 2, inside.take_front(length).str());
  }

  /// Everything up to the next character that could start a token is one error.
  void junk() {
    std::string unused;
    size_t length = 0;
    while (length < rest.size()) {
      char c = rest[length];
      StringRef at = rest.drop_front(length);
      if (llvm::isAlnum(c) || llvm::isSpace(c) || c == '"' || nameLetter(at, true, unused) ||
          punctuation(c) != Token::Kind::junk)
        break;
      ++length;
    }
    std::string shown;
    for (char c : rest.take_front(std::min<size_t>(length, 12)))
      if (c >= 0x20 && c < 0x7F)
        shown += c;
      else
        shown += fmt::format("\\x{:02X}", static_cast<unsigned char>(c));
    error(message::unexpectedCharacters, shown);
    add(Token::Kind::junk, length, "");
  }

  const SourceFile &file;
  StringRef rest;
  size_t offset;
  DiagnosticEngine &engine;
  ExitCode code;
  unsigned errors = 0;
  std::vector<Token> tokens;
};

} // namespace

std::vector<Token> dpc::lex(const SourceFile &file, size_t begin, size_t end,
                            DiagnosticEngine &engine, ExitCode code) {
  return Lexer(file, begin, end, engine, code).run();
}
