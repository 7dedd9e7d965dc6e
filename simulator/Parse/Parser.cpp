//===- Parser.cpp - tokens, and a module's beginning and end ----------------------------------===//

#include "simulator/Parse/Parser.h"

#include <fmt/format.h>

namespace ptx {

bool multiply(uint64_t &value, uint64_t factor, uint64_t most) {
  if (factor != 0 && value > most / factor)
    return false;
  value *= factor;
  return true;
}

uint64_t alignUp(uint64_t value, uint64_t alignment) {
  return (value + alignment - 1) & ~(alignment - 1);
}

Parser::Parser(std::string_view text, std::string_view name) : lexer(text) { module.name = name; }

void Parser::advance() {
  if (hasAhead) {
    token = ahead;
    hasAhead = false;
  } else {
    token = lexer.next();
  }
  if (token.is(Token::Kind::Error))
    (void)fail(token, lexer.error());
}

const Token &Parser::peek() {
  if (!hasAhead) {
    ahead = lexer.next();
    hasAhead = true;
  }
  return ahead;
}

bool Parser::fail(const Token &where, std::string message) {
  constexpr size_t end = 200; // names may have any length, messages not
  if (message.size() > 2 * end)
    message.replace(end, message.size() - 2 * end, "...");
  if (!failed)
    error = {where.line, where.column, std::move(message)};
  failed = true;
  return false;
}

/// Text of a token for a message; long ones are cut.
static std::string shown(const Token &token) {
  if (token.is(Token::Kind::End))
    return "the end of the text";
  std::string text(token.text.substr(0, 60));
  if (token.text.size() > 60)
    text += "...";
  return token.is(Token::Kind::String) ? fmt::format("\"{}\"", text) : fmt::format("`{}`", text);
}

bool Parser::failExpected(std::string_view what) {
  return fail(token, fmt::format("expected {}, found {}", what, shown(token)));
}

bool Parser::accept(std::string_view punctuator) {
  if (!token.is(punctuator))
    return false;
  advance();
  return true;
}

bool Parser::acceptWord(std::string_view word) {
  if (!token.isWord(word))
    return false;
  advance();
  return true;
}

bool Parser::expect(std::string_view punctuator) {
  return accept(punctuator) || failExpected(fmt::format("`{}`", punctuator));
}

bool Parser::identifier(Token &result, std::string_view what) {
  if (!token.is(Token::Kind::Identifier))
    return failExpected(what);
  result = token;
  advance();
  return true;
}

bool Parser::unsignedInteger(uint64_t &value, uint64_t most, std::string_view what) {
  if (!token.is(Token::Kind::Integer))
    return failExpected(what);
  if (token.bits > most)
    return fail(token, fmt::format("{} above {}: {}", what, most, token.bits));
  value = token.bits;
  advance();
  return true;
}

bool Parser::moduleItems() {
  while (!token.is(Token::Kind::End)) {
    if (failed)
      return false;
    bool isExternal = false;
    Token linkage = token;
    bool hasLinkage = false;
    for (std::string_view word : {".extern", ".visible", ".weak", ".common"})
      if (acceptWord(word)) {
        hasLinkage = true;
        isExternal = word == ".extern";
        break;
      }
    bool ok = false, takesLinkage = true;
    if (acceptWord(".entry"))
      ok = entryOrFunction(true);
    else if (acceptWord(".func"))
      ok = entryOrFunction(false);
    else if (acceptWord(".global"))
      ok = variables(Space::Global, isExternal, nullptr);
    else if (acceptWord(".const"))
      ok = variables(Space::Constant, isExternal, nullptr);
    else if (acceptWord(".shared"))
      ok = variables(Space::Shared, isExternal, nullptr);
    else if (acceptWord(".local"))
      ok = variables(Space::Local, isExternal, nullptr);
    else {
      takesLinkage = false;
      if (acceptWord(".file"))
        ok = fileDirective();
      else if (acceptWord(".loc"))
        ok = locDirective();
      else if (acceptWord(".section"))
        ok = sectionDirective();
      else if (acceptWord(".pragma"))
        ok = pragmaDirective();
      else if (acceptWord(".alias"))
        ok = aliasDirective();
      else if (token.is(Token::Kind::Dotted))
        return fail(token, fmt::format("unknown directive `{}` outside functions", token.text));
      else
        return failExpected("a directive");
    }
    if (!ok)
      return false;
    if (hasLinkage && !takesLinkage)
      return fail(linkage,
                  fmt::format("`{}` before what is neither variable nor function", linkage.text));
  }
  return !failed;
}

bool Parser::resolveAliases() {
  std::unordered_map<FunctionId, FunctionId> targets;
  for (const Alias &alias : aliases) {
    if (module.functions[alias.target].isDeclaration)
      return fail(alias.where, fmt::format("`{}`, which the alias `{}` stands for, has no body",
                                           module.functions[alias.target].name,
                                           module.functions[alias.alias].name));
    if (!module.functions[alias.alias].isDeclaration)
      return fail(alias.where, fmt::format("the alias `{}` has a body of its own",
                                           module.functions[alias.alias].name));
    targets[alias.alias] = alias.target;
  }
  if (targets.empty())
    return true;
  for (Function &function : module.functions)
    for (Instruction &instruction : function.instructions)
      for (Operand &operand : instruction.operands)
        if (auto found = targets.find(operand.function);
            operand.kind == Operand::Kind::Function && found != targets.end())
          operand.function = found->second;
  for (Variable &variable : module.variables)
    for (Variable::Relocation &relocation : variable.relocations)
      if (auto found = targets.find(relocation.target);
          relocation.isFunction && found != targets.end())
        relocation.target = found->second;
  return true;
}

/// Names that were used but never declared.
bool Parser::checkDeclared() {
  const Token *first = nullptr;
  for (const auto &[function, use] : undeclared)
    if (!first || use.line < first->line || (use.line == first->line && use.column < first->column))
      first = &use;
  return !first || fail(*first, fmt::format("`{}` is not declared", first->text));
}

bool Parser::finish() {
  if (!checkDeclared() || !resolveAliases())
    return false;
  for (const CallSite &site : callSites)
    if (!checkCall(site))
      return false;
  return true;
}

ParseResult Parser::run() {
  advance();
  ParseResult result;
  if (!failed && header() && moduleItems() && finish())
    result.module = std::move(module);
  else
    result.error = std::move(error);
  return result;
}

ParseResult parseModule(std::string_view text, std::string_view name) {
  return Parser(text, name).run();
}

} // namespace ptx
