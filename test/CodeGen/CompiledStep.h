//===- CompiledStep.h - a scheduled program, compiled and interpreted ---------------*- C++ -*-===//
#pragma once

#include "dprt/model.h"
#include "lib/Execution/LoadedModel.h"
#include "lib/Pipelines/Phases.h"
#include "lib/Reference/Interpreter.h"

#include "mlir/IR/OwningOpRef.h"

#include <random>

namespace dpc::test {

/// A module in phase `schedule`, its compiled form and the reference of its entries.
class CompiledStep {
public:
  CompiledStep(const std::string &text, const std::string &cpu, unsigned optLevel);

  /// Empty, or why it does not compile.
  std::string error;

  /// Random data and parameters of a seed, for both; samples from `rows` on hold NaN in what is
  /// compiled.
  void setInputs(unsigned seed, int64_t rows);
  /// Runs an entry compiled, and gives the reference's results for it.
  void run(const std::string &entry) { model->run(entry, rows); }
  reference::Environment expected(const std::string &entry);

  /// The largest error of any result of an entry relative to the largest value of its tensor, over
  /// valid rows. What is 0 in the reference must be 0. `where` names the tensor.
  double errorOf(const std::string &entry, std::string &where);

  dprt::Model &compiled() { return *model; }
  std::vector<float> valuesOf(const std::string &entry, const std::string &name);

private:
  std::unique_ptr<mlir::MLIRContext> context;
  mlir::OwningOpRef<mlir::ModuleOp> scheduled;
  std::unique_ptr<LoadedModel> loaded;
  std::optional<dprt::Model> model;
  reference::Environment arguments;
  int64_t rows = 0;
};

} // namespace dpc::test
