//===- HostPages.h - who touches host memory that a copy is using -------------------*- C++ -*-===//
//
// While an asynchronous copy on pinned memory is queued, its pages are protected: against reads and
// writes if the copy will write there, against writes if it will read. A handler of SIGSEGV notes a
// touch, takes the protection away and lets the client go on. Addresses are exact, so a neighbour
// on the same page is not blamed; it only ends the watch over that page.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_HOSTPAGES_H
#define DPC_SIMULATOR_DRIVER_HOSTPAGES_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace sim::driver {

class HostPages {
public:
  using Token = int;
  static constexpr Token none = -1;
  /// Of the first page. Far from where the kernel, ASan and the loader put things.
  static constexpr uint64_t base = 0x4d00'0000'0000;

  /// Whole pages, readable and writable, in an address range that is the same in every run if it
  /// is free. Null if there are none left.
  static std::byte *map(size_t bytes);
  static bool isOurs(uint64_t address) { return address >= base && address < base + (1ull << 40); }
  static void unmap(std::byte *pages, size_t bytes);
  /// Whether all pages of [begin, begin + bytes) exist.
  static bool areMapped(uint64_t begin, size_t bytes);

  /// Watches [begin, begin + bytes). `written`: by the device. Only pages that lie whole in
  /// [first, first + all), the client's registered or our own, are protected.
  static Token watch(uint64_t begin, size_t bytes, bool written, uint64_t first, size_t all);
  static void unwatch(Token token);
  /// While the device works, it may touch everything.
  static void suspend();
  static void resume();

  struct Touch {
    uint64_t address;
    bool write;
    bool copyWrites; ///< the copy that was queued writes there
  };
  /// Those since the last call.
  static std::vector<Touch> takeTouches();
};

} // namespace sim::driver
#endif
