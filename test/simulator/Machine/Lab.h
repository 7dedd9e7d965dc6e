//===- Lab.h - run one instruction without a machine --------------------------------*- C++ -*-===//
#ifndef DPC_TEST_SIMULATOR_MACHINE_LAB_H
#define DPC_TEST_SIMULATOR_MACHINE_LAB_H

#include "simulator/Machine/Handlers.h"
#include "simulator/Machine/Warp.h"

#include <array>
#include <string>
#include <vector>

namespace sim::lab {

using Values = std::array<uint64_t, warpSize>; ///< one per lane; of predicates 0 or 1

/// Instruction sets that this processor has, baseline first.
const std::vector<std::string> &instructionSets();

/// One PTX instruction on registers %p (pred), %h (b16), %r (b32), %d (b64), with every flattened
/// operand in a slot of its own.
class Instruction {
public:
  /// Throws std::runtime_error for text that does not parse and for instructions without handler.
  Instruction(const std::string &text, const std::string &instructionSet);

  /// `sources`: of the operands that are no results, flattened, those that are immediates too.
  /// Results hold 0xa5 bytes before. Returns the results.
  std::vector<Values> run(const std::vector<Values> &sources, LaneMask active = allLanes);

private:
  struct Place {
    bool isPredicate = false, isResult = false;
    unsigned bits = 32;
    uint32_t at = 0;
  };
  void flatten(const ptx::Operand &operand, bool isResult);
  void add(Place place);

  ptx::Module module;
  Selected selected;
  std::vector<Place> places;
};

/// Result 0 of lane 0, with the same sources in all lanes; checks that all instruction sets and
/// lanes agree.
uint64_t evaluate(const std::string &text, const std::vector<uint64_t> &sources);

uint64_t bits(float value);
uint64_t bits(double value);

} // namespace sim::lab
#endif
