//===- Harness.cpp - programs, random arguments and their errors ------------------------------===//
#include "test/property/Harness.h"

#include "dialect/Register.h"
#include "lib/Derive/Passes.h"
#include "lib/Reference/Optimizer.h"
#include "lib/Schedule/CountProducts.h"
#include "lib/Schedule/Passes.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/IR/AsmState.h"
#include "mlir/Pass/PassManager.h"

#include <cmath>
#include <cstdlib>
#include <gtest/gtest.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::property;

static int64_t fromEnvironment(const char *name, int64_t otherwise) {
  const char *text = std::getenv(name);
  return text ? std::atoll(text) : otherwise;
}

int property::caseCount() { return static_cast<int>(fromEnvironment("DPC_PROPERTY_CASES", 500)); }

Random property::randomFor(int index) {
  std::seed_seq seed{fromEnvironment("DPC_PROPERTY_SEED", 1), static_cast<int64_t>(index)};
  return Random(seed);
}

/// One context for the whole run: it holds nothing but dialects and unique types.
static MLIRContext &context() {
  static MLIRContext context(MLIRContext::Threading::DISABLED);
  static bool loaded = [] {
    DialectRegistry registry;
    registerDialects(registry);
    registry.insert<func::FuncDialect>();
    context.appendDialectRegistry(registry);
    context.loadAllAvailableDialects();
    return true;
  }();
  (void)loaded;
  return context;
}

Compiled::Compiled(const std::string &text, int64_t batch) : batch(batch) {
  DiagnosticEngine engine([&](StringRef message) { errors += message.str(); });
  DiagnosticBridge bridge(&context(), engine);
  FrontendInput input;
  input.model = SourceFile("case.dp", text);
  input.prelude = builtinPrelude();
  input.batch = batch;
  std::optional<FrontendResult> result = elaborate(context(), input, engine);
  if (!result) {
    if (errors.empty())
      errors = "no model and no message";
    return;
  }
  info = std::move(*result);

  program = info.module->clone();
  PassManager derive(&context());
  derive.addPass(createDeriveUpdates());
  if (failed(derive.run(*program))) {
    if (errors.empty())
      errors = "no program and no message";
  }
}

OwningOpRef<ModuleOp> Compiled::schedule(const std::string &entry, bool fold) {
  OwningOpRef<ModuleOp> module = program->clone();
  PassManager passes(&context());
  UnrollInferenceOptions options;
  options.entries = {entry};
  options.fold = fold;
  passes.addPass(createUnrollInference(options));
  if (fold)
    passes.addNestedPass<func::FuncOp>(createRaiseDifferences());
  if (failed(passes.run(*module)))
    ADD_FAILURE() << "no schedule";
  return module;
}

int64_t Compiled::scheduledProducts() {
  ProductCounts counts = countProducts(*schedule("gradients", /*fold=*/true));
  return counts.linear + counts.linearTranspose + counts.weightGradient;
}

std::string Compiled::scheduledText() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  schedule("probe", /*fold=*/true)->print(stream);
  return text;
}

Environment Compiled::randomArguments(Random &random, double gain) {
  std::normal_distribution<double> normal;
  auto fill = [&](std::vector<int64_t> shape, double scale) {
    Tensor tensor(std::move(shape));
    for (double &value : tensor.values)
      value = scale * normal(random);
    return tensor;
  };
  std::vector<int64_t> inputs = info.inputShape;
  inputs.insert(inputs.begin(), batch);
  Environment arguments = {{"x", fill(inputs, 1)},
                           {"y", Tensor({batch, info.outputs})},
                           {"rows", Tensor::number(batch)}};
  for (int64_t b = 0; b < batch; ++b)
    arguments["y"].at(b, random() % info.outputs) = 1;
  for (const ParameterInfo &parameter : info.parameters)
    arguments[parameter.name] =
        fill(parameter.shape, parameter.isBias() ? 0.3 : gain / std::sqrt(parameter.shape[1]));
  return arguments;
}

static Environment take(llvm::Expected<Environment> result) {
  if (result)
    return std::move(*result);
  ADD_FAILURE() << llvm::toString(result.takeError());
  return {};
}

Environment Compiled::runProgram(const Environment &arguments) {
  return take(reference::runProgram(*program->getOps<dyad::ProgramOp>().begin(), arguments));
}

Environment Compiled::runUnrolled(const Environment &arguments) {
  return run(unrolled, /*fold=*/false, arguments);
}

Environment Compiled::runScheduled(const Environment &arguments) {
  return run(scheduled, /*fold=*/true, arguments);
}

Environment Compiled::run(OwningOpRef<ModuleOp> &module, bool fold, const Environment &arguments) {
  if (!module)
    module = schedule("probe", fold);
  return take(reference::runFunction(*module->getOps<func::FuncOp>().begin(), arguments));
}

reference::Point Compiled::pointOf(const Environment &arguments, const Environment &cells) {
  reference::Point point = cells;
  point.insert(arguments.begin(), arguments.end());
  return point;
}

//===----------------------------------------------------------------------------------------===//
// Comparisons. A maximum of differences would miss what is not a number: that is refused first.
//===----------------------------------------------------------------------------------------===//

static double largest(const Tensor &x) {
  double result = 0;
  for (double value : x.values)
    result = std::isfinite(value) ? std::max(result, std::abs(value)) : INFINITY;
  return result;
}

Tensor property::sum(double a, const Tensor &x, double b, const Tensor &y) {
  Tensor result(x.shape);
  for (int64_t i = 0; i < x.size(); ++i)
    result.values[i] = a * x.values[i] + b * y.values[i];
  return result;
}

double property::relativeError(const Tensor &found, const Tensor &expected) {
  if (found.shape != expected.shape || std::isinf(largest(found)) || std::isinf(largest(expected)))
    return INFINITY;
  double difference = largest(sum(1, found, -1, expected));
  return difference == 0 ? 0 : difference / largest(expected);
}

void property::expectCells(const Environment &found, const Environment &expected,
                           double tolerance) {
  for (const auto &[name, value] : expected) {
    auto cell = found.find(name);
    ASSERT_NE(cell, found.end()) << name;
    EXPECT_LE(relativeError(cell->second, value), tolerance) << name;
  }
}

double property::gradientError(const Environment &found, const Environment &expected) {
  Tensor a, b;
  for (const auto &[name, gradient] : reference::gradientsOf(expected)) {
    const Tensor &other = found.at(name + "#gradient");
    a.values.insert(a.values.end(), other.values.begin(), other.values.end());
    b.values.insert(b.values.end(), gradient.values.begin(), gradient.values.end());
  }
  a.shape = {a.size()};
  b.shape = {b.size()};
  return relativeError(a, b);
}
