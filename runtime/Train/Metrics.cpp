//===- Metrics.cpp - metrics as JSON lines ----------------------------------------------------===//
#include "Core/Guard.h"
#include "dprt/train.h"

#include <fmt/format.h>

#include <cmath>

using namespace dprt;

/// The shortest text that reads back as the same number; JSON knows no infinities.
static std::string number(double value) {
  return std::isfinite(value) ? fmt::format("{}", value) : "null";
}

std::string dprt::metricsLine(const EpochReport &report) {
  const std::optional<Evaluation> &held = report.validation;
  return fmt::format(R"({{"epoch":{},"train_loss":{},"train_accuracy":{},"validation_loss":{},)"
                     R"("validation_accuracy":{},"seconds":{:.6f}}})"
                     "\n",
                     report.epoch, number(report.training.loss), number(report.training.accuracy()),
                     held ? number(held->loss) : "null", held ? number(held->accuracy()) : "null",
                     report.seconds);
}

std::string dprt::metricsLine(const Evaluation &test) {
  return fmt::format("{{\"test_loss\":{},\"test_accuracy\":{}}}\n", number(test.loss),
                     number(test.accuracy()));
}

Result<MetricsFile> MetricsFile::create(const std::string &path) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  return MetricsFile(std::move(*file));
}

Status MetricsFile::append(const EpochReport &report) {
  return guard([&] { return file.write(metricsLine(report)); });
}

Status MetricsFile::append(const Evaluation &test) {
  return guard([&] { return file.write(metricsLine(test)); });
}
