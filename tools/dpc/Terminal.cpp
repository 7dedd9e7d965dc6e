//===- Terminal.cpp - writes that know when they failed ---------------------------------------===//
#include "tools/dpc/Terminal.h"

#include "lib/Support/Messages.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <unistd.h>

using namespace dpc::tool;

/// errno, or 0 when everything went out.
static int writeAll(int descriptor, llvm::StringRef text) {
  while (!text.empty()) {
    ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return errno;
    text = text.drop_front(written);
  }
  return 0;
}

Terminal::Terminal() : interactive(::isatty(STDERR_FILENO)) { ::signal(SIGPIPE, SIG_IGN); }

bool Terminal::out(llvm::StringRef text) {
  progress("");
  if (!failure)
    failure = writeAll(STDOUT_FILENO, text);
  return !failure;
}

void Terminal::err(llvm::StringRef text) {
  progress("");
  writeAll(STDERR_FILENO, text);
}

void Terminal::progress(llvm::StringRef text) {
  if (!interactive || (text.empty() && !shown))
    return;
  writeAll(STDERR_FILENO, "\r\033[K" + text.str());
  shown = !text.empty();
}

/// As https://no-color.org asks.
bool Terminal::colour() const {
  const char *wish = std::getenv("NO_COLOR");
  return interactive && (!wish || !*wish);
}

bool Terminal::finish() {
  if (failure)
    err("dpc: error: " +
        formatMessage(message::outputFailed, "standard output", std::strerror(failure)) + "\n");
  return !failure;
}
