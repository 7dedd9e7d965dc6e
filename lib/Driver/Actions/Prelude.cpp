//===- Prelude.cpp - the methods that ship, or those of --prelude -----------------------------===//
#include "lib/Driver/Actions/Actions.h"

#include "lib/Frontend/Frontend.h"

using namespace dpc;

ExitCode driver::prelude(const PreludeOptions &options, Console &console) {
  if (!options.prelude) {
    console.out(builtinPreludeText());
    return ExitCode::done;
  }
  DiagnosticEngine engine([&](llvm::StringRef text) { console.err(text); }, console.colour());
  std::string reason;
  std::optional<SourceFile> source = SourceFile::load(*options.prelude, reason);
  if (source)
    console.out(source->text());
  else
    engine.error({}, message::cannotRead, *options.prelude, reason);
  return engine.exitCode();
}
