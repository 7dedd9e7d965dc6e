//===- Arguments.h - what calls and literals of every kind share --------------------*- C++ -*-===//
#pragma once

#include "dialect/Coefficient.h"
#include "lib/Frontend/AST.h"
#include "lib/Support/Diagnostics.h"

#include "llvm/ADT/StringMap.h"

namespace dpc {

/// One argument that a function takes.
struct Formal {
  std::string name;
  bool required = true;
};

/// The arguments of `call` in the order of `formals`, null where left out. Unknown, repeated,
/// missing and surplus ones are reported; nothing is returned then. Arguments of one layer
/// (`gain[h1] = 2`) go to `perLayer`, or are an error if that is null. `partial` gets what could be
/// bound in any case, so that the values of the good arguments can be checked too.
std::optional<std::vector<const ast::Argument *>>
bindArguments(const ast::Expr &call, llvm::ArrayRef<Formal> formals, DiagnosticEngine &engine,
              std::vector<const ast::Argument *> *perLayer = nullptr,
              std::vector<const ast::Argument *> *partial = nullptr);

/// The exact number that a literal spells; nothing, with an error, outside of what a float can
/// hold.
std::optional<Rational> readNumber(const ast::Expr &literal, DiagnosticEngine &engine);

/// The number that arithmetic over literals and the names in `known` spells; nothing, with an
/// error, if it is none. `what` is what the error says is expected.
std::optional<Rational> evaluateNumber(const ast::Expr &expr, DiagnosticEngine &engine,
                                       const std::string &what,
                                       const llvm::StringMap<Rational> *known = nullptr);

/// Whether a number is an integer that fits, and which.
std::optional<int64_t> asInteger(const Rational &number);

/// Whether a number has more digits than exact arithmetic should carry on with: products and sums
/// of thousands of numbers would take forever.
bool isTooLong(const Rational &number);

/// A number as people write it: a decimal if it is short, else a fraction.
std::string toText(const Rational &number);

/// Adds "did you mean" to a diagnostic, or what there is if nothing is near.
void suggest(DiagnosticEngine::Builder &builder, const std::string &name,
             llvm::ArrayRef<std::string> known, const std::string &what);

} // namespace dpc
