//===- Solve.cpp - the triangular solver and its curvature conditions (derivation.md 5) -------===//
#include "lib/Derive/Derivation.h"

#include "lib/Support/Messages.h"

#include <set>

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

namespace {

/// What a condition holds of one unknown u: p grad G(u) + q u + r grad loss(u) + slopes + rest = 0.
struct Collected {
  Coefficient p, q, r;
  SmallVector<Location> pOrigins, qOrigins, rOrigins;
  SmallVector<const Sum::Entry *> slopes; // with u inside
  Sum rest;
};

class LayerSolver {
public:
  LayerSolver(Terms &terms, unsigned layer, const Coordinates &coordinates,
              const std::vector<Sum> &conditions)
      : terms(terms), layer(layer), coordinates(coordinates), conditions(conditions),
        activation(terms.activationOf(layer)), solved(conditions.size(), false),
        used(conditions.size(), false) {}

  FailureOr<std::vector<Solution>> run();

private:
  std::set<unsigned> unknownsOf(const Sum &sum);
  std::set<unsigned> unknownsOf(const Atom &atom);
  std::set<unsigned> unsolvedOf(const Sum &sum);
  Collected collect(const Sum &condition, unsigned u);
  LogicalResult isolate(const Sum &condition, unsigned u);
  LogicalResult checkCurvature(unsigned u);
  LogicalResult reportStuck();
  Sum withPrevious(const Sum &sum, unsigned u);
  Location energyOrigin(ArrayRef<Location> origins);
  std::string name(unsigned u) { return coordinates.names[u]; }

  Terms &terms;
  unsigned layer;
  const Coordinates &coordinates;
  const std::vector<Sum> &conditions;
  Activation activation;
  std::vector<bool> solved, used;
  std::vector<Solution> solutions;
};

} // namespace

/// Of the places that a coefficient came from, the one of an energy if there is one: that is where
/// the curvature of the potential is written.
Location LayerSolver::energyOrigin(ArrayRef<Location> origins) {
  for (Location origin : origins)
    for (const Term &term : terms.terms)
      if (term.kind == Term::Kind::energy && term.location == origin)
        return origin;
  return origins.front();
}

std::set<unsigned> LayerSolver::unknownsOf(const Atom &atom) {
  std::set<unsigned> result;
  switch (atom.kind) {
  case Atom::Kind::unknown:
  case Atom::Kind::unknownInverse:
  case Atom::Kind::unknownLoss:
    return {atom.index};
  case Atom::Kind::inverseSlope:
    result = unknownsOf(atom.inner);
    result.insert(atom.index);
    return result;
  case Atom::Kind::transpose:
    // A cotangent that holds a pre-activation can read this layer itself.
    for (const Sum::Entry &entry : atom.inner) {
      const Atom &inner = terms[entry.atom];
      if (inner.kind != Atom::Kind::affine || terms.isZero(entry.coefficient))
        continue;
      for (auto [source, read] : llvm::zip(terms.sourcesOf(inner.layer), inner.reads))
        if (source == layer)
          for (auto [c, coefficient] : llvm::enumerate(read))
            for (auto [w, factor] : llvm::enumerate(coordinates.toCompartments[c]))
              if (!terms.isZero(coefficient * factor))
                result.insert(w);
    }
    return result;
  default:
    return {};
  }
}

std::set<unsigned> LayerSolver::unknownsOf(const Sum &sum) {
  std::set<unsigned> result;
  for (const Sum::Entry &entry : sum)
    if (!terms.isZero(entry.coefficient))
      result.merge(unknownsOf(terms[entry.atom]));
  return result;
}

std::set<unsigned> LayerSolver::unsolvedOf(const Sum &sum) {
  std::set<unsigned> result = unknownsOf(sum);
  std::erase_if(result, [&](unsigned w) { return solved[w]; });
  return result;
}

Collected LayerSolver::collect(const Sum &condition, unsigned u) {
  Collected result;
  for (const Sum::Entry &entry : condition) {
    const Atom &atom = terms[entry.atom];
    if (atom.kind == Atom::Kind::unknownInverse && atom.index == u) {
      result.p = entry.coefficient;
      result.pOrigins.append(entry.origins.begin(), entry.origins.end());
    } else if (atom.kind == Atom::Kind::unknown && atom.index == u) {
      result.q = entry.coefficient;
      result.qOrigins.append(entry.origins.begin(), entry.origins.end());
    } else if (atom.kind == Atom::Kind::unknownLoss && atom.index == u) {
      result.r = entry.coefficient;
      result.rOrigins.append(entry.origins.begin(), entry.origins.end());
    } else if (atom.kind == Atom::Kind::inverseSlope && unknownsOf(atom.inner).count(u) &&
               !terms.isZero(entry.coefficient)) {
      result.slopes.push_back(&entry);
    } else {
      result.rest.add(entry.atom, entry.coefficient, entry.origins);
    }
  }
  return result;
}

/// The slope h of a loss whose gradient is h (z - y); nothing for others.
static std::optional<Coefficient> lossSlope(Loss loss) {
  switch (loss) {
  case Loss::half_squared_error:
    return Coefficient(1);
  case Loss::squared_error:
    return Coefficient(2);
  case Loss::softmax_cross_entropy:
    return std::nullopt;
  }
  llvm_unreachable("unknown loss");
}

/// Moves an exact loss r grad loss(u) = r h (u - y) into q and rest.
static LogicalResult absorbLoss(Terms &terms, unsigned layer, unsigned u, Collected &collected,
                                StringRef name) {
  if (terms.isZero(collected.r))
    return success();
  Loss loss = terms.model.getLoss();
  std::optional<Coefficient> slope = lossSlope(loss);
  if (!slope) {
    emitError(collected.rOrigins.front(), message::noClosedForm, name.str(),
              stringifyLoss(loss).str())
            .attachNote()
        << "help: linearise it: `at = current` or `at = initial`";
    return failure();
  }
  collected.q = collected.q + collected.r * *slope;
  collected.qOrigins.append(collected.rOrigins);
  collected.rest.add(terms.intern({Atom::Kind::target, layer}), -(collected.r * *slope),
                     collected.rOrigins);
  collected.r = Coefficient();
  return success();
}

/// language.md O10, from the condition of the compartment itself.
LogicalResult LayerSolver::checkCurvature(unsigned u) {
  if (!coordinates.compartments[u])
    return success();
  dp::CompartmentOp compartment = terms.compartments[*coordinates.compartments[u]];
  if (compartment.getGoal() == dp::Goal::stationary)
    return success();
  bool minimize = compartment.getGoal() == dp::Goal::minimize;
  Coefficient sign(minimize ? 1 : -1);
  Collected own = collect(conditions[u], u);
  if (failed(absorbLoss(terms, layer, u, own, name(u))))
    return failure();
  SmallVector<Location> origins = own.pOrigins;
  origins.append(own.qOrigins);
  if (origins.empty())
    return success(); // reported as undetermined
  Rational slope = terms.layer(layer).getSlopeNumber();
  Coefficient curvature =
      sign * (own.p * Coefficient(smallestCurvature(activation, slope)) + own.q);
  Coefficient needed =
      activation == Activation::identity || terms.value(sign * own.p) > Rational(0, 1)
          ? curvature
          : sign * own.p;
  if (terms.value(needed) > Rational(0, 1))
    return success();
  emitError(energyOrigin(origins), message::wrongCurvature, terms.layerName(layer), name(u),
            minimize ? "minimized" : "maximized", name(u), needed.str(),
            toDouble(terms.value(needed)))
          .attachNote()
      << "help: exchange minimize and maximize, or bring the parameters back into the region where "
         "a saddle exists";
  return failure();
}

LogicalResult LayerSolver::isolate(const Sum &condition, unsigned u) {
  Collected collected = collect(condition, u);
  if (failed(absorbLoss(terms, layer, u, collected, name(u))) || failed(checkCurvature(u)))
    return failure();
  Solution solution{u, Solution::Kind::linear, {}, Coefficient(), 0, {}, {}};
  for (const Sum::Entry &entry : condition)
    for (Location origin : entry.origins)
      if (!llvm::is_contained(solution.origins, origin))
        solution.origins.push_back(origin);

  for (const Sum::Entry &entry : collected.rest)
    if (terms[entry.atom].kind == Atom::Kind::inverseSlope && !terms.isZero(entry.coefficient) &&
        collected.slopes.empty())
      return emitError(entry.origins.front(), message::unknownInsideSlope, terms.layerName(layer),
                       name(u));

  if (!collected.slopes.empty()) {
    // t (f^-1)'(m) (u + others) + rest = 0, m known: u = f'(m) (-rest/t) - others.
    const Sum::Entry &slope = *collected.slopes.front();
    const Atom &atom = terms[slope.atom];
    bool mixed =
        collected.slopes.size() > 1 || !terms.isZero(collected.p) || !terms.isZero(collected.q);
    for (const Sum::Entry &entry : collected.rest)
      mixed |= terms[entry.atom].kind == Atom::Kind::inverseSlope;
    if (mixed || !solved[atom.index])
      return emitError(slope.origins.front(), message::unknownInsideSlope, terms.layerName(layer),
                       name(u));
    Coefficient t;
    for (const Sum::Entry &entry : atom.inner) {
      if (terms[entry.atom].kind == Atom::Kind::unknown && terms[entry.atom].index == u)
        t = entry.coefficient;
      else
        solution.rest.add(entry.atom, entry.coefficient, entry.origins);
    }
    Sum others;
    others.add(solution.rest, Coefficient(-1) / t);
    solution.rest = std::move(others);
    solution.kind = Solution::Kind::slope;
    solution.mean = atom.index;
    solution.argument.add(collected.rest, Coefficient(-1) / (slope.coefficient * t));
  } else if (!terms.isZero(collected.p)) {
    solution.kind = Solution::Kind::activate;
    solution.rho = collected.q / collected.p;
    solution.argument.add(collected.rest, Coefficient(-1) / collected.p);
    Rational rho = terms.value(solution.rho);
    Rational curvature = smallestCurvature(activation, terms.layer(layer).getSlopeNumber());
    if (!(rho + curvature > Rational(0, 1)))
      return emitError(energyOrigin(collected.pOrigins), message::noUniqueSolution,
                       terms.layerName(layer), name(u), solution.rho.str(), toDouble(-curvature),
                       toDouble(rho));
    bool curved = activation == Activation::tanh || activation == Activation::sigmoid;
    if (curved && rho != Rational(0, 1)) {
      emitError(collected.qOrigins.empty() ? collected.pOrigins.front()
                                           : collected.qOrigins.front(),
                message::noScalarRoot, terms.layerName(layer), name(u),
                stringifyActivation(activation).str())
              .attachNote()
          << "help: measure the distance in the mirror of the activation: `bregman(v, "
             "previous(v))` "
             "in place of `1/2 * square(v - previous(v))`, as mirror descent does";
      return failure();
    }
    // relu and clip only cut: f_rho(b) is f(b / (1 + rho)), so that any quadratic term may stand
    // for a part of G.
    if (activation == Activation::relu || activation == Activation::clip) {
      solution.rho = Coefficient();
      solution.argument = Sum();
      solution.argument.add(collected.rest, Coefficient(-1) / (collected.p + collected.q));
    }
  } else {
    solution.argument.add(collected.rest, Coefficient(-1) / collected.q);
  }
  solved[u] = true;
  solutions.push_back(std::move(solution));
  return success();
}

/// The sum with every unsolved unknown but u at its value before the update (language.md O12).
Sum LayerSolver::withPrevious(const Sum &sum, unsigned u) {
  Sum result;
  for (const Sum::Entry &entry : sum) {
    const Atom atom = terms[entry.atom];
    if (atom.kind != Atom::Kind::unknown || atom.index == u || solved[atom.index]) {
      result.add(entry.atom, entry.coefficient, entry.origins);
      continue;
    }
    for (auto [c, coefficient] : llvm::enumerate(coordinates.unknowns[atom.index]))
      result.add(terms.intern({Atom::Kind::previous, layer, static_cast<unsigned>(c)}),
                 entry.coefficient * coefficient, entry.origins);
  }
  return result;
}

static std::string quotedList(const std::set<std::string> &names) {
  std::string text;
  size_t index = 0;
  for (const std::string &name : names) {
    text += index == 0 ? "" : index + 1 == names.size() ? " and " : ", ";
    text += "`" + name + "`";
    ++index;
  }
  return text;
}

LogicalResult LayerSolver::reportStuck() {
  for (unsigned u = 0; u < solved.size(); ++u) {
    if (solved[u])
      continue;
    bool appears = llvm::any_of(
        conditions, [&](const Sum &condition) { return unknownsOf(condition).count(u) != 0; });
    if (!appears)
      return emitError(coordinates.compartments[u]
                           ? terms.compartment(*coordinates.compartments[u]).getLoc()
                           : terms.model.getPotential().getLoc(),
                       message::undetermined, terms.layerName(layer), name(u));
  }
  // The condition with the fewest unsolved unknowns shows the knot.
  unsigned best = conditions.size();
  for (unsigned w = 0; w < conditions.size(); ++w) {
    size_t open = used[w] ? 0 : unsolvedOf(conditions[w]).size();
    if (open > 1 && (best == conditions.size() || open < unsolvedOf(conditions[best]).size()))
      best = w;
  }
  if (best == conditions.size()) // more unknowns than conditions that hold any
    for (unsigned u = 0; u < solved.size(); ++u)
      if (!solved[u])
        return emitError(terms.model.getPotential().getLoc(), message::undetermined,
                         terms.layerName(layer), name(u));
  std::set<std::string> names;
  for (unsigned u : unsolvedOf(conditions[best]))
    names.insert(name(u));
  std::optional<Location> place;
  for (const Sum::Entry &entry : conditions[best]) {
    if (terms.isZero(entry.coefficient))
      continue;
    std::set<unsigned> inside = unknownsOf(terms[entry.atom]);
    if (!place || llvm::any_of(inside, [&](unsigned u) { return !solved[u] && u != best; }))
      place = entry.origins.front();
  }
  InFlightDiagnostic error =
      emitError(*place, message::coupled, terms.layerName(layer), name(best), quotedList(names));
  if (!terms.model.getAlternate())
    error.attachNote() << "help: add `alternate;` to solve them in turn";
  return error;
}

FailureOr<std::vector<Solution>> LayerSolver::run() {
  while (solutions.size() < conditions.size()) {
    bool progress = false;
    for (unsigned w = 0; w < conditions.size(); ++w) {
      std::set<unsigned> open = used[w] ? std::set<unsigned>() : unsolvedOf(conditions[w]);
      if (open.size() != 1)
        continue;
      if (failed(isolate(conditions[w], *open.begin())))
        return failure();
      used[w] = progress = true;
      break;
    }
    if (progress)
      continue;
    if (!terms.model.getAlternate())
      return reportStuck();
    unsigned u = llvm::find(solved, false) - solved.begin();
    Sum condition = withPrevious(conditions[u], u);
    if (used[u] || unsolvedOf(condition) != std::set<unsigned>{u})
      return reportStuck();
    if (failed(isolate(condition, u)))
      return failure();
    used[u] = true;
  }
  return std::move(solutions);
}

FailureOr<std::vector<Solution>> derive::solve(Terms &terms, unsigned layer,
                                               const Coordinates &coordinates,
                                               const std::vector<Sum> &conditions) {
  return LayerSolver(terms, layer, coordinates, conditions).run();
}
