//===- Directives.cpp - header, debugging, pragmas (PTX ISA 11) -------------------------------===//

#include "simulator/Parse/Parser.h"

#include <fmt/format.h>

namespace ptx {

constexpr uint64_t any32 = 0xffffffff;

/// `.version 8.0 .target sm_80 .address_size 64`
bool Parser::header() {
  if (!acceptWord(".version"))
    return failExpected("`.version`");
  unsigned major = 0, minor = 0;
  // The lexer takes 8.0 for a number; what is written counts.
  std::string_view text = token.text;
  size_t dot = text.find('.');
  bool isNumber = token.is(Token::Kind::Float) && dot != std::string_view::npos && dot <= 2 &&
                  text.size() == dot + 2;
  for (size_t i = 0; isNumber && i < text.size(); ++i)
    if (i != dot) {
      if (text[i] < '0' || text[i] > '9')
        isNumber = false;
      (i < dot ? major : minor) = (i < dot ? major : minor) * 10 + (text[i] - '0');
    }
  if (!isNumber)
    return failExpected("a version such as 8.0");
  if (major < 1 || major > 9)
    return fail(token, fmt::format("PTX version {} is unknown; known are 1.0 to 9.9", text));
  module.version = major * 10 + minor;
  advance();
  if (!acceptWord(".target"))
    return failExpected("`.target`");
  if (!targetDirective())
    return false;
  if (acceptWord(".address_size")) {
    if (token.is(Token::Kind::Integer) && token.bits == 32)
      return fail(token, "addresses of 32 bits; only .address_size 64 is supported");
    if (!token.is(Token::Kind::Integer) || token.bits != 64)
      return failExpected("64");
    advance();
  }
  return true;
}

bool Parser::targetDirective() {
  do {
    Token word;
    if (!identifier(word, "a target such as sm_80"))
      return false;
    if (word.text.starts_with("sm_")) {
      std::string_view digits = word.text.substr(3);
      if (digits.ends_with('a') || digits.ends_with('f'))
        digits.remove_suffix(1);
      unsigned number = 0;
      for (char c : digits)
        number = c >= '0' && c <= '9' && number < 1000 ? number * 10 + (c - '0') : 10000;
      if (digits.size() < 2 || number < 10 || number > 999)
        return fail(word, fmt::format("unknown target `{}`", word.text));
      module.target = word.text;
      module.architecture = number;
    } else if (word.text != "debug" && word.text != "texmode_independent" &&
               word.text != "texmode_unified" && word.text != "map_f64_to_f32") {
      return fail(word, fmt::format("unknown target `{}`", word.text));
    }
  } while (accept(","));
  return module.architecture != 0 || failExpected("a target such as sm_80");
}

/// `.file 1 "name", timestamp, size`
bool Parser::fileDirective() {
  Token where = token;
  uint64_t index = 0, ignored = 0;
  if (!unsignedInteger(index, any32, "the number of the file"))
    return false;
  if (!token.is(Token::Kind::String))
    return failExpected("the name of the file in quotes");
  // Numbers are small and nearly dense; a sparse one would only waste memory.
  if (index > module.files.size() + 65536)
    return fail(where, fmt::format("file number {} is far beyond the others", index));
  if (module.files.size() <= index)
    module.files.resize(index + 1);
  module.files[index] = token.text;
  advance();
  if (accept(",")) {
    if (!unsignedInteger(ignored, ~uint64_t(0), "a time stamp") || !expect(",") ||
        !unsignedInteger(ignored, ~uint64_t(0), "a size"))
      return false;
  }
  return true;
}

/// `.loc file line column[, function_name label[+offset], inlined_at file line column]`
bool Parser::locDirective() {
  uint64_t file = 0, line = 0, ignored = 0;
  if (!unsignedInteger(file, any32, "the number of a file") ||
      !unsignedInteger(line, any32, "a line") || !unsignedInteger(ignored, any32, "a column"))
    return false;
  place.file = static_cast<uint32_t>(file);
  place.source = static_cast<uint32_t>(line);
  while (accept(",")) {
    if (acceptWord("function_name")) {
      Token label;
      if (!identifier(label, "a label"))
        return false;
      if (accept("+") && !unsignedInteger(ignored, ~uint64_t(0), "an offset"))
        return false;
    } else if (acceptWord("inlined_at")) {
      if (!unsignedInteger(ignored, any32, "the number of a file") ||
          !unsignedInteger(ignored, any32, "a line") ||
          !unsignedInteger(ignored, any32, "a column"))
        return false;
    } else {
      return failExpected("`function_name` or `inlined_at`");
    }
  }
  return true;
}

/// A term or sum of terms: numbers, labels and names of sections.
bool Parser::sectionValue() {
  do {
    while (accept("-") || accept("+"))
      ;
    if (!token.is(Token::Kind::Integer) && !token.is(Token::Kind::Identifier) &&
        !token.is(Token::Kind::Dotted))
      return failExpected("a number or a label");
    advance();
  } while (token.is("+") || token.is("-"));
  return true;
}

/// `.section .debug_str { labels and .b8, .b16, .b32, .b64 data }`: nothing executes it.
bool Parser::sectionDirective() {
  if (!token.is(Token::Kind::Dotted))
    return failExpected("the name of the section");
  advance();
  if (!expect("{"))
    return false;
  while (!token.is("}")) {
    if (token.is(Token::Kind::Identifier)) {
      advance();
      if (!expect(":"))
        return false;
      continue;
    }
    if (!token.isWord(".b8") && !token.isWord(".b16") && !token.isWord(".b32") &&
        !token.isWord(".b64"))
      return failExpected("a label, `.b8`, `.b16`, `.b32`, `.b64` or `}`");
    advance();
    do {
      if (!sectionValue())
        return false;
    } while (accept(","));
  }
  advance();
  return true;
}

/// `.pragma "text", ...;`: hints for ptxas.
bool Parser::pragmaDirective() {
  do {
    if (!token.is(Token::Kind::String))
      return failExpected("a string");
    advance();
  } while (accept(","));
  return expect(";");
}

/// `.alias alias, function;`
bool Parser::aliasDirective() {
  Token alias, target;
  if (!identifier(alias, "the name of a function") || !expect(",") ||
      !identifier(target, "the name of a function") || !expect(";"))
    return false;
  for (const Token &name : {alias, target}) {
    auto found = functionNames.find(name.text);
    if (found == functionNames.end() || undeclared.count(found->second))
      return fail(name, fmt::format("`{}` is not a declared function", name.text));
    if (module.functions[found->second].isKernel)
      return fail(name, fmt::format("`{}` is a kernel: those have no aliases", name.text));
  }
  aliases.push_back({functionNames[alias.text], functionNames[target.text], alias});
  const Function &first = module.functions[aliases.back().alias];
  const Function &second = module.functions[aliases.back().target];
  return sameSignature(first, second) ||
         fail(alias,
              fmt::format("`{}` and `{}` differ in their parameters", alias.text, target.text));
}

/// `.attribute(.managed)`, `.attribute(.unified(0, 0))`: where memory lies does not matter here.
bool Parser::skipAttribute() {
  if (!expect("("))
    return false;
  do {
    if (acceptWord(".managed"))
      continue;
    uint64_t ignored = 0;
    if (!acceptWord(".unified"))
      return failExpected("`.managed` or `.unified`");
    if (!expect("(") || !unsignedInteger(ignored, ~uint64_t(0), "a number") || !expect(",") ||
        !unsignedInteger(ignored, ~uint64_t(0), "a number") || !expect(")"))
      return false;
  } while (accept(","));
  return expect(")");
}

} // namespace ptx
