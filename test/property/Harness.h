//===- Harness.h - from a text to what the reference says about it ------------------*- C++ -*-===//
#pragma once

#include "lib/Frontend/Frontend.h"
#include "lib/Reference/Interpreter.h"
#include "lib/Reference/Potential.h"

#include <random>

namespace dpc::property {

using reference::Environment;
using reference::Tensor;
using Random = std::mt19937_64;

/// How many random networks a run visits in each of its large suites, and where it starts.
/// DPC_PROPERTY_CASES and DPC_PROPERTY_SEED override both.
int caseCount();
Random randomFor(int index);

/// A model as it passes through the stages that are judged: its potential, its updates without an
/// order, the literal sequence, and the folded one with exact differences.
class Compiled {
public:
  /// Compiles `text` for batches of `batch`. Failures are in `errors`, as a user would read them.
  Compiled(const std::string &text, int64_t batch);

  bool valid() const { return errors.empty(); }
  std::string errors;
  FrontendResult info;

  dp::ModelOp model() { return *info.module->getOps<dp::ModelOp>().begin(); }

  /// Standard normal data, one-hot targets, normal parameters of variance gain / fan-in.
  Environment randomArguments(Random &random, double gain);

  /// All cells, by the derived program itself, by the literal sequence, by the folded one.
  Environment runProgram(const Environment &arguments);
  Environment runUnrolled(const Environment &arguments);
  Environment runScheduled(const Environment &arguments);

  /// Products that gradients alone need, folded.
  int64_t scheduledProducts();
  /// The folded program as text, without places.
  std::string scheduledText();

  /// Arguments and cells as one point of the potential.
  static reference::Point pointOf(const Environment &arguments, const Environment &cells);

private:
  /// Runs `module`, the schedule of all cells, which is made when first asked for.
  Environment run(mlir::OwningOpRef<mlir::ModuleOp> &module, bool fold,
                  const Environment &arguments);
  mlir::OwningOpRef<mlir::ModuleOp> schedule(const std::string &entry, bool fold);

  int64_t batch;
  mlir::OwningOpRef<mlir::ModuleOp> program, unrolled, scheduled;
};

/// The largest difference relative to the largest value of `expected`; infinite if either is not
/// finite or the shapes differ.
double relativeError(const Tensor &found, const Tensor &expected);
/// Each cell of `expected` is in `found` with at most this error, and zeros are zeros.
void expectCells(const Environment &found, const Environment &expected, double tolerance);
/// The gradients of both, stacked: the relative error of the whole.
double gradientError(const Environment &found, const Environment &expected);
/// a * x + b * y.
Tensor sum(double a, const Tensor &x, double b, const Tensor &y);

} // namespace dpc::property
