//===- Load.cpp - data sets of language.md T1 and their validation split (T2) -----------------===//
#include "Core/Guard.h"
#include "Data/Readers.h"

#include <fmt/format.h>

#include <limits>
#include <system_error>

using namespace dprt;

/// Constants of spec.md 8.2.
static std::array<float, 256> pixelTable(const DataSource &source) {
  double center = source.kind == DataKind::Mnist ? 0.1307 : 0.2860;
  double deviation = source.kind == DataKind::Mnist ? 0.3081 : 0.3530;
  std::array<float, 256> table;
  for (int i = 0; i < 256; ++i)
    table[size_t(i)] = float(source.normalize ? (i / 255.0 - center) / deviation : i / 255.0);
  return table;
}

static Result<Samples> load(const DataSource &source, const DataShape &shape, bool test) {
  if (source.path.empty())
    return Status::data("the path of the data is empty");
  Result<StoragePointer> storage =
      source.kind == DataKind::Npz
          ? readNpz(source.path, test ? "test" : "train", shape)
          : readIdxPair(source.path, test ? "t10k" : "train", shape, pixelTable(source));
  if (!storage.ok())
    return storage.status();
  const Samples::Storage &held = **storage;
  int64_t count = int64_t(held.bytes.empty() ? held.values.size()
                                             : held.bytes.size() - size_t(held.bytesBegin)) /
                  held.features;
  if (count > std::numeric_limits<uint32_t>::max())
    return Status::data(fmt::format("`{}` holds more than 2^32 samples", source.path));
  return Samples(std::move(*storage), 0, count);
}

Result<TrainingData> dprt::loadTraining(const DataSource &source, const DataShape &shape) {
  return guard([&]() -> Result<TrainingData> {
    Fraction v = source.validation;
    if (v.denominator <= 0 || v.numerator < 0 || v.numerator >= v.denominator)
      return Status::data(
          fmt::format("validation = {}/{} is not in [0, 1)", v.numerator, v.denominator));
    Result<Samples> all = load(source, shape, false);
    if (!all.ok())
      return all.status();
    int64_t held = int64_t(static_cast<__int128>(v.numerator) * all->count() / v.denominator);
    return TrainingData{all->slice(0, all->count() - held), all->slice(all->count() - held, held)};
  });
}

Result<Samples> dprt::loadTest(const DataSource &source, const DataShape &shape) {
  return guard([&] { return load(source, shape, true); });
}

Status dprt::checkTestPresent(const DataSource &source) {
  return guard([&]() -> Status {
    if (source.kind == DataKind::Npz) {
      Result<ZipFile> zip = ZipFile::open(source.path);
      if (!zip.ok())
        return zip.status();
      for (const char *name : {"x_test", "y_test"})
        if (!zip->members().contains(std::string(name) + ".npy"))
          return Status::data(fmt::format("`{}` has no array `{}`", source.path, name));
      return {};
    }
    for (const char *name : {"t10k-labels-idx1-ubyte", "t10k-images-idx3-ubyte"}) {
      Result<std::string> path = findIdx(source.path, name);
      if (!path.ok())
        return path.status();
    }
    return {};
  });
}

std::vector<std::string> dprt::dataFiles(const DataSource &source) {
  if (source.kind == DataKind::Npz)
    return {source.path};
  std::vector<std::string> files;
  for (const char *part : {"train", "t10k"})
    for (const char *content : {"images-idx3", "labels-idx1"})
      if (Result<std::string> path =
              findIdx(source.path, fmt::format("{}-{}-ubyte", part, content));
          path.ok())
        files.push_back(*path);
  return files;
}

Result<Samples> dprt::makeSamples(const Tensor &x, const Tensor &y, const DataShape &shape) {
  return guard([&]() -> Result<Samples> {
    auto floats = [](const Tensor &tensor) {
      if (const std::vector<double> *values = tensor.f64())
        return std::vector<float>(values->begin(), values->end());
      return *tensor.f32();
    };
    if (x.i64())
      return Status::data(fmt::format("tensor `{}` has type I64, expected is F32", x.name));
    std::vector<int64_t> wanted = shape.input;
    wanted.insert(wanted.begin(), x.shape.empty() ? 0 : x.shape[0]);
    if (x.shape != wanted || wanted[0] < 1)
      return Status::data(fmt::format("tensor `{}` has shape {}, expected is [batch, {}", x.name,
                                      shapeText(x.shape), shapeText(shape.input).substr(1)));
    std::vector<int64_t> rows = {wanted[0]};
    if (!y.i64())
      rows.push_back(shape.outputs);
    if (y.shape != rows)
      return Status::data(fmt::format("tensor `{}` has shape {}, expected is {}", y.name,
                                      shapeText(y.shape), shapeText(rows)));
    auto storage = std::make_shared<Samples::Storage>();
    storage->features = elementCount(shape.input);
    storage->outputs = shape.outputs;
    if (Status status = takeValues(x.name, floats(x), *storage); !status.ok())
      return status;
    Status status = y.i64() ? takeLabels(y.name, *y.i64(), shape, *storage)
                            : takeTargets(y.name, floats(y), shape, *storage);
    if (!status.ok())
      return status;
    return Samples(std::move(storage), 0, wanted[0]);
  });
}

PendingTraining PendingTraining::start(DataSource source, DataShape shape) {
  PendingTraining result;
  result.source = std::move(source);
  result.shape = std::move(shape);
  try {
    result.pending = std::async(std::launch::async, [source = result.source, shape = result.shape] {
      return loadTraining(source, shape);
    });
  } catch (const std::exception &) {
    // No thread to be had: wait() loads.
  }
  return result;
}

Result<TrainingData> PendingTraining::wait() {
  return guard([&]() -> Result<TrainingData> {
    return pending.valid() ? pending.get() : loadTraining(source, shape);
  });
}
