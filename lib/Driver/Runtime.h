//===- Runtime.h - a model's settings as the runtime wants them ---------------------*- C++ -*-===//
#pragma once

#include "dprt/train.h"
#include "dprt/weights.h"
#include "lib/Frontend/Frontend.h"

namespace dpc::driver {

/// What the network and its loss want of data.
dprt::DataShape dataShape(const FrontendResult &model);
/// Where the data are; `path` replaces the path of the settings.
dprt::DataSource dataSource(const DataSettings &data, const std::optional<std::string> &path);

std::vector<dprt::TensorType> parameterTypes(const FrontendResult &model);
dprt::InitialOptions initialOptions(const FrontendResult &model);
dprt::OptimizerOptions optimizerOptions(const TrainingSettings &settings);
dprt::RateOptions rateOptions(const TrainingSettings &settings);
dprt::TrainOptions trainOptions(const FrontendResult &model);

/// The weights of a file, or else initial ones, in model order.
dprt::Result<std::vector<dprt::Tensor>> startWeights(const FrontendResult &model,
                                                     const std::optional<std::string> &path);

/// A failure of the runtime as diagnostics, one per line of its text.
void report(DiagnosticEngine &engine, const dprt::Status &status, const Place &place = {});

} // namespace dpc::driver
