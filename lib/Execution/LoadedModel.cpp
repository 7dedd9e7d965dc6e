//===- LoadedModel.cpp - links object code into this process ----------------------------------===//
#include "lib/Execution/LoadedModel.h"

#include "llvm/ExecutionEngine/Orc/AbsoluteSymbols.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/TargetSelect.h"

#include <cmath>
#include <cstring>

using namespace dpc;
using namespace llvm::orc;

LoadedModel::LoadedModel() = default;
LoadedModel::~LoadedModel() = default;

/// Everything that compiled code may call, and nothing else.
static SymbolMap symbolsOf(LLJIT &jit) {
  SymbolMap symbols;
  auto bind = [&](llvm::StringRef name, auto *function) {
    symbols[jit.mangleAndIntern(name)] = {ExecutorAddr::fromPtr(function),
                                          llvm::JITSymbolFlags::Exported |
                                              llvm::JITSymbolFlags::Callable};
  };
  using Unary = float (*)(float);
  bind("dprt_parallel", &dprt_parallel);
  bind("expf", static_cast<Unary>(&::expf));
  bind("logf", static_cast<Unary>(&::logf));
  bind("log1pf", static_cast<Unary>(&::log1pf));
  bind("tanhf", static_cast<Unary>(&::tanhf));
  bind("floorf", static_cast<Unary>(&::floorf));
  bind("fmaf", static_cast<float (*)(float, float, float)>(&::fmaf));
  bind("memcpy", static_cast<void *(*)(void *, const void *, size_t)>(&::memcpy));
  bind("memset", static_cast<void *(*)(void *, int, size_t)>(&::memset));
  return symbols;
}

llvm::Expected<std::unique_ptr<LoadedModel>> LoadedModel::load(llvm::ArrayRef<char> object) {
  llvm::InitializeNativeTarget();
  llvm::InitializeNativeTargetAsmPrinter();
  llvm::Expected<std::unique_ptr<LLJIT>> jit =
      LLJITBuilder()
          .setLinkProcessSymbolsByDefault(false)
          .setPlatformSetUp(setUpInactivePlatform) // no static constructors to run
          .create();
  if (!jit)
    return jit.takeError();
  // Failures are returned by the look-ups below; the default also prints them.
  (*jit)->getExecutionSession().setErrorReporter(
      [](llvm::Error error) { llvm::consumeError(std::move(error)); });
  if (llvm::Error error = (*jit)->getMainJITDylib().define(absoluteSymbols(symbolsOf(**jit))))
    return error;
  auto bytes = llvm::MemoryBuffer::getMemBufferCopy(llvm::StringRef(object.data(), object.size()),
                                                    "dpc-model");
  if (llvm::Error error = (*jit)->addObjectFile(std::move(bytes)))
    return error;
  llvm::Expected<ExecutorAddr> description = (*jit)->lookup("dprt_description");
  if (!description)
    return description.takeError();
  std::unique_ptr<LoadedModel> model(new LoadedModel);
  model->text = description->toPtr<const char *>();
  model->jit = std::move(*jit);
  return model;
}

llvm::Expected<dprt_entry> LoadedModel::entry(llvm::StringRef symbol) const {
  llvm::Expected<ExecutorAddr> address = jit->lookup(symbol);
  if (!address)
    return address.takeError();
  return address->toPtr<dprt_entry>();
}
