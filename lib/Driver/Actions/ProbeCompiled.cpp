//===- ProbeCompiled.cpp - a probe by machine code, in single precision -----------------------===//
#include "lib/Driver/Actions/ProbeTargets.h"

#include "lib/Driver/Executable.h"

#include <numeric>

using namespace dpc;
using namespace dpc::driver;

/// The batch where `entry` reads it.
static void writeBatch(dprt::Model &model, llvm::StringRef entry, const dprt::Samples &samples) {
  const dprt::TensorPlace *x = model.description().find(entry.str(), "x");
  const dprt::TensorPlace *y = model.description().find(entry.str(), "y");
  int64_t rows = samples.count();
  std::vector<uint32_t> order(rows);
  std::iota(order.begin(), order.end(), 0);
  std::vector<float> inputs(rows * samples.features()), targets(rows * samples.outputs());
  samples.gather(order.data(), rows, rows, {inputs.data(), samples.features()},
                 {targets.data(), samples.outputs()});
  model.write(*x, inputs);
  model.write(*y, targets);
}

static dprt::Tensor meanLoss(const dprt::Tensor &losses) {
  const std::vector<float> &values = *losses.f32();
  double sum = std::accumulate(values.begin(), values.end(), 0.0);
  return {losses.name, {}, std::vector<float>{static_cast<float>(sum / values.size())}};
}

std::optional<ProbeResult> driver::probeCompiled(Compiler &compiler, const ProbeBatch &batch,
                                                 const ProbeOptions &options) {
  std::unique_ptr<Executable> executable =
      Executable::make(compiler, options.machine, {"train_step", "probe"});
  if (!executable)
    return std::nullopt;
  dprt::Model &model = executable->model();
  model.writeParameters(batch.weights);
  writeBatch(model, "probe", batch.samples);
  model.run("probe", batch.samples.count());

  ProbeResult result;
  for (const dprt::TensorPlace &place : model.description().tensors) {
    bool shown =
        place.role == dprt::Role::Gradient ||
        (place.role == dprt::Role::Value && (place.scope == "probe" || place.scope == "*"));
    if (!shown)
      continue;
    dprt::Tensor tensor{place.name, place.shape, model.read(place)};
    result.cells.push_back(place.name == "#loss" ? meanLoss(tensor) : std::move(tensor));
  }

  dprt::Result<dprt::Optimizer> optimizer = dprt::Optimizer::create(
      optimizerOptions(compiler.model().settings), model.parameterElements());
  if (!optimizer.ok()) {
    report(compiler.engine(), optimizer.status());
    return std::nullopt;
  }
  double rate = dprt::rateAt(rateOptions(compiler.model().settings), 0);
  for (int64_t step = 0; step < options.steps; ++step) {
    writeBatch(model, "train_step", batch.samples);
    model.run("train_step", batch.samples.count());
    // Numbers that are not finite are results here: the dump shows them.
    [[maybe_unused]] bool finite =
        optimizer->step(model.parameterData(), model.gradientData(), rate);
  }
  result.next = model.readParameters();
  return result;
}
