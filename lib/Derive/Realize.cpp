//===- Realize.cpp - exact or secant updates of compartments (derivation.md 6) ----------------===//
#include "lib/Derive/Derivation.h"

#include "lib/Support/Messages.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

static const Solution &solutionOf(const LayerUpdate &update, unsigned unknown) {
  return *llvm::find_if(update.solutions,
                        [&](const Solution &solution) { return solution.unknown == unknown; });
}

/// c = m + sum of kappa d, m = f(b), d = f'(m) b_d: then c := f(b + sum of kappa b_d), for
/// f^-1(m + kappa d) = b + kappa b_d + O(d^2). Nothing if the compartment is not of that shape.
static std::optional<Sum> secantArgument(Terms &terms, const LayerUpdate &update, unsigned c) {
  const std::vector<Coefficient> &row = update.coordinates.toCompartments[c];
  std::optional<unsigned> mean;
  for (unsigned w = 0; w < row.size(); ++w)
    if (solutionOf(update, w).kind == Solution::Kind::activate && !terms.isZero(row[w])) {
      if (mean)
        return std::nullopt;
      mean = w;
    }
  if (!mean || terms.value(row[*mean]) != Rational(1, 1) ||
      !terms.isZero(solutionOf(update, *mean).rho))
    return std::nullopt;
  Sum argument = solutionOf(update, *mean).argument;
  for (unsigned w = 0; w < row.size(); ++w) {
    if (w == *mean || row[w].isZero())
      continue;
    const Solution &solution = solutionOf(update, w);
    if (solution.kind != Solution::Kind::slope || solution.mean != *mean || !solution.rest.empty())
      return std::nullopt;
    argument.add(solution.argument, row[w]);
  }
  return argument;
}

LogicalResult derive::realize(Terms &terms, unsigned layer, LayerUpdate &update) {
  size_t count = terms.compartments.size();
  update.compartments.assign(count, {});
  bool changed = llvm::any_of(update.coordinates.compartments,
                              [](const std::optional<unsigned> &c) { return !c; });
  // Layers whose unknowns are compartments stay exact; on the identity the secant is exact.
  if (terms.model.getRealization() == dp::Realization::exact || !changed ||
      terms.activationOf(layer) == Activation::identity)
    return success();
  for (unsigned c = 0; c < count; ++c) {
    std::optional<Sum> argument = secantArgument(terms, update, c);
    if (!argument) {
      emitError(terms.model.getPotential().getLoc(), message::secantDoesNotApply,
                terms.layerName(layer), terms.compartment(c).getName().str())
              .attachNote()
          << "help: use `realize exact;`";
      return failure();
    }
    update.compartments[c] = {true, std::move(*argument)};
  }
  return success();
}
