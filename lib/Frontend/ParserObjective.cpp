//===- ParserObjective.cpp - objectives, `train` blocks and `--set` ---------------------------===//
#include "lib/Frontend/Parser.h"

#include "lib/Support/Suggest.h"

using namespace dpc;
using namespace dpc::ast;

bool Parser::parseObjectiveHead(Objective &objective) {
  if (!expect(Kind::leftParen, "the objective's name"))
    return false;
  if (!eat(Kind::rightParen)) {
    do {
      Parameter parameter;
      if (!parseParameter(parameter))
        return false;
      objective.parameters.push_back(std::move(parameter));
    } while (eat(Kind::comma));
    if (!expect(Kind::rightParen, "the objective's parameters"))
      return false;
  }
  return expect(Kind::leftBrace, "the objective's parameters");
}

bool Parser::parseObjective(File &result) {
  Objective objective;
  advance();
  objective.spot = spot();
  if (!parseName(objective.name, "the objective's name"))
    return false;
  if (!parseObjectiveHead(objective)) {
    objective.broken = true;
    result.objectives.push_back(std::move(objective));
    return false;
  }
  while (!at(Kind::rightBrace) && !at(Kind::end) && !atDeclaration()) {
    size_t before = position;
    if (!parseClause(objective)) {
      recover();
      if (position == before)
        advance();
    }
  }
  expect(Kind::rightBrace, "the clauses of an objective");
  result.objectives.push_back(std::move(objective));
  return true;
}

/// ident [ "in" range ] [ "=" expr ]
bool Parser::parseParameter(Parameter &parameter) {
  if (!parseName(parameter.name, "the name of a parameter"))
    return false;
  if (atWord("in")) {
    advance();
    Bound low, high;
    low.closed = at(Kind::leftBracket);
    if (!low.closed && !at(Kind::leftParen)) {
      unexpected("`[` or `(` after `in`");
      return false;
    }
    advance();
    if (!parseBound(low) || !expect(Kind::comma, "the lower bound") || !parseBound(high))
      return false;
    high.closed = at(Kind::rightBracket);
    if (!high.closed && !at(Kind::rightParen)) {
      unexpected("`]` or `)` after the upper bound");
      return false;
    }
    advance();
    parameter.low = low;
    parameter.high = high;
  }
  if (eat(Kind::equal)) {
    parameter.value = parseExpr();
    return parameter.value != nullptr;
  }
  return true;
}

bool Parser::parseBound(Bound &bound) {
  if (eat(Kind::minus))
    bound.text = "-";
  if (!at(Kind::number) && !atWord("inf")) {
    unexpected("a number or `inf`");
    return false;
  }
  bound.text += peek().text;
  advance();
  return true;
}

bool Parser::parseClause(Objective &objective) {
  static const std::vector<std::pair<std::string, Clause::Kind>> kinds = {
      {"state", Clause::Kind::state},           {"multiplier", Clause::Kind::multiplier},
      {"minimize", Clause::Kind::minimize},     {"maximize", Clause::Kind::maximize},
      {"stationary", Clause::Kind::stationary}, {"define", Clause::Kind::define},
      {"potential", Clause::Kind::potential},   {"settle", Clause::Kind::settle},
      {"phase", Clause::Kind::phase},           {"realize", Clause::Kind::realize},
      {"alternate", Clause::Kind::alternate},   {"feedback", Clause::Kind::feedback}};
  Clause clause;
  clause.spot = spot();
  auto kind = kinds.begin();
  while (kind != kinds.end() && !atWord(kind->first))
    ++kind;
  if (kind == kinds.end()) {
    ++errors;
    if (at(Kind::junk))
      return false;
    auto builder =
        engine.error(spot().place(), message::unexpectedToken, "a clause of an objective", found());
    std::vector<std::string> words;
    for (auto &[word, unused] : kinds)
      words.push_back(word);
    if (std::string near = at(Kind::name) ? nearestName(peek().text, words) : ""; !near.empty())
      builder.help("perhaps `{}`", near);
    else
      builder.help("clauses are {}", listOfNames(words));
    return false;
  }
  clause.kind = kind->second;
  advance();
  bool good = true;
  switch (clause.kind) {
  case Clause::Kind::state:
  case Clause::Kind::multiplier:
  case Clause::Kind::minimize:
  case Clause::Kind::maximize:
  case Clause::Kind::stationary:
    good = parseNames(clause.names, "the name of a compartment");
    break;
  case Clause::Kind::define:
    good = parseDefine(clause);
    break;
  case Clause::Kind::potential:
    clause.value = exprOrError();
    break;
  case Clause::Kind::settle:
    good = parseName(clause.name, "the name of a compartment") &&
           expectWord("minimizing", "the compartment to settle");
    if (good)
      clause.value = exprOrError();
    break;
  case Clause::Kind::phase:
    good = parseNames(clause.names, "the name of a compartment");
    if (good && atWord("from")) {
      advance();
      good = parseName(clause.name, "the name of a compartment");
    }
    break;
  case Clause::Kind::realize:
    if (!atWord("exact") && !atWord("secant")) {
      unexpected("`exact` or `secant` after `realize`");
      return false;
    }
    clause.name = {peek().text, spot()};
    advance();
    break;
  case Clause::Kind::alternate:
    break;
  case Clause::Kind::feedback:
    good = expectWord("separate", "`feedback`");
    break;
  }
  if (!good)
    return false;
  bool complete = !clause.value || !clause.value->is(Expr::Kind::error);
  objective.clauses.push_back(std::move(clause));
  return complete && endStatement("a clause");
}

/// ident [ "(" names ")" ] [ "at" place ] "=" expr
bool Parser::parseDefine(Clause &clause) {
  if (!parseName(clause.name, "the name to define"))
    return false;
  if (eat(Kind::leftParen)) {
    clause.isMacro = true;
    if (!parseNames(clause.names, "the name of an argument") ||
        !expect(Kind::rightParen, "the arguments"))
      return false;
  }
  if (atWord("at")) {
    advance();
    if (!parseName(clause.place, "`layers`, `hidden`, `output` or `input`"))
      return false;
  }
  if (!expect(Kind::equal, "what is defined"))
    return false;
  clause.value = exprOrError();
  return true;
}

//===------------------------------------------------------------------------------------------===//
// Settings
//===------------------------------------------------------------------------------------------===//

bool Parser::parseTrain(File &result) {
  Train train;
  train.spot = spot();
  advance();
  if (!expect(Kind::leftBrace, "`train`"))
    return false;
  while (!at(Kind::rightBrace) && !at(Kind::end) && !atDeclaration()) {
    size_t before = position;
    if (!parseSetting(train)) {
      recover();
      if (position == before)
        advance();
    }
  }
  expect(Kind::rightBrace, "the settings");
  result.trains.push_back(std::move(train));
  return true;
}

/// ident { expr [ "," ] } ";"
bool Parser::parseSetting(Train &train) {
  Setting setting;
  if (!parseName(setting.name, "the name of a setting"))
    return false;
  bool good = true;
  while (good && !at(Kind::semicolon) && !at(Kind::rightBrace) && !at(Kind::end)) {
    setting.values.push_back(exprOrError());
    good = !setting.values.back()->is(Expr::Kind::error);
    if (good)
      eat(Kind::comma);
  }
  train.settings.push_back(std::move(setting));
  return good && endStatement("the value of a setting");
}

std::optional<SetOption> Parser::parseSetOption() {
  SetOption option;
  option.spot = spot();
  auto malformed = [&](llvm::StringRef expected) -> std::optional<SetOption> {
    if (!at(Kind::junk))
      engine.error(spot().place(), message::malformedSet, expected.str(), found())
          .help("write `--set KEY=VALUE`, such as `--set epochs=5` or `--set rate.peak=0.02`");
    return std::nullopt;
  };
  do {
    if (!at(Kind::name))
      return malformed("the name of a setting");
    option.key.push_back({peek().text, spot()});
    advance();
  } while (eat(Kind::dot));
  if (eat(Kind::leftBracket)) {
    if (!parseLayer(option.layer) || !expect(Kind::rightBracket, "the name of a layer"))
      return std::nullopt;
  }
  if (!eat(Kind::equal))
    return malformed("`=`");
  if (at(Kind::end))
    return malformed("a value");
  option.value = parseExpr();
  if (!option.value)
    return std::nullopt;
  if (!at(Kind::end))
    return malformed("the end of the value");
  return option;
}
