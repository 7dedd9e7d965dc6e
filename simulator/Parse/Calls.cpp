//===- Calls.cpp - call (PTX ISA 9.7.12.5) ----------------------------------------------------===//

#include "simulator/Parse/Parser.h"

#include <fmt/format.h>

namespace ptx {

/// `(a, b)`: .param variables, registers, of arguments also constants.
bool Parser::callList(Operand &list, bool isResult) {
  list.kind = Operand::Kind::List;
  if (!expect("("))
    return false;
  if (accept(")"))
    return true;
  do {
    Operand element;
    Token where = token;
    if (startsExpression() && !isResult) {
      if (!constant(element))
        return false;
    } else if (token.isWord("_") && isResult) {
      advance();
    } else if (token.is(Token::Kind::Identifier)) {
      if (!named(element, Opcode::Call))
        return false;
      if (element.kind != Operand::Kind::Register && element.kind != Operand::Kind::CallSlot &&
          element.kind != Operand::Kind::Parameter)
        return fail(where,
                    fmt::format("`{}` is neither a .param variable nor a register", where.text));
      if (element.kind == Operand::Kind::Parameter)
        return fail(where, fmt::format("the parameter `{}` of the function itself; copy it to a "
                                       ".param variable of the body",
                                       where.text));
    } else {
      return failExpected(isResult ? "a .param variable or register"
                                   : "a .param variable, register or constant");
    }
    list.elements.push_back(std::move(element));
  } while (accept(","));
  return expect(")");
}

/// Behind `call.uni`, up to `;`: `(results), callee, (arguments), prototype`.
bool Parser::call(std::vector<Operand> &operands) {
  Operand results, callee, arguments;
  results.kind = arguments.kind = Operand::Kind::List;
  if (token.is("(") && (!callList(results, true) || !expect(",")))
    return false;
  Token where;
  if (!identifier(where, "the name of a function or a register"))
    return false;
  bool isLocal = false;
  if (!localName(where, callee, isLocal))
    return false;
  if (!isLocal) {
    if (variableNames.count(where.text) || where.text[0] == '%')
      return fail(where, fmt::format("`{}` is no function", where.text));
    callee.kind = Operand::Kind::Function;
    callee.function = functionUse(where);
  } else if (callee.kind != Operand::Kind::Register ||
             bitWidth(module.functions[current].registers[callee.reg].type) != 64 ||
             isFloat(module.functions[current].registers[callee.reg].type)) {
    return fail(where, fmt::format("`{}` is neither a function nor a 64-bit register", where.text));
  }
  Token prototype;
  if (accept(",")) {
    if (token.is("(") &&
        (!callList(arguments, false) || (accept(",") && !identifier(prototype, "a prototype"))))
      return false;
    if (arguments.elements.empty() && !prototype.line && token.is(Token::Kind::Identifier) &&
        !identifier(prototype, "a prototype"))
      return false;
  }
  const Function &caller = module.functions[current];
  if (prototype.line) {
    if (auto found = prototypes.find(prototype.text); found != prototypes.end()) {
      if (!checkArguments(caller, arguments, found->second.parameters, "arguments", prototype.text,
                          where) ||
          !checkArguments(caller, results, found->second.results, "results", prototype.text, where))
        return false;
    } else if (!targetLists.count(prototype.text)) {
      return fail(prototype, fmt::format("`{}` is no .callprototype or .calltargets of this "
                                         "function",
                                         prototype.text));
    }
  } else if (callee.kind == Operand::Kind::Register) {
    return fail(where, "a call through a register without a prototype");
  }
  if (callee.kind == Operand::Kind::Function)
    callSites.push_back(
        {current, callee.function, static_cast<uint32_t>(caller.instructions.size()), where});
  operands.push_back(std::move(results));
  operands.push_back(std::move(callee));
  operands.push_back(std::move(arguments));
  return true;
}

bool Parser::checkArguments(const Function &caller, const Operand &list,
                            const std::vector<Parameter> &parameters, std::string_view what,
                            std::string_view callee, const Token &where) {
  // `.param .b8 x[]` at the end takes arguments of any size, or none.
  bool isOpen = !parameters.empty() && parameters.back().bytes == 0;
  size_t given = list.elements.size(), taken = parameters.size();
  if (given > taken || given + isOpen < taken)
    return fail(where, fmt::format("`{}` has {} {}, not {}", callee, taken, what, given));
  for (size_t i = 0; i < given; ++i) {
    const Operand &element = list.elements[i];
    const Parameter &parameter = parameters[i];
    uint64_t bytes = parameter.bytes;
    if (element.kind == Operand::Kind::CallSlot) {
      bytes = caller.callSlots[element.parameter].bytes;
    } else if (element.kind == Operand::Kind::Register) {
      Type held = caller.registers[element.reg].type;
      bytes = (bitWidth(held) + 7) / 8;
      if ((held == Type::Pred) != (parameter.type == Type::Pred))
        bytes = 0;
    }
    if (bytes != parameter.bytes && !(isOpen && i + 1 == taken))
      return fail(where, fmt::format("number {} of the {} of `{}` has {} bytes, not {}", i + 1,
                                     what, callee, parameter.bytes, bytes));
  }
  return true;
}

bool Parser::checkCall(const CallSite &site) {
  const Function &callee = module.functions[site.callee];
  const Function &caller = module.functions[site.caller];
  if (callee.isKernel)
    return fail(site.where, fmt::format("a call of the kernel `{}`", callee.name));
  const std::vector<Operand> &operands = caller.instructions[site.instruction].operands;
  return checkArguments(caller, operands[2], callee.parameters, "arguments", callee.name,
                        site.where) &&
         checkArguments(caller, operands[0], callee.results, "results", callee.name, site.where);
}

} // namespace ptx
