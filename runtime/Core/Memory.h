//===- Memory.h - what this machine can hold ----------------------------------------*- C++ -*-===//
#ifndef DPRT_CORE_MEMORY_H
#define DPRT_CORE_MEMORY_H

#include <cstdint>
#include <unistd.h>

namespace dprt {

/// Whether so many bytes can fit at all. What cannot must fail at once: the system would promise
/// it and kill the process later.
inline bool fitsIntoMemory(int64_t bytes) {
  __int128 memory = static_cast<__int128>(sysconf(_SC_PHYS_PAGES)) * sysconf(_SC_PAGESIZE);
  return bytes <= memory - memory / 16;
}

} // namespace dprt
#endif
