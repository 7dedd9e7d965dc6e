//===- Philox.cpp - Philox4x32-10 and what is drawn from it (Philox.md) -----------------------===//
#include "dprt/philox.h"

#include "Core/Parallel.h"

#include <cmath>
#include <numbers>
#include <utility>

using namespace dprt;

PhiloxBlock dprt::philox4x32(PhiloxBlock counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    uint64_t left = uint64_t{0xD2511F53u} * counter[0];
    uint64_t right = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {uint32_t(right >> 32) ^ counter[1] ^ key[0], uint32_t(right),
               uint32_t(left >> 32) ^ counter[3] ^ key[1], uint32_t(left)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

PhiloxBlock dprt::drawBlock(uint64_t seed, Stream stream, uint32_t index, uint64_t block) {
  return philox4x32({uint32_t(block), uint32_t(block >> 32), index, uint32_t(stream)},
                    {uint32_t(seed), uint32_t(seed >> 32)});
}

/// Box-Muller on the two halves of a block.
static std::array<double, 4> normals(const PhiloxBlock &bits) {
  std::array<double, 4> result;
  for (int half = 0; half < 2; ++half) {
    double u = (bits[2 * half] + 0.5) * 0x1p-32;
    double v = (bits[2 * half + 1] + 0.5) * 0x1p-32;
    double radius = std::sqrt(-2 * std::log(u));
    double angle = 2 * std::numbers::pi * v;
    result[2 * half] = radius * std::cos(angle);
    result[2 * half + 1] = radius * std::sin(angle);
  }
  return result;
}

void dprt::fillNormal(std::span<float> values, uint64_t first, double deviation, uint64_t seed,
                      Stream stream, uint32_t index) {
  parallelPieces(int64_t(values.size()), 16384, [&](int64_t begin, int64_t end) {
    uint64_t held = ~uint64_t{0};
    std::array<double, 4> four{};
    for (int64_t i = begin; i < end; ++i) {
      uint64_t number = first + uint64_t(i);
      if (number / 4 != held) {
        held = number / 4;
        four = normals(drawBlock(seed, stream, index, held));
      }
      values[i] = float(deviation * four[number % 4]);
    }
  });
}

void dprt::epochOrder(std::span<uint32_t> order, uint64_t seed, uint32_t epoch) {
  for (size_t i = 0; i < order.size(); ++i)
    order[i] = uint32_t(i);
  PhiloxBlock bits{};
  for (uint64_t draw = 0, left = order.size(); left > 1; ++draw, --left) {
    if (draw % 2 == 0)
      bits = drawBlock(seed, Stream::Order, epoch, draw / 2);
    uint64_t random = bits[2 * (draw % 2)] | uint64_t{bits[2 * (draw % 2) + 1]} << 32;
    auto chosen = size_t(static_cast<unsigned __int128>(random) * left >> 64);
    std::swap(order[left - 1], order[chosen]);
  }
}
