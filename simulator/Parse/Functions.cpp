//===- Functions.cpp - kernels and functions up to their bodies (PTX ISA 11.2, 11.4) ----------===//

#include "simulator/Parse/Parser.h"

#include <fmt/format.h>

namespace ptx {

bool Parser::parameterList(std::vector<Parameter> &list, std::vector<Token> &names, bool isKernel,
                           bool isPrototype) {
  if (!accept("("))
    return true;
  uint64_t most = isKernel ? limits::kernelParameterBytes : limits::parameterBytes;
  uint64_t offset = 0;
  if (accept(")"))
    return true;
  do {
    Parameter next;
    Token name;
    Token where = token;
    if (!parameter(next, name, isPrototype))
      return false;
    if (isKernel && next.isRegister)
      return fail(where, "a .reg parameter of a kernel");
    if (next.bytes == 0 && isKernel)
      return fail(name, fmt::format("`{}` has no size", name.text));
    next.offset = alignUp(offset, next.alignment);
    offset = next.offset + next.bytes;
    if (offset > most)
      return fail(name, fmt::format("more than {} bytes of parameters", most));
    list.push_back(std::move(next));
    names.push_back(name);
  } while (accept(","));
  return expect(")");
}

/// `X[, Y[, Z]]`
bool Parser::threads(uint32_t (&result)[3]) {
  Token where = token;
  uint64_t product = 1;
  for (uint32_t &size : result)
    size = 1;
  for (unsigned i = 0; i < 3; ++i) {
    uint64_t value = 0;
    if (!unsignedInteger(value, 1024, "a number of threads"))
      return false;
    result[i] = static_cast<uint32_t>(value);
    product *= value;
    if (i == 2 || !accept(","))
      break;
  }
  return (product >= 1 && product <= 1024) ||
         fail(where, fmt::format("a block of {} threads", product));
}

bool Parser::functionDirectives(Function &function) {
  while (token.is(Token::Kind::Dotted)) {
    uint64_t value = 0;
    Token where = token;
    advance();
    if (where.text == ".noreturn") {
      continue;
    } else if (where.text == ".pragma") {
      if (!pragmaDirective())
        return false;
    } else if (where.text == ".attribute") {
      if (!skipAttribute())
        return false;
    } else if (where.text == ".abi_preserve" || where.text == ".abi_preserve_control") {
      if (!unsignedInteger(value, 255, "a number of registers"))
        return false;
    } else if (!function.isKernel) {
      return fail(where, fmt::format("unknown directive `{}` of a function", where.text));
    } else if (where.text == ".maxntid") {
      if (!threads(function.maximumThreads))
        return false;
    } else if (where.text == ".reqntid") {
      if (!threads(function.requiredThreads))
        return false;
    } else if (where.text == ".minnctapersm" || where.text == ".maxnctapersm") {
      if (!unsignedInteger(value, 1024, "a number of blocks"))
        return false;
      if (where.text == ".minnctapersm")
        function.minimumBlocks = static_cast<uint32_t>(value);
    } else if (where.text == ".maxnreg") {
      if (!unsignedInteger(value, 65536, "a number of registers"))
        return false;
      function.maximumRegisters = static_cast<uint32_t>(value);
    } else if (where.text == ".maxclusterrank") {
      if (!unsignedInteger(value, 1024, "a number of blocks"))
        return false;
    } else if (where.text == ".explicitcluster") {
      continue;
    } else if (where.text == ".reqnctapercluster") {
      uint32_t blocks[3];
      if (!threads(blocks))
        return false;
      if (blocks[0] * blocks[1] * blocks[2] != 1)
        return fail(where, "clusters of more than one block are not supported");
    } else {
      return fail(where, fmt::format("unknown directive `{}` of a kernel", where.text));
    }
  }
  return true;
}

bool Parser::sameSignature(const Function &a, const Function &b) const {
  auto same = [](const std::vector<Parameter> &x, const std::vector<Parameter> &y) {
    if (x.size() != y.size())
      return false;
    for (size_t i = 0; i < x.size(); ++i)
      if (x[i].bytes != y[i].bytes || x[i].isRegister != y[i].isRegister)
        return false;
    return true;
  };
  return a.isKernel == b.isKernel && same(a.results, b.results) && same(a.parameters, b.parameters);
}

/// The entry of the function `name`, made when it is new.
bool Parser::functionName(bool isKernel, const Token &name, FunctionId &index) {
  if (variableNames.count(name.text))
    return fail(name, fmt::format("`{}` is a variable", name.text));
  auto [found, isNew] =
      functionNames.emplace(name.text, static_cast<FunctionId>(module.functions.size()));
  index = found->second;
  if (!isNew)
    return true;
  Function function;
  function.name = name.text;
  function.isKernel = isKernel;
  function.isDeclaration = true;
  module.functions.push_back(std::move(function));
  return true;
}

/// Makes the parameters' names known in the body. `base`: Operand::parameter of the first.
bool Parser::bindParameters(std::vector<Parameter> &list, const std::vector<Token> &names,
                            uint32_t base) {
  for (size_t i = 0; i < list.size(); ++i) {
    if (list[i].isRegister) {
      list[i].reg = static_cast<RegisterId>(module.functions[current].registers.size());
      if (!declareRegister(names[i], list[i].type, 1))
        return false;
      continue;
    }
    LocalName local{LocalName::Kind::Parameter, base + static_cast<uint32_t>(i)};
    if (!scopes.back().names.emplace(names[i].text, local).second)
      return fail(names[i], fmt::format("two parameters `{}`", names[i].text));
  }
  return true;
}

/// Behind `.entry` or `.func`.
bool Parser::entryOrFunction(bool isKernel) {
  Function function;
  function.isKernel = isKernel;
  std::vector<Token> resultNames, parameterNames;
  if (!isKernel && acceptWord(".attribute") && !skipAttribute())
    return false;
  if (!isKernel && !parameterList(function.results, resultNames, false, false))
    return false;
  Token where;
  if (!identifier(where, isKernel ? "the name of a kernel" : "the name of a function") ||
      !parameterList(function.parameters, parameterNames, isKernel, false) ||
      !functionDirectives(function))
    return false;
  function.name = where.text;
  function.line = {where.line, 0, 0};
  if (!function.parameters.empty())
    function.parameterBytes = function.parameters.back().offset + function.parameters.back().bytes;
  FunctionId index = 0;
  if (!functionName(isKernel, where, index))
    return false;
  bool isUsedBefore = undeclared.erase(index) != 0;
  Function &old = module.functions[index];
  bool isFirst = isUsedBefore || (old.isDeclaration && old.line.ptx == 0);
  if (!isFirst && !sameSignature(old, function))
    return fail(where, fmt::format("`{}` was declared with other parameters in line {}", where.text,
                                   old.line.ptx));
  if (token.is(";")) {
    function.isDeclaration = true;
    advance();
    if (isFirst)
      old = std::move(function);
    return true;
  }
  if (!old.isDeclaration)
    return fail(where,
                fmt::format("`{}` has a body already, in line {}", where.text, old.line.ptx));
  if (!token.is("{"))
    return failExpected("`;` or `{`");
  old = std::move(function);
  current = index;
  scopes.assign(1, BlockScope());
  labelStates.clear();
  prototypes.clear();
  targetLists.clear();
  callSlotTotal = localTotal = 0;
  place = Line();
  Function &self = module.functions[current];
  auto results = std::move(self.results);
  auto parameters = std::move(self.parameters);
  bool ok = bindParameters(parameters, parameterNames, 0) &&
            bindParameters(results, resultNames, static_cast<uint32_t>(parameters.size()));
  self.results = std::move(results);
  self.parameters = std::move(parameters);
  return ok && body();
}

} // namespace ptx
