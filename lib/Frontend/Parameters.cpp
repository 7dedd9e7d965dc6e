//===- Parameters.cpp - values of an objective's parameters -----------------------------------===//
#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/Objective.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

namespace {

const std::vector<std::string> lossPoints = {"exact", "initial", "current", "previous"};

std::string rangeText(const Parameter &parameter) {
  return std::string(parameter.low->closed ? "[" : "(") + parameter.low->text + ", " +
         parameter.high->text + (parameter.high->closed ? "]" : ")");
}

bool inRange(const Parameter &parameter, const Rational &value) {
  auto bounded = [&](const Bound &bound, bool lower) {
    if (llvm::StringRef(bound.text).ends_with("inf"))
      return llvm::StringRef(bound.text).starts_with("-") == lower;
    std::optional<Rational> limit = parseRational(bound.text);
    if (!limit || value == *limit)
      return bound.closed;
    return (value > *limit) == lower;
  };
  return bounded(*parameter.low, true) && bounded(*parameter.high, false);
}

class Binder {
public:
  Binder(const Objective &objective, const std::vector<std::string> &layers,
         DiagnosticEngine &engine)
      : objective(objective), layers(layers), engine(engine) {}

  ParameterValues run(const Expr *setting);

private:
  /// A number or a word into `number` or `word`; false after an error. `wantsWord` is what the
  /// default tells of the parameter's kind, if there is one.
  bool read(const Parameter &parameter, const Expr &value, std::optional<bool> wantsWord,
            std::optional<Rational> &number, std::string &word);

  const Objective &objective;
  const std::vector<std::string> &layers;
  DiagnosticEngine &engine;
  llvm::StringMap<Rational> known; // earlier parameters, for defaults
};

bool Binder::read(const Parameter &parameter, const Expr &value, std::optional<bool> wantsWord,
                  std::optional<Rational> &number, std::string &word) {
  const std::string &name = parameter.name.text;
  if (value.is(Expr::Kind::name) && value.text == "runtime") {
    engine.error(value.spot.place(), message::notAvailableYet,
                 "the run-time parameter `" + name + "` is");
    return false;
  }
  bool isDefault = &value == parameter.value.get();
  bool isWord = value.is(Expr::Kind::name) && !(isDefault && known.count(value.text));
  if (isWord) {
    if (parameter.low || wantsWord == false) {
      engine.error(value.spot.place(), message::wrongParameterKind, name, "a number", value.text);
      return false;
    }
    if (!llvm::is_contained(lossPoints, value.text)) {
      auto builder = engine.error(value.spot.place(), message::unknownWord, value.text, name);
      suggest(builder, value.text, lossPoints, "known words are");
      return false;
    }
    word = value.text;
    return true;
  }
  if (wantsWord == true) {
    auto builder = engine.error(value.spot.place(), message::wrongParameterKind, name, "a word",
                                toString(value));
    builder.help("known words are {}", listOfNames(lossPoints));
    return false;
  }
  number =
      evaluateNumber(value, engine, "a number for `" + name + "`", isDefault ? &known : nullptr);
  if (!number)
    return false;
  if (parameter.low && !inRange(parameter, *number)) {
    engine.error(value.spot.place(), message::outOfRange, name, rangeText(parameter),
                 toText(*number));
    return false;
  }
  return true;
}

ParameterValues Binder::run(const Expr *setting) {
  ParameterValues values;
  std::map<std::string, std::optional<bool>> wantsWord;
  // Defaults first: they tell the kinds of the parameters.
  for (const Parameter &parameter : objective.parameters) {
    const std::string &name = parameter.name.text;
    ParameterValue value;
    if (parameter.value) {
      value.valid = read(parameter, *parameter.value, std::nullopt, value.number, value.word);
      if (value.valid)
        wantsWord[name] = !value.number.has_value();
      if (value.number)
        known[name] = *value.number;
    } else {
      value.valid = false;
    }
    values[name] = std::move(value);
  }
  if (!setting)
    return values;

  std::vector<Formal> formals;
  for (const Parameter &parameter : objective.parameters)
    formals.push_back({parameter.name.text, false});
  std::vector<const Argument *> perLayer, arguments;
  bindArguments(*setting, formals, engine, &perLayer, &arguments);
  known.clear(); // a default reads the values of earlier parameters as they are now
  for (auto [parameter, argument] : llvm::zip(objective.parameters, arguments)) {
    ParameterValue &value = values[parameter.name.text];
    if (argument) {
      std::optional<Rational> number;
      std::string word;
      value.valid = read(parameter, *argument->value, wantsWord[parameter.name.text], number, word);
      value.number = number;
      value.word = word;
    } else if (parameter.value) {
      value.valid = read(parameter, *parameter.value, std::nullopt, value.number, value.word);
    } else {
      auto builder = engine.error(setting->spot.place(), message::parameterWithoutValue,
                                  objective.name.text, parameter.name.text);
      builder.note(parameter.name.spot.place(), "the parameter has no default");
    }
    if (value.valid && value.number)
      known[parameter.name.text] = *value.number;
  }
  std::map<std::pair<std::string, std::string>, const Argument *> seen;
  for (const Argument *argument : perLayer) {
    const std::string &name = argument->name.text, &layer = argument->layer.text;
    auto [first, isNew] = seen.try_emplace({name, layer}, argument);
    if (!isNew) {
      engine.error(argument->spot.place(), message::argumentTwice, name + "[" + layer + "]",
                   objective.name.text);
      continue;
    }
    if (!layers.empty() && !llvm::is_contained(layers, layer)) {
      auto builder = engine.error(argument->layer.spot.place(), message::unknownLayer, layer);
      suggest(builder, layer, layers, "the layers are");
      if (argument->layer.spot.inSetKey())
        builder.code(ExitCode::commandLine);
      continue;
    }
    auto parameter = llvm::find_if(objective.parameters, [&](const Parameter &candidate) {
      return candidate.name.text == name;
    });
    ParameterValue &value = values[name];
    std::optional<bool> kind = wantsWord[name];
    if (!kind && value.valid)
      kind = !value.number.has_value();
    std::optional<Rational> number;
    std::string word;
    if (!read(*parameter, *argument->value, kind, number, word))
      value.valid = false;
    else if (number)
      value.layerNumbers[layer] = *number;
    else
      value.layerWords[layer] = word;
  }
  return values;
}

} // namespace

ParameterValues dpc::bindParameters(const Objective &objective, const Expr *setting,
                                    const std::vector<std::string> &layers,
                                    DiagnosticEngine &engine) {
  return Binder(objective, layers, engine).run(setting);
}
