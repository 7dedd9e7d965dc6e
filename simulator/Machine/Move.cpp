//===- Move.cpp - mov, selp and slct (PTX ISA 9.7.6 and 9.7.9) --------------------------------===//
#include "simulator/Machine/LaneOps.h"

#include <cmath>

using namespace sim;
using ptx::Opcode;
using ptx::Type;
using Kind = ptx::Operand::Kind;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

template <class U> void copy(Warp &warp, const Op &op, LaneMask active) {
  U *d = operand<U>(warp, op, 0);
  const U *a = operand<U>(warp, op, 1);
  if (active == allLanes) [[likely]] {
    std::memmove(d, a, warpSize * sizeof(U));
    return;
  }
  keepInactive(d, active,
               [&]() __attribute__((always_inline)) { std::memmove(d, a, warpSize * sizeof(U)); });
}

void copyPredicate(Warp &warp, const Op &op, LaneMask active) {
  setPredicate(warp, op.operands[0], active,
               readPredicate(warp, op.operands[1], PredicateUse(op.extra)));
}

/// `mov.b64 d, {a, b}`: `count` parts of `width` bits, the first one lowest.
template <class U, unsigned width, unsigned count>
void pack(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) U result[warpSize] = {};
  for (unsigned part = 0; part < count; ++part) {
    const uint32_t *a = operand<uint32_t>(warp, op, part + 1);
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      result[lane] |= U(a[lane] & (~0u >> (32 - width))) << (part * width);
  }
  U *d = operand<U>(warp, op, 0);
  keepInactive(d, active,
               [&]() __attribute__((always_inline)) { std::memcpy(d, result, sizeof(result)); });
}

/// `mov.b64 {a, b}, d`; a part may be `_`.
template <class U, unsigned width, unsigned count>
void unpack(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) U source[warpSize];
  std::memcpy(source, operand<U>(warp, op, count), sizeof(source));
  for (unsigned part = 0; part < count; ++part) {
    if (op.operands[part] == noPredicate)
      continue;
    uint32_t *d = operand<uint32_t>(warp, op, part);
    keepInactive(d, active, [&]() __attribute__((always_inline)) {
#pragma clang loop vectorize(enable) unroll(disable)
      for (unsigned lane = 0; lane < warpSize; ++lane)
        d[lane] = uint32_t(source[lane] >> (part * width)) & (~0u >> (32 - width));
    });
  }
}

/// `count` registers of U to as many others: `mov.v2.f32 {a, b}, {c, d}` of vector registers.
template <class U> void copyParts(Warp &warp, const Op &op, LaneMask active) {
  unsigned count = op.extra;
  U source[4][warpSize];
  for (unsigned part = 0; part < count; ++part)
    std::memcpy(source[part], operand<U>(warp, op, count + part), sizeof(source[part]));
  for (unsigned part = 0; part < count; ++part) {
    if (op.operands[part] == noPredicate)
      continue;
    U *d = operand<U>(warp, op, part);
    keepInactive(d, active, [&]() __attribute__((always_inline)) {
      std::memcpy(d, source[part], sizeof(source[part]));
    });
  }
}

/// d = c ? a : b. Op::extra: PredicateUse of c.
template <class U> void selectByPredicate(Warp &warp, const Op &op, LaneMask active) {
  U *d = operand<U>(warp, op, 0);
  const U *a = operand<U>(warp, op, 1), *b = operand<U>(warp, op, 2);
  LaneMask c = readPredicate(warp, op.operands[3], PredicateUse(op.extra));
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
#pragma clang loop vectorize(assume_safety) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = (c >> lane) & 1 ? a[lane] : b[lane];
  });
}

/// slct: a where c >= 0, which a NaN is not and -0 is.
template <class U> U selectBySign(U a, U b, int32_t c) { return c >= 0 ? a : b; }
template <class U, bool flushes> U selectBySignOf(U a, U b, float c) {
  // Flushed or not, a subnormal compares by its sign unless flushing makes it zero.
  if (flushes && std::fabs(c) < 0x1p-126f)
    return a;
  return c >= 0 ? a : b;
}

Handler selectPack(unsigned width, size_t count) {
  if (count == 2)
    return width == 64   ? &pack<uint64_t, 32, 2>
           : width == 32 ? &pack<uint32_t, 16, 2>
                         : &pack<uint32_t, 8, 2>;
  if (count == 4)
    return width == 64 ? &pack<uint64_t, 16, 4> : width == 32 ? &pack<uint32_t, 8, 4> : nullptr;
  return nullptr;
}

Handler selectUnpack(unsigned width, size_t count) {
  if (count == 2)
    return width == 64   ? &unpack<uint64_t, 32, 2>
           : width == 32 ? &unpack<uint32_t, 16, 2>
                         : &unpack<uint32_t, 8, 2>;
  if (count == 4)
    return width == 64 ? &unpack<uint64_t, 16, 4> : width == 32 ? &unpack<uint32_t, 8, 4> : nullptr;
  return nullptr;
}

Selected selectMov(const ptx::Instruction &instruction) {
  Type type = instruction.type();
  const ptx::Operand &to = instruction.operands.at(0), &from = instruction.operands.at(1);
  if (type == Type::Pred)
    return {.run = &copyPredicate, .extra = uint32_t(predicateUse(from))};
  unsigned width = ptx::bitWidth(type);
  if (width == 128) // all operands are two of 64 bits
    return {.run = &copyParts<uint64_t>, .extra = 2};
  if (to.kind == Kind::Vector && from.kind == Kind::Vector) {
    if (to.elements.size() != from.elements.size() || to.elements.size() > 4)
      return {};
    return {.run = width == 64 ? &copyParts<uint64_t> : &copyParts<uint32_t>,
            .extra = uint32_t(to.elements.size())};
  }
  if (from.kind == Kind::Vector)
    return {.run = selectPack(width, from.elements.size())};
  if (to.kind == Kind::Vector)
    return {.run = selectUnpack(width, to.elements.size())};
  return {.run = width == 64 ? &copy<uint64_t> : &copy<uint32_t>};
}

Handler selectSlct(const ptx::Instruction &instruction) {
  bool bySign = instruction.type(1) == Type::S32, flushes = instruction.has("ftz");
  return forUnsigned(instruction.type(), [&]<class T>() -> Handler {
    if (bySign)
      return each<selectBySign<T>>;
    return flushes ? each<selectBySignOf<T, true>> : each<selectBySignOf<T, false>>;
  });
}

} // namespace

Selected selectMove(const ptx::Instruction &instruction, const ptx::Function &) {
  switch (instruction.opcode) {
  case Opcode::Mov:
    return selectMov(instruction);
  case Opcode::Slct:
    return {.run = selectSlct(instruction)};
  case Opcode::Selp:
    return {.run = ptx::bitWidth(instruction.type()) == 64 ? &selectByPredicate<uint64_t>
                                                           : &selectByPredicate<uint32_t>,
            .extra = uint32_t(predicateUse(instruction.operands.at(3)))};
  default:
    return {};
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
