//===- Bits.cpp - logic, shifts and bit fields (PTX ISA 9.7.1, 9.7.8, 9.7.9) ------------------===//
#include "simulator/Machine/LaneOps.h"

#include <algorithm>
#include <array>

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

template <class T> constexpr unsigned bits = 8 * sizeof(T);

template <class T> T bitAnd(T a, T b) { return T(a & b); }
template <class T> T bitOr(T a, T b) { return T(a | b); }
template <class T> T bitXor(T a, T b) { return T(a ^ b); }
template <class T> T bitNot(T a) { return T(~a); }
template <class T> T logicalNot(T a) { return T(a == 0); }

// Amounts beyond the width shift everything out.
template <class T> T shiftLeft(T a, uint32_t b) {
  return b < bits<T> ? T(a << (b & (bits<T> - 1))) : T(0);
}
template <class T> T shiftRight(T a, uint32_t b) {
  uint32_t amount = std::min(b, bits<T> - 1);
  if constexpr (std::is_signed_v<T>)
    return T(a >> amount);
  else
    return b < bits<T> ? T(a >> amount) : T(0);
}

/// shf: the 64 bits b:a shifted by c, of which .l keeps the upper and .r the lower word.
template <bool left, bool clamps> uint32_t funnel(uint32_t a, uint32_t b, uint32_t c) {
  uint64_t both = uint64_t(b) << 32 | a;
  uint64_t amount = clamps ? std::min(c, 32u) : c & 31;
  return left ? uint32_t((both << amount) >> 32) : uint32_t(both >> amount);
}

template <class T> T bitFieldExtract(T a, uint32_t b, uint32_t c) {
  using U = std::make_unsigned_t<T>;
  constexpr unsigned msb = bits<T> - 1;
  uint32_t position = b & 0xff, length = c & 0xff;
  U shifted = position > msb ? U(0) : U(a) >> (position & msb);
  // Bits at and above `length` take the sign: that of the field's last bit, or of a if the field
  // passes its end.
  uint32_t last = std::min(position + length - 1, msb);
  U sign = std::is_signed_v<T> && length ? U(0) - ((U(a) >> (last & msb)) & 1) : U(0);
  // Bits that the field has in a.
  uint32_t have = std::min(length, position > msb ? 0u : msb + 1 - position);
  U mask = have > msb ? ~U(0) : (U(1) << (have & msb)) - 1;
  return T((shifted & mask) | (sign & ~mask));
}

template <class T> T bitFieldInsert(T a, T b, uint32_t c, uint32_t d) {
  constexpr unsigned msb = bits<T> - 1;
  uint32_t position = c & 0xff, length = d & 0xff;
  T field = length > msb ? ~T(0) : (T(1) << (length & msb)) - 1;
  uint32_t amount = position & msb;
  T result = (b & ~(field << amount)) | ((a & field) << amount);
  return position > msb ? b : result;
}

// One lane at a time: the compiler turns neither into vectors profitably on every host.
template <class T> uint32_t leadingZeros(T a) {
  return a ? uint32_t(std::countl_zero(a)) : bits<T>;
}
template <class T> uint32_t population(T a) { return uint32_t(std::popcount(a)); }

template <class T, bool isShift> uint32_t findLeading(T a) {
  using U = std::make_unsigned_t<T>;
  U searched = U(a);
  if constexpr (std::is_signed_v<T>)
    searched = a < 0 ? U(~a) : U(a);
  if (searched == 0)
    return ~0u;
  uint32_t zeros = uint32_t(std::countl_zero(searched));
  return isShift ? zeros : bits<T> - 1 - zeros;
}

template <class T> T reverse(T a) {
  if constexpr (sizeof(T) == 8) {
    return T(reverse(uint32_t(a))) << 32 | reverse(uint32_t(a >> 32));
  } else {
    a = (a & 0x55555555) << 1 | ((a >> 1) & 0x55555555);
    a = (a & 0x33333333) << 2 | ((a >> 2) & 0x33333333);
    a = (a & 0x0f0f0f0f) << 4 | ((a >> 4) & 0x0f0f0f0f);
    return __builtin_bswap32(a);
  }
}

template <class T, bool clamps> T extend(T a, uint32_t b) {
  uint32_t width = clamps ? std::min(b, 32u) : b & 31;
  uint32_t amount = (32 - width) & 31;
  return width == 0 ? T(0) : T(uint32_t(a) << amount) >> amount;
}

template <bool clamps> uint32_t bitMask(uint32_t a, uint32_t b) {
  if (clamps && a >= 32)
    return 0;
  uint32_t width = clamps ? std::min(b, 32u) : b & 31;
  uint64_t ones = (uint64_t(1) << width) - 1;
  return uint32_t(ones << (a & 31));
}

uint32_t findNth(uint32_t mask, uint32_t base, uint32_t offset) {
  int32_t position = int32_t(base), left = int32_t(offset);
  if (left == 0)
    return base < 32 && (mask >> base) & 1 ? base : ~0u;
  int32_t step = left > 0 ? 1 : -1;
  for (uint32_t count = left > 0 ? offset : 0u - offset; position >= 0 && position < 32;
       position += step)
    if ((mask >> position) & 1 && --count == 0)
      return uint32_t(position);
  return ~0u;
}

uint8_t byteOf(uint64_t both, uint32_t index) { return uint8_t(both >> (8 * (index & 7))); }

uint32_t permute(uint32_t a, uint32_t b, uint32_t c) {
  uint64_t both = uint64_t(b) << 32 | a;
  uint32_t result = 0;
  for (int byte = 0; byte < 4; ++byte) {
    uint32_t selector = c >> (4 * byte);
    uint32_t value = byteOf(both, selector);
    uint32_t sign = value & 0x80 ? 0xffu : 0u;
    result |= (selector & 8 ? sign : value) << (8 * byte);
  }
  return result;
}

enum class Permutation { Forward4, Backward4, Replicate8, EdgeLeft, EdgeRight, Replicate16 };
template <Permutation mode> uint32_t permuteBy(uint32_t a, uint32_t b, uint32_t c) {
  uint64_t both = uint64_t(b) << 32 | a;
  uint32_t n = c & 3, result = 0;
  for (uint32_t byte = 0; byte < 4; ++byte) {
    uint32_t index = mode == Permutation::Forward4     ? n + byte
                     : mode == Permutation::Backward4  ? n + 8 - byte
                     : mode == Permutation::Replicate8 ? n
                     : mode == Permutation::EdgeLeft   ? std::max(n, byte)
                     : mode == Permutation::EdgeRight  ? std::min(n, byte)
                                                       : 2 * (n & 1) + (byte & 1);
    result |= uint32_t(byteOf(both, index)) << (8 * byte);
  }
  return result;
}

/// Any function of three bits, by its table in Op::immediate: a tree of multiplexers.
[[gnu::always_inline]] inline uint32_t lookUp(const std::array<uint32_t, 8> &table, uint32_t a,
                                              uint32_t b, uint32_t c) {
  auto choose = [](uint32_t bit, uint32_t zero, uint32_t one) {
    return zero ^ (bit & (zero ^ one));
  };
  uint32_t low = choose(b, choose(c, table[0], table[1]), choose(c, table[2], table[3]));
  uint32_t high = choose(b, choose(c, table[4], table[5]), choose(c, table[6], table[7]));
  return choose(a, low, high);
}

std::array<uint32_t, 8> expand(uint64_t table) {
  std::array<uint32_t, 8> result;
  for (unsigned bit = 0; bit < 8; ++bit)
    result[bit] = (table >> bit) & 1 ? ~0u : 0u;
  return result;
}

void lop3(Warp &warp, const Op &op, LaneMask active) {
  uint32_t *d = operand<uint32_t>(warp, op, 0);
  const uint32_t *a = operand<uint32_t>(warp, op, 1), *b = operand<uint32_t>(warp, op, 2),
                 *c = operand<uint32_t>(warp, op, 3);
  const std::array<uint32_t, 8> table = expand(op.immediate);
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
#pragma clang loop vectorize(assume_safety) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = lookUp(table, a[lane], b[lane], c[lane]);
  });
}

/// lop3.BoolOp d|p, a, b, c, immLut, q: p = (d != 0) BoolOp q.
template <bool isAnd> void lop3Predicate(Warp &warp, const Op &op, LaneMask active) {
  const uint32_t *a = operand<uint32_t>(warp, op, 2), *b = operand<uint32_t>(warp, op, 3),
                 *c = operand<uint32_t>(warp, op, 4);
  const std::array<uint32_t, 8> table = expand(op.immediate);
  alignas(64) uint32_t result[warpSize];
  LaneMask nonZero = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    result[lane] = lookUp(table, a[lane], b[lane], c[lane]);
    nonZero |= uint32_t(result[lane] != 0) << lane;
  }
  LaneMask q = readPredicate(warp, op.operands[6], PredicateUse(op.extra));
  setPredicate(warp, op.operands[1], active, isAnd ? nonZero & q : nonZero | q);
  if (op.operands[0] == noPredicate)
    return;
  uint32_t *d = operand<uint32_t>(warp, op, 0);
  keepInactive(d, active,
               [&]() __attribute__((always_inline)) { std::memcpy(d, result, sizeof(result)); });
}

// Logic on predicates. Op::extra: PredicateUse of the two sources, 4 bits each.
enum class Logic { And, Or, Xor, Not };
template <Logic logic> void logicOfPredicates(Warp &warp, const Op &op, LaneMask active) {
  LaneMask a = readPredicate(warp, op.operands[1], PredicateUse(op.extra & 15)), result = ~a;
  if constexpr (logic != Logic::Not) {
    LaneMask b = readPredicate(warp, op.operands[2], PredicateUse(op.extra >> 4));
    result = logic == Logic::And ? a & b : logic == Logic::Or ? a | b : a ^ b;
  }
  setPredicate(warp, op.operands[0], active, result);
}

Selected selectLogicOfPredicates(const ptx::Instruction &instruction) {
  Selected result;
  for (size_t source = 1; source < instruction.operands.size(); ++source)
    result.extra |= uint32_t(predicateUse(instruction.operands[source])) << (4 * (source - 1));
  switch (instruction.opcode) {
  case Opcode::And:
    result.run = &logicOfPredicates<Logic::And>;
    break;
  case Opcode::Or:
    result.run = &logicOfPredicates<Logic::Or>;
    break;
  case Opcode::Xor:
    result.run = &logicOfPredicates<Logic::Xor>;
    break;
  default:
    result.run = &logicOfPredicates<Logic::Not>;
  }
  return result;
}

Selected selectLop3(const ptx::Instruction &instruction) {
  const auto &operands = instruction.operands;
  bool isAnd = instruction.has("and");
  if (!isAnd && !instruction.has("or"))
    return {.run = &lop3, .immediate = operands.at(4).bits & 0xff};
  return {.run = isAnd ? &lop3Predicate<true> : &lop3Predicate<false>,
          .immediate = operands.at(4).bits & 0xff,
          .extra = uint32_t(predicateUse(operands.at(5)))};
}

Handler selectFunnel(const ptx::Instruction &instruction) {
  bool clamps = instruction.has("clamp");
  if (instruction.has("l"))
    return clamps ? each<funnel<true, true>> : each<funnel<true, false>>;
  return clamps ? each<funnel<false, true>> : each<funnel<false, false>>;
}

Handler selectPermute(const ptx::Instruction &instruction) {
  if (instruction.has("f4e"))
    return each<permuteBy<Permutation::Forward4>>;
  if (instruction.has("b4e"))
    return each<permuteBy<Permutation::Backward4>>;
  if (instruction.has("rc8"))
    return each<permuteBy<Permutation::Replicate8>>;
  if (instruction.has("ecl"))
    return each<permuteBy<Permutation::EdgeLeft>>;
  if (instruction.has("ecr"))
    return each<permuteBy<Permutation::EdgeRight>>;
  if (instruction.has("rc16"))
    return each<permuteBy<Permutation::Replicate16>>;
  return each<permute>;
}

/// Types of 32 and 64 bits; T is signed where the instruction's type is.
template <class F> Handler forWords(Type type, F make) {
  return forInteger(type, [&]<class T>() -> Handler {
    if constexpr (sizeof(T) < 4)
      return nullptr;
    else
      return make.template operator()<T>();
  });
}

Handler selectHandler(const ptx::Instruction &instruction) {
  Type type = instruction.type();
  bool clamps = instruction.has("clamp");
  switch (instruction.opcode) {
  case Opcode::And:
    return forUnsigned(type, []<class T>() { return each<bitAnd<T>>; });
  case Opcode::Or:
    return forUnsigned(type, []<class T>() { return each<bitOr<T>>; });
  case Opcode::Xor:
    return forUnsigned(type, []<class T>() { return each<bitXor<T>>; });
  case Opcode::Not:
    return forUnsigned(type, []<class T>() { return each<bitNot<T>>; });
  case Opcode::Cnot:
    return forUnsigned(type, []<class T>() { return each<logicalNot<T>>; });
  case Opcode::Shl:
    return forUnsigned(type, []<class T>() { return each<shiftLeft<T>>; });
  case Opcode::Shr:
    return forInteger(type, []<class T>() { return each<shiftRight<T>>; });
  case Opcode::Shf:
    return selectFunnel(instruction);
  case Opcode::Bfe:
    return forWords(type, []<class T>() { return each<bitFieldExtract<T>>; });
  case Opcode::Bfi:
    return forWords(type, []<class T>() { return each<bitFieldInsert<std::make_unsigned_t<T>>>; });
  case Opcode::Bfind:
    return forWords(type, [&]<class T>() {
      return instruction.has("shiftamt") ? each<findLeading<T, true>> : each<findLeading<T, false>>;
    });
  case Opcode::Brev:
    return forWords(type, []<class T>() { return each<reverse<std::make_unsigned_t<T>>>; });
  case Opcode::Clz:
    return forWords(type, []<class T>() { return each<leadingZeros<std::make_unsigned_t<T>>>; });
  case Opcode::Popc:
    return forWords(type, []<class T>() { return each<population<std::make_unsigned_t<T>>>; });
  case Opcode::Prmt:
    return selectPermute(instruction);
  case Opcode::Fns:
    return each<findNth>;
  case Opcode::Szext:
    if (ptx::isSigned(type))
      return clamps ? each<extend<int32_t, true>> : each<extend<int32_t, false>>;
    return clamps ? each<extend<uint32_t, true>> : each<extend<uint32_t, false>>;
  case Opcode::Bmsk:
    return clamps ? each<bitMask<true>> : each<bitMask<false>>;
  default:
    return nullptr;
  }
}

} // namespace

Selected selectBits(const ptx::Instruction &instruction, const ptx::Function &function) {
  switch (instruction.opcode) {
  case Opcode::Mov:
  case Opcode::Selp:
  case Opcode::Slct:
    return selectMove(instruction, function);
  case Opcode::Lop3:
    return selectLop3(instruction);
  default:
    if (instruction.type() == Type::Pred)
      return selectLogicOfPredicates(instruction);
    return {.run = selectHandler(instruction)};
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
