//===- Potential.h - the value of a `dp` potential, and its finite differences ------*- C++ -*-===//
//
// The oracle of Derive: what the text of an objective says at given states, and how that changes
// with each of them. Nothing here knows a derivative.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "dialect/DP/DPOps.h"
#include "lib/Reference/Tensor.h"

#include "llvm/Support/Error.h"

namespace dpc::reference {

/// Where a potential is evaluated. All in one environment: `x` [batch, ...], `y` [batch, outputs],
/// parameters by name, `L#0`, `L#1`, … the compartments of layer L in declaration order
/// [batch, ...], `L#z0`, … the pre-activations that produced them (only if the potential asks).
using Point = Environment;

/// The plain forward pass: `L#preactivation` and `L#forward` of each layer.
llvm::Expected<Environment> runForward(dp::ModelOp model, const Point &point);

/// The value of each term of the potential for each sample, in the order of the terms: [batch].
/// What the language holds constant under differentiation (`previous`, stored pre-activations,
/// points of linearised losses) is read at `held`, all else at `point`. Outside the domain of a
/// layer's G an energy is infinite and an inverse is not a number.
llvm::Expected<std::vector<Tensor>> evaluateTerms(dp::ModelOp model, const Point &point,
                                                  const Point &held);

/// Their sum: the potential of each sample, [batch].
llvm::Expected<Tensor> evaluatePotential(dp::ModelOp model, const Point &point, const Point &held);

/// The central difference, with the given step, of each sample's potential by each element of the
/// compartment `cell`: the shape of the cell. Not finite where a step leaves the domain of a term.
llvm::Expected<Tensor> differenceByState(dp::ModelOp model, const Point &point,
                                         const std::string &cell, double step = 1e-5);

/// The same by each element of a parameter, averaged over the batch: the gradient that training
/// uses (language.md O16).
llvm::Expected<Tensor> differenceByParameter(dp::ModelOp model, const Point &point,
                                             const std::string &parameter, double step = 1e-5);

} // namespace dpc::reference
