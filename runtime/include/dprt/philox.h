//===- philox.h - documented random numbers -----------------------------------------*- C++ -*-===//
//
// Philox4x32-10 (Salmon et al., SC 2011). Every number is a function of the seed and of what it is
// for, so any program can compute any of them; runtime/Core/Philox.md says how, and
// test/runtime/philox_reference.py does.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPRT_PHILOX_H
#define DPRT_PHILOX_H

#include <array>
#include <cstdint>
#include <span>

namespace dprt {

/// Last word of the counter.
enum class Stream : uint32_t { Initialization = 1, Order = 2, Augmentation = 3 };

using PhiloxBlock = std::array<uint32_t, 4>;

PhiloxBlock philox4x32(PhiloxBlock counter, std::array<uint32_t, 2> key);

/// Block number `block` of sub-stream `index` (the parameter's number, or the epoch) of `stream`:
/// counter = (block mod 2^32, block / 2^32, index, stream), key = (seed mod 2^32, seed / 2^32).
PhiloxBlock drawBlock(uint64_t seed, Stream stream, uint32_t index, uint64_t block);

/// values[i] = deviation * (standard normal number first + i of the sub-stream), in double, then
/// rounded to float.
void fillNormal(std::span<float> values, uint64_t first, double deviation, uint64_t seed,
                Stream stream, uint32_t index);

/// Sets `order` to the permutation of 0 .. order.size()-1 that epoch `epoch` (from 0) visits.
void epochOrder(std::span<uint32_t> order, uint64_t seed, uint32_t epoch);

} // namespace dprt
#endif
