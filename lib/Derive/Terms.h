//===- Terms.h - a potential as sums of atoms at layers -----------------------------*- C++ -*-===//
//
// The vocabulary of the derivation (derivation.md 3): forms, atoms, sums of atoms, and the terms of
// a potential. Nothing here knows a method, a compartment or a parameter by name.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/DP/DPOps.h"

#include <map>
#include <string>
#include <vector>

namespace dpc::derive {

/// A combination of the compartments of one layer, one coefficient per compartment in declaration
/// order; at the input one coefficient, of the datum.
using Form = std::vector<Coefficient>;

using AtomId = unsigned;

/// Exact multiples of atoms, with the places in the objective that each came from.
class Sum {
public:
  struct Entry {
    AtomId atom;
    Coefficient coefficient;
    llvm::SmallVector<mlir::Location, 1> origins;
  };

  void add(AtomId atom, const Coefficient &coefficient, llvm::ArrayRef<mlir::Location> origins);
  void add(const Sum &other, const Coefficient &scale);
  /// Orders entries by atom, so that equal sums look alike.
  void sort();

  bool empty() const { return entries.empty(); }
  auto begin() const { return entries.begin(); }
  auto end() const { return entries.end(); }
  const Entry &front() const { return entries.front(); }

private:
  llvm::SmallVector<Entry, 4> entries; // no symbolically zero coefficient
};

/// A vector of one layer that sums are made of.
struct Atom {
  enum class Kind {
    compartment,       // compartment `index` of `layer`
    previous,          // the same before the current update
    stored,            // the pre-activation that produced it
    inverse,           // f^-1(form)
    affine,            // preactivation of `layer`, its sources read as `reads`
    energyGradient,    // grad G(form)
    exactLossGradient, // grad loss(form)
    lossGradient,      // grad loss at a constant point; for LossPoint::value it is inner
    inverseSlope,      // (f^-1)'(form) * inner
    transpose,         // transpose of the affine map of `layer` towards `target`, applied to inner
    unknown,           // unknown `index` of `layer` (Coordinates)
    unknownInverse,    // f^-1 of an unknown; of a solved one its pre-activation
    unknownLoss,       // grad loss at an unknown
    target,            // the target, at the output
  };
  Atom(Kind kind, unsigned layer, unsigned index = 0) : kind(kind), layer(layer), index(index) {}

  Kind kind;
  unsigned layer; // 0 is the input
  unsigned index;
  unsigned target = 0;
  Form form;
  std::vector<Form> reads;
  Sum inner;
  dp::LossPoint point = dp::LossPoint::exact;
};

/// One term of the potential: energy, loss or pair at a layer.
struct Term {
  enum class Kind { energy, loss, pair };
  Kind kind;
  unsigned layer;
  Coefficient coefficient;
  Form form;                  // energy, loss
  AtomId gradient = 0;        // energy, loss: what differentiation by the form leaves
  AtomId left = 0, right = 0; // pair
  mlir::Location location;
};

/// The model as the derivation sees it: layers by number, compartments by number, terms, atoms.
class Terms {
public:
  /// Reads the potential of `model`. Fails, with a message at the term, if a coefficient is not a
  /// number at the model's parameters.
  static mlir::FailureOr<Terms> read(dp::ModelOp model);

  dp::ModelOp model;
  llvm::SmallVector<dp::LayerOp> layers;             // layer k is layers[k - 1]
  llvm::SmallVector<dp::CompartmentOp> compartments; // in declaration order
  std::vector<Term> terms;                           // none with a zero coefficient

  unsigned numLayers() const { return layers.size(); }
  dp::LayerOp layer(unsigned number) const { return layers[number - 1]; }
  dp::CompartmentOp compartment(unsigned index) const { return compartments[index]; }
  unsigned numberOf(mlir::Value layerValue) const { return numbers.lookup(layerValue); }
  /// Numbers of the sources of a layer's affine map, in the order of LayerOp::getSources.
  llvm::ArrayRef<unsigned> sourcesOf(unsigned number) const { return sources[number - 1]; }
  Activation activationOf(unsigned number) const { return layer(number).getActivation(); }
  Loss loss() const { return dp::ModelOp(model).getLoss(); }

  AtomId intern(Atom atom);
  const Atom &operator[](AtomId id) const { return *atoms[id]; }

  /// The number of a coefficient at the model's parameters (checked by read()).
  Rational value(const Coefficient &coefficient) const;
  bool isZero(const Coefficient &coefficient) const;

  /// A vector of the potential region as a sum of atoms; `inverse` and `affine` stay atoms.
  mlir::FailureOr<Sum> vectorOf(mlir::Value vector);
  /// The form that a `dp.form` spells.
  Form formOf(mlir::Value form) const;

  //--- Text, for messages and explain ---
  std::string str(const Form &form, unsigned layer) const;
  std::string str(const Sum &sum, unsigned context) const;
  std::string str(AtomId atom, unsigned context) const;
  std::string layerName(unsigned number) const;
  /// Names an unknown in text; set by Coordinates.
  std::map<std::pair<unsigned, unsigned>, std::string> unknownNames;
  /// `define`d forms by (layer, text of the form).
  std::map<std::pair<unsigned, std::string>, std::string> definedForms;

private:
  mlir::LogicalResult checkNumber(const Coefficient &coefficient, mlir::Location location) const;
  mlir::LogicalResult readEnergy(dp::EnergyOp energy);
  mlir::LogicalResult readLoss(dp::LossOp loss);
  mlir::LogicalResult readPair(dp::PairOp pair);
  mlir::LogicalResult readTerm(mlir::Operation &op);
  std::string key(const Atom &atom) const;

  llvm::DenseMap<mlir::Value, unsigned> numbers;
  std::vector<llvm::SmallVector<unsigned>> sources; // of layer k at k - 1
  std::vector<std::shared_ptr<const Atom>> atoms;
  std::map<std::string, AtomId> ids;
};

} // namespace dpc::derive
