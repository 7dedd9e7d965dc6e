//===- Parser.h - tokens to the syntax tree -----------------------------------------*- C++ -*-===//
//
// Recursive descent over the grammar of language.md 2. After an error it goes on at the next `;` or
// `}`, so that one run reports every independent mistake.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Frontend/AST.h"
#include "lib/Frontend/Lexer.h"

namespace dpc {

/// The tree of everything that could be read; errors go to `engine`. Spots in the tree point to
/// `file`, which must outlive it.
ast::File parseFile(const SourceFile &file, DiagnosticEngine &engine);

/// Reads the line [begin, end) of the buffer of `--set` options; nothing (and an error of the
/// command line) if it is not `KEY=VALUE`.
std::optional<ast::SetOption> parseSetOption(const SourceFile &file, size_t begin, size_t end,
                                             DiagnosticEngine &engine);

/// Used by the two functions above; its methods follow the rules of the grammar.
class Parser {
public:
  Parser(const SourceFile &file, size_t begin, size_t end, DiagnosticEngine &engine, ExitCode code)
      : file(file), engine(engine), code(code), tokens(lex(file, begin, end, engine, code)) {}

  ast::File parseFile();
  std::optional<ast::SetOption> parseSetOption();

private:
  using Kind = Token::Kind;

  // Tokens (Parser.cpp).
  const Token &peek(unsigned ahead = 0) const {
    return tokens[std::min(position + ahead, tokens.size() - 1)];
  }
  bool at(Kind kind) const { return peek().kind == kind; }
  bool atWord(llvm::StringRef word) const { return at(Kind::name) && peek().text == word; }
  void advance() { position += position + 1 < tokens.size(); }
  Spot spot() const { return {&file, peek().offset}; }
  bool eat(Kind kind);
  bool expect(Kind kind, llvm::StringRef after);
  /// The `;` of a statement. Where it is missing at the end of a line, the next line is read as
  /// usual.
  bool endStatement(llvm::StringRef after);
  bool expectWord(llvm::StringRef word, llvm::StringRef after);
  /// "expected …, found …" at the current token; silent where junk was already reported.
  void unexpected(const std::string &expected);
  std::string found() const;
  /// Skips to the end of a statement: past the next `;`, or to a `}` or the end.
  void recover();
  bool atDeclaration() const;
  /// Skips to the next declaration of the file.
  void recoverTopLevel();

  // Declarations (Parser.cpp).
  bool parseName(ast::Name &name, llvm::StringRef what);
  bool parseNames(std::vector<ast::Name> &names, llvm::StringRef what);
  bool parseType(ast::Type &type);
  void parseBody(ast::Body &body);
  void parseStatement(ast::Body &body);
  bool parseNetworkHead(ast::Network &network);
  bool parseNetwork(ast::File &file);
  bool parseBlock(ast::File &file);

  // Objectives and settings (ParserObjective.cpp).
  bool parseObjectiveHead(ast::Objective &objective);
  bool parseObjective(ast::File &file);
  bool parseParameter(ast::Parameter &parameter);
  bool parseBound(ast::Bound &bound);
  bool parseClause(ast::Objective &objective);
  bool parseDefine(ast::Clause &clause);
  bool parseTrain(ast::File &file);
  bool parseSetting(ast::Train &train);

  // Expressions (ParserExpr.cpp). Null after an error, which was reported.
  ast::ExprPtr parseExpr();
  ast::ExprPtr parseTerm();
  ast::ExprPtr parseFactor();
  ast::ExprPtr parseSumOver();
  ast::ExprPtr parseCall(ast::Name name);
  bool parseArgument(ast::Argument &argument);
  bool parseLayer(ast::Name &layer);
  ast::ExprPtr make(ast::Expr::Kind kind, Spot spot) const;
  /// An expression, or a node of kind `error` so that later stages go on.
  ast::ExprPtr exprOrError();

  const SourceFile &file;
  DiagnosticEngine &engine;
  ExitCode code;
  std::vector<Token> tokens;
  size_t position = 0;
  unsigned depth = 0;
  unsigned errors = 0;
};

} // namespace dpc
