//===- SettingsReader.h - the train block and `--set` -------------------------------*- C++ -*-===//
#pragma once

#include "dialect/Vocabulary.h"
#include "lib/Frontend/AST.h"
#include "lib/Support/Diagnostics.h"
#include "lib/Support/Settings.h"

#include <map>

namespace dpc {

/// The value of one setting, after `--set` has changed it.
struct SettingValue {
  std::vector<ast::ExprPtr> values;
  Place place;        // of the value: in the train block, or the last `--set` that touched it
  bool given = false; // not a default
};

/// All settings as expressions: defaults, then the train block, then `--set` in order (language.md
/// 10).
class SettingsReader {
public:
  SettingsReader(const ast::File &file, const ast::File *prelude, const SourceFile &model,
                 DiagnosticEngine &engine);

  /// Overlays `--set` options, one per line of `sets`.
  void apply(const SourceFile &sets, size_t count);

  /// The network that the `model` setting names, or the only one; null after an error.
  const ast::Network *findNetwork();
  /// The objective that the `objective` setting names, with the setting; null after an error.
  const ast::Objective *findObjective();
  const ast::Expr *objectiveSetting() const;
  Place placeOf(const std::string &setting) const;

  /// Reads all settings but `objective`'s arguments. `layers` are those of the network; empty if
  /// they are not known.
  TrainingSettings read(const std::vector<std::string> &layers);
  Loss getLoss() const { return loss; }
  Inference getInference() const { return inference; }

private:
  void overlay(const ast::SetOption &option);
  bool overlayArgument(const ast::SetOption &option, SettingValue &setting);
  std::optional<std::vector<std::string>> formalsOf(const std::string &setting,
                                                    const std::string &callee);

  /// The one value of a setting; null after an error.
  const ast::Expr *single(const std::string &name);
  std::optional<int64_t> integer(const std::string &name, int64_t low, int64_t high);
  void readLoss(TrainingSettings &settings);
  void readInference(TrainingSettings &settings);
  void readData(TrainingSettings &settings);
  void readOptimizer(TrainingSettings &settings);
  void readRate(TrainingSettings &settings);
  void readInitialize(TrainingSettings &settings, const std::vector<std::string> &layers);

  const ast::File &file;
  const ast::File *prelude;
  const SourceFile &model;
  DiagnosticEngine &engine;
  SourceFile defaultsText;
  ast::File defaults;
  std::map<std::string, SettingValue> settings;
  Place trainPlace;
  Loss loss = Loss::softmax_cross_entropy;
  Inference inference = Inference::forward_backward;
};

} // namespace dpc
