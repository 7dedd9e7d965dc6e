//===- Print.h - printf of device code ----------------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_PRINT_H
#define DPC_SIMULATOR_MACHINE_PRINT_H

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace sim {

/// Where the arguments of a printf come from.
struct PrintArguments {
  /// The next one, of 4 or 8 bytes; the widths of `int`, `double` and pointers on the device.
  std::function<uint64_t(unsigned bytes)> next;
  /// The string at a generic address.
  std::function<std::string(uint64_t address)> string;
};

struct Printed {
  std::string text;
  int arguments = 0; ///< that the format took: what device printf returns
};

/// What printf makes of `format` (CUDA C++ programming guide, formatted output). A conversion that
/// printf does not have is printed as it stands.
Printed print(std::string_view format, const PrintArguments &arguments);

} // namespace sim
#endif
