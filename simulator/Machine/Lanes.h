//===- Lanes.h - the values of a warp's 32 lanes as vectors -------------------------*- C++ -*-===//
//
// A register of a warp is one vector with an element per lane. Arithmetic on Lanes<T> is plain C++
// and becomes AVX-512, AVX2 or SSE2 code by the flags of the file that includes it; handlers are
// compiled once per instruction set in namespace DPC_SIMD_NAMESPACE (Machine/Handlers.h).
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_LANES_H
#define DPC_SIMULATOR_MACHINE_LANES_H

#include <bit>
#include <cstdint>

namespace sim {

constexpr unsigned warpSize = 32;
using LaneMask = uint32_t; ///< bit i: lane i
constexpr LaneMask allLanes = 0xffffffffu;

/// Calls back with the number of each lane of the mask, lowest first.
template <class Callback> inline void forEachLane(LaneMask lanes, Callback callback) {
  for (; lanes; lanes &= lanes - 1)
    callback(static_cast<unsigned>(std::countr_zero(lanes)));
}

template <class T> struct LanesOf {
  typedef T Natural __attribute__((vector_size(warpSize * sizeof(T))));
  typedef Natural type __attribute__((aligned(64)));
};
/// Aligned to 64 bytes, as slots are.
template <class T> using Lanes = typename LanesOf<T>::type;

/// Registers are kept in units of 128 bytes: one for every type up to 32 bits (8- and 16-bit values
/// zero-extended in a 32-bit lane), two for 64-bit types (element i of 64 bits is lane i).
constexpr unsigned slotBytes = warpSize * sizeof(uint32_t);

} // namespace sim
#endif
