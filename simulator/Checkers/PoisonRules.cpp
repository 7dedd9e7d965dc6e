//===- PoisonRules.cpp - how each kind of instruction moves poison ----------------------------===//
#include "simulator/Checkers/PoisonRules.h"

#include "simulator/Machine/Locate.h"

#include <algorithm>
#include <cstring>

using namespace sim;
using ptx::Type;

bool sim::isPacked(Type type) {
  return type == Type::F16x2 || type == Type::BF16x2 || type == Type::U16x2 || type == Type::S16x2;
}

bool sim::isWrapping(const ptx::Instruction &instruction) {
  using ptx::Opcode;
  Opcode opcode = instruction.opcode;
  return !ptx::isFloat(instruction.type()) && !instruction.has("hi") && !instruction.has("sat") &&
         opcode != Opcode::Min && opcode != Opcode::Max && opcode != Opcode::Abs;
}

ConvertRule sim::selectConvertRule(const ptx::Instruction &instruction) {
  bool integers = !ptx::isFloat(instruction.type(0)) && !ptx::isFloat(instruction.type(1));
  if (integers && !instruction.has("sat"))
    return ConvertRule::Integer;
  if (!isPacked(instruction.type(0)) && !ptx::isEightBitPair(instruction.type(0)))
    return ConvertRule::Whole;
  return instruction.operands.size() >= 3 ? ConvertRule::Packed : ConvertRule::Parts;
}

RuleOperands::RuleOperands(Warp &warp, const Op &op, unsigned lane)
    : warp(warp), op(op), lane(lane) {
  using Role = OperandRole::Kind;
  bool seenSource = false, seenPredicate = false;
  for (unsigned i = 0; i < op.operandCount; ++i) {
    uint32_t operand = op.operands[i];
    OperandRole role = op.roles[i];
    if (role.kind == Role::ValueIn && sourceCount < most) {
      seenSource = true;
      sourceSlot[sourceCount] = operand;
      sourceWidth[sourceCount] = role.bytes;
      sourcePoison[sourceCount++] = poisonOf(warp, operand, lane);
    } else if ((role.kind == Role::ValueOut || (role.kind == Role::Unused && !seenSource)) &&
               resultCount < most) {
      resultSlot[resultCount] = role.kind == Role::ValueOut ? operand : noPredicate;
      resultWidth[resultCount++] = role.bytes;
    } else if (role.kind == Role::PredicateIn && !seenPredicate) {
      seenPredicate = true;
      predicateValue = warp.predicates[operand] >> lane & 1;
    }
  }
  for (unsigned i = 0; i < sourceCount; ++i)
    isKnown[i] = sourcePoison[i] == 0 &&
                 std::find(resultSlot.begin(), resultSlot.begin() + resultCount, sourceSlot[i]) ==
                     resultSlot.begin() + resultCount;
}

uint64_t RuleOperands::value(unsigned index) const {
  return sourceWidth[index] == 8 ? lanes<uint64_t>(warp, sourceSlot[index])[lane]
                                 : lanes<uint32_t>(warp, sourceSlot[index])[lane];
}

const ptx::Instruction &RuleOperands::instruction() const { return instructionOf(warp, op); }

void RuleOperands::setAll() {
  for (unsigned i = 0; i < resultCount; ++i)
    set(i, 0xff);
}

void RuleOperands::store() {
  for (unsigned i = 0; i < resultCount; ++i)
    if (resultSlot[i] != noPredicate)
      setPoison(warp, resultSlot[i], lane,
                resultPoison[i] & static_cast<uint8_t>((1u << resultWidth[i]) - 1));
}

static unsigned unionOf(const RuleOperands &lane) {
  unsigned all = 0;
  for (unsigned i = 0; i < lane.sources(); ++i)
    all |= lane.source(i);
  return all;
}

void rules::bytewise(RuleOperands &lane) { lane.set(0, unionOf(lane)); }

/// and, or: bytes of the other operand that equal `hiding` decide the result alone.
static void hidden(RuleOperands &lane, uint8_t hiding) {
  unsigned result = unionOf(lane);
  for (unsigned i = 0; i < lane.sources(); ++i)
    for (unsigned byte = 0; lane.known(i) && byte < lane.sourceBytes(i); ++byte)
      if (static_cast<uint8_t>(lane.value(i) >> 8 * byte) == hiding)
        result &= ~(1u << byte);
  lane.set(0, result);
}
void rules::conjunction(RuleOperands &lane) { hidden(lane, 0x00); }
void rules::disjunction(RuleOperands &lane) { hidden(lane, 0xff); }

void rules::upward(RuleOperands &lane) {
  unsigned all = unionOf(lane);
  lane.set(0, all ? ~((all & (0u - all)) - 1) : 0);
}

void rules::whole(RuleOperands &lane) {
  if (unionOf(lane))
    lane.setAll();
}

void rules::halves(RuleOperands &lane) {
  unsigned all = unionOf(lane);
  lane.set(0, ((all & 0b0011) ? 0b0011 : 0) | ((all & 0b1100) ? 0b1100 : 0));
}

void rules::select(RuleOperands &lane) { lane.set(0, lane.source(lane.predicate() ? 0 : 1)); }

/// Poison of bits [from, from + count) of a value; bits beyond its width have poison `beyond`.
static bool bitsPoisoned(unsigned poison, unsigned bytes, int from, int count, bool beyond) {
  for (int bit = from; bit < from + count; ++bit) {
    if (bit < 0)
      continue;
    if (bit >= static_cast<int>(8 * bytes) ? beyond : (poison >> bit / 8 & 1) != 0)
      return true;
  }
  return false;
}

static void shift(RuleOperands &lane, int direction, bool beyond) {
  if (!lane.known(1))
    return lane.setAll();
  unsigned bits = 8 * lane.sourceBytes(0);
  int amount = static_cast<int>(std::min<uint64_t>(lane.value(1), bits));
  unsigned result = 0;
  for (unsigned byte = 0; byte < lane.resultBytes(0); ++byte)
    if (bitsPoisoned(lane.source(0), lane.sourceBytes(0),
                     static_cast<int>(8 * byte) + direction * amount, 8, beyond))
      result |= 1u << byte;
  lane.set(0, result);
}

void rules::shiftLeft(RuleOperands &lane) { shift(lane, -1, false); }
void rules::shiftRight(RuleOperands &lane) {
  bool sign =
      ptx::isSigned(lane.instruction().type()) && lane.source(0) >> (lane.sourceBytes(0) - 1) & 1;
  shift(lane, 1, sign);
}

void rules::extract(RuleOperands &lane) {
  if (!lane.known(1) || !lane.known(2))
    return lane.setAll();
  int from = lane.value(1) & 0xff, count = lane.value(2) & 0xff;
  if (bitsPoisoned(lane.source(0), lane.sourceBytes(0), from, count, false))
    lane.setAll();
}

void rules::insert(RuleOperands &lane) {
  if (!lane.known(2) || !lane.known(3))
    return lane.setAll();
  int from = lane.value(2) & 0xff, count = lane.value(3) & 0xff;
  unsigned result = 0;
  for (int byte = 0; byte < static_cast<int>(lane.resultBytes(0)); ++byte) {
    int first = std::max(8 * byte, from), end = std::min(8 * byte + 8, from + count);
    bool inside = first < end && bitsPoisoned(lane.source(0), lane.sourceBytes(0), first - from,
                                              end - first, false);
    bool covered = first <= 8 * byte && end >= 8 * byte + 8;
    if (inside || (!covered && (lane.source(1) >> byte & 1)))
      result |= 1u << byte;
  }
  lane.set(0, result);
}

void rules::permute(RuleOperands &lane) {
  if (!lane.known(2))
    return lane.setAll();
  unsigned both = (lane.source(0) & 0xf) | (lane.source(1) & 0xf) << 4, result = 0;
  for (unsigned byte = 0; byte < 4; ++byte)
    if (both >> (lane.value(2) >> 4 * byte & 7) & 1)
      result |= 1u << byte;
  lane.set(0, result);
}

void rules::repack(RuleOperands &lane) {
  uint32_t all = 0;
  unsigned at = 0;
  for (unsigned i = 0; i < lane.sources(); at += lane.sourceBytes(i++))
    all |= static_cast<uint32_t>(lane.source(i)) << at;
  for (unsigned i = 0; i < lane.results(); all >>= lane.resultBytes(i++))
    lane.set(i, all & ((1u << lane.resultBytes(i)) - 1));
}

void rules::convertInteger(RuleOperands &lane) {
  const ptx::Instruction &instruction = lane.instruction();
  unsigned from = std::max(1u, ptx::bitWidth(instruction.type(1)) / 8);
  unsigned poison = lane.source(0) & ((1u << from) - 1);
  if (ptx::isSigned(instruction.type(1)) && poison >> (from - 1) & 1)
    poison |= ~((1u << from) - 1);
  unsigned to = std::max(1u, ptx::bitWidth(instruction.type(0)) / 8);
  if (to < lane.resultBytes(0) && !ptx::isSigned(instruction.type(0)))
    poison &= (1u << to) - 1;
  lane.set(0, poison);
}

/// Poison of a result of which both halves are.
static void setHalves(RuleOperands &lane, bool high, bool low) {
  unsigned half = lane.resultBytes(0) / 2, bytes = (1u << half) - 1;
  lane.set(0, (high ? bytes << half : 0) | (low ? bytes : 0));
}
void rules::convertPacked(RuleOperands &lane) { setHalves(lane, lane.source(0), lane.source(1)); }
void rules::convertParts(RuleOperands &lane) {
  unsigned half = lane.sourceBytes(0) / 2;
  setHalves(lane, lane.source(0) >> half, lane.source(0) & ((1u << half) - 1));
}

/// Source lane of every lane by PTX ISA 9.7.9.6; a lane without one reads itself.
static unsigned shuffleSource(const ptx::Instruction &instruction, unsigned lane, uint32_t b,
                              uint32_t c) {
  int own = static_cast<int>(lane), offset = b & 31, clamp = c & 31, segment = c >> 8 & 31;
  int maximum = (own & segment) | (clamp & ~segment), minimum = own & segment, from = own;
  bool inside = true;
  if (instruction.has("up")) {
    from = own - offset;
    inside = from >= maximum;
  } else if (instruction.has("down")) {
    from = own + offset;
    inside = from <= maximum;
  } else if (instruction.has("bfly")) {
    from = own ^ offset;
    inside = from <= maximum;
  } else {
    from = minimum | (offset & ~segment);
    inside = from <= maximum;
  }
  return static_cast<unsigned>(inside ? from & 31 : own);
}

void sim::checkShuffle(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, active);
  if (!poisoned && active == allLanes) [[likely]] {
    cleanResults(warp, op, active);
    return;
  }
  uint32_t result = noPredicate;
  std::array<uint32_t, 4> source{};
  unsigned sources = 0;
  for (unsigned i = 0; i < op.operandCount; ++i) {
    if (op.roles[i].kind == OperandRole::Kind::ValueOut)
      result = op.operands[i];
    else if (op.roles[i].kind == OperandRole::Kind::ValueIn && sources < source.size())
      source[sources++] = op.operands[i];
  }
  if (result == noPredicate)
    return;
  const Poison before = warp.poison[source[0]];
  bool known = source[1] != result && source[2] != result;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    if (!(active >> lane & 1))
      continue;
    unsigned from = lane;
    if (known)
      from = shuffleSource(instructionOf(warp, op), lane, lanes<uint32_t>(warp, source[1])[lane],
                           lanes<uint32_t>(warp, source[2])[lane]);
    // What a lane that takes no part would give is undefined (PTX ISA 9.7.9.6).
    uint8_t poison = !(active >> from & 1) ? 0xf : before.any >> from & 1 ? before.bytes[from] : 0;
    setPoison(warp, result, lane, poison);
  }
}
