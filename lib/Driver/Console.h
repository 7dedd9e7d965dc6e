//===- Console.h - where a command's text goes --------------------------------------*- C++ -*-===//
//
// Nothing in lib/ prints: commands hand their text to the console that the tool gives them.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "llvm/ADT/StringRef.h"

namespace dpc::driver {

class Console {
public:
  virtual ~Console() = default;
  /// Results, for standard output. False if nobody can take them any more.
  virtual bool out(llvm::StringRef text) = 0;
  /// Diagnostics, for standard error.
  virtual void err(llvm::StringRef text) = 0;
  /// A short note on the state of a long command, replaced by the next one. An empty text removes
  /// it.
  virtual void progress(llvm::StringRef text) = 0;
  /// Whether diagnostics may be coloured.
  virtual bool colour() const = 0;
};

} // namespace dpc::driver
