//===- AST.h - the syntax tree of a `.dp` file --------------------------------------*- C++ -*-===//
//
// One struct per rule of the grammar in language.md 2. Sums and products are flat, so the depth of
// a tree is bounded by the nesting that the parser allows.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Support/SourceFile.h"

#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dpc::ast {

struct Name {
  std::string text;
  Spot spot;

  bool given() const { return !text.empty(); }
};

struct Expr;
using ExprPtr = std::unique_ptr<Expr>;

/// `e`, `name = e` or `name[layer] = e`.
struct Argument {
  Name name;
  Name layer; // dotted
  ExprPtr value;
  Spot spot;
};

struct Operand {
  char sign; // of a sum `+ -`, of a product `* /`; the first is `+` or `*`
  ExprPtr value;
  Spot spot; // of the sign
};

struct Expr {
  enum class Kind {
    error,   // did not parse; was reported
    number,  // text: as written
    string,  // text: inside the quotes
    name,    // text: possibly dotted
    negate,  // operands: one
    sum,     // operands
    product, // operands
    call,    // text: function; arguments
    sumOver, // text: place; operands: one
  };
  Kind kind = Kind::error;
  Spot spot;
  std::string text;
  Spot textSpot; // of the place of sumOver
  std::vector<Operand> operands;
  std::vector<Argument> arguments;

  bool is(Kind other) const { return kind == other; }
};

/// `name = value;`
struct Statement {
  Name name;
  ExprPtr value;
};

struct Body {
  std::vector<Statement> statements;
  ExprPtr result; // null if there is no `return`
  Spot returnSpot;
};

/// `f32[28, 28]`
struct Type {
  std::vector<int64_t> shape;
  Spot spot;
  bool valid = false;
};

struct Network {
  Name name, input;
  Type type;
  std::optional<Type> result;
  Body body;
  Spot spot;
  bool broken = false; // the head did not parse; only the name is known
};

struct Block {
  Name name;
  std::vector<Name> parameters;
  Body body;
  Spot spot;
  bool broken = false;
};

/// One end of a declared range; `text` is a number, `inf` or `-inf`.
struct Bound {
  std::string text;
  bool closed = false;
};

struct Parameter {
  Name name;
  std::optional<Bound> low, high;
  ExprPtr value; // the default, or null
};

struct Clause {
  enum class Kind {
    state,
    multiplier,
    minimize,
    maximize,
    stationary,
    define,
    potential,
    settle,
    phase,
    realize,
    alternate,
    feedback,
  };
  Kind kind;
  Spot spot;
  std::vector<Name> names; // compartments, or the arguments of a macro
  Name name;               // what define defines, what settle settles, `from` of phase, the word
                           // after realize
  bool isMacro = false;
  Name place; // `at` of define
  ExprPtr value;
};

struct Objective {
  Name name;
  std::vector<Parameter> parameters;
  std::vector<Clause> clauses;
  Spot spot;
  bool broken = false;
};

struct Setting {
  Name name;
  std::vector<ExprPtr> values;
};

struct Train {
  std::vector<Setting> settings;
  Spot spot;
};

struct File {
  std::vector<Network> networks;
  std::vector<Block> blocks;
  std::vector<Objective> objectives;
  std::vector<Train> trains;
};

/// `objective.alpha[h1] = 1/2` of the command line.
struct SetOption {
  std::vector<Name> key;
  Name layer;
  ExprPtr value;
  Spot spot;
};

/// The tree as indented text with places.
std::string dump(const File &file);
/// The expression as it would be written.
std::string toString(const Expr &expr);

} // namespace dpc::ast
