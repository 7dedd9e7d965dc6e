//===- Collective.cpp - shfl, vote, match, redux, activemask (PTX ISA 9.7.9 and 9.7.13) -------===//
//
// The machine calls these with the members of the mask that have not exited as `active`, so the
// mask operand itself is not read here. What a lane that is not active holds is undefined for the
// others; here they get what its register has.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/LaneOps.h"

#include <algorithm>

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

[[gnu::always_inline]] inline void fill(Warp &warp, uint32_t slot, LaneMask active,
                                        uint32_t value) {
  uint32_t *d = reinterpret_cast<uint32_t *>(warp.slots + size_t(slot) * slotBytes);
  keepInactive(d, active,
               [&]() __attribute__((always_inline)) { std::fill_n(d, warpSize, value); });
}

enum class Shuffle { Up, Down, Butterfly, Index };

/// Operands d, a, b, c, mask, with Op::extra = 1 a predicate after d.
template <Shuffle mode> void shuffle(Warp &warp, const Op &op, LaneMask active) {
  unsigned first = 1 + op.extra;
  alignas(64) uint32_t value[warpSize], result[warpSize], inside[warpSize];
  std::memcpy(value, operand<uint32_t>(warp, op, first), sizeof(value));
  const uint32_t *b = operand<uint32_t>(warp, op, first + 1),
                 *c = operand<uint32_t>(warp, op, first + 2);
#pragma clang loop vectorize(enable) unroll(disable)
  for (uint32_t lane = 0; lane < warpSize; ++lane) {
    int32_t offset = b[lane] & 31;
    int32_t clamp = c[lane] & 31, segment = (c[lane] >> 8) & 31;
    int32_t self = int32_t(lane);
    int32_t limit = (self & segment) | (clamp & ~segment);
    int32_t source = mode == Shuffle::Up          ? self - offset
                     : mode == Shuffle::Down      ? self + offset
                     : mode == Shuffle::Butterfly ? self ^ offset
                                                  : (self & segment) | (offset & ~segment);
    bool within = mode == Shuffle::Up ? source >= limit : source <= limit;
    inside[lane] = within ? ~0u : 0u;
    result[lane] = uint32_t(within ? source : self) & 31;
  }
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result[lane] = value[result[lane]];
  if (op.operands[0] != noPredicate) {
    uint32_t *d = operand<uint32_t>(warp, op, 0);
    keepInactive(d, active,
                 [&]() __attribute__((always_inline)) { std::memcpy(d, result, sizeof(result)); });
  }
  if (op.extra) {
    LaneMask within = 0;
    for (unsigned lane = 0; lane < warpSize; ++lane)
      within |= (inside[lane] & 1) << lane;
    setPredicate(warp, op.operands[1], active, within);
  }
}

enum class Vote { All, Any, Uniform, Ballot };

/// Op::extra: PredicateUse of a.
template <Vote mode> void vote(Warp &warp, const Op &op, LaneMask active) {
  LaneMask agreeing = readPredicate(warp, op.operands[1], PredicateUse(op.extra)) & active;
  if constexpr (mode == Vote::Ballot) {
    fill(warp, op.operands[0], active, agreeing);
  } else {
    bool all = agreeing == active, any = agreeing != 0;
    bool result = mode == Vote::All ? all : mode == Vote::Any ? any : all || !any;
    setPredicate(warp, op.operands[0], active, result ? allLanes : 0);
  }
}

template <class T> LaneMask equalLanes(const T *values, T value) {
  LaneMask result = 0;
#pragma clang loop vectorize(enable) unroll(disable)
  for (unsigned lane = 0; lane < warpSize; ++lane)
    result |= uint32_t(values[lane] == value) << lane;
  return result;
}

template <class T> void matchAny(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) T values[warpSize];
  std::memcpy(values, operand<T>(warp, op, 1), sizeof(values));
  uint32_t *d = operand<uint32_t>(warp, op, 0);
  for (LaneMask rest = active; rest;) {
    LaneMask same = equalLanes(values, values[std::countr_zero(rest)]) & active;
    for (LaneMask lanes = same; lanes; lanes &= lanes - 1)
      d[std::countr_zero(lanes)] = same;
    rest &= ~same;
  }
}

/// d or d|p (Op::extra = 1).
template <class T> void matchAll(Warp &warp, const Op &op, LaneMask active) {
  const T *values = operand<T>(warp, op, 1 + op.extra);
  bool all = (equalLanes(values, values[std::countr_zero(active)]) & active) == active;
  if (op.extra)
    setPredicate(warp, op.operands[1], active, all ? allLanes : 0);
  if (op.operands[0] != noPredicate)
    fill(warp, op.operands[0], active, all ? active : 0);
}

struct Sum {
  template <class T> static T run(T a, T b) { return T(uint32_t(a) + uint32_t(b)); }
};
struct Minimum {
  template <class T> static T run(T a, T b) { return std::min(a, b); }
};
struct Maximum {
  template <class T> static T run(T a, T b) { return std::max(a, b); }
};
struct Conjunction {
  template <class T> static T run(T a, T b) { return a & b; }
};
struct Disjunction {
  template <class T> static T run(T a, T b) { return a | b; }
};
struct Difference {
  template <class T> static T run(T a, T b) { return a ^ b; }
};

template <class T, class F> void reduce(Warp &warp, const Op &op, LaneMask active) {
  const uint32_t *a = operand<uint32_t>(warp, op, 1);
  T result = T(a[std::countr_zero(active)]);
  for (LaneMask rest = active & (active - 1); rest; rest &= rest - 1)
    result = F::run(result, T(a[std::countr_zero(rest)]));
  fill(warp, op.operands[0], active, uint32_t(result));
}

void activeMask(Warp &warp, const Op &op, LaneMask active) {
  fill(warp, op.operands[0], active, active);
}

Selected selectShuffle(const ptx::Instruction &instruction) {
  uint32_t hasPredicate = instruction.operands.at(0).kind == ptx::Operand::Kind::Pair;
  Handler run = instruction.has("up")     ? &shuffle<Shuffle::Up>
                : instruction.has("down") ? &shuffle<Shuffle::Down>
                : instruction.has("bfly") ? &shuffle<Shuffle::Butterfly>
                                          : &shuffle<Shuffle::Index>;
  return {.run = run, .extra = hasPredicate};
}

Selected selectVote(const ptx::Instruction &instruction) {
  Handler run = instruction.has("all")   ? &vote<Vote::All>
                : instruction.has("any") ? &vote<Vote::Any>
                : instruction.has("uni") ? &vote<Vote::Uniform>
                                         : &vote<Vote::Ballot>;
  return {.run = run, .extra = uint32_t(predicateUse(instruction.operands.at(1)))};
}

Selected selectMatch(const ptx::Instruction &instruction) {
  bool wide = ptx::bitWidth(instruction.type()) == 64;
  if (instruction.has("any"))
    return {.run = wide ? &matchAny<uint64_t> : &matchAny<uint32_t>};
  uint32_t hasPredicate = instruction.operands.at(0).kind == ptx::Operand::Kind::Pair;
  return {.run = wide ? &matchAll<uint64_t> : &matchAll<uint32_t>, .extra = hasPredicate};
}

Handler selectReduce(const ptx::Instruction &instruction) {
  bool isSigned = ptx::isSigned(instruction.type());
  if (ptx::isFloat(instruction.type()))
    return nullptr;
  if (instruction.has("add"))
    return &reduce<uint32_t, Sum>;
  if (instruction.has("min"))
    return isSigned ? &reduce<int32_t, Minimum> : &reduce<uint32_t, Minimum>;
  if (instruction.has("max"))
    return isSigned ? &reduce<int32_t, Maximum> : &reduce<uint32_t, Maximum>;
  if (instruction.has("and"))
    return &reduce<uint32_t, Conjunction>;
  if (instruction.has("or"))
    return &reduce<uint32_t, Disjunction>;
  return instruction.has("xor") ? &reduce<uint32_t, Difference> : nullptr;
}

} // namespace

Selected selectCollective(const ptx::Instruction &instruction, const ptx::Function &) {
  switch (instruction.opcode) {
  case Opcode::Shfl:
    return selectShuffle(instruction);
  case Opcode::Vote:
    return selectVote(instruction);
  case Opcode::Match:
    return selectMatch(instruction);
  case Opcode::Redux:
    return {.run = selectReduce(instruction)};
  case Opcode::Activemask:
    return {.run = &activeMask};
  default:
    return {};
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
