//===- Guard.h - no exception leaves the runtime ------------------------------------*- C++ -*-===//
#ifndef DPRT_CORE_GUARD_H
#define DPRT_CORE_GUARD_H

#include "dprt/status.h"

#include <exception>
#include <new>
#include <stdexcept>
#include <type_traits>

namespace dprt {

/// Runs `body`, which returns a Status or a Result; what the standard library throws becomes one.
template <typename Body> std::invoke_result_t<Body> guard(Body &&body) {
  try {
    return body();
  } catch (const std::bad_alloc &) {
    return Status::noMemory();
  } catch (const std::length_error &) {
    return Status::noMemory();
  } catch (const std::exception &error) {
    return Status::machine(error.what());
  }
}

} // namespace dprt
#endif
