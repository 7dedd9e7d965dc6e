//===- Memory.h - allocations and addresses of the simulated device -----------------*- C++ -*-===//
//
// Device addresses are numbers of their own, the same in every run. Global memory consists of
// allocations with a guard gap after each; shared and local memory appear in the generic address
// space through two windows, as on the device.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_MEMORY_H
#define DPC_SIMULATOR_MACHINE_MEMORY_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

namespace sim {

/// The device's addresses lie where Linux maps nothing of a process by itself (from above, mappings
/// begin below 2^47; from below, at 2^47 / 3), since kernels also see host memory at its own
/// address. Generic addresses in [sharedWindow, sharedWindow + windowBytes) are the block's shared
/// memory, in [localWindow, ...) the thread's local memory. Everything else is global (or wrong).
constexpr uint64_t windowBytes = 1ull << 24;
constexpr uint64_t sharedWindow = 0x0000'1f10'0000'0000;
constexpr uint64_t localWindow = 0x0000'1f10'0200'0000;
/// Addresses of a kernel's parameters, in `.param` and in generic space.
constexpr uint64_t parameterWindow = 0x0000'1f10'0400'0000;
constexpr uint64_t globalBase = 0x0000'2000'0000'0000; ///< of the first allocation
/// All of the above, and of Program.h, lies in [deviceBase, deviceEnd).
constexpr uint64_t deviceBase = 0x0000'1f00'0000'0000, deviceEnd = 0x0000'2a00'0000'0000;
constexpr uint64_t allocationAlignment = 512; ///< bytes; cuMemAlloc gives at least 256

class Journal; // Machine/Journal.h: what a launch has overwritten

struct Allocation {
  Allocation();
  ~Allocation();
  uint64_t base = 0;
  uint64_t bytes = 0;
  std::byte *data = nullptr;
  /// One byte per byte of data: not 0 = not initialised. Null: all initialised.
  std::unique_ptr<uint8_t[]> poison;
  std::string name; ///< of the buffer or module variable, for messages
  bool live = true; ///< false after free; kept so that a use after free can be named
  bool isConstant = false;
  std::unique_ptr<std::byte[]> storage; ///< what `data` points to, unless host memory is mapped
  std::unique_ptr<Journal> journal;     ///< while a launch runs that may have to be repeated
};

/// Not thread safe, except find() while nothing is allocated or freed.
class Memory {
public:
  explicit Memory(uint64_t limit) : limit(limit) {}
  /// Zero bytes are allowed (one byte of address space). Null when `limit` would be passed.
  Allocation *allocate(uint64_t bytes, std::string name, bool initialised);
  /// Memory of the host that the device sees at the address `base`; does not count for `limit`.
  /// Null if a live allocation or another address of the device lies there.
  Allocation *map(uint64_t base, uint64_t bytes, std::byte *data, std::string name);
  /// False if `base` is not the base of a live allocation.
  bool free(uint64_t base);
  /// While a launch runs, what it frees keeps its bytes: copies may be on their way from there, and
  /// caches know the allocation.
  void setRunning(bool running);
  /// The live or freed allocation that holds `address`, or the nearest one below it; null if none.
  Allocation *find(uint64_t address);
  uint64_t used() const { return usedBytes; }
  uint64_t capacity() const { return limit; }
  /// All, by address.
  const std::map<uint64_t, std::unique_ptr<Allocation>> &all() const { return allocations; }

private:
  std::map<uint64_t, std::unique_ptr<Allocation>> allocations;
  void release(Allocation &allocation);
  void forgetOldest();

  bool isRunning = false;
  std::vector<Allocation *> freedMeanwhile;
  uint64_t next = globalBase;
  uint64_t usedBytes = 0;
  uint64_t limit;
};

} // namespace sim
#endif
