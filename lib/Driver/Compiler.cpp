//===- Compiler.cpp - reads a model or a dump and runs phases on it ---------------------------===//
#include "lib/Driver/Compiler.h"

#include "lib/Pipelines/RegisterAll.h"

#include "mlir/Parser/Parser.h"

using namespace dpc;
using namespace dpc::driver;

Compiler::Compiler(const ModelOptions &options, Console &console)
    : options(options),
      diagnostics([&console](llvm::StringRef text) { console.err(text); }, console.colour()) {
  mlir::DialectRegistry registry;
  registerAllDialects(registry);
  context.appendDialectRegistry(registry);
  // Users see places in their file, never the IR.
  context.printOpOnDiagnostic(false);
}

bool Compiler::read() {
  if (!input.model.name().empty()) // standard input cannot be read twice
    return !diagnostics.hasErrors();
  std::string reason;
  std::optional<SourceFile> source = SourceFile::load(options.file, reason);
  if (source)
    input.model = *source;
  else
    diagnostics.error({}, message::cannotRead, options.file, reason);
  input.prelude = builtinPrelude();
  if (options.prelude) {
    std::optional<SourceFile> prelude = SourceFile::load(*options.prelude, reason);
    if (prelude)
      input.prelude = *prelude;
    else
      diagnostics.error({}, message::cannotRead, *options.prelude, reason);
  }
  input.sets = options.settings;
  return !diagnostics.hasErrors();
}

std::optional<std::string> Compiler::syntaxTree() {
  if (!read())
    return std::nullopt;
  return dumpAst(input, diagnostics);
}

bool Compiler::load(std::optional<int64_t> batch) {
  if (!read())
    return false;
  input.batch = batch;
  bridge.emplace(&context, diagnostics);
  std::optional<FrontendResult> found = elaborate(context, input, diagnostics);
  if (!found) {
    if (!diagnostics.hasErrors())
      diagnostics.error({}, message::internalError, "the model was refused without a reason");
    return false;
  }
  result = std::move(*found);
  current = std::move(result.module);
  return true;
}

bool Compiler::loadDump(Phase from) {
  if (!read())
    return false;
  // What is wrong in a dump is the user's.
  bridge.emplace(&context, diagnostics, ExitCode::model);
  current = mlir::parseSourceString<mlir::ModuleOp>(input.model.text(), &context, options.file);
  reached = from;
  if (!current && !diagnostics.hasErrors())
    diagnostics.error({}, message::wrongDump, "it is no module");
  return current && holdsPhase(from);
}

/// Whether the module is a dump of the phase: not empty, and in its dialects only.
bool Compiler::holdsPhase(Phase phase) {
  if (current->getBody()->empty()) {
    diagnostics.error({}, message::wrongDump, "it holds no model");
    return false;
  }
  mlir::WalkResult walk = current->walk([&](mlir::Operation *op) -> mlir::WalkResult {
    llvm::StringRef dialect = op->getName().getDialectNamespace();
    if (dialect == "builtin" || llvm::is_contained(info(phase).dialects, dialect))
      return mlir::WalkResult::advance();
    diagnostics.error({}, message::wrongDump,
                      fmt::format("`{}` does not belong to phase {}",
                                  op->getName().getStringRef().str(), info(phase).name.str()));
    return mlir::WalkResult::interrupt();
  });
  return !walk.wasInterrupted();
}

bool Compiler::runFrom(mlir::ModuleOp module, Phase to, const PipelineOptions &options,
                       const AfterPhase &after) {
  mlir::LogicalResult done = runPhases(module, reached, to, options, [&](const PhaseInfo &phase) {
    return mlir::success(!diagnostics.hasErrors() && (!after || after(phase)));
  });
  if (mlir::failed(done) && !diagnostics.hasErrors())
    diagnostics.error({}, message::internalError,
                      fmt::format("no way to phase {}, without a reason", info(to).name.str()));
  return !diagnostics.hasErrors();
}

bool Compiler::runTo(Phase to, const PipelineOptions &options, const AfterPhase &after) {
  if (!runFrom(*current, to, options, after))
    return false;
  reached = std::max(reached, to);
  return true;
}

mlir::OwningOpRef<mlir::ModuleOp> Compiler::copyAt(Phase to, const PipelineOptions &options) {
  mlir::OwningOpRef<mlir::ModuleOp> copy = current->clone();
  if (!runFrom(*copy, to, options, {}))
    return nullptr;
  return copy;
}

std::optional<llvm::SmallVector<char, 0>> Compiler::code(Phase kind,
                                                         const PipelineOptions &options) {
  llvm::Expected<llvm::SmallVector<char, 0>> bytes = emitCode(*current, kind, options);
  if (bytes)
    return std::move(*bytes);
  diagnostics.error({}, message::internalError, llvm::toString(bytes.takeError()));
  return std::nullopt;
}

std::optional<CpuOptions> Compiler::cpu(const MachineOptions &machine) {
  llvm::Expected<CpuTarget> target = CpuTarget::get(machine.cpu);
  if (target)
    return CpuOptions{static_cast<unsigned>(machine.optLevel), *target};
  diagnostics.error({}, message::wrongCpu, llvm::toString(target.takeError()));
  return std::nullopt;
}
