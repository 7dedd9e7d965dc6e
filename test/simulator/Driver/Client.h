//===- Client.h - a program that uses the mock driver -------------------------------*- C++ -*-===//
//
// The driver reads its environment once and keeps the state of a process, so every test runs in a
// process of its own: a death test of GoogleTest that ends with exit code 0.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_TEST_SIMULATOR_DRIVER_CLIENT_H
#define DPC_TEST_SIMULATOR_DRIVER_CLIENT_H

#include <cstdint>
#include <cstdlib>
#include <dlfcn.h>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <string>
#include <utility>
#include <vector>

namespace mock {

using Handle = uint64_t;
using Environment = std::vector<std::pair<std::string, std::string>>;

/// The numbers of cuda.h.
enum Result : int {
  success = 0,
  invalidValue = 1,
  outOfMemory = 2,
  notInitialised = 3,
  invalidImage = 200,
  noBinary = 209,
  invalidPtx = 218,
  unsupportedPtx = 222,
  fileNotFound = 301,
  invalidHandle = 400,
  notFound = 500,
  notReady = 600,
  illegalAddress = 700,
  launchFailed = 719,
  cooperativeTooLarge = 720,
  notPermitted = 800,
  notSupported = 801,
  captureUnsupported = 900,
  captureInvalidated = 901,
  captureUnjoined = 904,
  captureIsolation = 905,
  captureImplicit = 906,
  capturedEvent = 907,
};

/// Ends the process with a message if something is not as it should be.
inline void expect(bool holds, const std::string &what) {
  if (holds)
    return;
  fmt::print(stderr, "FAILED: {}\n", what);
  std::_Exit(1);
}

class Client {
public:
  Client() {
    library = dlopen(DPC_MOCK_CUDA, RTLD_NOW | RTLD_LOCAL);
    expect(library, "the mock driver can be loaded");
  }

  /// Arguments must have the widths of the call's parameters.
  template <class... Arguments> int call(const char *name, Arguments... arguments) {
    void *symbol = dlsym(library, name);
    expect(symbol, fmt::format("{} is exported", name));
    return reinterpret_cast<int (*)(Arguments...)>(symbol)(arguments...);
  }
  template <class... Arguments> void ok(const char *name, Arguments... arguments) {
    fails(success, name, arguments...);
  }
  template <class... Arguments> void fails(int result, const char *name, Arguments... arguments) {
    int found = call(name, arguments...);
    expect(found == result, fmt::format("{} returns {}, not {}", name, found, result));
  }

  /// cuInit, the primary context, and the test's module.
  void open();
  Handle stream(unsigned flags = 1);
  Handle event(unsigned flags = 0);
  uint64_t memory(size_t bytes);
  int *pinned(size_t count);
  void fill(uint64_t pointer, unsigned value, unsigned count, Handle stream = 0);
  /// p[i] = p[i] * factor + summand, for i < count; beyond count elements it is out of bounds.
  int affine(uint64_t pointer, int factor, int summand, unsigned count, Handle stream);
  std::vector<int> read(uint64_t pointer, size_t count);
  /// Whether all elements are `value`.
  void holds(uint64_t pointer, size_t count, int value);

  Handle context = 0, module = 0, kernel = 0;

private:
  void *library = nullptr;
};

/// PTX of the kernel that affine() runs.
extern const char *const ptx;

/// In a process with these variables: `body` must come to its end, and what the process writes to
/// stderr must contain `text` (a regular expression).
void run(const Environment &environment, const std::string &text,
         const std::function<void(Client &)> &body);

} // namespace mock
#endif
