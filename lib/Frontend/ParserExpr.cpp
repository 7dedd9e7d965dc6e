//===- ParserExpr.cpp - `expr` of the grammar and what is below it ----------------------------===//
#include "lib/Frontend/Parser.h"

using namespace dpc;
using namespace dpc::ast;

/// Deeper nesting is a mistake, and would exhaust the stack of every stage that recurses.
static constexpr unsigned deepestNesting = 200;

ExprPtr Parser::make(Expr::Kind kind, Spot spot) const {
  auto expr = std::make_unique<Expr>();
  expr->kind = kind;
  expr->spot = spot;
  return expr;
}

ExprPtr Parser::exprOrError() {
  Spot place = spot();
  ExprPtr expr = parseExpr();
  return expr ? std::move(expr) : make(Expr::Kind::error, place);
}

/// term { ("+" | "-") term }
ExprPtr Parser::parseExpr() {
  Spot place = spot();
  ExprPtr first = parseTerm();
  if (!first || !(at(Kind::plus) || at(Kind::minus)))
    return first;
  ExprPtr sum = make(Expr::Kind::sum, place);
  sum->operands.push_back({'+', std::move(first), place});
  while (at(Kind::plus) || at(Kind::minus)) {
    char sign = at(Kind::plus) ? '+' : '-';
    Spot signPlace = spot();
    advance();
    ExprPtr next = parseTerm();
    if (!next)
      return nullptr;
    sum->operands.push_back({sign, std::move(next), signPlace});
  }
  return sum;
}

/// factor { ("*" | "/") factor }
ExprPtr Parser::parseTerm() {
  Spot place = spot();
  ExprPtr first = parseFactor();
  if (!first || !(at(Kind::star) || at(Kind::slash)))
    return first;
  ExprPtr product = make(Expr::Kind::product, place);
  product->operands.push_back({'*', std::move(first), place});
  while (at(Kind::star) || at(Kind::slash)) {
    char sign = at(Kind::star) ? '*' : '/';
    Spot signPlace = spot();
    advance();
    ExprPtr next = parseFactor();
    if (!next)
      return nullptr;
    product->operands.push_back({sign, std::move(next), signPlace});
  }
  return product;
}

ExprPtr Parser::parseFactor() {
  struct Depth {
    unsigned &depth;
    explicit Depth(unsigned &depth) : depth(++depth) {}
    ~Depth() { --depth; }
  } guard(depth);
  if (depth > deepestNesting) {
    ++errors;
    engine.error(spot().place(), message::nestedTooDeeply, deepestNesting).code(code);
    return nullptr;
  }
  Spot place = spot();
  switch (peek().kind) {
  case Kind::number:
  case Kind::string: {
    ExprPtr literal = make(at(Kind::number) ? Expr::Kind::number : Expr::Kind::string, place);
    literal->text = peek().text;
    advance();
    return literal;
  }
  case Kind::minus: {
    advance();
    ExprPtr value = parseFactor();
    if (!value)
      return nullptr;
    ExprPtr negated = make(Expr::Kind::negate, place);
    negated->operands.push_back({'-', std::move(value), place});
    return negated;
  }
  case Kind::leftParen: {
    advance();
    ExprPtr inside = parseExpr();
    return inside && expect(Kind::rightParen, "an expression in parentheses") ? std::move(inside)
                                                                              : nullptr;
  }
  case Kind::name:
    break;
  default:
    unexpected("an expression");
    return nullptr;
  }
  if (atWord("sum"))
    return parseSumOver();
  if (atWord("return")) {
    unexpected("an expression");
    return nullptr;
  }
  Name name{peek().text, place};
  advance();
  if (at(Kind::leftParen))
    return parseCall(std::move(name));
  ExprPtr reference = make(Expr::Kind::name, place);
  reference->text = name.text;
  // `weights = b.h` names the parameters of a value inside a block (language.md N7, N9).
  while (at(Kind::dot) && (peek(1).kind == Kind::name || peek(1).kind == Kind::number)) {
    reference->text += "." + peek(1).text;
    advance();
    advance();
  }
  return reference;
}

/// "sum" "over" place "(" expr ")"
ExprPtr Parser::parseSumOver() {
  ExprPtr sum = make(Expr::Kind::sumOver, spot());
  advance();
  if (!expectWord("over", "`sum`"))
    return nullptr;
  sum->textSpot = spot();
  if (!at(Kind::name)) {
    unexpected("`layers`, `hidden`, `output` or `input`");
    return nullptr;
  }
  sum->text = peek().text;
  advance();
  if (!expect(Kind::leftParen, "the place of a sum"))
    return nullptr;
  ExprPtr inside = parseExpr();
  if (!inside || !expect(Kind::rightParen, "what is summed"))
    return nullptr;
  sum->operands.push_back({'+', std::move(inside), sum->textSpot});
  return sum;
}

ExprPtr Parser::parseCall(Name name) {
  ExprPtr call = make(Expr::Kind::call, name.spot);
  call->text = std::move(name.text);
  advance();
  if (eat(Kind::rightParen))
    return call;
  do {
    Argument argument;
    if (!parseArgument(argument))
      return nullptr;
    call->arguments.push_back(std::move(argument));
  } while (eat(Kind::comma));
  if (at(Kind::rightParen)) {
    advance();
    return call;
  }
  unexpected("`,` or `)` in the arguments of `" + call->text.substr(0, 40) + "`");
  return nullptr;
}

/// expr | ident [ "[" layer "]" ] "=" expr
bool Parser::parseArgument(Argument &argument) {
  argument.spot = spot();
  bool named = at(Kind::name) && (peek(1).kind == Kind::equal || peek(1).kind == Kind::leftBracket);
  if (named) {
    argument.name = {peek().text, spot()};
    advance();
    if (eat(Kind::leftBracket))
      if (!parseLayer(argument.layer) || !expect(Kind::rightBracket, "the name of a layer"))
        return false;
    if (!expect(Kind::equal, "the name of an argument"))
      return false;
  }
  argument.value = parseExpr();
  return argument.value != nullptr;
}

bool Parser::parseLayer(Name &layer) {
  layer.spot = spot();
  do {
    if (!at(Kind::name)) {
      unexpected("the name of a layer");
      return false;
    }
    layer.text += (layer.text.empty() ? "" : ".") + peek().text;
    advance();
  } while (eat(Kind::dot));
  return true;
}
