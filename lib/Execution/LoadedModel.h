//===- LoadedModel.h - a compiled model in memory, ready to be called ---------------*- C++ -*-===//
#pragma once

#include "runtime/include/dprt/dprt.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <memory>
#include <string>

namespace llvm::orc {
class LLJIT;
}

namespace dpc {

/// An object as `--emit=obj` writes it, linked into this process. Its calls of dprt_parallel go to
/// the runtime that this program links, those of the C mathematics library to libm. Entries stay
/// valid as long as the model lives.
class LoadedModel {
public:
  static llvm::Expected<std::unique_ptr<LoadedModel>> load(llvm::ArrayRef<char> object);
  ~LoadedModel();

  /// The text that runtime/include/dprt/dprt.h defines.
  const std::string &description() const { return text; }
  /// The function behind a symbol of the description's `entry` lines.
  llvm::Expected<dprt_entry> entry(llvm::StringRef symbol) const;

private:
  LoadedModel();
  std::unique_ptr<llvm::orc::LLJIT> jit;
  std::string text;
};

} // namespace dpc
