//===- Executable.cpp - compiles a model to where it can be called ----------------------------===//
#include "lib/Driver/Executable.h"

#include "lib/Driver/Runtime.h"
#include "lib/Execution/LoadedModel.h"

#include "dprt/threads.h"

using namespace dpc;
using namespace dpc::driver;

Executable::Executable() = default;
Executable::~Executable() = default;

std::unique_ptr<Executable> Executable::make(Compiler &compiler, const MachineOptions &machine,
                                             std::vector<std::string> entries) {
  DiagnosticEngine &engine = compiler.engine();
  if (dprt::Status started = dprt::startThreads(machine.threads); !started.ok()) {
    report(engine, started);
    return nullptr;
  }
  std::optional<CpuOptions> cpu = compiler.cpu(machine);
  if (!cpu)
    return nullptr;
  PipelineOptions options{{std::move(entries), /*fold=*/true}, *cpu};
  if (!compiler.runTo(Phase::LLVM, options))
    return nullptr;
  std::optional<llvm::SmallVector<char, 0>> object = compiler.code(Phase::Obj, options);
  if (!object)
    return nullptr;

  auto defect = [&](llvm::Error error) {
    engine.error({}, message::internalError, llvm::toString(std::move(error)));
    return nullptr;
  };
  llvm::Expected<std::unique_ptr<LoadedModel>> code = LoadedModel::load(*object);
  if (!code)
    return defect(code.takeError());
  llvm::Error unresolved = llvm::Error::success();
  dprt::Result<dprt::Model> memory =
      dprt::Model::create((*code)->description(), [&](const std::string &symbol) -> dprt_entry {
        llvm::Expected<dprt_entry> entry = (*code)->entry(symbol);
        if (entry)
          return *entry;
        unresolved = llvm::joinErrors(std::move(unresolved), entry.takeError());
        return nullptr;
      });
  if (unresolved)
    return defect(std::move(unresolved));
  if (!memory.ok()) {
    report(engine, memory.status());
    return nullptr;
  }
  std::unique_ptr<Executable> executable(new Executable);
  executable->code = std::move(*code);
  executable->memory.emplace(std::move(*memory));
  return executable;
}
