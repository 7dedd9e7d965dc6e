//===- CompiledStep.cpp - machine code and the reference on the same arguments ----------------===//
#include "test/CodeGen/CompiledStep.h"

#include "lib/Pipelines/RegisterAll.h"

#include "mlir/Parser/Parser.h"

#include <cmath>
#include <limits>

using namespace dpc;
using namespace dpc::test;
using namespace mlir;

CompiledStep::CompiledStep(const std::string &text, const std::string &cpu, unsigned optLevel) {
  DialectRegistry registry;
  dpc::registerAllDialects(registry);
  context = std::make_unique<MLIRContext>(registry, MLIRContext::Threading::DISABLED);
  ScopedDiagnosticHandler handler(context.get(), [&](Diagnostic &diagnostic) {
    error += diagnostic.str() + "\n";
    return success();
  });
  scheduled = parseSourceString<ModuleOp>(text, context.get());
  if (!scheduled)
    return;
  OwningOpRef<ModuleOp> module(scheduled->clone());
  llvm::Expected<CpuTarget> target = CpuTarget::get(cpu);
  if (!target) {
    error = llvm::toString(target.takeError());
    return;
  }
  PipelineOptions options;
  options.cpu = {optLevel, *target};
  if (failed(runPhases(*module, Phase::Schedule, Phase::LLVM, options)))
    return;
  llvm::Expected<llvm::SmallVector<char, 0>> object = emitCode(*module, Phase::Obj, options);
  if (!object) {
    error = llvm::toString(object.takeError());
    return;
  }
  llvm::Expected<std::unique_ptr<LoadedModel>> model = LoadedModel::load(*object);
  if (!model) {
    error = llvm::toString(model.takeError());
    return;
  }
  loaded = std::move(*model);
  auto resolve = [&](const std::string &symbol) -> dprt_entry {
    llvm::Expected<dprt_entry> entry = loaded->entry(symbol);
    if (entry)
      return *entry;
    error = llvm::toString(entry.takeError());
    return nullptr;
  };
  dprt::Result<dprt::Model> created = dprt::Model::create(loaded->description(), resolve);
  if (!created.ok())
    error = created.status().text();
  else
    this->model = std::move(*created);
}

void CompiledStep::setInputs(unsigned seed, int64_t validRows) {
  rows = validRows;
  std::mt19937 random(seed);
  std::normal_distribution<float> normal;
  arguments.clear();
  arguments["rows"] = reference::Tensor::number(rows);
  for (const dprt::TensorPlace &place : model->description().tensors) {
    bool data = place.role == dprt::Role::Input || place.role == dprt::Role::Target;
    if (!data && place.role != dprt::Role::Parameter)
      continue;
    reference::Tensor tensor(place.shape);
    int64_t width = tensor.size() / place.shape[0];
    float scale = place.role == dprt::Role::Parameter ? 1.0f / std::sqrt(float(width)) : 1.0f;
    std::vector<float> values(tensor.size());
    for (float &value : values)
      value = normal(random) * scale;
    if (place.role == dprt::Role::Target)
      for (int64_t row = 0; row < place.shape[0]; ++row) {
        // One-hot, or for every third sample soft: quarters at two places sum to 1 exactly.
        float *target = &values[row * width];
        std::fill_n(target, width, 0.0f);
        target[(row * 7 + seed) % width] += row % 3 ? 1.0f : 0.25f;
        if (row % 3 == 0)
          target[(row * 5 + 3) % width] += 0.75f;
      }
    tensor.values.assign(values.begin(), values.end());
    if (data)
      for (size_t i = rows * width; i < values.size(); ++i) {
        tensor.values[i] = 0;
        values[i] = std::numeric_limits<float>::quiet_NaN();
      }
    arguments[place.name] = tensor;
    model->write(place, values);
  }
}

reference::Environment CompiledStep::expected(const std::string &entry) {
  auto function = scheduled->lookupSymbol<func::FuncOp>(entry);
  llvm::Expected<reference::Environment> results = reference::runFunction(function, arguments);
  if (results)
    return *results;
  error = llvm::toString(results.takeError());
  return {};
}

std::vector<float> CompiledStep::valuesOf(const std::string &entry, const std::string &name) {
  return model->read(*model->description().find(entry, name));
}

double CompiledStep::errorOf(const std::string &entry, std::string &where) {
  double worst = 0;
  for (const auto &[name, tensor] : expected(entry)) {
    const dprt::TensorPlace *place = model->description().find(entry, name);
    if (!place) {
      where = name + " is missing";
      return std::numeric_limits<double>::infinity();
    }
    std::vector<float> values = model->read(*place);
    int64_t count = tensor.size();
    if (place->role != dprt::Role::Gradient)
      count = count / place->shape[0] * rows;
    double largest = 0, difference = 0;
    for (int64_t i = 0; i < count; ++i) {
      largest = std::max(largest, std::abs(tensor.values[i]));
      double gap = std::abs(tensor.values[i] - values[i]);
      if (!(gap <= difference)) // NaN stays
        difference = std::isnan(gap) ? std::numeric_limits<double>::infinity() : gap;
      if (tensor.values[i] == 0 && values[i] != 0) {
        where = name + " is not exactly 0";
        return std::numeric_limits<double>::infinity();
      }
    }
    double relative = difference == 0 ? 0 : difference / largest;
    if (relative >= worst) {
      worst = relative;
      where = name;
    }
  }
  return worst;
}
