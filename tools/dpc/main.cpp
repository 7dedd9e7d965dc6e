//===- main.cpp - the terminal around lib/Driver ----------------------------------------------===//

#include "tools/dpc/CommandLine.h"
#include "tools/dpc/Crash.h"
#include "tools/dpc/Terminal.h"

using namespace dpc;

int main(int argc, char **argv) {
  tool::installCrashHandlers();
  tool::Terminal terminal;
  auto parsed = tool::parseCommandLine(llvm::ArrayRef<const char *>(argv, argc).drop_front());

  ExitCode result = ExitCode::done;
  if (auto *help = std::get_if<tool::Help>(&parsed)) {
    terminal.out(help->text);
  } else if (auto *mistake = std::get_if<tool::Mistake>(&parsed)) {
    terminal.err(mistake->text);
    result = ExitCode::commandLine;
  } else {
    result = tool::guarded([&] { return std::get<tool::Command>(parsed)(terminal); });
  }
  if (!terminal.finish() && result == ExitCode::done)
    result = ExitCode::machine;
  return static_cast<int>(result);
}
