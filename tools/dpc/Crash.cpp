//===- Crash.cpp - signals and failed allocations to messages ---------------------------------===//
#include "tools/dpc/Crash.h"

#include "llvm/Support/ErrorHandling.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <string_view>
#include <system_error>
#include <unistd.h>

using namespace dpc;

namespace {

constexpr std::string_view report = "\n  help: this is a defect of dpc, not of your model; please "
                                    "report it with the model and the command that show it\n";

/// Only functions that are safe in a signal handler. Nothing can be done if it fails.
void say(std::string_view text) {
  [[maybe_unused]] ssize_t written = ::write(STDERR_FILENO, text.data(), text.size());
}

[[noreturn]] void leave(ExitCode code) { ::_exit(static_cast<int>(code)); }

[[noreturn]] void internalError(std::string_view what) {
  say("dpc: internal error: ");
  say(what);
  say(" [DP9001]");
  say(report);
  leave(ExitCode::internal);
}

[[noreturn]] void noMemory() {
  say("dpc: error: out of memory [DP5502]\n");
  leave(ExitCode::machine);
}

/// EAGAIN is what the system says when it has no thread, or no stack for one, left.
[[noreturn]] void noThread() {
  say("dpc: error: cannot start a thread: not enough memory, or too many threads [DP5502]\n");
  leave(ExitCode::machine);
}

/// LLVM's thread pools know no other way to say that a thread could not be started.
void onFatalError(void *, const char *reason, bool) {
  if (std::string_view(reason).starts_with("pthread_create failed"))
    noThread();
  internalError(reason);
}

void onSignal(int signal) {
  switch (signal) {
  case SIGSEGV:
    internalError("invalid memory access (SIGSEGV)");
  case SIGBUS:
    internalError("invalid memory access (SIGBUS)");
  case SIGFPE:
    internalError("arithmetic error (SIGFPE)");
  case SIGILL:
    internalError("instruction that this processor does not know (SIGILL)");
  default:
    internalError("aborted (SIGABRT)");
  }
}

} // namespace

void dpc::tool::installCrashHandlers() {
  // A stack of its own, so that running out of stack is reported too.
  static char stack[1 << 16];
  stack_t alternate = {};
  alternate.ss_sp = stack;
  alternate.ss_size = sizeof(stack);
  ::sigaltstack(&alternate, nullptr);
  struct sigaction action = {};
  action.sa_handler = onSignal;
  action.sa_flags = SA_ONSTACK | SA_RESETHAND;
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    ::sigaction(signal, &action, nullptr);

  std::set_new_handler(noMemory);
  llvm::install_fatal_error_handler(onFatalError);
  llvm::install_bad_alloc_error_handler([](void *, const char *, bool) { noMemory(); });
}

ExitCode dpc::tool::guarded(llvm::function_ref<ExitCode()> body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    noMemory();
  } catch (const std::system_error &error) {
    if (error.code() == std::errc::resource_unavailable_try_again)
      noThread();
    internalError(error.what());
  } catch (const std::exception &exception) {
    internalError(exception.what());
  }
}
