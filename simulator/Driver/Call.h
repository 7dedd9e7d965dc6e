//===- Call.h - what every call of the driver has in common -------------------------*- C++ -*-===//
//
// Thunk<...>::run is what clients call: it takes the lock, fails if the client asked for that
// (DPC_MOCK_FAIL), runs the implementation, turns exceptions into results, and logs.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_CALL_H
#define DPC_SIMULATOR_DRIVER_CALL_H

#include "simulator/Driver/State.h"

#include <string_view>
#include <type_traits>

namespace sim::driver {

/// A row of Entries.def.
struct Entry {
  const char *name;       ///< that cuGetProcAddress is asked for
  int version;            ///< first CUDA version with this form of it: 1000 major + 10 minor
  const char *symbol;     ///< that it is exported as
  const char *parameters; ///< as text
  bool always;            ///< works without cuInit, and in host functions
  void *legacy, *perThread;
};
extern const Entry entries[];
extern const size_t entryCount;
/// Whether DPC_MOCK_FAIL may call it so.
bool hasName(const Entry &entry, std::string_view name);

/// One call in progress.
class Call {
public:
  Call(const Entry &entry, bool perThread);
  ~Call();
  Call(const Call &) = delete;
  Call &operator=(const Call &) = delete;
  /// False if the implementation must not run; `result` says why.
  bool begin(Result &result);
  bool logged() const { return state.log.isOpen(); }
  void log(std::span<const Argument> arguments, Result result);
  /// The result that stands for the exception in flight.
  static Result translate();

private:
  const Entry &entry;
  State &state;
  std::unique_lock<std::mutex> lock;
};

template <class T> Argument describe(T value, bool succeeded) {
  Argument argument;
  if constexpr (std::is_same_v<T, const char *>) {
    argument.kind = value ? Argument::Kind::Text : Argument::Kind::None;
    argument.text = value;
  } else if constexpr (std::is_pointer_v<T>) {
    using To = std::remove_pointer_t<T>;
    if constexpr (std::is_arithmetic_v<To> && !std::is_const_v<To> && !std::is_same_v<To, char>)
      if (value && succeeded)
        return describe(*value, true);
    argument.kind = value ? Argument::Kind::Unsigned : Argument::Kind::None;
    argument.unsignedValue = reinterpret_cast<uintptr_t>(value);
  } else if constexpr (std::is_enum_v<T>) {
    argument.kind = Argument::Kind::Unsigned;
    argument.unsignedValue = static_cast<uint64_t>(value);
  } else if constexpr (std::is_floating_point_v<T>) {
    argument.kind = Argument::Kind::Real;
    argument.realValue = value;
  } else if constexpr (std::is_signed_v<T>) {
    argument.kind = Argument::Kind::Signed;
    argument.signedValue = value;
  } else if constexpr (std::is_integral_v<T>) {
    argument.kind = Argument::Kind::Unsigned;
    argument.unsignedValue = value;
  }
  return argument;
}

template <auto function, size_t entry, bool perThread> struct Thunk;

template <class... Parameters, Result (*function)(Parameters...), size_t entry, bool perThread>
struct Thunk<function, entry, perThread> {
  static Result run(Parameters... parameters) noexcept {
    Call call(entries[entry], perThread);
    Result result = Result::Success;
    if (call.begin(result)) {
      try {
        result = function(parameters...);
      } catch (...) {
        result = Call::translate();
      }
    }
    if (call.logged()) {
      bool succeeded = result == Result::Success;
      const Argument arguments[sizeof...(Parameters) + 1] = {describe(parameters, succeeded)...};
      call.log({arguments, sizeof...(Parameters)}, result);
    }
    return result;
  }
};

} // namespace sim::driver
#endif
