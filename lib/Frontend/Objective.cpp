//===- Objective.cpp - the clauses of an objective --------------------------------------------===//
#include "lib/Frontend/Objective.h"

#include "lib/Frontend/ObjectiveEvaluator.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

static const std::vector<std::string> places = {"layers", "hidden", "output", "input"};

ElaboratedObjective dpc::elaborateObjective(const Objective &objective,
                                            const ParameterValues &parameters,
                                            const NetworkGraph &network, DiagnosticEngine &engine) {
  return ObjectiveEvaluator(objective, parameters, network, engine).run();
}

bool ObjectiveEvaluator::isPlace(const Name &place) {
  if (llvm::is_contained(places, place.text))
    return true;
  if (auto builder = error(true, place.spot, {}, message::unknownPlace, place.text))
    suggest(*builder, place.text, places, "places are");
  return false;
}

std::vector<int> ObjectiveEvaluator::layersOf(const std::string &place) const {
  const std::vector<int> &all = network.layers;
  if (place == "input")
    return {0};
  if (place == "output")
    return {all.back()};
  if (place == "hidden")
    return {all.begin(), all.end() - 1};
  return all;
}

const Clause *ObjectiveEvaluator::findDefine(const std::string &name, int layer) const {
  auto found = defines.find(name);
  if (found == defines.end())
    return nullptr;
  // The narrower place wins: one of hidden, output and input over layers over everywhere.
  const Clause *best = nullptr;
  int bestRank = -1;
  for (const Clause *clause : found->second) {
    const std::string &place = clause->place.text;
    if (!place.empty() && !llvm::is_contained(layersOf(place), layer))
      continue;
    int rank = place.empty() ? 0 : place == "layers" ? 1 : 2;
    if (rank > bestRank) {
      best = clause;
      bestRank = rank;
    }
  }
  return best;
}

void ObjectiveEvaluator::declare(const Name &name, const char *what) {
  auto [first, isNew] = declared.try_emplace(name.text, what, name.spot);
  if (!isNew)
    if (auto builder =
            error(true, name.spot, {}, message::declaredTwice, name.text, first->second.first))
      builder->note(first->second.second.place(), "the first");
}

void ObjectiveEvaluator::collect() {
  for (const Parameter &parameter : objective.parameters)
    declare(parameter.name, "parameter");
  const Clause *realize = nullptr, *alternate = nullptr;
  auto once = [&](const Clause *&first, const Clause &clause, const char *what) {
    if (first) {
      if (auto builder = error(true, clause.spot, {}, message::clauseTwice, what))
        builder->note(first->spot.place(), "the first");
      return false;
    }
    first = &clause;
    return true;
  };
  for (const Clause &clause : objective.clauses) {
    switch (clause.kind) {
    case Clause::Kind::state:
    case Clause::Kind::multiplier:
      for (const Name &name : clause.names) {
        declare(name, "compartment");
        auto kind = clause.kind == Clause::Kind::state ? dp::CompartmentKind::state
                                                       : dp::CompartmentKind::multiplier;
        if (compartmentIndex.try_emplace(name.text, result.compartments.size()).second)
          result.compartments.push_back({name.text, kind, std::nullopt, name.spot});
      }
      break;
    case Clause::Kind::define: {
      std::vector<const Clause *> &same = defines[clause.name.text];
      if (same.empty())
        defineOrder.push_back(clause.name.text);
      if (clause.place.given() && !isPlace(clause.place))
        break;
      bool repeated = llvm::any_of(
          same, [&](const Clause *other) { return other->place.text == clause.place.text; });
      bool otherKind = !same.empty() && (same.front()->isMacro != clause.isMacro ||
                                         same.front()->names.size() != clause.names.size());
      if (same.empty() || repeated)
        declare(clause.name, "definition");
      else if (otherKind)
        error(true, clause.name.spot, {}, message::defineDiffers, clause.name.text);
      if (clause.isMacro && symbolizesFunction(clause.name.text))
        error(true, clause.name.spot, {}, message::functionOfLanguage, clause.name.text);
      std::set<std::string> arguments;
      for (const Name &name : clause.names)
        if (!arguments.insert(name.text).second)
          error(true, name.spot, {}, message::declaredTwice, name.text, "argument");
      if (!repeated && !otherKind)
        same.push_back(&clause);
      break;
    }
    case Clause::Kind::potential:
      once(potential, clause, "potential");
      break;
    case Clause::Kind::realize:
      if (once(realize, clause, "realize"))
        result.realization = *dp::symbolizeRealization(clause.name.text);
      break;
    case Clause::Kind::alternate:
      once(alternate, clause, "alternate");
      result.alternate = true;
      break;
    case Clause::Kind::settle:
      error(true, clause.spot, {}, message::notAvailableYet, "`settle` is");
      break;
    case Clause::Kind::phase:
      error(true, clause.spot, {}, message::notAvailableYet, "`phase` is");
      break;
    case Clause::Kind::feedback:
      error(true, clause.spot, {}, message::notAvailableYet, "`feedback separate` is");
      break;
    case Clause::Kind::minimize:
    case Clause::Kind::maximize:
    case Clause::Kind::stationary:
      break; // checkGoals, when all compartments are known
    }
  }
}

void ObjectiveEvaluator::checkGoals() {
  std::vector<std::string> names;
  for (const Compartment &compartment : result.compartments)
    names.push_back(compartment.name);
  std::map<std::string, Spot> given;
  auto known = [&](const Name &name) {
    if (compartmentIndex.count(name.text))
      return true;
    if (auto builder = error(true, name.spot, {}, message::unknownCompartment, name.text))
      suggest(*builder, name.text, names, "the compartments are");
    return false;
  };
  for (const Clause &clause : objective.clauses) {
    std::optional<dp::Goal> goal;
    if (clause.kind == Clause::Kind::minimize)
      goal = dp::Goal::minimize;
    else if (clause.kind == Clause::Kind::maximize)
      goal = dp::Goal::maximize;
    else if (clause.kind == Clause::Kind::stationary)
      goal = dp::Goal::stationary;
    else if (clause.kind == Clause::Kind::phase) {
      llvm::for_each(clause.names, known);
      if (clause.name.given())
        known(clause.name);
    } else if (clause.kind == Clause::Kind::settle) {
      known(clause.name);
      given[clause.name.text] = clause.name.spot; // its own energy determines it (O13)
    }
    if (!goal)
      continue;
    for (const Name &name : clause.names) {
      if (!known(name))
        continue;
      auto [first, isNew] = given.try_emplace(name.text, name.spot);
      if (!isNew)
        if (auto builder = error(true, name.spot, {}, message::goalTwice, name.text))
          builder->note(first->second.place(), "the first");
      result.compartments[compartmentIndex[name.text]].goal = goal;
    }
  }
  for (const Compartment &compartment : result.compartments)
    if (!given.count(compartment.name))
      if (auto builder = error(true, compartment.spot, {}, message::noGoal, compartment.name))
        builder->help("add `minimize {0};`, `maximize {0};` or `stationary {0};`",
                      compartment.name);
  if (result.compartments.empty())
    error(true, objective.spot, {}, message::noCompartments, objective.name.text);
}

/// Names and functions in macros that nobody uses are checked with unknown arguments.
void ObjectiveEvaluator::checkMacros() {
  speculative = true;
  for (const std::string &name : defineOrder)
    for (const Clause *clause : defines[name]) {
      if (!clause->isMacro)
        continue;
      Environment outer, inner;
      inner.define = clause;
      inner.outer = &outer;
      inner.uses = std::make_shared<Uses>(Uses{clause->spot, nullptr});
      for (const Name &argument : clause->names)
        inner.arguments.push_back({argument.text, nullptr});
      bool before = failed;
      size_t errors = reported.size();
      evaluate(*clause->value, network.layers.back(), inner);
      failed = before || reported.size() != errors;
    }
  speculative = false;
}

/// The vectors that people gave names to, at every layer where they mean something.
void ObjectiveEvaluator::elaborateDefines() {
  speculative = true;
  for (const std::string &name : defineOrder) {
    for (int layer : network.layers) {
      const Clause *clause = findDefine(name, layer);
      if (!clause || clause->isMacro)
        continue;
      Environment outer, inner;
      inner.define = clause;
      inner.outer = &outer;
      bool before = failed;
      size_t errors = reported.size();
      Value value = evaluate(*clause->value, layer, inner);
      failed = before || reported.size() != errors;
      bool readsThePast =
          llvm::any_of(value.vector, [](const auto &part) { return part.second.constant(); });
      if (value.is(Kind::vector) && !value.vector.empty() && !readsThePast)
        result.defines.push_back(
            {name, layer, std::move(value.vector), {clause->name.spot, nullptr}});
    }
  }
  speculative = false;
}

/// `at = current`: the output's pre-activation as the potential uses it (O8).
void ObjectiveEvaluator::resolveCurrent() {
  std::vector<const Atom *> used;
  for (const Term &term : result.terms)
    if (term.kind == Term::Kind::pair && term.layer == network.layers.back())
      for (const Atom *side : {&term.left, &term.right})
        if (side->kind == Atom::Kind::affine &&
            llvm::none_of(used, [&](const Atom *other) { return other->same(*side); }))
          used.push_back(side);
  for (Term &term : result.terms) {
    if (!term.atCurrent)
      continue;
    if (used.size() == 1) {
      Atom point = *used.front();
      point.where = term.pointWhere;
      term.point.push_back({Coefficient(1), std::move(point)});
      continue;
    }
    Environment at;
    at.uses = term.pointWhere.uses;
    auto builder = error(false, term.pointWhere.spot, at, message::noCurrentPoint,
                         used.empty() ? std::string("none") : std::to_string(used.size()));
    if (!builder)
      continue;
    for (const Atom *atom : used)
      builder->note(atom->where.spot.place(), "one is here");
    builder->help("name the point: `at = preactivation(…)`, `at = initial` or `at = previous`");
  }
}

ElaboratedObjective ObjectiveEvaluator::run() {
  collect();
  checkGoals();
  result.potential = objective.spot;
  Environment outermost;
  if (!potential) {
    error(true, objective.spot, {}, message::noPotential, objective.name.text);
  } else {
    result.potential = potential->spot;
    Value value = evaluate(*potential->value, network.layers.back(), outermost);
    if (value.is(Kind::energy))
      result.terms = std::move(value.energy);
    else if (!value.is(Kind::poison))
      error(true, potential->value->spot, {}, message::potentialNoEnergy, typeName(value));
  }
  for (const Clause &clause : objective.clauses)
    if (clause.kind == Clause::Kind::settle && clause.value)
      evaluate(*clause.value, network.layers.back(), outermost);
  llvm::erase_if(result.terms, [](const Term &term) { return term.coefficient.isZero(); });
  checkMacros();
  elaborateDefines();
  if (!failed)
    resolveCurrent();
  return std::move(result);
}
