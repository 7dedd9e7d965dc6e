//===- Settings.h - training settings as plain data ---------------------------------*- C++ -*-===//
//
// What a `train` block and `--set` say (language.md 10), checked and with defaults filled in. The
// settings that shape the program (objective, loss, inference, batch) are also in the `dp.model`.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Support/SourceFile.h"

#include <map>
#include <variant>

namespace dpc {

struct DataSettings {
  enum class Kind { none, mnist, fashionMnist, npz };
  Kind kind = Kind::none;
  /// As written; the directory of mnist and fashion_mnist, the file of npz.
  std::string path;
  /// `path` ready to open: relative to the model file if written there, else to the working
  /// directory (language.md T1).
  std::string resolvedPath;
  /// The share of the training file that validates, exact: floor(share * n) samples (T2).
  int64_t validationNumerator = 0, validationDenominator = 1;
  bool shuffle = true;
  bool normalize = true;
  Place place;     // of the setting
  Place pathPlace; // of the path in it, for "no such file"

  /// floor(v * n): how many of the last samples of a training file of `n` validate.
  int64_t validationSamples(int64_t n) const {
    return static_cast<int64_t>(static_cast<__int128>(n) * validationNumerator /
                                validationDenominator);
  }
};

/// language.md T5.
struct SgdSettings {
  double momentum = 0, weightDecay = 0;
  bool nesterov = false;
};
struct AdamSettings {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};

/// The rate in epochs (language.md T6).
struct ConstantRate {
  double rate = 1e-3;
};
struct WarmupCosineRate {
  double peak = 0, start = 0, end = 0, warmup = 0, decay = 0;
};

/// language.md T7.
struct InitializeSettings {
  enum class Kind { lecunNormal, heNormal, glorotNormal };
  Kind kind = Kind::lecunNormal;
  double gain = 1;
  std::map<std::string, double> layerGain; // layer -> its own gain

  double gainOf(const std::string &layer) const {
    auto found = layerGain.find(layer);
    return found == layerGain.end() ? gain : found->second;
  }
};

struct TrainingSettings {
  std::string model;     // name of the network
  std::string objective; // as written, arguments included, for people
  std::string loss;      // as in the language
  std::string inference; // name of the sequence
  int64_t passes = 1;
  DataSettings data;
  std::variant<SgdSettings, AdamSettings> optimizer;
  std::variant<ConstantRate, WarmupCosineRate> rate;
  InitializeSettings initialize;
  int64_t batch = 100;
  int64_t epochs = 10;
  uint64_t seed = 0;

  // Where the settings stand, for errors that only appear later; a setting at its default has the
  // place of the `train` block, or of the file as a whole.
  Place trainPlace, modelPlace, objectivePlace, lossPlace, batchPlace, ratePlace, initializePlace;
};

} // namespace dpc
