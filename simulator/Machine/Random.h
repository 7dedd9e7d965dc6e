//===- Random.h - numbers that a seed decides about ---------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_RANDOM_H
#define DPC_SIMULATOR_MACHINE_RANDOM_H

#include <cstdint>

namespace sim {

/// The next pseudo-random number: splitmix64 (Steele, Lea and Flood, OOPSLA 2014).
inline uint64_t nextRandom(uint64_t &state) {
  uint64_t z = (state += 0x9e3779b97f4a7c15ull);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ull;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebull;
  return z ^ (z >> 31);
}

} // namespace sim
#endif
