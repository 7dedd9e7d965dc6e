//===- Parser.cpp - declarations, networks, blocks; going on after an error -------------------===//
#include "lib/Frontend/Parser.h"

#include "lib/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"

using namespace dpc;
using namespace dpc::ast;
using llvm::StringRef;

/// Places are 32 bit, and no model is that long.
static constexpr size_t largestFile = 16u << 20;
/// A text that is not a model at all need not be reported token by token.
static constexpr unsigned mostErrors = 1000;

File dpc::parseFile(const SourceFile &file, DiagnosticEngine &engine) {
  if (file.text().size() > largestFile) {
    engine.error({file.name(), 1, 1}, message::fileTooLarge, largestFile >> 20);
    return {};
  }
  return Parser(file, 0, file.text().size(), engine, ExitCode::model).parseFile();
}

std::optional<SetOption> dpc::parseSetOption(const SourceFile &file, size_t begin, size_t end,
                                             DiagnosticEngine &engine) {
  return Parser(file, begin, end, engine, ExitCode::commandLine).parseSetOption();
}

//===------------------------------------------------------------------------------------------===//
// Tokens
//===------------------------------------------------------------------------------------------===//

bool Parser::eat(Kind kind) {
  if (!at(kind))
    return false;
  advance();
  return true;
}

std::string Parser::found() const {
  const Token &token = peek();
  if (token.kind == Kind::name || token.kind == Kind::number)
    return "`" + token.text.substr(0, 40) + "`";
  return describe(token.kind);
}

void Parser::unexpected(const std::string &expected) {
  ++errors;
  if (at(Kind::junk))
    return; // the lexer has said so
  engine.error(spot().place(), message::unexpectedToken, expected, found()).code(code);
}

bool Parser::expect(Kind kind, StringRef after) {
  if (eat(kind))
    return true;
  std::string what = describe(kind);
  unexpected(after.empty() ? what : fmt::format("{} after {}", what, after.str()));
  return false;
}

bool Parser::endStatement(StringRef after) {
  if (eat(Kind::semicolon))
    return true;
  if (position == 0 || at(Kind::junk))
    return expect(Kind::semicolon, after);
  const Token &last = tokens[position - 1];
  size_t lastEnd = last.offset + last.length;
  bool newLine = file.text().slice(lastEnd, peek().offset).contains('\n');
  if (!newLine && !at(Kind::rightBrace) && !at(Kind::end))
    return expect(Kind::semicolon, after);
  ++errors;
  engine.error(file.place(lastEnd), message::unexpectedToken, "`;` after " + after.str(), found())
      .code(code);
  return true;
}

bool Parser::expectWord(StringRef word, StringRef after) {
  if (atWord(word)) {
    advance();
    return true;
  }
  unexpected(fmt::format("`{}` after {}", word.str(), after.str()));
  return false;
}

void Parser::recover() {
  for (unsigned braces = 0; !at(Kind::end); advance()) {
    if (at(Kind::leftBrace)) {
      ++braces;
    } else if (at(Kind::rightBrace)) {
      if (braces == 0)
        return;
      --braces;
    } else if (at(Kind::semicolon) && braces == 0) {
      advance();
      return;
    } else if (atDeclaration()) {
      return;
    }
  }
}

/// At something that can only start a declaration of the file: a `}` is missing before it. In a
/// train block `objective` is a setting, so the brace that opens a declaration must follow.
bool Parser::atDeclaration() const {
  if (!at(Kind::name))
    return false;
  const std::string &word = peek().text;
  if (word == "train")
    return peek(1).kind == Kind::leftBrace;
  if (word != "network" && word != "block" && word != "objective")
    return false;
  if (peek(1).kind != Kind::name || peek(2).kind != Kind::leftParen)
    return false;
  for (unsigned i = 3;; ++i)
    switch (peek(i).kind) {
    case Kind::leftBrace:
      return true;
    case Kind::semicolon:
    case Kind::rightBrace:
    case Kind::end:
      return false;
    default:
      break;
    }
}

void Parser::recoverTopLevel() {
  for (unsigned braces = 0; !at(Kind::end); advance()) {
    if (atDeclaration())
      return;
    if (at(Kind::leftBrace)) {
      ++braces;
    } else if (at(Kind::rightBrace) && (braces == 0 || --braces == 0)) {
      advance();
      return;
    }
  }
}

//===------------------------------------------------------------------------------------------===//
// Declarations
//===------------------------------------------------------------------------------------------===//

File Parser::parseFile() {
  static const std::vector<std::string> declarations = {"network", "block", "objective", "train"};
  File result;
  while (!at(Kind::end) && errors < mostErrors) {
    bool good = false;
    if (atWord("network")) {
      good = parseNetwork(result);
    } else if (atWord("block")) {
      good = parseBlock(result);
    } else if (atWord("objective")) {
      good = parseObjective(result);
    } else if (atWord("train")) {
      good = parseTrain(result);
    } else {
      ++errors;
      if (!at(Kind::junk)) {
        auto builder = engine.error(spot().place(), message::unexpectedToken,
                                    "`network`, `block`, `objective` or `train`", found());
        if (at(Kind::name))
          if (std::string near = nearestName(peek().text, declarations); !near.empty())
            builder.help("perhaps `{}`", near);
      }
      advance();
    }
    if (!good)
      recoverTopLevel();
  }
  return result;
}

bool Parser::parseName(Name &name, StringRef what) {
  name.spot = spot();
  if (!at(Kind::name)) {
    unexpected(what.str());
    return false;
  }
  name.text = peek().text;
  if (name.text == "sum" || name.text == "return") {
    ++errors;
    engine.error(name.spot.place(), message::reservedWord, name.text, what.str()).code(code);
  }
  advance();
  return true;
}

bool Parser::parseNames(std::vector<Name> &names, StringRef what) {
  do {
    Name name;
    if (!parseName(name, what))
      return false;
    names.push_back(std::move(name));
  } while (eat(Kind::comma));
  return true;
}

bool Parser::parseType(Type &type) {
  type.spot = spot();
  if (!atWord("f32")) {
    unexpected("a type such as `f32[784]`");
    return false;
  }
  advance();
  if (!expect(Kind::leftBracket, "`f32`"))
    return false;
  type.valid = true;
  do {
    Spot place = spot();
    if (!at(Kind::number)) {
      unexpected("an integer");
      return false;
    }
    int64_t size = 0;
    if (StringRef(peek().text).getAsInteger(10, size) || size < 1 || size > (int64_t(1) << 31)) {
      engine.error(place.place(), message::wrongSize, "a size of the type", peek().text);
      type.valid = false;
    }
    type.shape.push_back(size);
    advance();
  } while (eat(Kind::comma));
  return expect(Kind::rightBracket, "the sizes of the type");
}

void Parser::parseStatement(Body &body) {
  if (atWord("return")) {
    Spot place = spot();
    advance();
    if (body.result)
      engine.error(place.place(), message::secondReturn).note(body.returnSpot.place(), "the first");
    ExprPtr value = exprOrError();
    bool bad = value->is(Expr::Kind::error);
    if (!body.result) {
      body.result = std::move(value);
      body.returnSpot = place;
    }
    if (bad || !endStatement("the returned value"))
      recover();
    return;
  }
  Statement statement;
  if (!parseName(statement.name, "a name or `return`"))
    return recover();
  if (body.result)
    engine.error(statement.name.spot.place(), message::afterReturn, statement.name.text);
  if (!expect(Kind::equal, "the name of a value")) {
    statement.value = make(Expr::Kind::error, statement.name.spot);
    body.statements.push_back(std::move(statement));
    return recover();
  }
  statement.value = exprOrError();
  bool bad = statement.value->is(Expr::Kind::error);
  body.statements.push_back(std::move(statement));
  if (bad || !endStatement("the value"))
    recover();
}

void Parser::parseBody(Body &body) {
  while (!at(Kind::rightBrace) && !at(Kind::end) && !atDeclaration() && errors < mostErrors) {
    size_t before = position;
    parseStatement(body);
    if (position == before)
      advance();
  }
  if (!body.result)
    engine.error(spot().place(), message::noReturn);
  expect(Kind::rightBrace, "the returned value");
}

bool Parser::parseNetworkHead(Network &network) {
  if (!expect(Kind::leftParen, "the network's name") ||
      !parseName(network.input, "the name of the input") ||
      !expect(Kind::colon, "the name of the input") || !parseType(network.type))
    return false;
  if (at(Kind::comma)) {
    ++errors;
    engine.error(spot().place(), message::oneInput);
    return false;
  }
  if (!expect(Kind::rightParen, "the input's type"))
    return false;
  if (eat(Kind::arrow))
    if (!parseType(network.result.emplace()))
      return false;
  return expect(Kind::leftBrace, "the network's type");
}

bool Parser::parseNetwork(File &result) {
  Network network;
  advance();
  network.spot = spot();
  if (!parseName(network.name, "the network's name"))
    return false;
  network.broken = !parseNetworkHead(network);
  if (!network.broken)
    parseBody(network.body);
  result.networks.push_back(std::move(network));
  return !result.networks.back().broken;
}

bool Parser::parseBlock(File &result) {
  Block block;
  advance();
  block.spot = spot();
  if (!parseName(block.name, "the block's name"))
    return false;
  block.broken = !expect(Kind::leftParen, "the block's name") ||
                 !parseNames(block.parameters, "the name of a block's parameter") ||
                 !expect(Kind::rightParen, "the block's parameters") ||
                 !expect(Kind::leftBrace, "the block's parameters");
  if (!block.broken)
    parseBody(block.body);
  result.blocks.push_back(std::move(block));
  return !result.blocks.back().broken;
}
