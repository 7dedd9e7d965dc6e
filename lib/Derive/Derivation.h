//===- Derivation.h - from a potential to solved updates ----------------------------*- C++ -*-===//
//
// The steps of derivation.md 3-6, each a function from one plain structure to the next.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Derive/Terms.h"

namespace dpc::derive {

/// "This sum is zero": the derivative of the potential by one compartment or unknown of a layer.
/// Slopes and transposes are collected by what they act through until normalize().
struct Condition {
  struct Slope {
    Form form;
    Sum inner;
  };
  struct Transpose {
    unsigned layer;
    std::vector<Form> reads;
    Sum inner;
  };
  Sum direct;
  std::vector<Slope> slopes;
  std::vector<Transpose> transposes;

  void add(const Condition &other, const Coefficient &scale);
  Sum &slope(const Form &form);
  Sum &transpose(unsigned layer, const std::vector<Form> &reads);
};

/// The derivative of the potential by every compartment of `layer`.
std::vector<Condition> differentiate(Terms &terms, unsigned layer);

/// The condition as one sum; each collected cotangent gets leading coefficient 1, the scalar
/// outside, so that one product serves all conditions that differ by a factor (derivation.md 3).
Sum normalize(Terms &terms, unsigned layer, const Condition &condition);

/// The unknowns of a layer: independent forms of its compartments.
struct Coordinates {
  std::vector<Form> unknowns;
  std::vector<std::string> names;
  /// The compartment that unknown w is, if it is one.
  std::vector<std::optional<unsigned>> compartments;
  /// compartment c = sum over w of toCompartments[c][w] * unknown w.
  std::vector<std::vector<Coefficient>> toCompartments;
};

/// Chooses unknowns such that each non-linear term acts on one of them (derivation.md 4).
mlir::FailureOr<Coordinates> chooseCoordinates(Terms &terms, unsigned layer);

/// The conditions by the unknowns, with the layer's own vectors expressed in unknowns.
mlir::FailureOr<std::vector<Sum>> conditionsByUnknown(Terms &terms, unsigned layer,
                                                      const Coordinates &coordinates,
                                                      const std::vector<Condition> &byCompartment);

/// One unknown in closed form.
struct Solution {
  enum class Kind {
    activate, // f_rho(argument)
    slope,    // f'(pre-activation of unknown `mean`) * argument + rest
    linear,   // argument
  };
  unsigned unknown;
  Kind kind;
  Sum argument;
  Coefficient rho;
  unsigned mean = 0;
  Sum rest;
  llvm::SmallVector<mlir::Location> origins;
};

/// Solves the conditions of a layer one after the other (derivation.md 5). The order of the result
/// is the order of computation.
mlir::FailureOr<std::vector<Solution>> solve(Terms &terms, unsigned layer,
                                             const Coordinates &coordinates,
                                             const std::vector<Sum> &conditions);

/// A compartment's update: a combination of unknowns (exact) or f(argument) (secant).
struct Realized {
  bool secant = false;
  Sum argument;
};

/// Everything derived for one layer.
struct LayerUpdate {
  Coordinates coordinates;
  std::vector<Sum> conditions;
  std::vector<Solution> solutions;
  std::vector<Realized> compartments;
  llvm::SmallVector<mlir::Location> origins;
};

/// Compartments from unknowns, exact or secant (derivation.md 6).
mlir::LogicalResult realize(Terms &terms, unsigned layer, LayerUpdate &update);

/// A parameter gradient: `scale` times the gradient of the affine map of `layer`, read as `reads`,
/// with cotangent `cotangent` (leading coefficient 1).
struct Gradient {
  unsigned layer;
  std::vector<Form> reads;
  Coefficient scale;
  Sum cotangent;
  llvm::SmallVector<mlir::Location> origins;
};
std::vector<Gradient> gradients(Terms &terms);

struct Derivation {
  Terms terms;
  std::vector<LayerUpdate> updates; // of layer k at k - 1
  std::vector<Gradient> gradients;
};

/// All of it, or failure with messages at the terms that prevent it.
mlir::FailureOr<Derivation> derive(dp::ModelOp model);

} // namespace dpc::derive
