//===- Terminal.h - standard output and standard error ------------------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Console.h"

#include <string>

namespace dpc::tool {

/// Text goes out at once. A closed pipe is no signal but a failed write, as is a full disk.
class Terminal : public driver::Console {
public:
  Terminal();
  bool out(llvm::StringRef text) override;
  void err(llvm::StringRef text) override;
  void progress(llvm::StringRef text) override;
  bool colour() const override;

  /// False, after a message on standard error, if a write to standard output failed.
  bool finish();

private:
  bool interactive; ///< standard error is a terminal: show progress
  bool shown = false;
  int failure = 0; ///< errno of the first failed write
};

} // namespace dpc::tool
