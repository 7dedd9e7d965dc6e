//===- data.h - data sets (language.md T1, T2) --------------------------------------*- C++ -*-===//
#ifndef DPRT_DATA_H
#define DPRT_DATA_H

#include "dprt/status.h"
#include "dprt/tensor.h"

#include <array>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

namespace dprt {

enum class DataKind { Mnist, FashionMnist, Npz };

/// An exact number, so that floor(v * n) is exact too.
struct Fraction {
  int64_t numerator = 0;
  int64_t denominator = 1;
};

struct DataSource {
  DataKind kind = DataKind::Mnist;
  std::string path;      ///< folder of the idx files, or the .npz file
  Fraction validation;   ///< part of the training file, 0 <= v < 1
  bool normalize = true; ///< subtract and divide by the data set's constants
};

/// What the network and the loss want of the data.
struct DataShape {
  std::vector<int64_t> input; ///< without the batch: [784] or [28, 28, 1]
  int64_t outputs = 0;
  bool targetsAreDistributions = false; ///< cross-entropy: target rows must sum to 1
};

/// Samples in memory. Pixels stay bytes, with a table of their 256 values; copies and slices share
/// the memory.
class Samples {
public:
  struct Storage {
    int64_t features = 0, outputs = 0;
    std::vector<uint8_t> bytes; ///< [n, features] from bytesBegin on, or
    int64_t bytesBegin = 0;
    std::vector<float> values;      ///< [n, features]
    std::array<float, 256> table{}; ///< value of a byte
    std::vector<int32_t> labels;    ///< [n], or
    std::vector<float> targets;     ///< [n, outputs]
  };

  Samples() = default;
  Samples(std::shared_ptr<const Storage> storage, int64_t first, int64_t count)
      : shared(std::move(storage)), begin(first), length(count) {}

  int64_t count() const { return length; }
  int64_t features() const { return shared ? shared->features : 0; }
  int64_t outputs() const { return shared ? shared->outputs : 0; }
  Samples slice(int64_t first, int64_t count) const { return {shared, begin + first, count}; }

  /// Class of a sample: its label, or the first largest target.
  int64_t classOf(int64_t sample) const;

  /// Destination of a gathered batch: element i of row r is at data[r * rowStride + i * stride],
  /// or at data[r * rowStride + offsets[i]] where offsets are given.
  struct Target {
    float *data = nullptr;
    int64_t rowStride = 0, stride = 1;
    const int64_t *offsets = nullptr;
  };
  /// Copies inputs (converted and normalised) and targets (labels as one-hot) of `rows` samples;
  /// rows from `rows` to `batch` become 0.
  void gather(const uint32_t *samples, int64_t rows, int64_t batch, Target inputs,
              Target targets) const;

private:
  std::shared_ptr<const Storage> shared;
  int64_t begin = 0, length = 0;
};

struct TrainingData {
  Samples training;
  Samples validation; ///< the last floor(v * n) samples of the training file; may be empty
};

/// Reads the training files; never opens the test files.
Result<TrainingData> loadTraining(const DataSource &source, const DataShape &shape);

/// Reads the test files (after training, T2).
Result<Samples> loadTest(const DataSource &source, const DataShape &shape);

/// Fails if the test files do not exist, without opening them: what would be a pity after hours.
/// (An npz file is one file; its list of members is read.)
Status checkTestPresent(const DataSource &source);

/// The files of the source that exist; none is opened.
std::vector<std::string> dataFiles(const DataSource &source);

/// Samples from tensors in memory (probe's `x` and `y`): x F32 [n, ...], y I64 [n] or F32
/// [n, outputs] (F64 is rounded).
Result<Samples> makeSamples(const Tensor &x, const Tensor &y, const DataShape &shape);

/// loadTraining on a thread of its own, so that compilation overlaps it. Destroying waits.
class PendingTraining {
public:
  static PendingTraining start(DataSource source, DataShape shape);
  Result<TrainingData> wait();

private:
  std::future<Result<TrainingData>> pending;
  DataSource source;
  DataShape shape;
};

} // namespace dprt
#endif
