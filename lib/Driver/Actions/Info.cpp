//===- Info.cpp - sizes, layers and matrix products, as text or JSON --------------------------===//
#include "lib/Driver/Actions/Actions.h"

#include "lib/Driver/Compiler.h"
#include "lib/Schedule/CountProducts.h"

#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"

using namespace dpc;
using namespace dpc::driver;

/// The products of the program that computes nothing but gradients.
static std::optional<ProductCounts> count(Compiler &compiler, bool fold) {
  PipelineOptions options;
  options.schedule.entries = {"gradients"};
  options.schedule.fold = fold;
  mlir::OwningOpRef<mlir::ModuleOp> copy = compiler.copyAt(Phase::Schedule, options);
  if (!copy)
    return std::nullopt;
  return countProducts(*copy);
}

static llvm::json::Object toJson(const ProductCounts &counts) {
  return llvm::json::Object{{"linear", counts.linear},
                            {"linear_transpose", counts.linearTranspose},
                            {"weight_gradient", counts.weightGradient}};
}

static std::string toText(llvm::StringRef name, const ProductCounts &counts) {
  return fmt::format("  {:<10} {:>7} = {} linear + {} linear_transpose + {} weight_gradient\n",
                     name.str(), counts.linear + counts.linearTranspose + counts.weightGradient,
                     counts.linear, counts.linearTranspose, counts.weightGradient);
}

ExitCode driver::info(const InfoOptions &options, Console &console) {
  Compiler compiler(options.model, console);
  if (!compiler.load() || !compiler.runTo(Phase::Dyad))
    return compiler.exitCode();
  std::optional<ProductCounts> unrolled = count(compiler, false);
  std::optional<ProductCounts> scheduled = count(compiler, true);
  if (!unrolled || !scheduled)
    return compiler.exitCode();

  const FrontendResult &model = compiler.model();
  int64_t parameters = 0;
  for (const ParameterInfo &parameter : model.parameters) {
    int64_t elements = 1;
    for (int64_t size : parameter.shape)
      elements *= size;
    parameters += elements;
  }
  if (options.json) {
    llvm::json::Value value =
        llvm::json::Object{{"parameters", parameters},
                           {"layers", static_cast<int64_t>(model.layers.size())},
                           {"products", llvm::json::Object{{"unrolled", toJson(*unrolled)},
                                                           {"scheduled", toJson(*scheduled)}}}};
    console.out(fmt::format("{}\n", llvm::formatv("{0:2}", value).str()));
    return ExitCode::done;
  }
  std::string text =
      fmt::format("network {}, {}, {}(passes = {})\n\n", model.settings.model,
                  model.settings.objective, model.settings.inference, model.settings.passes);
  text += fmt::format("parameters: {}\n", parameters);
  for (const ParameterInfo &parameter : model.parameters)
    text += fmt::format("  {:<20} [{}]\n", parameter.name, fmt::join(parameter.shape, ", "));
  text += fmt::format("layers: {}\n", model.layers.size());
  for (const std::string &layer : model.layers)
    text += fmt::format("  {}\n", layer);
  text +=
      "products of one step:\n" + toText("unrolled", *unrolled) + toText("scheduled", *scheduled);
  console.out(text);
  return ExitCode::done;
}
