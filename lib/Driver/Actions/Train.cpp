//===- Train.cpp - compile in memory and train ------------------------------------------------===//

#include "lib/Driver/Actions/Evaluation.h"

#include "lib/Driver/Executable.h"
#include "lib/Driver/Files.h"

#include "llvm/Support/Path.h"

#include <chrono>
#include <future>

using namespace dpc;
using namespace dpc::driver;

namespace {

class Training {
public:
  Training(const TrainOptions &options, Console &console)
      : options(options), console(console), compiler(options.model, console),
        out(options.out.value_or(llvm::sys::path::stem(options.model.file).str() +
                                 ".safetensors")) {}

  ExitCode run();

private:
  /// Asks before hours of work what would fail after them.
  bool outputsAreWritable();
  bool outputsAreApart();
  bool writeInitialWeights();
  bool prepare();
  bool trainAndWrite();
  bool test();
  bool writeWeights(const std::vector<dprt::Tensor> &weights);
  dprt::Status onEpoch(const dprt::EpochReport &report);

  DiagnosticEngine &engine() { return compiler.engine(); }
  bool check(const dprt::Status &status, const Place &place = {}) {
    if (!status.ok())
      report(engine(), status, place);
    return status.ok();
  }
  const TrainingSettings &settings() const { return compiler.model().settings; }
  dprt::DataSource source() const { return dataSource(settings().data, options.data); }

  const TrainOptions &options;
  Console &console;
  Compiler compiler;
  std::string out;
  std::optional<dprt::MetricsFile> metrics;
  std::unique_ptr<Executable> executable;
  std::optional<dprt::TrainingData> data;
};

} // namespace

/// Weights may replace those that training starts from; nothing else that is read may be written.
bool Training::outputsAreApart() {
  std::vector<NamedFile> inputs = modelFiles(options.model);
  if (settings().data.kind != DataSettings::Kind::none || options.data)
    for (const std::string &file : dprt::dataFiles(source()))
      inputs.push_back({"the data", file});
  std::vector<NamedFile> outputs{{"--out", out}};
  if (options.metrics)
    outputs.push_back({"--metrics", *options.metrics});
  bool apart = keepApart(engine(), outputs, inputs);
  if (options.metrics && options.init)
    apart &= keepApart(engine(), {{"--metrics", *options.metrics}}, {{"--init", *options.init}});
  return apart;
}

bool Training::outputsAreWritable() {
  bool writable = check(dprt::checkWritable(out));
  if (!options.metrics)
    return writable;
  dprt::Result<dprt::MetricsFile> file = dprt::MetricsFile::create(*options.metrics);
  if (!check(file.status()))
    return false;
  metrics.emplace(std::move(*file));
  return writable;
}

bool Training::writeWeights(const std::vector<dprt::Tensor> &weights) {
  return check(dprt::writeTensors(out, weights));
}

/// Needs neither data nor machine code.
bool Training::writeInitialWeights() {
  dprt::Result<std::vector<dprt::Tensor>> weights = startWeights(compiler.model(), options.init);
  if (!check(weights.status()) || !writeWeights(*weights))
    return false;
  if (metrics && !check(metrics->commit()))
    return false;
  return console.out(fmt::format("weights written to {}\n", out));
}

/// Data and initial weights come while the model is compiled.
bool Training::prepare() {
  auto start = std::chrono::steady_clock::now();
  const FrontendResult &model = compiler.model();
  dprt::PendingTraining pending = dprt::PendingTraining::start(source(), dataShape(model));
  auto weights = std::async(std::launch::async, startWeights, std::cref(model), options.init);
  executable = Executable::make(compiler, options.machine, {"train_step", "infer"});
  double compiled = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();

  dprt::Result<std::vector<dprt::Tensor>> initial = weights.get();
  check(initial.status());
  dprt::Result<dprt::TrainingData> loaded = pending.wait();
  check(loaded.status(), dataPlace(compiler, options.data));
  if (!options.maxSteps)
    check(dprt::checkTestPresent(source()), dataPlace(compiler, options.data));
  if (!executable || engine().hasErrors())
    return false;
  data.emplace(std::move(*loaded));
  executable->model().writeParameters(*initial);

  int64_t parameters = 0;
  for (const dprt::Tensor &tensor : *initial)
    parameters += tensor.f32()->size();
  return console.out(fmt::format("{}: {} layers, {} parameters; {}, {}(passes = {})\n"
                                 "compiled in {:.2f} s; {} training samples, {} for validation\n",
                                 settings().model, model.layers.size(), parameters,
                                 settings().objective, settings().inference, settings().passes,
                                 compiled, data->training.count(), data->validation.count()));
}

dprt::Status Training::onEpoch(const dprt::EpochReport &report) {
  std::string line =
      fmt::format("epoch {:>3}/{}  loss {:<8.4f} accuracy {:6.2f} %", report.epoch,
                  settings().epochs, report.training.loss, 100 * report.training.accuracy());
  if (report.validation)
    line += fmt::format("  validation loss {:<8.4f} accuracy {:6.2f} %", report.validation->loss,
                        100 * report.validation->accuracy());
  line += fmt::format("  {:.2f} s\n", report.seconds);
  if (metrics)
    if (dprt::Status written = metrics->append(report); !written.ok())
      return written;
  if (!console.out(line))
    return dprt::Status::machine("nobody reads the progress any more: training stopped");
  return {};
}

bool Training::trainAndWrite() {
  dprt::TrainOptions how = trainOptions(compiler.model());
  how.maxSteps = options.maxSteps;
  how.onEpoch = [this](const dprt::EpochReport &report) { return onEpoch(report); };
  auto shown = std::chrono::steady_clock::now();
  how.onStep = [this, shown](int64_t done, int64_t all) mutable {
    auto now = std::chrono::steady_clock::now();
    if (now - shown < std::chrono::milliseconds(200))
      return;
    shown = now;
    console.progress(fmt::format("step {}/{}", done, all));
  };
  dprt::Result<dprt::TrainReport> trained = dprt::train(executable->model(), *data, how);
  console.progress("");
  if (!check(trained.status()))
    return false;
  if (!options.maxSteps && data->validation.count() > 0 && trained->keptEpoch > 0)
    if (!console.out(
            fmt::format("epoch {} has the best validation accuracy\n", trained->keptEpoch)))
      return false;
  // Before the test: what was trained must not depend on whether the test files are in order.
  return writeWeights(executable->model().readParameters());
}

bool Training::test() {
  dprt::Result<dprt::Samples> samples = dprt::loadTest(source(), dataShape(compiler.model()));
  if (!check(samples.status(), dataPlace(compiler, options.data)))
    return false;
  dprt::Result<dprt::Evaluation> result = dprt::evaluate(executable->model(), *samples);
  if (!check(result.status()))
    return false;
  if (metrics && !check(metrics->append(*result)))
    return false;
  return console.out(accuracyLine(*result));
}

ExitCode Training::run() {
  if (!compiler.load() || !outputsAreApart() || !outputsAreWritable())
    return compiler.exitCode();
  if (options.maxSteps == 0) {
    writeInitialWeights();
    return compiler.exitCode();
  }
  if (!hasData(compiler) || !prepare() || !trainAndWrite())
    return compiler.exitCode();
  if (!options.maxSteps && !test()) {
    if (engine().hasErrors())
      console.err(fmt::format("  the weights are already in {}\n", out));
    return compiler.exitCode();
  }
  if (!metrics || check(metrics->commit()))
    console.out(fmt::format("weights written to {}\n", out));
  return compiler.exitCode();
}

ExitCode driver::train(const TrainOptions &options, Console &console) {
  return Training(options, console).run();
}
