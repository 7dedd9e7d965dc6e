//===- SettingsReader.cpp - which value each setting has in the end ---------------------------===//
//
// Defaults, the `train` block and each `--set` overlay one another; networks and objectives are
// looked up by the names that are left (language.md 10).
//
//===------------------------------------------------------------------------------------------===//
#include "lib/Frontend/SettingsReader.h"

#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/Parser.h"
#include "lib/Frontend/SettingFunctions.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"

using namespace dpc;
using namespace dpc::ast;

/// The defaults of language.md 10.
static constexpr const char *defaultSettings = R"(train {
  loss       softmax_cross_entropy;
  inference  forward_backward(passes = 1);
  optimizer  sgd;
  rate       constant(1e-3);
  initialize lecun_normal;
  batch 100;  epochs 10;  seed 0;
})";

static const std::vector<std::string> settingNames = {
    "model",     "objective", "loss",       "inference", "data",   "augment",
    "optimizer", "rate",      "initialize", "batch",     "epochs", "seed"};

static ExprPtr clone(const Expr &expr) {
  auto copy = std::make_unique<Expr>();
  copy->kind = expr.kind;
  copy->spot = expr.spot;
  copy->text = expr.text;
  copy->textSpot = expr.textSpot;
  for (const Operand &operand : expr.operands)
    copy->operands.push_back({operand.sign, clone(*operand.value), operand.spot});
  for (const Argument &argument : expr.arguments)
    copy->arguments.push_back(
        {argument.name, argument.layer, clone(*argument.value), argument.spot});
  return copy;
}

SettingsReader::SettingsReader(const File &file, const File *prelude, const SourceFile &model,
                               DiagnosticEngine &engine)
    : file(file), prelude(prelude), model(model), engine(engine),
      defaultsText("defaults", defaultSettings), defaults(parseFile(defaultsText, engine)) {
  trainPlace = {model.name(), 1, 1};
  auto add = [&](const Train &train, bool given) {
    for (const Setting &setting : train.settings) {
      SettingValue value;
      for (const ExprPtr &expr : setting.values)
        value.values.push_back(clone(*expr));
      Place place =
          setting.values.empty() ? setting.name.spot.place() : setting.values.front()->spot.place();
      value.place = given ? place : trainPlace;
      value.given = given;
      settings[setting.name.text] = std::move(value);
    }
  };
  if (!file.trains.empty())
    trainPlace = file.trains.front().spot.place();
  add(defaults.trains.front(), false);
  for (const Train &train : llvm::drop_begin(file.trains, file.trains.empty() ? 0 : 1))
    engine.error(train.spot.place(), message::secondTrain).note(trainPlace, "the first");
  for (const Train &train : file.trains) {
    std::map<std::string, Spot> seen;
    for (const Setting &setting : train.settings) {
      const Name &name = setting.name;
      if (!llvm::is_contained(settingNames, name.text)) {
        auto builder = engine.error(name.spot.place(), message::unknownSetting, name.text);
        suggest(builder, name.text, settingNames, "settings are");
      }
      auto [first, isNew] = seen.try_emplace(name.text, name.spot);
      if (!isNew)
        engine.error(name.spot.place(), message::settingTwice, name.text)
            .note(first->second.place(), "the first");
    }
  }
  if (!file.trains.empty())
    add(file.trains.front(), true);
}

Place SettingsReader::placeOf(const std::string &setting) const {
  auto found = settings.find(setting);
  return found == settings.end() ? trainPlace : found->second.place;
}

//===------------------------------------------------------------------------------------------===//
// --set
//===------------------------------------------------------------------------------------------===//

void SettingsReader::apply(const SourceFile &sets, size_t count) {
  for (size_t i = 1; i <= count; ++i) {
    llvm::StringRef line = sets.line(i);
    size_t begin = line.data() - sets.text().data();
    if (std::optional<SetOption> option = parseSetOption(sets, begin, begin + line.size(), engine))
      overlay(*option);
  }
}

void SettingsReader::overlay(const SetOption &option) {
  const Name &name = option.key[0];
  Place place = name.spot.place();
  if (!llvm::is_contained(settingNames, name.text)) {
    auto builder = engine.error(place, message::unknownSetKey, name.text);
    suggest(builder, name.text, settingNames, "settings are");
    return;
  }
  if (option.key.size() > 2) {
    engine.error(option.key[2].spot.place(), message::malformedSet, "`=` or `[`",
                 "`." + option.key[2].text + "`");
    return;
  }
  if (option.key.size() == 2 && !settings.count(name.text)) {
    engine
        .error(option.key[1].spot.place(), message::setWithoutSetting, name.text,
               option.key[1].text)
        .help("give it first: `--set {}=…`", name.text);
    return;
  }
  SettingValue &setting = settings[name.text];
  if (option.key.size() == 2) {
    if (!overlayArgument(option, setting))
      return;
  } else if (option.layer.given()) {
    engine.error(option.layer.spot.place(), message::malformedSet, "`.` and an argument", "`[`");
    return;
  } else {
    setting.values.clear();
    setting.values.push_back(clone(*option.value));
  }
  setting.given = true;
  setting.place = place;
}

/// Replaces or adds one argument of a setting's call.
bool SettingsReader::overlayArgument(const SetOption &option, SettingValue &setting) {
  const std::string &settingName = option.key[0].text;
  const Name &name = option.key[1];
  if (setting.values.size() != 1 ||
      !(setting.values[0]->is(Expr::Kind::name) || setting.values[0]->is(Expr::Kind::call))) {
    engine.error(name.spot.place(), message::setWithoutSetting, settingName, name.text)
        .help("give it first: `--set {}=…`", settingName);
    return false;
  }
  Expr &call = *setting.values[0];
  std::optional<std::vector<std::string>> formals = formalsOf(settingName, call.text);
  if (!formals) // an unknown method or rate; reported where the setting is read
    return false;
  auto formal = llvm::find(*formals, name.text);
  if (formal == formals->end()) {
    auto builder = engine.error(name.spot.place(), message::unknownSetArgument, settingName,
                                call.text, name.text);
    suggest(builder, name.text, *formals, "its arguments are");
    return false;
  }
  call.kind = Expr::Kind::call;
  size_t position = 0, index = formal - formals->begin();
  for (Argument &argument : call.arguments) {
    bool same = argument.name.given()
                    ? argument.name.text == name.text && argument.layer.text == option.layer.text
                    : !option.layer.given() && position == index;
    position += !argument.name.given();
    if (same) {
      argument.value = clone(*option.value);
      argument.spot = option.spot;
      return true;
    }
  }
  call.arguments.push_back({name, option.layer, clone(*option.value), option.spot});
  return true;
}

std::optional<std::vector<std::string>> SettingsReader::formalsOf(const std::string &setting,
                                                                  const std::string &callee) {
  if (setting == "objective") {
    for (const File *from : {&file, prelude})
      for (const Objective &objective : from->objectives)
        if (objective.name.text == callee) {
          std::vector<std::string> names;
          for (const Parameter &parameter : objective.parameters)
            names.push_back(parameter.name.text);
          return names;
        }
    return std::nullopt;
  }
  const SettingFunction *function = findSettingFunction(setting, callee);
  if (!function)
    return isFunctionSetting(setting) ? std::nullopt : std::optional(std::vector<std::string>());
  std::vector<std::string> names;
  for (const Formal &formal : function->formals)
    names.push_back(formal.name);
  return names;
}

//===------------------------------------------------------------------------------------------===//
// Model and objective
//===------------------------------------------------------------------------------------------===//

const Expr *SettingsReader::single(const std::string &name) {
  SettingValue &setting = settings[name];
  if (setting.values.size() != 1) {
    Place place = setting.values.size() > 1 ? setting.values[1]->spot.place() : setting.place;
    engine.error(place, message::oneValue, name, setting.values.size());
    return nullptr;
  }
  const Expr *value = setting.values[0].get();
  return value->is(Expr::Kind::error) ? nullptr : value;
}

const Network *SettingsReader::findNetwork() {
  std::vector<std::string> names;
  for (const Network &network : file.networks)
    names.push_back(network.name.text);
  if (!settings.count("model")) {
    if (names.size() == 1)
      return file.networks.front().broken ? nullptr : &file.networks.front();
    if (names.empty()) {
      if (!engine.hasErrors())
        engine.error({model.name(), 1, 1}, message::noNetwork);
    } else {
      engine.error(trainPlace, message::severalNetworks, listOfNames(names, "and"));
    }
    return nullptr;
  }
  const Expr *value = single("model");
  if (!value)
    return nullptr;
  for (const Network &network : file.networks)
    if (value->is(Expr::Kind::name) && network.name.text == value->text)
      return network.broken ? nullptr : &network;
  auto builder = engine.error(value->spot.place(), message::unknownNetwork, toString(*value));
  suggest(builder, value->text, names, "networks of this file are");
  return nullptr;
}

const Expr *SettingsReader::objectiveSetting() const {
  auto found = settings.find("objective");
  return found == settings.end() || found->second.values.size() != 1
             ? nullptr
             : found->second.values[0].get();
}

const Objective *SettingsReader::findObjective() {
  std::vector<std::string> names;
  for (const File *from : {&file, prelude})
    for (const Objective &objective : from->objectives)
      if (!llvm::is_contained(names, objective.name.text))
        names.push_back(objective.name.text);
  if (!settings.count("objective")) {
    if (file.trains.empty() && engine.hasErrors())
      return nullptr; // the text of the settings may not have been understood
    auto builder = engine.error(trainPlace, message::noObjective);
    if (!names.empty())
      builder.help("known objectives are {}", listOfNames(names, "and"));
    return nullptr;
  }
  const Expr *value = single("objective");
  if (!value)
    return nullptr;
  if (!value->is(Expr::Kind::name) && !value->is(Expr::Kind::call)) {
    engine.error(value->spot.place(), message::wrongKind, "the name of an objective",
                 "`" + toString(*value) + "`");
    return nullptr;
  }
  for (const File *from : {&file, prelude})
    for (const Objective &objective : from->objectives)
      if (objective.name.text == value->text)
        return objective.broken ? nullptr : &objective;
  auto builder = engine.error(value->spot.place(), message::unknownObjective, value->text);
  suggest(builder, value->text, names, "known objectives are");
  return nullptr;
}
