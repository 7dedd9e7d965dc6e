//===- Mutate.h - damaged and made-up PTX -------------------------------------------*- C++ -*-===//
#ifndef DPC_TEST_SIMULATOR_FUZZ_MUTATE_H
#define DPC_TEST_SIMULATOR_FUZZ_MUTATE_H

#include <cstdint>
#include <string>
#include <vector>

/// splitmix64: the same numbers everywhere.
class Random {
public:
  explicit Random(uint64_t seed) : state(seed) {}
  uint64_t operator()();
  uint64_t below(uint64_t end) { return end ? (*this)() % end : 0; }
  bool oneIn(uint64_t n) { return below(n) == 0; }

private:
  uint64_t state;
};

/// A text from the corpus with some mutations, or a random one.
std::string mutant(const std::vector<std::string> &corpus, Random &random);

#endif
