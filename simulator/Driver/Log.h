//===- Log.h - one JSON line per call and per report --------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_LOG_H
#define DPC_SIMULATOR_DRIVER_LOG_H

#include "simulator/Checkers/Report.h"
#include "simulator/Driver/Api.h"

#include <cstdio>
#include <span>
#include <string>

namespace sim::driver {

/// An argument of a call, as the log shows it. Outputs are shown by what they point to.
struct Argument {
  enum class Kind : uint8_t { Unsigned, Signed, Real, Text, None };
  Kind kind = Kind::None;
  union {
    uint64_t unsignedValue = 0;
    int64_t signedValue;
    double realValue;
    const char *text;
  };
};

class Log {
public:
  Log() = default;
  Log(const Log &) = delete;
  Log &operator=(const Log &) = delete;
  ~Log();
  /// False if it cannot be written.
  bool open(const std::string &path);
  bool isOpen() const { return file; }
  /// `parameters`: "(DevicePointer *pointer, size_t bytes)", as in Entries.def: the names of the
  /// arguments, and which of them are shown as hexadecimal numbers.
  void call(const char *name, const char *parameters, std::span<const Argument> arguments,
            Result result);
  void report(const std::string &kind, const std::string &message);
  void report(const sim::Report &report);
  void leak(const char *what, uint64_t handle, uint64_t bytes, const std::string &name);

private:
  void write(const std::string &line);
  std::FILE *file = nullptr;
};

} // namespace sim::driver
#endif
