//===- ObjectiveFunctions.cpp - the functions of language.md 4.1 ------------------------------===//
#include "lib/Frontend/ObjectiveEvaluator.h"

#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

static const std::vector<std::string> &functionNames() {
  static const std::vector<std::string> names = {"G",      "inverse", "preactivation", "dot",
                                                 "square", "loss",    "previous",      "bregman"};
  return names;
}

bool dpc::symbolizesFunction(llvm::StringRef name) {
  return llvm::is_contained(functionNames(), name.str());
}

std::optional<Combination> ObjectiveEvaluator::vectorOf(const Expr &expr,
                                                        const std::string &function, int layer,
                                                        const Environment &environment) {
  Value value = evaluate(expr, layer, environment);
  if (value.is(Kind::vector))
    return std::move(value.vector);
  if (!value.is(Kind::poison))
    error(false, expr.spot, environment, message::wrongArgument, function, "a vector",
          typeName(value));
  return std::nullopt;
}

std::optional<Form> ObjectiveEvaluator::formOf(const Expr &expr, const std::string &function,
                                               int layer, const Environment &environment) {
  std::optional<Combination> vector = vectorOf(expr, function, layer, environment);
  if (!vector)
    return std::nullopt;
  if (std::optional<Form> form = asForm(*vector))
    return form;
  error(false, expr.spot, environment, message::wantsForm, function);
  return std::nullopt;
}

ObjectiveValue ObjectiveEvaluator::evaluateCall(const Expr &call, int layer,
                                                const Environment &environment) {
  if (const Clause *define = findDefine(call.text, layer)) {
    if (define->isMacro)
      return expand(call, *define, layer, environment);
    error(true, call.spot, environment, message::notAFunction, call.text);
    return {};
  }
  if (defines.count(call.text)) {
    if (!speculative)
      error(false, call.spot, environment, message::undefinedHere, call.text,
            network.nodes[layer].name);
    failed = true;
    return {};
  }
  const std::string &name = call.text;
  if (!llvm::is_contained(functionNames(), name)) {
    if (declared.count(name)) {
      error(true, call.spot, environment, message::notAFunction, name);
      return {};
    }
    std::vector<std::string> known = functionNames();
    for (auto &[define, clauses] : defines)
      if (clauses.front()->isMacro)
        known.push_back(define);
    if (auto builder =
            error(true, call.spot, environment, message::unknownFunction, name, "an objective"))
      suggest(*builder, name, known, "there are");
    return {};
  }
  if (name == "preactivation")
    return callPreactivation(call, layer, environment);
  if (name == "dot" || name == "square")
    return callDot(call, layer, environment);
  if (name == "loss")
    return callLoss(call, layer, environment);
  if (name == "bregman")
    return callBregman(call, layer, environment);

  // G, inverse and previous of a form.
  auto arguments = bindArguments(call, {{"v"}}, engine);
  if (!arguments) {
    failed = true;
    return {};
  }
  std::optional<Form> form = formOf(*(*arguments)[0]->value, name, layer, environment);
  if (!form)
    return {};
  Where where{call.spot, environment.uses};
  Atom atom{Atom::Kind::form, *form};
  atom.where = {(*arguments)[0]->value->spot, environment.uses};
  if (name == "G") {
    Value value{Kind::energy};
    if (!form->empty())
      value.energy.push_back({Term::Kind::energy, layer, Coefficient(1), std::move(atom), {}});
    for (Term &term : value.energy)
      term.where = where;
    return value;
  }
  atom.kind = name == "inverse" ? Atom::Kind::inverse : Atom::Kind::previous;
  atom.where = where;
  Value value{Kind::vector};
  value.vector.push_back({Coefficient(1), std::move(atom)});
  return value;
}

ObjectiveValue ObjectiveEvaluator::callPreactivation(const Expr &call, int layer,
                                                     const Environment &environment) {
  auto arguments = bindArguments(call, {{"v"}}, engine);
  if (!arguments) {
    failed = true;
    return {};
  }
  const Expr &read = *(*arguments)[0]->value;
  if (network.nodes[layer].kind == NetworkNode::Kind::input) {
    error(false, call.spot, environment, message::noPreactivation);
    return {};
  }
  Atom atom{Atom::Kind::affine};
  atom.where = {call.spot, environment.uses};
  for (int source : network.sources(layer)) {
    std::optional<Form> form = formOf(read, call.text, source, environment);
    if (!form)
      return {};
    atom.reads.push_back(std::move(*form));
  }
  Value value{Kind::vector};
  value.vector.push_back({Coefficient(1), std::move(atom)});
  return value;
}

/// dot(u, v) and square(v) = dot(v, v), bilinearly; products of constants are dropped.
ObjectiveValue ObjectiveEvaluator::callDot(const Expr &call, int layer,
                                           const Environment &environment) {
  bool isSquare = call.text == "square";
  std::vector<Formal> formals = {{isSquare ? "v" : "u"}};
  if (!isSquare)
    formals.push_back({"v"});
  auto arguments = bindArguments(call, formals, engine);
  if (!arguments) {
    failed = true;
    return {};
  }
  std::optional<Combination> left =
      vectorOf(*(*arguments)[0]->value, call.text, layer, environment);
  std::optional<Combination> right = left;
  if (!isSquare)
    right = vectorOf(*(*arguments)[1]->value, call.text, layer, environment);
  if (!left || !right)
    return {};
  Value value{Kind::energy};
  for (size_t i = 0; i < left->size(); ++i)
    for (size_t j = isSquare ? i : 0; j < right->size(); ++j) {
      const auto &[a, u] = (*left)[i];
      const auto &[b, v] = (*right)[j];
      if (u.constant() && v.constant())
        continue;
      Coefficient coefficient = a * b * Coefficient(isSquare && i != j ? 2 : 1);
      Term term{Term::Kind::pair, layer, coefficient, u, v};
      term.where = {call.spot, environment.uses};
      value.energy.push_back(std::move(term));
    }
  return value;
}

/// G(v) - <z, v> with z the stored pre-activation of c; the rest of the definition is constant.
ObjectiveValue ObjectiveEvaluator::callBregman(const Expr &call, int layer,
                                               const Environment &environment) {
  auto arguments = bindArguments(call, {{"v"}, {"c"}}, engine);
  if (!arguments) {
    failed = true;
    return {};
  }
  std::optional<Form> form = formOf(*(*arguments)[0]->value, call.text, layer, environment);
  const Expr &point = *(*arguments)[1]->value;
  std::optional<Combination> previous = vectorOf(point, call.text, layer, environment);
  if (!form || !previous)
    return {};
  bool single = previous->size() == 1 && (*previous)[0].first.isOne() &&
                (*previous)[0].second.kind == Atom::Kind::previous &&
                (*previous)[0].second.form.size() == 1 &&
                (*previous)[0].second.form.begin()->second.isOne() &&
                (*previous)[0].second.form.begin()->first != datumIndex;
  if (!single) {
    error(false, point.spot, environment, message::bregmanPoint);
    return {};
  }
  Where where{call.spot, environment.uses};
  Atom v{Atom::Kind::form, *form}, stored{Atom::Kind::stored};
  v.where = {(*arguments)[0]->value->spot, environment.uses};
  stored.compartment = (*previous)[0].second.form.begin()->first;
  stored.where = {point.spot, environment.uses};
  Value value{Kind::energy};
  if (form->empty())
    return value;
  value.energy.push_back({Term::Kind::energy, layer, Coefficient(1), v, {}});
  value.energy.push_back({Term::Kind::pair, layer, Coefficient(-1), stored, v});
  for (Term &term : value.energy)
    term.where = where;
  return value;
}

ObjectiveValue ObjectiveEvaluator::callLoss(const Expr &call, int layer,
                                            const Environment &environment) {
  auto arguments = bindArguments(call, {{"v"}, {"at", false}}, engine);
  if (!arguments) {
    failed = true;
    return {};
  }
  if (network.nodes[layer].name != "output") {
    if (!speculative)
      if (auto builder = error(false, call.spot, environment, message::lossOnlyAtOutput,
                               network.nodes[layer].name))
        builder->help("put it outside of the sum, or into `sum over output`");
    failed = true;
    return {};
  }
  std::optional<Form> form = formOf(*(*arguments)[0]->value, call.text, layer, environment);
  Atom v{Atom::Kind::form, form.value_or(Form())};
  v.where = {(*arguments)[0]->value->spot, environment.uses};
  Term term{Term::Kind::loss, layer, Coefficient(1), std::move(v), {}};
  term.where = {call.spot, environment.uses};
  if (const Argument *point = (*arguments)[1])
    if (!readPoint(*point->value, layer, environment, term))
      return {};
  if (!form)
    return {};
  Value value{Kind::energy};
  if (!form->empty())
    value.energy.push_back(std::move(term));
  return value;
}

/// Where a loss is linearised (O8): a word, by itself or through a parameter or an argument, or an
/// explicit pre-activation.
bool ObjectiveEvaluator::readPoint(const Expr &point, int layer, const Environment &environment,
                                   Term &term) {
  term.pointWhere = {point.spot, environment.uses};
  if (point.is(Expr::Kind::name)) {
    for (auto &[name, argument] : environment.arguments)
      if (name == point.text)
        return argument && readPoint(*argument, layer, *environment.outer, term);
    std::string word = point.text;
    auto parameter = parameters.find(word);
    if (parameter != parameters.end()) {
      Value value = evaluateParameter(word, parameter->second, layer);
      if (value.is(Kind::poison)) {
        failed = true;
        return false;
      }
      word = value.is(Kind::word) ? value.word : "";
    }
    if (word == "current") {
      term.at = dp::LossPoint::value;
      term.atCurrent = true;
      return true;
    }
    std::optional<dp::LossPoint> known = dp::symbolizeLossPoint(word);
    if (known && *known != dp::LossPoint::value) {
      term.at = *known;
      return true;
    }
    if (!defines.count(point.text)) {
      bool isName = declared.count(point.text) || point.text == dp::datumName;
      if (auto builder = error(!isName, point.spot, environment, message::wrongPoint, point.text)) {
        std::string near = nearestName(point.text, {"exact", "initial", "current", "previous"});
        if (!isName && !near.empty())
          builder->help("perhaps `{}`", near);
      }
      return false;
    }
  }
  std::optional<Combination> vector = vectorOf(point, "loss", layer, environment);
  if (!vector)
    return false;
  bool explicitPoint = !vector->empty() && llvm::all_of(*vector, [](const auto &part) {
    return part.second.kind == Atom::Kind::affine;
  });
  if (!explicitPoint) {
    error(false, point.spot, environment, message::wrongPoint, toString(point));
    return false;
  }
  term.at = dp::LossPoint::value;
  term.point = std::move(*vector);
  return true;
}
