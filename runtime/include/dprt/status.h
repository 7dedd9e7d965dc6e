//===- status.h - how the runtime reports failure -----------------------------------*- C++ -*-===//
//
// Nothing in the runtime prints, exits or lets an exception escape: functions return a Status or a
// Result. The code is the class of the failure (and the exit code that `dpc` gives it); the text is
// complete sentences without a final full stop, one a line when there are several mistakes.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPRT_STATUS_H
#define DPRT_STATUS_H

#include <optional>
#include <string>
#include <utility>

namespace dprt {

enum class Code {
  Ok = 0,
  Data = 1,      ///< data or weights are wrong or unreadable
  Machine = 3,   ///< the machine cannot: output not writable, disk full, no memory
  Diverged = 4,  ///< training diverged (language.md T9)
  Internal = 70, ///< the compiled model or the caller broke the ABI
};

class [[nodiscard]] Status {
public:
  Status() = default;
  Status(Code code, std::string text) : failure(code), message(std::move(text)) {}

  static Status data(std::string text) { return {Code::Data, std::move(text)}; }
  static Status machine(std::string text) { return {Code::Machine, std::move(text)}; }
  static Status diverged(std::string text) { return {Code::Diverged, std::move(text)}; }
  static Status internal(std::string text) { return {Code::Internal, std::move(text)}; }
  /// Short enough to need no memory itself.
  static Status noMemory() { return {Code::Machine, "out of memory"}; }

  bool ok() const { return failure == Code::Ok; }
  Code code() const { return failure; }
  const std::string &text() const { return message; }

private:
  Code failure = Code::Ok;
  std::string message;
};

/// A value, or the Status that says why there is none.
template <typename T> class [[nodiscard]] Result {
public:
  Result(T value) : held(std::move(value)) {}
  Result(Status failure) : failure(std::move(failure)) {}

  bool ok() const { return held.has_value(); }
  const Status &status() const { return failure; }
  T &operator*() { return *held; }
  const T &operator*() const { return *held; }
  T *operator->() { return &*held; }
  const T *operator->() const { return &*held; }

private:
  std::optional<T> held;
  Status failure;
};

} // namespace dprt
#endif
