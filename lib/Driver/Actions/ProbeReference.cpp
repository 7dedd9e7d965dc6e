//===- ProbeReference.cpp - a probe by the interpreter, in double -----------------------------===//
#include "lib/Driver/Actions/ProbeTargets.h"

#include "lib/Reference/Interpreter.h"
#include "lib/Reference/Optimizer.h"

#include "llvm/Support/Error.h"

#include <numeric>

using namespace dpc;
using namespace dpc::driver;
namespace ref = dpc::reference;

static ref::Tensor toReference(const dprt::Tensor &tensor) {
  ref::Tensor result(tensor.shape);
  std::visit([&](auto &values) { result.values.assign(values.begin(), values.end()); },
             tensor.data);
  return result;
}

static dprt::Tensor fromReference(const std::string &name, const ref::Tensor &tensor) {
  return {name, tensor.shape, tensor.values};
}

/// Arguments of the program: the batch in double and the weights.
static ref::Environment makeArguments(const FrontendResult &model, const ProbeBatch &batch) {
  ref::Environment arguments;
  int64_t rows = batch.x.shape.front();
  ref::Tensor &x = arguments["x"] = toReference(batch.x);
  x.shape = model.inputShape;
  x.shape.insert(x.shape.begin(), rows);
  ref::Tensor &y = arguments["y"] = ref::Tensor({rows, model.outputs});
  if (const std::vector<int64_t> *labels = batch.y.i64())
    for (int64_t row = 0; row < rows; ++row)
      y.at(row, (*labels)[row]) = 1;
  else
    y.values = toReference(batch.y).values;
  arguments["rows"] = ref::Tensor::number(rows);
  for (const dprt::Tensor &weight : batch.weights)
    arguments[weight.name] = toReference(weight);
  return arguments;
}

static ref::Sgd makeOptimizer(const SgdSettings &settings) {
  ref::Sgd optimizer;
  optimizer.momentum = settings.momentum;
  optimizer.weightDecay = settings.weightDecay;
  optimizer.nesterov = settings.nesterov;
  return optimizer;
}

static ref::Adam makeOptimizer(const AdamSettings &settings) {
  ref::Adam optimizer;
  optimizer.beta1 = settings.beta1;
  optimizer.beta2 = settings.beta2;
  optimizer.epsilon = settings.epsilon;
  return optimizer;
}

std::optional<ProbeResult> driver::probeReference(Compiler &compiler, const ProbeBatch &batch,
                                                  const ProbeOptions &options) {
  bool unrolled = options.machine.optLevel == 0;
  PipelineOptions pipeline;
  pipeline.schedule.entries = {"probe"};
  if (!compiler.runTo(unrolled ? Phase::Dyad : Phase::Schedule, pipeline))
    return std::nullopt;
  auto run = [&](const ref::Environment &arguments) {
    if (unrolled)
      return ref::runProgram(*compiler.module().getOps<dyad::ProgramOp>().begin(), arguments);
    return ref::runFunction(*compiler.module().getOps<mlir::func::FuncOp>().begin(), arguments);
  };

  const FrontendResult &model = compiler.model();
  ref::Environment arguments = makeArguments(model, batch);
  llvm::Expected<ref::Environment> cells = run(arguments);
  auto failed = [&](llvm::Error error) {
    compiler.engine().error({}, message::internalError, llvm::toString(std::move(error)));
    return std::nullopt;
  };
  if (!cells)
    return failed(cells.takeError());

  ProbeResult result;
  for (auto &[name, tensor] : *cells) {
    if (name == "#loss") {
      double sum = std::accumulate(tensor.values.begin(), tensor.values.end(), 0.0);
      result.cells.push_back(fromReference(name, ref::Tensor::number(sum / tensor.size())));
    } else {
      result.cells.push_back(fromReference(name, tensor));
    }
  }

  ref::Environment parameters;
  for (const dprt::Tensor &weight : batch.weights)
    parameters[weight.name] = arguments[weight.name];
  double rate = dprt::rateAt(rateOptions(model.settings), 0);
  auto optimize = [&](auto optimizer) -> llvm::Error {
    for (int64_t step = 0; step < options.steps; ++step) {
      if (step > 0) {
        cells = run(arguments);
        if (!cells)
          return cells.takeError();
      }
      optimizer.step(parameters, ref::gradientsOf(*cells), rate);
      for (auto &[name, tensor] : parameters)
        arguments[name] = tensor;
    }
    return llvm::Error::success();
  };
  llvm::Error error =
      std::visit([&](const auto &settings) { return optimize(makeOptimizer(settings)); },
                 model.settings.optimizer);
  if (error)
    return failed(std::move(error));
  for (const dprt::Tensor &weight : batch.weights)
    result.next.push_back(fromReference(weight.name, parameters[weight.name]));
  return result;
}
