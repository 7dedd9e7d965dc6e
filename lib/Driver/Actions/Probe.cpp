//===- Probe.cpp - every state and gradient on a batch of one's own ---------------------------===//

#include "lib/Driver/Actions/ProbeTargets.h"

#include "lib/Driver/Cells.h"
#include "lib/Driver/Files.h"

using namespace dpc;
using namespace dpc::driver;

/// `x` and `y` of the inputs file; nothing after messages.
static std::optional<ProbeBatch> readBatch(const std::string &path, DiagnosticEngine &engine) {
  dprt::Result<std::vector<dprt::Tensor>> tensors = dprt::readTensors(path);
  if (!tensors.ok()) {
    report(engine, tensors.status());
    return std::nullopt;
  }
  ProbeBatch batch;
  auto take = [&](llvm::StringRef name, dprt::Tensor &tensor) {
    auto found =
        llvm::find_if(*tensors, [&](dprt::Tensor &candidate) { return candidate.name == name; });
    if (found == tensors->end())
      engine.error({}, message::wrongData, fmt::format("{}: no tensor `{}`", path, name.str()));
    else
      tensor = std::move(*found);
  };
  take("x", batch.x);
  take("y", batch.y);
  if (engine.hasErrors())
    return std::nullopt;
  if (batch.x.shape.empty() || batch.x.shape.front() < 1) {
    engine.error({}, message::wrongData, fmt::format("{}: `x` holds no sample", path));
    return std::nullopt;
  }
  return batch;
}

/// Puts `loss` first, then what belongs to each layer and each parameter, in the order of the
/// model.
static std::vector<dprt::Tensor> named(const FrontendResult &model, ProbeResult result) {
  std::vector<dprt::Tensor> tensors;
  for (dprt::Tensor &cell : result.cells)
    if (std::optional<std::string> name = displayName(model, cell.name)) {
      cell.name = *name;
      tensors.push_back(std::move(cell));
    }
  for (dprt::Tensor &parameter : result.next) {
    parameter.name += ".next";
    tensors.push_back(std::move(parameter));
  }
  return tensors;
}

ExitCode driver::probe(const ProbeOptions &options, Console &console) {
  Compiler compiler(options.model, console);
  DiagnosticEngine &engine = compiler.engine();
  std::vector<NamedFile> inputs = modelFiles(options.model);
  inputs.push_back({"--weights", options.weights});
  inputs.push_back({"--inputs", options.inputs});
  if (!keepApart(engine, {{"--dump", options.dump}}, inputs))
    return compiler.exitCode();
  std::optional<ProbeBatch> batch = readBatch(options.inputs, engine);
  if (!batch || !compiler.load(batch->x.shape.front()))
    return compiler.exitCode();
  const FrontendResult &model = compiler.model();

  dprt::Result<dprt::Samples> samples = dprt::makeSamples(batch->x, batch->y, dataShape(model));
  if (!samples.ok())
    report(engine, samples.status());
  else
    batch->samples = *samples;
  dprt::Result<std::vector<dprt::Tensor>> weights =
      dprt::readWeights(options.weights, parameterTypes(model));
  if (!weights.ok())
    report(engine, weights.status());
  else
    batch->weights = std::move(*weights);
  if (dprt::Status writable = dprt::checkWritable(options.dump); !writable.ok())
    report(engine, writable);
  if (engine.hasErrors())
    return compiler.exitCode();

  std::optional<ProbeResult> result = options.reference ? probeReference(compiler, *batch, options)
                                                        : probeCompiled(compiler, *batch, options);
  if (!result)
    return compiler.exitCode();
  if (dprt::Status written = dprt::writeTensors(options.dump, named(model, std::move(*result)));
      !written.ok())
    report(engine, written);
  return compiler.exitCode();
}
