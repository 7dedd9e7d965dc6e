//===- Lookup.cpp - finding calls by name; errors, versions, cuInit ---------------------------===//
#include "simulator/Driver/Call.h"
#include "simulator/Driver/Calls.h"

#include <cstring>
#include <fmt/format.h>
#include <string_view>

using namespace sim::driver;

namespace {

/// The position of each row in Entries.def.
enum Position : size_t {
#define DPC_CALL(name, version, symbol, function, parameters) at_##symbol,
#define DPC_ALWAYS DPC_CALL
#define DPC_STREAM(name, version, symbol, suffix, function, parameters) at_##symbol,
#include "simulator/Driver/Entries.def"
  positions,
};

} // namespace

#define DPC_ROW(name, version, symbol, function, parameters, always, perThread)                    \
  {#name,                                                                                          \
   version,                                                                                        \
   #symbol,                                                                                        \
   #parameters,                                                                                    \
   always,                                                                                         \
   reinterpret_cast<void *>(&Thunk<&function, at_##symbol, false>::run),                           \
   reinterpret_cast<void *>(&Thunk<&function, at_##symbol, perThread>::run)},

const Entry sim::driver::entries[] = {
#define DPC_CALL(name, version, symbol, function, parameters)                                      \
  DPC_ROW(name, version, symbol, function, parameters, false, false)
#define DPC_ALWAYS(name, version, symbol, function, parameters)                                    \
  DPC_ROW(name, version, symbol, function, parameters, true, false)
#define DPC_STREAM(name, version, symbol, suffix, function, parameters)                            \
  DPC_ROW(name, version, symbol, function, parameters, false, true)
#include "simulator/Driver/Entries.def"
};
const size_t sim::driver::entryCount = positions;

// The exported symbols: indirect functions (a feature of ELF), which the loader binds to the
// thunks, so that the list of parameters need not be repeated.
#define DPC_EXPORT(symbol, function, perThread)                                                    \
  extern "C" [[gnu::visibility("hidden"), gnu::no_sanitize("all")]] void *resolve_##symbol() {     \
    return reinterpret_cast<void *>(perThread);                                                    \
  }                                                                                                \
  extern "C" [[gnu::visibility("default")]] void symbol()                                          \
      __attribute__((ifunc("resolve_" #symbol)));
#define DPC_CALL(name, version, symbol, function, parameters)                                      \
  DPC_EXPORT(symbol, function, (&Thunk<&function, at_##symbol, false>::run))
#define DPC_ALWAYS DPC_CALL
#define DPC_STREAM(name, version, symbol, suffix, function, parameters)                            \
  DPC_EXPORT(symbol, function, (&Thunk<&function, at_##symbol, false>::run))                       \
  DPC_EXPORT(symbol##suffix, function, (&Thunk<&function, at_##symbol, true>::run))
#include "simulator/Driver/Entries.def"

Result sim::driver::init(unsigned flags) {
  State &state = State::get();
  require(flags == 0);
  if (!state.configuration.error.empty()) {
    fmt::print(stderr, "mock-cuda: {}\n", state.configuration.error);
    return Result::InvalidValue;
  }
  state.initialised = true;
  return Result::Success;
}

Result sim::driver::driverVersion(int *version) {
  required(version) = static_cast<int>(State::get().configuration.version);
  return Result::Success;
}

Result sim::driver::errorName(Result error, const char **text) {
  required(text) = resultName(error);
  return *text ? Result::Success : Result::InvalidValue;
}

Result sim::driver::errorString(Result error, const char **text) {
  required(text) = resultText(error);
  return *text ? Result::Success : Result::InvalidValue;
}

Result sim::driver::procAddressStatus(const char *symbol, void **function, int version,
                                      uint64_t flags, SymbolStatus *status) {
  std::string_view name = &required(symbol);
  require(function && flags <= 2);
  *function = nullptr;
  const Entry *best = nullptr;
  bool known = false;
  for (size_t i = 0; i < entryCount; ++i) {
    const Entry &entry = entries[i];
    if (name != entry.name)
      continue;
    known = true;
    if (entry.version <= version && (!best || entry.version >= best->version))
      best = &entry;
  }
  if (status)
    *status = best    ? SymbolStatus::Success
              : known ? SymbolStatus::VersionNotSufficient
                      : SymbolStatus::NotFound;
  if (!best)
    return Result::NotFound;
  *function = flags & PerThreadDefaultStream ? best->perThread : best->legacy;
  return Result::Success;
}

Result sim::driver::procAddress(const char *symbol, void **function, int version, uint64_t flags) {
  return procAddressStatus(symbol, function, version, flags, nullptr);
}

Result sim::driver::exportTable(const void **table, const Uuid *id) {
  // NVIDIA's own libraries ask for undocumented tables; there are none. Without this one the CUDA
  // runtime does nothing more and lets every call fail.
  constexpr unsigned char runtime[16] = {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a,
                                         0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d, 0xf9};
  required(table) = nullptr;
  if (std::memcmp(required(id).bytes, runtime, sizeof(runtime)) == 0)
    State::get().note("not supported",
                      "the CUDA runtime (libcudart) needs tables of NVIDIA's driver that are not "
                      "documented; the mock driver runs programs that use the driver API");
  return Result::NotFound;
}

Result sim::driver::profilerInitialize(const char *, const char *, int) {
  return Result::NotSupported;
}
Result sim::driver::profilerStart() { return Result::Success; }
Result sim::driver::profilerStop() { return Result::Success; }
