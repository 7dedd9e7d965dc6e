//===- Explain.cpp - derivations and messages in words ----------------------------------------===//
#include "lib/Derive/Explain.h"

#include "lib/Driver/Actions/Actions.h"
#include "lib/Driver/Compiler.h"
#include "lib/Support/Messages.h"

using namespace dpc;
using namespace dpc::driver;

ExitCode driver::explain(const ExplainOptions &options, Console &console) {
  if (const Message *message = findMessage(options.model.file)) {
    console.out(fmt::format("{}: {}\n  {}\n", message->id, message->text, message->explanation));
    return ExitCode::done;
  }
  Compiler compiler(options.model, console);
  if (!compiler.load())
    return compiler.exitCode();
  mlir::FailureOr<std::string> text = derive::explain(compiler.modelOp());
  if (mlir::succeeded(text))
    console.out(*text);
  else if (!compiler.engine().hasErrors())
    compiler.engine().error({}, message::internalError, "nothing was derived, without a reason");
  return compiler.exitCode();
}
