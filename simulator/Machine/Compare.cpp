//===- Compare.cpp - set and setp (PTX ISA 9.7.6 and 9.7.7) -----------------------------------===//
#include "simulator/Machine/HalfOps.h"

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// Which outcomes of a comparison make it true.
enum Relation : unsigned {
  Less = 1,
  Equal = 2,
  Greater = 4,
  Unordered = 8,
};

template <unsigned relation, class T> [[gnu::always_inline]] inline bool holds(T a, T b) {
  switch (relation) {
  case Less:
    return a < b;
  case Equal:
    return a == b;
  case Greater:
    return a > b;
  case Less | Equal:
    return a <= b;
  case Greater | Equal:
    return a >= b;
  case Less | Greater:
    return a < b || a > b;
  case Less | Equal | Greater:
    return a == a && b == b;
  default:
    return !holds<~relation & 15>(a, b);
  }
}

/// Integers are never unordered, which makes `!=` one comparison.
template <unsigned relation, class T> bool compare(T a, T b) {
  if constexpr (std::is_integral_v<T>)
    return relation == (Less | Greater) ? a != b : holds<relation>(a, b);
  else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat>)
    return holds<relation>(toFloat(a), toFloat(b));
  else
    return holds<relation>(a, b);
}
template <unsigned relation, class T> bool compareFlushed(T a, T b) {
  if constexpr (std::is_same_v<T, float>)
    return holds<relation>(flush(a), flush(b));
  else
    return compare<relation>(enter<After::Flush>(a), enter<After::Flush>(b));
}

/// f of the lower or upper half of two registers.
template <class H, bool (*f)(H, H), unsigned shift> bool ofHalf(uint32_t a, uint32_t b) {
  return f(H{uint16_t(a >> shift)}, H{uint16_t(b >> shift)});
}

/// Op::extra.
struct Combination {
  enum Logic : uint8_t { None, And, Or, Xor };
  uint8_t firstSource;
  Logic logic;
  PredicateUse use;
};
uint32_t encode(Combination combination) {
  return combination.firstSource | uint32_t(combination.logic) << 8 |
         uint32_t(combination.use) << 16;
}
Combination decode(uint32_t extra) {
  return {uint8_t(extra), Combination::Logic(uint8_t(extra >> 8)), PredicateUse(extra >> 16)};
}
[[gnu::always_inline]] inline LaneMask combine(Combination::Logic logic, LaneMask value,
                                               LaneMask with) {
  switch (logic) {
  case Combination::None:
    break;
  case Combination::And:
    return value & with;
  case Combination::Or:
    return value | with;
  case Combination::Xor:
    return value ^ with;
  }
  return value;
}
[[gnu::always_inline]] inline LaneMask partner(Warp &warp, const Op &op, Combination how) {
  return how.logic == Combination::None
             ? 0
             : readPredicate(warp, op.operands[how.firstSource + 2], how.use);
}

/// p = f(a, b) op c, and if it is there q = !f(a, b) op c.
template <auto f> void setp(Warp &warp, const Op &op, LaneMask active) {
  Combination how = decode(op.extra);
  LaneMask value = Test<f>::mask(warp, op, how.firstSource), c = partner(warp, op, how);
  setPredicate(warp, op.operands[0], active, combine(how.logic, value, c));
  if (how.firstSource == 2)
    setPredicate(warp, op.operands[1], active, combine(how.logic, ~value, c));
}
/// Packed: p of the lower halves, q of the upper ones.
template <auto low, auto high> void setpBoth(Warp &warp, const Op &op, LaneMask active) {
  Combination how = decode(op.extra);
  LaneMask c = partner(warp, op, how);
  LaneMask p = combine(how.logic, Test<low>::mask(warp, op, how.firstSource), c);
  LaneMask q = combine(how.logic, Test<high>::mask(warp, op, how.firstSource), c);
  setPredicate(warp, op.operands[0], active, p);
  if (how.firstSource == 2)
    setPredicate(warp, op.operands[1], active, q);
}

/// Op::immediate: the bits of "true" in the result.
template <auto f> void set(Warp &warp, const Op &op, LaneMask active) {
  Combination how = decode(op.extra);
  LaneMask value = combine(how.logic, Test<f>::mask(warp, op, 1), partner(warp, op, how));
  uint32_t *d = operand<uint32_t>(warp, op, 0), whenTrue = uint32_t(op.immediate);
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = (value >> lane) & 1 ? whenTrue : 0;
  });
}
template <auto low, auto high> void setBoth(Warp &warp, const Op &op, LaneMask active) {
  Combination how = decode(op.extra);
  LaneMask c = partner(warp, op, how);
  LaneMask lower = combine(how.logic, Test<low>::mask(warp, op, 1), c);
  LaneMask upper = combine(how.logic, Test<high>::mask(warp, op, 1), c);
  uint32_t *d = operand<uint32_t>(warp, op, 0), whenTrue = uint32_t(op.immediate);
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = ((lower >> lane) & 1 ? whenTrue & 0xffff : 0) |
                ((upper >> lane) & 1 ? whenTrue & 0xffff0000 : 0);
  });
}

template <auto f> Handler pick(bool isSet) { return isSet ? &set<f> : &setp<f>; }
template <class H, auto f> Handler pickBoth(bool isSet) {
  return isSet ? &setBoth<ofHalf<H, f, 0>, ofHalf<H, f, 16>>
               : &setpBoth<ofHalf<H, f, 0>, ofHalf<H, f, 16>>;
}

struct Wanted {
  unsigned relation;
  bool isSet;
  bool ftz;
};

template <class T, unsigned relation> Handler selectInteger(Wanted wanted) {
  return pick<compare<relation, T>>(wanted.isSet);
}
template <class T, unsigned relation> Handler selectReal(Wanted wanted) {
  if constexpr (!std::is_same_v<T, double>)
    if (wanted.ftz)
      return pick<compareFlushed<relation, T>>(wanted.isSet);
  return pick<compare<relation, T>>(wanted.isSet);
}
template <class H, unsigned relation> Handler selectBoth(Wanted wanted) {
  if (wanted.ftz)
    return pickBoth<H, compareFlushed<relation, H>>(wanted.isSet);
  return pickBoth<H, compare<relation, H>>(wanted.isSet);
}

template <class T> Handler forIntegerRelation(Wanted wanted) {
  switch (wanted.relation) {
  case Less:
    return selectInteger<T, Less>(wanted);
  case Equal:
    return selectInteger<T, Equal>(wanted);
  case Greater:
    return selectInteger<T, Greater>(wanted);
  case Less | Equal:
    return selectInteger<T, Less | Equal>(wanted);
  case Greater | Equal:
    return selectInteger<T, Greater | Equal>(wanted);
  case Less | Greater:
    return selectInteger<T, Less | Greater>(wanted);
  default:
    return nullptr;
  }
}

template <class T, bool packed, unsigned relation> Handler selectRelation(Wanted wanted) {
  if constexpr (packed)
    return selectBoth<T, relation>(wanted);
  else
    return selectReal<T, relation>(wanted);
}
template <class T, bool packed = false, unsigned relation = 1>
Handler forRealRelation(Wanted wanted) {
  if constexpr (relation > 14)
    return nullptr;
  else
    return wanted.relation == relation ? selectRelation<T, packed, relation>(wanted)
                                       : forRealRelation<T, packed, relation + 1>(wanted);
}

unsigned relationOf(const ptx::Instruction &instruction) {
  struct Name {
    std::string_view text;
    unsigned relation;
  };
  constexpr Name names[] = {
      {"eq", Equal},
      {"ne", Less | Greater},
      {"lt", Less},
      {"lo", Less},
      {"le", Less | Equal},
      {"ls", Less | Equal},
      {"gt", Greater},
      {"hi", Greater},
      {"ge", Greater | Equal},
      {"hs", Greater | Equal},
      {"equ", Equal | Unordered},
      {"neu", Less | Greater | Unordered},
      {"ltu", Less | Unordered},
      {"leu", Less | Equal | Unordered},
      {"gtu", Greater | Unordered},
      {"geu", Greater | Equal | Unordered},
      {"num", Less | Equal | Greater},
      {"nan", Unordered},
  };
  for (const Name &name : names)
    if (instruction.has(name.text))
      return name.relation;
  return 0;
}

Handler selectHandler(Type compared, Wanted wanted) {
  switch (compared) {
  case Type::F32:
    return forRealRelation<float>(wanted);
  case Type::F64:
    return forRealRelation<double>(wanted);
  case Type::F16:
    return forRealRelation<Half>(wanted);
  case Type::BF16:
    return forRealRelation<BFloat>(wanted);
  case Type::F16x2:
    return forRealRelation<Half, true>(wanted);
  case Type::BF16x2:
    return forRealRelation<BFloat, true>(wanted);
  default:
    return forInteger(compared, [&]<class T>() { return forIntegerRelation<T>(wanted); });
  }
}

uint32_t trueOf(Type result, bool packed) {
  switch (result) {
  case Type::F32:
    return 0x3f800000;
  case Type::F16:
    return 0x3c00;
  case Type::F16x2:
    return 0x3c003c00;
  case Type::BF16:
    return 0x3f80;
  case Type::BF16x2:
    return 0x3f803f80;
  case Type::U16:
  case Type::S16:
    return packed ? ~0u : 0xffff;
  default:
    return ~0u;
  }
}

} // namespace

Selected selectCompare(const ptx::Instruction &instruction, const ptx::Function &) {
  bool isSet = instruction.opcode == Opcode::Set;
  Type compared = instruction.type(isSet ? 1 : 0);
  const auto &operands = instruction.operands;
  bool isPair = operands.at(0).kind == ptx::Operand::Kind::Pair;
  Combination how{.firstSource = uint8_t(isPair ? 2 : 1),
                  .logic = instruction.has("and")   ? Combination::And
                           : instruction.has("or")  ? Combination::Or
                           : instruction.has("xor") ? Combination::Xor
                                                    : Combination::None,
                  .use = PredicateUse::Plain};
  if (how.logic != Combination::None)
    how.use = predicateUse(operands.at(3));
  bool packed = compared == Type::F16x2 || compared == Type::BF16x2;
  return {.run = selectHandler(
              compared,
              {.relation = relationOf(instruction), .isSet = isSet, .ftz = instruction.has("ftz")}),
          .immediate = isSet ? trueOf(instruction.type(0), packed) : 0,
          .extra = encode(how)};
}

} // namespace sim::DPC_SIMD_NAMESPACE
