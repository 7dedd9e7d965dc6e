//===- Body.cpp - statements of a function ----------------------------------------------------===//

#include "simulator/Parse/Parser.h"

#include <algorithm>
#include <fmt/format.h>

namespace ptx {

/// `{ statements }`, the outermost block of a function.
bool Parser::body() {
  Token open = token;
  if (!expect("{"))
    return false;
  while (!scopes.empty()) {
    if (failed)
      return false;
    if (token.is(Token::Kind::End))
      return fail(token, fmt::format("the text ends in the body of `{}`, which starts in line {}",
                                     module.functions[current].name, open.line));
    if (!statement())
      return false;
  }
  return finishBody();
}

bool Parser::statement() {
  if (token.is("{")) {
    if (scopes.size() > limits::nesting)
      return fail(token, "blocks nested too deeply");
    advance();
    scopes.emplace_back();
    return true;
  }
  if (token.is("}")) {
    Token brace = token;
    advance();
    return closeScope(brace);
  }
  if (token.is(Token::Kind::Dotted))
    return bodyDirective();
  if (token.is(Token::Kind::Identifier) && peek().is(":"))
    return label();
  if (token.is(Token::Kind::Identifier) || token.is("@"))
    return instruction();
  return failExpected("an instruction, a directive or `}`");
}

bool Parser::bodyDirective() {
  Function *function = &module.functions[current];
  if (acceptWord(".reg"))
    return registers();
  if (acceptWord(".param"))
    return callSlot();
  if (acceptWord(".loc"))
    return locDirective();
  if (acceptWord(".local"))
    return variables(Space::Local, false, function);
  if (acceptWord(".shared"))
    return variables(Space::Shared, false, function);
  if (acceptWord(".global"))
    return variables(Space::Global, false, function);
  if (acceptWord(".const"))
    return variables(Space::Constant, false, function);
  if (acceptWord(".pragma"))
    return pragmaDirective();
  if (acceptWord(".file"))
    return fileDirective();
  if (acceptWord(".section"))
    return sectionDirective();
  if (acceptWord(".extern")) {
    if (!acceptWord(".shared"))
      return failExpected("`.shared`");
    return variables(Space::Shared, true, function);
  }
  return fail(token, fmt::format("unknown directive `{}` in a function", token.text));
}

/// The label that `name` means in the innermost block, as far as is known now.
LabelId Parser::labelId(std::string_view name) {
  Function &function = module.functions[current];
  auto [found, isNew] =
      scopes.back().labels.emplace(name, static_cast<LabelId>(labelStates.size()));
  if (isNew) {
    LabelState state;
    state.same = found->second;
    labelStates.push_back(state);
    function.labels.push_back({std::string(name), 0});
    function.tables.emplace_back();
  }
  return found->second;
}

/// `name:`, maybe with one of the directives that need a name.
bool Parser::label() {
  Token name = token;
  advance();
  advance();
  if (acceptWord(".callprototype"))
    return callPrototype(name);
  if (acceptWord(".calltargets"))
    return callTargets(name);
  LabelId id = labelId(name.text);
  if (labelStates[id].isDefined)
    return fail(name, fmt::format("the label `{}` is there twice", name.text));
  labelStates[id].isDefined = true;
  Function &function = module.functions[current];
  function.labels[id].instruction = static_cast<uint32_t>(function.instructions.size());
  if (acceptWord(".branchtargets")) {
    labelStates[id].isTable = true;
    return branchTargets(id);
  }
  return true;
}

bool Parser::branchTargets(LabelId table) {
  do {
    Token target;
    if (!identifier(target, "a label"))
      return false;
    LabelId id = labelId(target.text);
    if (!labelStates[id].use.line)
      labelStates[id].use = target;
    module.functions[current].tables[table].push_back(id);
  } while (accept(","));
  return expect(";");
}

bool Parser::callTargets(const Token &name) {
  do {
    Token target;
    if (!identifier(target, "the name of a function"))
      return false;
    functionUse(target);
  } while (accept(","));
  targetLists[name.text] = name;
  return expect(";");
}

/// `name: .callprototype (results) _ (parameters) .noreturn;`
bool Parser::callPrototype(const Token &name) {
  Prototype prototype;
  std::vector<Token> ignored;
  Function directives;
  if (!parameterList(prototype.results, ignored, false, true))
    return false;
  if (!acceptWord("_"))
    return failExpected("`_`");
  if (!parameterList(prototype.parameters, ignored, false, true) || !functionDirectives(directives))
    return false;
  prototypes[name.text] = std::move(prototype);
  return expect(";");
}

/// At `}`: labels that this block uses and does not define are those of the block around it.
bool Parser::closeScope(const Token &brace) {
  BlockScope closed = std::move(scopes.back());
  scopes.pop_back();
  for (const auto &[name, id] : closed.labels) {
    if (labelStates[id].isDefined)
      continue;
    if (scopes.empty())
      return fail(labelStates[id].use.line ? labelStates[id].use : brace,
                  fmt::format("the label `{}` is not in this function", name));
    auto [outer, isNew] = scopes.back().labels.emplace(name, id);
    if (!isNew) {
      labelStates[id].same = outer->second;
      labelStates[id].isDefined = true; // done with
      if (!labelStates[outer->second].use.line)
        labelStates[outer->second].use = labelStates[id].use;
    }
  }
  return true;
}

/// Replaces labels of inner blocks by those they turned out to be, and checks their use.
bool Parser::finishBody() {
  Function &function = module.functions[current];
  auto resolve = [&](LabelId id) {
    while (labelStates[id].same != id)
      id = labelStates[id].same = labelStates[labelStates[id].same].same;
    return id;
  };
  for (Instruction &instruction : function.instructions) {
    for (Operand &operand : instruction.operands)
      if (operand.kind == Operand::Kind::Label) {
        operand.label = resolve(operand.label);
        bool isTable = labelStates[operand.label].isTable;
        Token where = labelStates[operand.label].use;
        if (isTable != (instruction.opcode == Opcode::Brx))
          return fail(where,
                      fmt::format("`{}` is {} list of .branchtargets",
                                  function.labels[operand.label].name, isTable ? "a" : "no"));
      }
  }
  for (LabelId id = 0; id < function.labels.size(); ++id)
    function.labels[id].instruction = function.labels[resolve(id)].instruction;
  for (std::vector<LabelId> &table : function.tables)
    for (LabelId &id : table) {
      id = resolve(id);
      if (labelStates[id].isTable)
        return fail(labelStates[id].use, "a list of .branchtargets in another");
    }
  return true;
}

/// The opcode and modifiers at the current token; equal texts are matched once.
bool Parser::mnemonic(const Mnemonic *&result, Token &start, std::vector<Token> &modifiers) {
  start = token;
  const char *end = token.text.data() + token.text.size();
  advance();
  while (token.is(Token::Kind::Dotted)) {
    if (modifiers.size() == limits::modifiers)
      return fail(token, "an instruction with too many modifiers");
    modifiers.push_back(token);
    end = token.text.data() + token.text.size();
    advance();
  }
  std::string_view text(start.text.data(), end - start.text.data());
  auto found = mnemonics.find(text);
  if (found == mnemonics.end()) {
    Opcode opcode;
    if (isUnsupported(start.text))
      return fail(start, fmt::format("`{}` is not supported by the simulator", start.text));
    if (!findOpcode(start.text, opcode)) {
      std::string_view near = nearestOpcode(start.text);
      return fail(start, near.empty()
                             ? fmt::format("unknown instruction `{}`", start.text)
                             : fmt::format("unknown instruction `{}`; `{}`?", start.text, near));
    }
    std::vector<std::string_view> words;
    for (const Token &modifier : modifiers)
      words.push_back(modifier.text.substr(1));
    found = mnemonics.emplace(text, matchModifiers(opcode, words)).first;
  }
  result = &found->second;
  if (!result->candidates.empty())
    return true;
  size_t at = result->errorModifier;
  return fail(at < modifiers.size() ? modifiers[at] : start, result->error);
}

bool Parser::checkVersion(const Form &form, const Token &where, const Mnemonic &mnemonic) {
  unsigned version = std::max(form.version, mnemonic.version);
  unsigned architecture = std::max(form.architecture, mnemonic.architecture);
  if (module.version < version)
    return fail(where, fmt::format("`{}` needs PTX version {}.{}, the module says {}.{}",
                                   mnemonic.fullName(), version / 10, version % 10,
                                   module.version / 10, module.version % 10));
  if (module.architecture < architecture)
    return fail(where, fmt::format("`{}` needs .target sm_{}, the module says {}",
                                   mnemonic.fullName(), architecture, module.target));
  return true;
}

/// `@!%p opcode.modifiers operands;`
bool Parser::instruction() {
  Instruction result;
  result.line = {token.line, place.file, place.source};
  if (accept("@")) {
    result.hasGuard = true;
    result.guardNegated = accept("!");
    Token name;
    if (!identifier(name, "a predicate"))
      return false;
    Operand guard;
    bool found = false;
    if (!localName(name, guard, found))
      return false;
    if (!found || guard.kind != Operand::Kind::Register ||
        module.functions[current].registers[guard.reg].type != Type::Pred)
      return fail(name, fmt::format("`{}` is no .pred register", name.text));
    result.guard = guard.reg;
    if (!token.is(Token::Kind::Identifier))
      return failExpected("an instruction");
  }
  const Mnemonic *words = nullptr;
  Token start;
  std::vector<Token> modifiers;
  if (!mnemonic(words, start, modifiers))
    return false;
  result.line.ptx = start.line;
  std::vector<Token> places;
  if (words->opcode == Opcode::Call) {
    if (!call(result.operands))
      return false;
  } else if (!token.is(";")) {
    do {
      places.push_back(token);
      Operand next;
      if (!operand(next, *words, result.operands.size()))
        return false;
      result.operands.push_back(std::move(next));
    } while (accept(","));
  }
  Token end = token;
  if (!token.is(";"))
    return failExpected(result.operands.empty() ? "an operand or `;`" : "`,` or `;`");
  OperandError wrong;
  if (!matchOperands(*words, result.operands, module, module.functions[current], result.form,
                     wrong))
    return fail(wrong.operand < places.size() ? places[wrong.operand]
                : places.empty()              ? start
                                              : end,
                wrong.message);
  if (!checkVersion(form(result.form), start, *words))
    return false;
  for (const Operand &each : result.operands)
    if (result.hasGuard && each.kind == Operand::Kind::Address &&
        each.elements[0].kind == Operand::Kind::CallSlot)
      return fail(start, fmt::format("a guard on `{}` of a parameter of a call: those are passed "
                                     "unconditionally",
                                     words->fullName()));
  result.opcode = words->opcode;
  result.modifiers = words->modifiers;
  result.types = words->types;
  module.functions[current].instructions.push_back(std::move(result));
  advance();
  return true;
}

} // namespace ptx
