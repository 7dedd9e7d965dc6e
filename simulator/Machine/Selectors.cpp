//===- Selectors.cpp - the best instruction set of this processor -----------------------------===//
#include "simulator/Machine/Handlers.h"

#include <cstdlib>

using namespace sim;

namespace sim::baseline {
extern const Selectors table;
}
namespace sim::avx2 {
extern const Selectors table;
}
namespace sim::avx512 {
extern const Selectors table;
}

static bool hasAvx2() {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") &&
         __builtin_cpu_supports("f16c");
}

static bool hasAvx512() {
  return hasAvx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
}

const Selectors *sim::selectors(std::string_view instructionSet) {
  __builtin_cpu_init();
  if (instructionSet == "baseline")
    return &baseline::table;
  if (instructionSet == "avx2" && hasAvx2())
    return &avx2::table;
  if (instructionSet == "avx512" && hasAvx512())
    return &avx512::table;
  return nullptr;
}

const Selectors &sim::selectors() {
  static const Selectors &best = *[] {
    // For tests: every instruction set has to give the same results.
    if (const char *wanted = std::getenv("DPC_SIMULATOR_SIMD"))
      if (const Selectors *found = selectors(wanted))
        return found;
    for (std::string_view name : {"avx512", "avx2"})
      if (const Selectors *found = selectors(name))
        return found;
    return &baseline::table;
  }();
  return best;
}
