//===- Eval.cpp - test accuracy of given weights ----------------------------------------------===//
#include "lib/Driver/Actions/Evaluation.h"

#include "lib/Driver/Executable.h"

#include <future>

using namespace dpc;
using namespace dpc::driver;

std::string driver::accuracyLine(const dprt::Evaluation &test) {
  return fmt::format("test accuracy {:.2f} % ({}/{})\n", 100 * test.accuracy(), test.correct,
                     test.count);
}

bool driver::hasData(Compiler &compiler) {
  const DataSettings &data = compiler.model().settings.data;
  if (data.kind == DataSettings::Kind::none)
    compiler.engine()
        .error(compiler.model().settings.trainPlace, message::noData)
        .help("`data mnist(\"DIR\");` in the `train` block, or --set 'data=mnist(\"DIR\")'");
  return data.kind != DataSettings::Kind::none;
}

Place driver::dataPlace(const Compiler &compiler, const std::optional<std::string> &path) {
  return path ? Place() : compiler.model().settings.data.pathPlace;
}

ExitCode driver::eval(const EvalOptions &options, Console &console) {
  Compiler compiler(options.model, console);
  if (!compiler.load() || !hasData(compiler))
    return compiler.exitCode();
  DiagnosticEngine &engine = compiler.engine();
  const FrontendResult &model = compiler.model();

  // Data are read while the model is compiled.
  std::future<dprt::Result<dprt::Samples>> pending =
      std::async(std::launch::async, dprt::loadTest, dataSource(model.settings.data, options.data),
                 dataShape(model));
  dprt::Result<std::vector<dprt::Tensor>> weights = startWeights(model, options.weights);
  if (!weights.ok())
    report(engine, weights.status());
  std::unique_ptr<Executable> executable;
  if (weights.ok())
    executable = Executable::make(compiler, options.machine, {"infer"});
  dprt::Result<dprt::Samples> test = pending.get();
  if (!test.ok())
    report(engine, test.status(), dataPlace(compiler, options.data));
  if (!executable || engine.hasErrors())
    return compiler.exitCode();

  executable->model().writeParameters(*weights);
  dprt::Result<dprt::Evaluation> result = dprt::evaluate(executable->model(), *test);
  if (result.ok())
    console.out(accuracyLine(*result));
  else
    report(engine, result.status());
  return compiler.exitCode();
}
