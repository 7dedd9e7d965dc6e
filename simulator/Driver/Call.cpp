//===- Call.cpp - what every call of the driver has in common ---------------------------------===//
#include "simulator/Driver/Call.h"

#include <fmt/format.h>
#include <new>
#include <string_view>

using namespace sim::driver;

Call::Call(const Entry &entry, bool perThread) : entry(entry), state(State::get()) {
  if (isForkedChild())
    return; // another thread of the parent may have held the lock
  // A host function that asks for the name of an error: the lock may be ours already, elsewhere.
  lock = std::unique_lock<std::mutex>(state.mutex);
  if (!inHostFunction()) {
    heldLock() = &lock;
    defaultStreamIsPerThread() = perThread;
  }
}

Call::~Call() {
  if (inHostFunction() || isForkedChild())
    return;
  while (!state.deferred.empty()) {
    std::vector<std::function<void()>> codes;
    codes.swap(state.deferred);
    for (const std::function<void()> &code : codes)
      callOut(code);
  }
  heldLock() = nullptr;
}

bool sim::driver::hasName(const Entry &entry, std::string_view name) {
  return name == entry.name || name == entry.symbol;
}

bool Call::begin(Result &result) {
  if (isForkedChild() && (!entry.always || std::string_view(entry.name) == "cuInit")) {
    static bool told = false;
    if (!told)
      state.note("call after fork", fmt::format("{}: cuInit was called before fork(), so the child "
                                                "cannot use the driver",
                                                entry.symbol));
    told = true;
    result = Result::NotInitialized;
    return false;
  }
  state.reportTouches();
  for (PlannedFailure &failure : state.configuration.failures)
    if (hasName(entry, failure.call) && ++failure.seen == failure.number) {
      result = failure.result;
      return false;
    }
  if (entry.always)
    return true;
  if (inHostFunction())
    result = Result::NotPermitted;
  else if (!state.initialised)
    result = Result::NotInitialized;
  return result == Result::Success;
}

void Call::log(std::span<const Argument> arguments, Result result) {
  state.log.call(entry.symbol, entry.parameters, arguments, result);
}

Result Call::translate() {
  try {
    throw;
  } catch (const Failure &failure) {
    return failure.result;
  } catch (const std::bad_alloc &) {
    return Result::OutOfMemory;
  } catch (...) {
    return Result::Unknown;
  }
}
