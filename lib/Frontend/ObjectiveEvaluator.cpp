//===- ObjectiveEvaluator.cpp - values of expressions at one layer (4.1, O3-O8) ---------------===//
#include "lib/Frontend/ObjectiveEvaluator.h"

#include "lib/Frontend/Arguments.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

/// Depth of expansion, number of expressions evaluated and of terms made or scaled (both also per
/// layer), beyond which an objective is a mistake.
static constexpr unsigned deepestExpansion = 1000;
static constexpr size_t mostSteps = 200000, mostStepsPerLayer = 2000;
static constexpr size_t mostTerms = 200000, mostTermsPerLayer = 2000;

//===------------------------------------------------------------------------------------------===//
// Vectors
//===------------------------------------------------------------------------------------------===//

void dpc::addScaled(Combination &left, const Combination &right, const Coefficient &scale) {
  for (const auto &[coefficient, atom] : right) {
    Coefficient factor = scale * coefficient;
    if (factor.isZero())
      continue;
    if (atom.kind == Atom::Kind::form) {
      // Forms add up to one form with coefficient 1.
      auto form = llvm::find_if(
          left, [](const auto &part) { return part.second.kind == Atom::Kind::form; });
      if (form == left.end()) {
        Atom empty = atom;
        empty.form.clear();
        form = left.insert(left.end(), {Coefficient(1), std::move(empty)});
      }
      Form &parts = form->second.form;
      for (const auto &[index, part] : atom.form) {
        Coefficient sum = parts[index] + factor * part;
        if (sum.isZero())
          parts.erase(index);
        else
          parts[index] = sum;
      }
      if (parts.empty())
        left.erase(form);
      continue;
    }
    auto same = llvm::find_if(left, [&](const auto &part) { return part.second.same(atom); });
    if (same == left.end()) {
      left.push_back({factor, atom});
    } else {
      same->first = same->first + factor;
      if (same->first.isZero())
        left.erase(same);
    }
  }
}

std::optional<Form> dpc::asForm(const Combination &vector) {
  if (vector.empty())
    return Form();
  if (vector.size() == 1 && vector[0].second.kind == Atom::Kind::form)
    return vector[0].second.form;
  return std::nullopt;
}

std::string ObjectiveEvaluator::typeName(const Value &value) const {
  switch (value.kind) {
  case Kind::number:
    return "a number";
  case Kind::word:
    return "the word `" + value.word + "`";
  case Kind::vector:
    return "a vector";
  case Kind::energy:
    return "an energy";
  case Kind::poison:
    break;
  }
  return "nothing";
}

std::string ObjectiveEvaluator::formText(const Form &form) const {
  std::string text;
  for (const auto &[index, coefficient] : form) {
    std::string name = index == datumIndex ? dp::datumName.str() : result.compartments[index].name;
    std::string factor = coefficient.isOne() ? "" : "(" + coefficient.str() + ")*";
    text += (text.empty() ? "" : " + ") + factor + name;
  }
  return text.empty() ? "0" : text;
}

//===------------------------------------------------------------------------------------------===//
// Expressions
//===------------------------------------------------------------------------------------------===//

ObjectiveValue ObjectiveEvaluator::evaluate(const Expr &expr, int layer,
                                            const Environment &environment) {
  struct Depth {
    unsigned &depth;
    explicit Depth(unsigned &depth) : depth(++depth) {}
    ~Depth() { --depth; }
  } guard(depth);
  size_t layers = network.layers.size();
  if (depth > deepestExpansion || ++steps > mostSteps + mostStepsPerLayer * layers ||
      terms > mostTerms + mostTermsPerLayer * layers) {
    Spot spot = potential ? potential->spot : objective.spot;
    error(true, spot, environment, message::objectiveTooLarge, objective.name.text);
    return {};
  }
  switch (expr.kind) {
  case Expr::Kind::error:
    failed = true;
    return {};
  case Expr::Kind::number: {
    std::optional<Rational> number = readNumber(expr, engine);
    failed |= !number;
    return number ? Value{Kind::number, Coefficient(*number)} : Value();
  }
  case Expr::Kind::string:
    error(true, expr.spot, environment, message::wrongKind, "a name or a number", "a text");
    return {};
  case Expr::Kind::name:
    return evaluateName(expr, layer, environment);
  case Expr::Kind::negate:
  case Expr::Kind::sum:
    return evaluateSum(expr, layer, environment);
  case Expr::Kind::product:
    return evaluateProduct(expr, layer, environment);
  case Expr::Kind::call:
    return evaluateCall(expr, layer, environment);
  case Expr::Kind::sumOver:
    return evaluateSumOver(expr, layer, environment);
  }
  return {};
}

ObjectiveValue ObjectiveEvaluator::evaluateParameter(const std::string &name,
                                                     const ParameterValue &value, int layer) {
  const std::string &layerName = network.nodes[layer].name;
  if (auto word = value.layerWords.find(layerName); word != value.layerWords.end())
    return {Kind::word, {}, word->second};
  if (value.layerNumbers.count(layerName))
    return {Kind::number, Coefficient::symbol(ParameterValue::symbol(name, layerName))};
  if (!value.valid)
    return {};
  if (!value.number)
    return {Kind::word, {}, value.word};
  return {Kind::number, Coefficient::symbol(name)};
}

ObjectiveValue ObjectiveEvaluator::evaluateName(const Expr &expr, int layer,
                                                const Environment &environment) {
  for (auto &[name, argument] : environment.arguments)
    if (name == expr.text)
      return argument ? evaluate(*argument, layer, *environment.outer) : Value();
  if (auto parameter = parameters.find(expr.text); parameter != parameters.end())
    return evaluateParameter(expr.text, parameter->second, layer);
  Where where{expr.spot, environment.uses};
  bool atInput = network.nodes[layer].kind == NetworkNode::Kind::input;
  auto single = [&](int index) {
    Atom atom{Atom::Kind::form, Form{{index, Coefficient(1)}}};
    atom.where = where;
    Value value{Kind::vector};
    value.vector.push_back({Coefficient(1), std::move(atom)});
    return value;
  };
  if (auto compartment = compartmentIndex.find(expr.text); compartment != compartmentIndex.end()) {
    if (!atInput)
      return single(compartment->second);
    // The input has no compartments: states are the datum there, multipliers zero (O4).
    bool isState = result.compartments[compartment->second].kind == dp::CompartmentKind::state;
    return isState ? single(datumIndex) : Value{Kind::vector};
  }
  if (defines.count(expr.text)) {
    if (const Clause *define = findDefine(expr.text, layer))
      return expand(expr, *define, layer, environment);
    if (!speculative)
      error(false, expr.spot, environment, message::undefinedHere, expr.text,
            network.nodes[layer].name);
    failed = true;
    return {};
  }
  if (expr.text == dp::datumName) {
    if (atInput)
      return single(datumIndex);
    if (!speculative)
      error(false, expr.spot, environment, message::datumOnlyAtInput, network.nodes[layer].name);
    failed = true;
    return {};
  }
  std::vector<std::string> known;
  for (auto &[name, argument] : environment.arguments)
    known.push_back(name);
  for (auto &[name, unused] : declared)
    known.push_back(name);
  if (auto builder = error(true, expr.spot, environment, message::unknownName, expr.text))
    suggest(*builder, expr.text, known, "known here are");
  return {};
}

/// After an error.
bool ObjectiveEvaluator::isTooLong(const Coefficient &coefficient, const Expr &expr,
                                   const Environment &environment) {
  std::optional<Rational> number = coefficient.number();
  if (!number || !dpc::isTooLong(*number))
    return false;
  error(false, expr.spot, environment, message::numberOutOfRange, toString(expr).substr(0, 40));
  return true;
}

ObjectiveValue ObjectiveEvaluator::evaluateSum(const Expr &expr, int layer,
                                               const Environment &environment) {
  Value sum;
  bool poisoned = false;
  for (const Operand &operand : expr.operands) {
    Value value = evaluate(*operand.value, layer, environment);
    terms += value.energy.size();
    if (value.is(Kind::poison) || value.is(Kind::word)) {
      if (value.is(Kind::word))
        error(false, operand.value->spot, environment, message::wrongOperand,
              "a number, a vector or an energy", typeName(value));
      poisoned = true;
      continue;
    }
    if (sum.is(Kind::poison)) {
      sum.kind = value.kind;
    } else if (!sum.is(value.kind)) {
      error(false, operand.value->spot, environment, message::wrongOperand, typeName(sum),
            typeName(value));
      poisoned = true;
      continue;
    }
    Coefficient sign(operand.sign == '-' ? -1 : 1);
    sum.number = sum.number + sign * value.number;
    if (isTooLong(sum.number, expr, environment))
      return {};
    addScaled(sum.vector, value.vector, sign);
    for (Term &term : value.energy) {
      if (operand.sign == '-')
        term.coefficient = -term.coefficient;
      sum.energy.push_back(std::move(term));
    }
  }
  return poisoned ? Value() : sum;
}

ObjectiveValue ObjectiveEvaluator::evaluateProduct(const Expr &expr, int layer,
                                                   const Environment &environment) {
  Coefficient factor(1);
  Value other;
  bool poisoned = false;
  for (const Operand &operand : expr.operands) {
    Value value = evaluate(*operand.value, layer, environment);
    terms += value.energy.size();
    bool divides = operand.sign == '/';
    if (value.is(Kind::poison)) {
      poisoned = true;
    } else if (value.is(Kind::word) || (divides && !value.is(Kind::number))) {
      error(false, operand.value->spot, environment, message::wrongOperand,
            divides ? "a number after `/`" : "a number, a vector or an energy", typeName(value));
      poisoned = true;
    } else if (value.is(Kind::number) && divides) {
      std::optional<Rational> bound =
          value.number.evaluate([&](llvm::StringRef name) -> std::optional<Rational> {
            auto [base, bracket] = name.split('[');
            auto found = parameters.find(base.str());
            if (found == parameters.end())
              return std::nullopt;
            if (bracket.empty())
              return found->second.number;
            auto own = found->second.layerNumbers.find(bracket.drop_back().str());
            return own == found->second.layerNumbers.end() ? found->second.number
                                                           : std::optional(own->second);
          });
      if (value.number.isZero() || (bound && *bound == Rational(0, 1))) {
        error(false, operand.spot, environment, message::divisionByZero, toString(*operand.value));
        poisoned = true;
      } else {
        factor = factor / value.number;
      }
    } else if (value.is(Kind::number)) {
      factor = factor * value.number;
    } else if (!other.is(Kind::poison)) {
      if (auto builder = error(false, operand.spot, environment, message::productOfTwo,
                               typeName(other), typeName(value)))
        if (other.is(Kind::vector) && value.is(Kind::vector))
          builder->help("the inner product is `dot(u, v)`");
      poisoned = true;
    } else {
      other = std::move(value);
    }
    if (isTooLong(factor, expr, environment))
      return {};
  }
  if (poisoned)
    return {};
  if (other.is(Kind::poison))
    return {Kind::number, factor};
  Combination scaled;
  addScaled(scaled, other.vector, factor);
  other.vector = std::move(scaled);
  for (Term &term : other.energy)
    term.coefficient = factor * term.coefficient;
  llvm::erase_if(other.energy, [](const Term &term) { return term.coefficient.isZero(); });
  return other;
}

ObjectiveValue ObjectiveEvaluator::evaluateSumOver(const Expr &expr, int layer,
                                                   const Environment &environment) {
  if (!isPlace({expr.text, expr.textSpot}))
    return {};
  if (expr.text == "input") {
    error(false, expr.spot, environment, message::notAvailableYet, "a term over `input` is");
    return {};
  }
  Value sum{Kind::energy};
  bool poisoned = false;
  const Expr &inside = *expr.operands[0].value;
  for (int place : layersOf(expr.text)) {
    Value value = evaluate(inside, place, environment);
    if (value.is(Kind::poison)) {
      poisoned = true;
    } else if (!value.is(Kind::energy)) {
      error(false, inside.spot, environment, message::sumWantsEnergy, typeName(value));
      poisoned = true;
    } else {
      llvm::move(value.energy, std::back_inserter(sum.energy));
    }
  }
  return poisoned ? Value() : sum;
}

/// A use of a definition: its text is evaluated at this layer, its arguments by name.
ObjectiveValue ObjectiveEvaluator::expand(const Expr &use, const Clause &define, int layer,
                                          const Environment &environment) {
  for (const Environment *in = &environment; in; in = in->outer)
    if (in->define && in->define->name.text == define.name.text) {
      error(true, use.spot, environment, message::recursiveDefine, define.name.text);
      return {};
    }
  Environment inner;
  inner.define = &define;
  inner.outer = &environment;
  inner.uses = std::make_shared<Uses>(Uses{use.spot, environment.uses});
  if (define.isMacro) {
    if (!use.is(Expr::Kind::call)) {
      error(true, use.spot, environment, message::macroWithoutArguments, define.name.text,
            define.names.size());
      return {};
    }
    std::vector<Formal> formals;
    for (const Name &name : define.names)
      formals.push_back({name.text});
    auto arguments = bindArguments(use, formals, engine);
    if (!arguments) {
      failed = true;
      return {};
    }
    for (auto [name, argument] : llvm::zip(define.names, *arguments))
      inner.arguments.push_back({name.text, argument->value.get()});
  }
  return evaluate(*define.value, layer, inner);
}
