//===- PhiloxTest.cpp - the documented random numbers -----------------------------------------===//
#include "dprt/philox.h"
#include "dprt/dprt.h"
#include "dprt/optimizer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <fstream>
#include <numeric>
#include <sstream>

using namespace dprt;

// Known answers of the Random123 distribution (kat_vectors).
TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}),
            (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

/// What the runtime says in the lines of philox_reference.py.
static std::string runtimeLine(const std::string &head) {
  std::istringstream words(head);
  std::string kind;
  uint64_t seed;
  words >> kind >> seed;
  if (kind == "order") {
    uint32_t epoch, count;
    words >> epoch >> count;
    std::vector<uint32_t> order(count);
    epochOrder(order, seed, epoch);
    return fmt::format("{}: {}", head, fmt::join(order, " "));
  }
  size_t number;
  int64_t out, in;
  words >> number >> out >> in;
  std::vector<TensorType> types(number + 1, TensorType{"w", {out, in}, ElementType::F32});
  Result<std::vector<Tensor>> weights = initialWeights(types, {}, seed);
  std::vector<std::string> bits;
  for (float weight : *(*weights)[number].f32())
    bits.push_back(fmt::format("{:08x}", std::bit_cast<uint32_t>(weight)));
  return fmt::format("{}: {}", head, fmt::join(bits, " "));
}

TEST(Philox, EqualsTheReferenceScript) {
  const char *root = std::getenv("DPC_SOURCE_DIR");
  std::ifstream golden(std::string(root ? root : DPC_SOURCE_DIR) +
                       "/test/runtime/Inputs/philox.txt");
  std::string line;
  int lines = 0;
  for (; std::getline(golden, line); ++lines)
    EXPECT_EQ(runtimeLine(line.substr(0, line.find(':'))), line);
  EXPECT_EQ(lines, 21);
}

TEST(Philox, StreamsAndIndicesDiffer) {
  PhiloxBlock first = drawBlock(5, Stream::Initialization, 0, 0);
  EXPECT_NE(first, drawBlock(5, Stream::Order, 0, 0));
  EXPECT_NE(first, drawBlock(5, Stream::Initialization, 1, 0));
  EXPECT_NE(first, drawBlock(5, Stream::Initialization, 0, uint64_t{1} << 32));
  EXPECT_NE(first, drawBlock(5 + (uint64_t{1} << 32), Stream::Initialization, 0, 0));
}

TEST(Philox, AnyPieceOfASubStreamIsTheSame) {
  std::vector<float> all(70000), piece(1001);
  dprt_set_threads(2);
  fillNormal(all, 0, 1.5, 9, Stream::Initialization, 3);
  dprt_set_threads(1);
  std::vector<float> again(all.size());
  fillNormal(again, 0, 1.5, 9, Stream::Initialization, 3);
  EXPECT_EQ(all, again);
  fillNormal(piece, 16383, 1.5, 9, Stream::Initialization, 3);
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), all.begin() + 16383));
  double sum = 0, squares = 0;
  for (float value : all) {
    sum += value;
    squares += double(value) * value;
  }
  EXPECT_NEAR(sum / all.size(), 0, 0.03);
  EXPECT_NEAR(squares / all.size(), 2.25, 0.05);
}

TEST(Philox, OrderIsAPermutationOfItsEpoch) {
  std::vector<uint32_t> first(1000), second(1000);
  epochOrder(first, 1, 0);
  epochOrder(second, 1, 1);
  EXPECT_NE(first, second);
  std::sort(second.begin(), second.end());
  std::vector<uint32_t> identity(1000);
  std::iota(identity.begin(), identity.end(), 0);
  EXPECT_EQ(second, identity);
}

// language.md T7.
TEST(InitialWeights, VarianceGainAndBias) {
  std::vector<TensorType> types = {{"h1.weight", {200, 300}, ElementType::F32},
                                   {"h1.bias", {200}, ElementType::F32},
                                   {"c.weight", {40, 30, 3, 3}, ElementType::F32}};
  auto variance = [](const Tensor &tensor) {
    double sum = 0;
    for (float value : *tensor.f32())
      sum += double(value) * value;
    return sum / double(tensor.f32()->size());
  };
  for (auto [kind, first, second] : {std::tuple(InitialKind::LecunNormal, 1.0 / 300, 1.0 / 270),
                                     std::tuple(InitialKind::HeNormal, 2.0 / 300, 2.0 / 270),
                                     std::tuple(InitialKind::GlorotNormal, 2.0 / 500, 2.0 / 630)}) {
    Result<std::vector<Tensor>> weights = initialWeights(types, {kind, 3, {{"c.weight", 0.5}}}, 11);
    ASSERT_TRUE(weights.ok());
    EXPECT_NEAR(variance((*weights)[0]) / (9 * first), 1, 0.05);
    EXPECT_EQ(variance((*weights)[1]), 0);
    EXPECT_NEAR(variance((*weights)[2]) / (0.25 * second), 1, 0.05);
    EXPECT_EQ((*weights)[2].shape, (std::vector<int64_t>{40, 30, 3, 3}));
  }
}
