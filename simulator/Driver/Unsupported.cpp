//===- Unsupported.cpp - the driver's calls that the mock driver does not have ----------------===//
#include "simulator/Driver/State.h"

#include <fmt/format.h>

using namespace sim::driver;

static Result refuse(const char *symbol) {
  State &state = State::get();
  if (isForkedChild())
    return Result::NotInitialized;
  std::lock_guard<std::mutex> lock(state.mutex);
  state.note("not supported", fmt::format("the mock driver has no {}", symbol));
  return Result::NotSupported;
}

#define DPC_UNSUPPORTED(symbol)                                                                    \
  extern "C" [[gnu::visibility("default")]] Result symbol() { return refuse(#symbol); }
#include "simulator/Driver/Unsupported.def"
