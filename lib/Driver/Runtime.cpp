//===- Runtime.cpp - settings and failures across the border of runtime/ ----------------------===//
#include "lib/Driver/Runtime.h"

#include "dialect/Vocabulary.h"
#include "lib/Driver/Cells.h"

#include "llvm/ADT/StringExtras.h"

using namespace dpc;

dprt::DataShape driver::dataShape(const FrontendResult &model) {
  return {model.inputShape, model.outputs,
          model.settings.loss == stringifyLoss(Loss::softmax_cross_entropy)};
}

dprt::DataSource driver::dataSource(const DataSettings &data,
                                    const std::optional<std::string> &path) {
  dprt::DataSource source;
  switch (data.kind) {
  case DataSettings::Kind::none:
  case DataSettings::Kind::mnist:
    source.kind = dprt::DataKind::Mnist;
    break;
  case DataSettings::Kind::fashionMnist:
    source.kind = dprt::DataKind::FashionMnist;
    break;
  case DataSettings::Kind::npz:
    source.kind = dprt::DataKind::Npz;
    break;
  }
  source.path = path.value_or(data.resolvedPath);
  source.validation = {data.validationNumerator, data.validationDenominator};
  source.normalize = data.normalize;
  return source;
}

std::vector<dprt::TensorType> driver::parameterTypes(const FrontendResult &model) {
  std::vector<dprt::TensorType> types;
  for (const ParameterInfo &parameter : model.parameters)
    types.push_back({parameter.name, parameter.shape, dprt::ElementType::F32});
  return types;
}

dprt::InitialOptions driver::initialOptions(const FrontendResult &model) {
  dprt::InitialOptions options;
  switch (model.settings.initialize.kind) {
  case InitializeSettings::Kind::lecunNormal:
    options.kind = dprt::InitialKind::LecunNormal;
    break;
  case InitializeSettings::Kind::heNormal:
    options.kind = dprt::InitialKind::HeNormal;
    break;
  case InitializeSettings::Kind::glorotNormal:
    options.kind = dprt::InitialKind::GlorotNormal;
    break;
  }
  for (const ParameterInfo &parameter : model.parameters)
    options.gains[parameter.name] = parameter.gain;
  return options;
}

dprt::OptimizerOptions driver::optimizerOptions(const TrainingSettings &settings) {
  if (auto *sgd = std::get_if<SgdSettings>(&settings.optimizer))
    return dprt::Sgd{sgd->momentum, sgd->weightDecay, sgd->nesterov};
  const AdamSettings &adam = std::get<AdamSettings>(settings.optimizer);
  return dprt::Adam{adam.beta1, adam.beta2, adam.epsilon};
}

dprt::RateOptions driver::rateOptions(const TrainingSettings &settings) {
  if (auto *constant = std::get_if<ConstantRate>(&settings.rate))
    return dprt::ConstantRate{constant->rate};
  const WarmupCosineRate &rate = std::get<WarmupCosineRate>(settings.rate);
  return dprt::WarmupCosine{rate.peak, rate.start, rate.end, rate.warmup, rate.decay};
}

dprt::TrainOptions driver::trainOptions(const FrontendResult &model) {
  dprt::TrainOptions options;
  options.epochs = model.settings.epochs;
  options.seed = model.settings.seed;
  options.shuffle = model.settings.data.shuffle;
  options.optimizer = optimizerOptions(model.settings);
  options.rate = rateOptions(model.settings);
  for (const std::string &layer : model.layers)
    for (size_t i = 0; i < model.compartments.size(); ++i)
      options.states.push_back(
          {fmt::format("{}#{}", layer, i), layer, model.compartments[i], model.multipliers[i]});
  return options;
}

dprt::Result<std::vector<dprt::Tensor>>
driver::startWeights(const FrontendResult &model, const std::optional<std::string> &path) {
  std::vector<dprt::TensorType> types = parameterTypes(model);
  if (path)
    return dprt::readWeights(*path, types);
  return dprt::initialWeights(types, initialOptions(model), model.settings.seed);
}

void driver::report(DiagnosticEngine &engine, const dprt::Status &status, const Place &place) {
  const Message &message = status.code() == dprt::Code::Machine    ? message::machineCannot
                           : status.code() == dprt::Code::Diverged ? message::trainingDiverged
                           : status.code() == dprt::Code::Internal ? message::internalError
                                                                   : message::wrongData;
  for (llvm::StringRef line : llvm::split(status.text(), '\n'))
    if (!line.empty())
      engine.error(place, message, line.str());
}
