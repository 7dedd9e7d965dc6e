//===- SettingValues.cpp - from expressions to TrainingSettings -------------------------------===//
#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/SettingFunctions.h"
#include "lib/Frontend/SettingsReader.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Path.h"

using namespace dpc;
using namespace dpc::ast;

static constexpr int64_t mostPasses = 100000;

static const std::vector<std::string> inferenceArguments = {"passes", "pool_route", "relaxation"};

static const std::vector<SettingFunction> &functions() {
  static const std::vector<SettingFunction> table = [] {
    std::vector<SettingFunction> list;
    for (unsigned i = 0; i <= getMaxEnumValForInference(); ++i)
      list.push_back({"inference",
                      stringifyInference(static_cast<Inference>(i)).str(),
                      {{"passes", false}, {"pool_route", false}, {"relaxation", false}}});
    for (auto [name, available] : {std::pair("mnist", true),
                                   {"fashion_mnist", true},
                                   {"npz", true},
                                   {"cifar10", false},
                                   {"cifar100", false},
                                   {"svhn", false},
                                   {"imagenet32", false}})
      list.push_back({"data",
                      name,
                      {{"path"}, {"validation", false}, {"shuffle", false}, {"normalize", false}},
                      available});
    list.push_back(
        {"optimizer", "sgd", {{"momentum", false}, {"weight_decay", false}, {"nesterov", false}}});
    list.push_back({"optimizer", "adam", {{"beta1", false}, {"beta2", false}, {"epsilon", false}}});
    list.push_back(
        {"optimizer",
         "adamw",
         {{"beta1", false}, {"beta2", false}, {"epsilon", false}, {"weight_decay", false}},
         false});
    list.push_back({"rate", "constant", {{"r"}}});
    list.push_back(
        {"rate", "warmup_cosine", {{"peak"}, {"start"}, {"end"}, {"warmup"}, {"decay"}}});
    list.push_back({"rate", "step", {{"r"}, {"every"}, {"factor"}}, false});
    for (const char *name : {"lecun_normal", "he_normal", "glorot_normal"})
      list.push_back({"initialize", name, {{"gain", false}}});
    return list;
  }();
  return table;
}

const SettingFunction *dpc::findSettingFunction(llvm::StringRef setting, llvm::StringRef name) {
  for (const SettingFunction &function : functions())
    if (function.setting == setting && function.name == name)
      return &function;
  return nullptr;
}

std::vector<std::string> dpc::settingFunctions(llvm::StringRef setting) {
  std::vector<std::string> names;
  for (const SettingFunction &function : functions())
    if (function.setting == setting)
      names.push_back(function.name);
  return names;
}

bool dpc::isFunctionSetting(llvm::StringRef setting) { return !settingFunctions(setting).empty(); }

namespace {

/// One call in a setting, its arguments read by name.
class SettingCall {
public:
  SettingCall(const Expr &expr, const std::string &setting, DiagnosticEngine &engine,
              bool perLayerAllowed = false)
      : expr(expr), engine(engine) {
    if (!expr.is(Expr::Kind::name) && !expr.is(Expr::Kind::call)) {
      engine.error(expr.spot.place(), message::wrongSetting, setting,
                   listOfNames(settingFunctions(setting)), toString(expr));
      return;
    }
    function = findSettingFunction(setting, expr.text);
    if (!function) {
      auto builder = engine.error(expr.spot.place(), message::wrongSetting, setting,
                                  listOfNames(settingFunctions(setting)), expr.text);
      if (std::string near = nearestName(expr.text, settingFunctions(setting)); !near.empty())
        builder.help("perhaps `{}`", near);
      return;
    }
    if (!function->available) {
      engine.error(expr.spot.place(), message::notAvailableYet,
                   "the setting `" + setting + " " + expr.text + "` is");
      function = nullptr;
      return;
    }
    bindArguments(expr, function->formals, engine, perLayerAllowed ? &perLayer : nullptr,
                  &arguments);
  }

  bool valid() const { return function != nullptr; }

  const Argument *find(llvm::StringRef name) const {
    for (auto [formal, argument] : llvm::zip(function->formals, arguments))
      if (formal.name == name)
        return argument;
    return nullptr;
  }

  /// The number of an argument into `value` if it is there and in the range that `text` describes.
  void number(llvm::StringRef name, double &value, llvm::function_ref<bool(const Rational &)> good,
              const char *text) {
    if (const Argument *argument = find(name))
      number(*argument, value, good, text);
  }
  bool number(const Argument &argument, double &value,
              llvm::function_ref<bool(const Rational &)> good, const char *text) {
    std::optional<Rational> exact = evaluateNumber(*argument.value, engine, "a number");
    if (!exact)
      return false;
    if (!good(*exact)) {
      engine.error(argument.value->spot.place(), message::wrongSettingNumber, text, toText(*exact));
      return false;
    }
    value = toDouble(*exact);
    return true;
  }

  void boolean(llvm::StringRef name, bool &value) {
    const Argument *argument = find(name);
    if (!argument)
      return;
    const Expr &word = *argument->value;
    if (word.is(Expr::Kind::name) && (word.text == "true" || word.text == "false"))
      value = word.text == "true";
    else
      engine.error(word.spot.place(), message::wrongKind, "`true` or `false`",
                   "`" + toString(word) + "`");
  }

  const Expr &expr;
  DiagnosticEngine &engine;
  const SettingFunction *function = nullptr;
  std::vector<const Argument *> arguments;
  std::vector<const Argument *> perLayer;
};

const Rational zero(0, 1), one(1, 1);
bool notNegative(const Rational &value) { return value >= zero; }
bool positive(const Rational &value) { return value > zero; }
bool share(const Rational &value) { return value >= zero && value < one; }

} // namespace

std::optional<int64_t> SettingsReader::integer(const std::string &name, int64_t low, int64_t high) {
  const Expr *value = single(name);
  if (!value)
    return std::nullopt;
  std::optional<Rational> number = evaluateNumber(*value, engine, "an integer");
  if (!number)
    return std::nullopt;
  std::optional<int64_t> integer = asInteger(*number);
  if (integer && *integer >= low && *integer <= high)
    return integer;
  engine.error(value->spot.place(), message::wrongInteger, name, low, high, toText(*number));
  return std::nullopt;
}

void SettingsReader::readLoss(TrainingSettings &result) {
  const Expr *value = single("loss");
  if (!value)
    return;
  if (value->is(Expr::Kind::name))
    if (std::optional<Loss> known = symbolizeLoss(value->text)) {
      loss = *known;
      result.loss = value->text;
      return;
    }
  std::vector<std::string> known;
  for (unsigned i = 0; i <= getMaxEnumValForLoss(); ++i)
    known.push_back(stringifyLoss(static_cast<Loss>(i)).str());
  auto builder = engine.error(value->spot.place(), message::wrongSetting, "loss",
                              listOfNames(known), toString(*value));
  if (std::string near = nearestName(value->text, known); !near.empty())
    builder.help("perhaps `{}`", near);
}

void SettingsReader::readInference(TrainingSettings &result) {
  const Expr *value = single("inference");
  if (!value)
    return;
  // A pass per phase is named after the phase (I2).
  for (const Argument &argument : value->arguments)
    if (argument.name.given() && nearestName(argument.name.text, inferenceArguments).empty()) {
      engine.error(argument.spot.place(), message::notAvailableYet,
                   "the passes of a phase `" + argument.name.text + "` are");
      return;
    }
  SettingCall call(*value, "inference", engine);
  if (!call.valid())
    return;
  inference = *symbolizeInference(value->text);
  result.inference = value->text;
  for (const char *later : {"pool_route", "relaxation"})
    if (const Argument *argument = call.find(later))
      engine.error(argument->spot.place(), message::notAvailableYet,
                   "`" + std::string(later) + "` is");
  const Argument *passes = call.find("passes");
  if (!passes)
    return;
  const Expr &count = *passes->value;
  if (count.is(Expr::Kind::call) && count.text == "until") {
    engine.error(count.spot.place(), message::notAvailableYet, "`until` is");
    return;
  }
  std::optional<Rational> number = evaluateNumber(count, engine, "an integer");
  if (!number)
    return;
  std::optional<int64_t> integer = asInteger(*number);
  if (integer && *integer >= 1 && *integer <= mostPasses)
    result.passes = *integer;
  else
    engine.error(count.spot.place(), message::wrongInteger, "passes", 1, mostPasses,
                 toText(*number));
}

void SettingsReader::readData(TrainingSettings &result) {
  if (!settings.count("data"))
    return;
  const Expr *value = single("data");
  if (!value)
    return;
  SettingCall call(*value, "data", engine);
  if (!call.valid())
    return;
  DataSettings &data = result.data;
  data.place = settings["data"].place;
  const Argument *pathArgument = call.find("path");
  if (!pathArgument)
    return;
  const Expr &path = *pathArgument->value;
  if (!path.is(Expr::Kind::string) || path.text.empty()) {
    engine.error(path.spot.place(), message::wrongKind, "a path in quotes",
                 "`" + toString(path) + "`");
    return;
  }
  data.pathPlace = path.spot.place();
  data.path = path.text;
  llvm::SmallString<256> resolved(path.text);
  if (path.spot.file->name() == model.name() && !llvm::sys::path::is_absolute(path.text)) {
    resolved = llvm::sys::path::parent_path(model.name());
    llvm::sys::path::append(resolved, path.text);
  }
  data.resolvedPath = resolved.str().str();
  call.boolean("shuffle", data.shuffle);
  call.boolean("normalize", data.normalize);
  if (const Argument *validation = call.find("validation")) {
    double unused;
    if (call.number(*validation, unused, share, "a share of at least 0 and below 1")) {
      Rational exact = reduce(*evaluateNumber(*validation->value, engine, ""));
      std::optional<int64_t> above = asInteger(Rational(exact.num)),
                             below = asInteger(Rational(exact.den));
      if (above && below) {
        data.validationNumerator = *above;
        data.validationDenominator = *below;
      } else {
        engine.error(validation->value->spot.place(), message::numberOutOfRange,
                     toString(*validation->value).substr(0, 40));
      }
    }
  }
  data.kind = value->text == "mnist"           ? DataSettings::Kind::mnist
              : value->text == "fashion_mnist" ? DataSettings::Kind::fashionMnist
                                               : DataSettings::Kind::npz;
}

void SettingsReader::readOptimizer(TrainingSettings &result) {
  const Expr *value = single("optimizer");
  if (!value)
    return;
  SettingCall call(*value, "optimizer", engine);
  if (!call.valid())
    return;
  if (value->text == "sgd") {
    SgdSettings sgd;
    call.number("momentum", sgd.momentum, share, "at least 0 and below 1");
    call.number("weight_decay", sgd.weightDecay, notNegative, "at least 0");
    call.boolean("nesterov", sgd.nesterov);
    result.optimizer = sgd;
  } else {
    AdamSettings adam;
    call.number("beta1", adam.beta1, share, "at least 0 and below 1");
    call.number("beta2", adam.beta2, share, "at least 0 and below 1");
    call.number("epsilon", adam.epsilon, positive, "positive");
    result.optimizer = adam;
  }
}

void SettingsReader::readRate(TrainingSettings &result) {
  const Expr *value = single("rate");
  if (!value)
    return;
  SettingCall call(*value, "rate", engine);
  if (!call.valid())
    return;
  if (value->text == "constant") {
    ConstantRate rate;
    call.number("r", rate.rate, notNegative, "at least 0");
    result.rate = rate;
    return;
  }
  WarmupCosineRate rate;
  call.number("peak", rate.peak, notNegative, "at least 0");
  call.number("start", rate.start, notNegative, "at least 0");
  call.number("end", rate.end, notNegative, "at least 0");
  call.number("warmup", rate.warmup, notNegative, "at least 0");
  rate.decay = -1;
  call.number("decay", rate.decay, notNegative, "at least 0");
  if (rate.decay >= 0 && rate.decay < rate.warmup)
    engine.error(call.find("decay")->value->spot.place(), message::decayBeforeWarmup,
                 fmt::format("{:.6g}", rate.warmup), fmt::format("{:.6g}", rate.decay));
  result.rate = rate;
}

void SettingsReader::readInitialize(TrainingSettings &result,
                                    const std::vector<std::string> &layers) {
  const Expr *value = single("initialize");
  if (!value)
    return;
  SettingCall call(*value, "initialize", engine, /*perLayerAllowed=*/true);
  if (!call.valid())
    return;
  InitializeSettings &initialize = result.initialize;
  initialize.kind = value->text == "lecun_normal" ? InitializeSettings::Kind::lecunNormal
                    : value->text == "he_normal"  ? InitializeSettings::Kind::heNormal
                                                  : InitializeSettings::Kind::glorotNormal;
  call.number("gain", initialize.gain, notNegative, "at least 0");
  for (const Argument *argument : call.perLayer) {
    const Name &layer = argument->layer;
    if (!layers.empty() && !llvm::is_contained(layers, layer.text)) {
      auto builder = engine.error(layer.spot.place(), message::unknownLayer, layer.text);
      suggest(builder, layer.text, layers, "the layers are");
      if (layer.spot.inSetKey())
        builder.code(ExitCode::commandLine);
      continue;
    }
    if (initialize.layerGain.count(layer.text)) {
      engine.error(argument->spot.place(), message::argumentTwice, "gain[" + layer.text + "]",
                   value->text);
      continue;
    }
    double gain = 1;
    if (call.number(*argument, gain, notNegative, "at least 0"))
      initialize.layerGain[layer.text] = gain;
  }
}

TrainingSettings SettingsReader::read(const std::vector<std::string> &layers) {
  TrainingSettings result;
  if (const Expr *objective = objectiveSetting())
    result.objective = toString(*objective);
  readLoss(result);
  readInference(result);
  readData(result);
  if (auto augment = settings.find("augment"); augment != settings.end())
    engine.error(augment->second.place, message::notAvailableYet, "`augment` is");
  readOptimizer(result);
  readRate(result);
  readInitialize(result, layers);
  result.batch = integer("batch", 1, int64_t(1) << 30).value_or(result.batch);
  result.epochs = integer("epochs", 0, int64_t(1) << 30).value_or(result.epochs);
  result.seed =
      integer("seed", 0, std::numeric_limits<int64_t>::max()).value_or(int64_t(result.seed));
  result.trainPlace = trainPlace;
  result.modelPlace = placeOf("model");
  result.objectivePlace = placeOf("objective");
  result.lossPlace = placeOf("loss");
  result.batchPlace = placeOf("batch");
  result.ratePlace = placeOf("rate");
  result.initializePlace = placeOf("initialize");
  return result;
}
