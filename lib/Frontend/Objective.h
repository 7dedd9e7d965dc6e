//===- Objective.h - an objective elaborated over a network -------------------------*- C++ -*-===//
//
// Macros and quantifiers are expanded here; what is left are terms per layer whose coefficients are
// exact rational functions of the parameters (language.md 4, derivation.md 3).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/DP/DPOps.h"
#include "lib/Frontend/AST.h"
#include "lib/Frontend/Network.h"

#include "llvm/ADT/StringMap.h"

#include <map>
#include <set>

namespace dpc {

/// The value of an objective's parameter: a number or a word, with a layer's own values (O6).
struct ParameterValue {
  std::optional<Rational> number;
  std::string word; // if there is no number
  std::map<std::string, Rational> layerNumbers;
  std::map<std::string, std::string> layerWords;
  bool valid = true; // false: an error was reported

  /// The symbol that stands for it at `layer` in coefficients: `alpha` or `alpha[h1]`.
  static std::string symbol(const std::string &name, const std::string &layer) {
    return name + "[" + layer + "]";
  }
};
using ParameterValues = std::map<std::string, ParameterValue>;

/// Where an expression stands and through which uses of definitions it was reached, innermost
/// first.
struct Uses {
  Spot spot;
  std::shared_ptr<const Uses> outer;
};
struct Where {
  Spot spot;
  std::shared_ptr<const Uses> uses;
};

/// compartment -> coefficient; datumIndex is the datum. No coefficient is zero.
using Form = std::map<int, Coefficient>;
inline constexpr int datumIndex = -1;

struct Atom {
  enum class Kind { form, inverse, previous, stored, affine };
  Kind kind = Kind::form;
  Form form = {};               // of form, inverse, previous
  int compartment = 0;          // of stored
  std::vector<Form> reads = {}; // of affine: one per source
  Where where = {};

  bool constant() const { return kind == Kind::previous || kind == Kind::stored; }
  /// The same value; both at one layer.
  bool same(const Atom &other) const {
    return kind == other.kind && form == other.form && compartment == other.compartment &&
           reads == other.reads;
  }
};

/// A vector of one layer: coefficients and different atoms, at most one of them a form.
using Combination = std::vector<std::pair<Coefficient, Atom>>;

struct Term {
  enum class Kind { energy, loss, pair };
  Kind kind;
  int layer; // node of the network
  Coefficient coefficient;
  Atom left = {}, right = {}; // energy and loss have only `left`, a form
  dp::LossPoint at = dp::LossPoint::exact;
  bool atCurrent = false;
  Combination point = {}; // at value
  Where where = {}, pointWhere = {};
};

struct Compartment {
  std::string name;
  dp::CompartmentKind kind;
  std::optional<dp::Goal> goal;
  Spot spot;
};

/// A vector that a `define` without arguments names, at one layer.
struct DefinedVector {
  std::string name;
  int layer;
  Combination value;
  Where where;
};

struct ElaboratedObjective {
  std::vector<Compartment> compartments;
  std::vector<Term> terms;
  std::vector<DefinedVector> defines; // by name in order of declaration, then by layer
  dp::Realization realization = dp::Realization::exact;
  bool alternate = false;
  Spot potential;
};

/// The parameters of `objective` as the arguments of `setting` (a name or a call) give them,
/// checked against their ranges (O7). `setting` may be null: then defaults count and nothing need
/// have one. `layers` are the names that an argument may give an own value.
ParameterValues bindParameters(const ast::Objective &objective, const ast::Expr *setting,
                               const std::vector<std::string> &layers, DiagnosticEngine &engine);

/// Elaborates `objective`; errors go to `engine`.
ElaboratedObjective elaborateObjective(const ast::Objective &objective,
                                       const ParameterValues &parameters,
                                       const NetworkGraph &network, DiagnosticEngine &engine);

} // namespace dpc
