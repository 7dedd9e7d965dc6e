//===- Integer.cpp - integer arithmetic (PTX ISA 9.7.1 and 9.7.2) -----------------------------===//
//
// Division by zero, which the ISA leaves open, gives all ones, and the remainder the dividend.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/LaneOps.h"

#include <algorithm>
#include <limits>

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

template <class T> using Unsigned = std::make_unsigned_t<T>;

/// Twice as wide, of the same signedness.
template <class T> struct WideOf;
template <> struct WideOf<uint16_t> {
  using type = uint32_t;
};
template <> struct WideOf<int16_t> {
  using type = int32_t;
};
template <> struct WideOf<uint32_t> {
  using type = uint64_t;
};
template <> struct WideOf<int32_t> {
  using type = int64_t;
};
template <> struct WideOf<uint64_t> {
  using type = unsigned __int128;
};
template <> struct WideOf<int64_t> {
  using type = __int128;
};
template <class T> using Wide = typename WideOf<T>::type;

// Arithmetic wraps: done in an unsigned type that no promotion makes signed.
template <class T> using Modular = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <class T> T add(T a, T b) { return T(Modular<T>(a) + Modular<T>(b)); }
template <class T> T sub(T a, T b) { return T(Modular<T>(a) - Modular<T>(b)); }
template <class T> T mulLow(T a, T b) { return T(Modular<T>(a) * Modular<T>(b)); }
template <class T> T mulHigh(T a, T b) { return T((Wide<T>(a) * Wide<T>(b)) >> (8 * sizeof(T))); }
template <class T> Wide<T> mulWide(T a, T b) { return Wide<T>(a) * Wide<T>(b); }
template <class T> T madLow(T a, T b, T c) { return add(mulLow(a, b), c); }
template <class T> T madHigh(T a, T b, T c) { return add(mulHigh(a, b), c); }
template <class T> Wide<T> madWide(T a, T b, Wide<T> c) { return add(mulWide(a, b), c); }

int32_t saturate(int64_t x) {
  return int32_t(std::clamp<int64_t>(x, std::numeric_limits<int32_t>::min(),
                                     std::numeric_limits<int32_t>::max()));
}
int32_t addSaturate(int32_t a, int32_t b) { return saturate(int64_t(a) + b); }
int32_t subSaturate(int32_t a, int32_t b) { return saturate(int64_t(a) - b); }
int32_t madHighSaturate(int32_t a, int32_t b, int32_t c) {
  return saturate(int64_t(mulHigh(a, b)) + c);
}

/// The low 24 bits, extended.
template <class T> T low24(T a) { return T(uint32_t(a) << 8) >> 8; }
template <class T> T mul24Low(T a, T b) { return T(Wide<T>(low24(a)) * low24(b)); }
template <class T> T mul24High(T a, T b) { return T((Wide<T>(low24(a)) * low24(b)) >> 16); }
template <class T> T mad24Low(T a, T b, T c) { return add(mul24Low(a, b), c); }
template <class T> T mad24High(T a, T b, T c) { return add(mul24High(a, b), c); }
int32_t mad24HighSaturate(int32_t a, int32_t b, int32_t c) {
  return saturate(int64_t(mul24High(a, b)) + c);
}

template <class T> T divide(T a, T b) {
  if (b == 0)
    return T(~T(0));
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return sub(T(0), a);
  return T(a / b);
}
template <class T> T remainder(T a, T b) {
  if (b == 0)
    return a;
  if constexpr (std::is_signed_v<T>)
    if (b == -1)
      return 0;
  return T(a % b);
}

template <class T> T absolute(T a) { return a < 0 ? sub(T(0), a) : a; }
template <class T> T negate(T a) { return sub(T(0), a); }
template <class T> T minimum(T a, T b) { return b < a ? b : a; }
template <class T> T maximum(T a, T b) { return a < b ? b : a; }
template <class T> T minimumRelu(T a, T b) { return maximum(minimum(a, b), T(0)); }
template <class T> T maximumRelu(T a, T b) { return maximum(maximum(a, b), T(0)); }
template <class T> T sad(T a, T b, T c) { return add(c, a < b ? sub(b, a) : sub(a, b)); }

/// f on each half of a register.
template <class T, T (*f)(T, T)> uint32_t halves(uint32_t a, uint32_t b) {
  return uint16_t(f(T(a), T(b))) | uint32_t(uint16_t(f(T(a >> 16), T(b >> 16)))) << 16;
}
uint32_t negateHalves(uint32_t a) { return halves<int16_t, sub<int16_t>>(0, a); }

template <class A, class B> uint32_t dot4(uint32_t a, uint32_t b, uint32_t c) {
  for (int byte = 0; byte < 32; byte += 8)
    c += uint32_t(int32_t(A(a >> byte)) * int32_t(B(b >> byte)));
  return c;
}
template <class A, class B, int firstByte> uint32_t dot2(uint32_t a, uint32_t b, uint32_t c) {
  for (int part = 0; part < 2; ++part)
    c += uint32_t(int32_t(A(a >> (16 * part))) * int32_t(B(b >> (8 * (part + firstByte)))));
  return c;
}

/// |a - b| of every part that is as wide as A: packed, or their sum plus c.
template <class A, class B, bool sums>
uint32_t absoluteDifference(uint32_t a, uint32_t b, uint32_t c) {
  constexpr int bits = 8 * sizeof(A);
  uint32_t result = sums ? c : 0;
  for (int at = 0; at < 32; at += bits) {
    int32_t difference = int32_t(A(a >> at)) - int32_t(B(b >> at));
    uint32_t magnitude = uint32_t(difference < 0 ? -difference : difference);
    result += sums ? magnitude : (magnitude & (~0u >> (32 - bits))) << at;
  }
  return result;
}

/// Extended precision. The carry is one flag per lane; after subtractions it is the borrow.
enum class Carry { Add, Subtract, MadLow, MadHigh };
template <class T, Carry kind, bool reads, bool writes>
void carrying(Warp &warp, const Op &op, LaneMask active) {
  using U = Unsigned<T>;
  Raw<T> *d = operand<T>(warp, op, 0);
  const Raw<T> *a = operand<T>(warp, op, 1), *b = operand<T>(warp, op, 2), *c = nullptr;
  if constexpr (kind == Carry::MadLow || kind == Carry::MadHigh)
    c = operand<T>(warp, op, 3);
  LaneMask in = reads ? warp.carry : 0, out = 0;
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
    for (unsigned lane = 0; lane < warpSize; ++lane) {
      U left = U(a[lane]), right = U(b[lane]);
      if constexpr (kind == Carry::MadLow) {
        left = U(mulLow(T(left), T(right)));
        right = U(c[lane]);
      } else if constexpr (kind == Carry::MadHigh) {
        left = U(mulHigh(T(left), T(right)));
        right = U(c[lane]);
      }
      U flag = (in >> lane) & 1, partial, result;
      bool carry;
      if constexpr (kind == Carry::Subtract) {
        carry = __builtin_sub_overflow(left, right, &partial);
        carry |= __builtin_sub_overflow(partial, flag, &result);
      } else {
        carry = __builtin_add_overflow(left, right, &partial);
        carry |= __builtin_add_overflow(partial, flag, &result);
      }
      d[lane] = result;
      out |= uint32_t(carry) << lane;
    }
  });
  if (writes)
    warp.carry = (warp.carry & ~active) | (out & active);
}

template <Carry kind> Handler selectCarry(Type type, bool reads, bool writes) {
  return forInteger(type, [&]<class T>() -> Handler {
    if constexpr (sizeof(T) < 4)
      return nullptr;
    else if (reads)
      return writes ? &carrying<T, kind, true, true> : &carrying<T, kind, true, false>;
    else
      return &carrying<T, kind, false, true>;
  });
}

/// add, sub, min, max of 16-bit pairs.
Handler selectHalves(const ptx::Instruction &instruction) {
  bool isSigned = instruction.type() == Type::S16x2, relu = instruction.has("relu");
  switch (instruction.opcode) {
  case Opcode::Add:
    return each<halves<uint16_t, add<uint16_t>>>;
  case Opcode::Sub:
    return each<halves<uint16_t, sub<uint16_t>>>;
  case Opcode::Neg:
    return each<negateHalves>;
  case Opcode::Min:
    return relu       ? each<halves<int16_t, minimumRelu<int16_t>>>
           : isSigned ? each<halves<int16_t, minimum<int16_t>>>
                      : each<halves<uint16_t, minimum<uint16_t>>>;
  case Opcode::Max:
    return relu       ? each<halves<int16_t, maximumRelu<int16_t>>>
           : isSigned ? each<halves<int16_t, maximum<int16_t>>>
                      : each<halves<uint16_t, maximum<uint16_t>>>;
  default:
    return nullptr;
  }
}

template <template <class, class> class F> Handler forSigns(bool leftSigned, bool rightSigned) {
  if (leftSigned)
    return rightSigned ? F<int8_t, int8_t>::handler : F<int8_t, uint8_t>::handler;
  return rightSigned ? F<uint8_t, int8_t>::handler : F<uint8_t, uint8_t>::handler;
}
template <class A, class B> struct Dot4 {
  static constexpr Handler handler = each<dot4<A, B>>;
};
template <class T> using Widened = std::conditional_t<std::is_signed_v<T>, int16_t, uint16_t>;
template <class A, class B> struct Dot2Low {
  static constexpr Handler handler = each<dot2<Widened<A>, B, 0>>;
};
template <class A, class B> struct Dot2High {
  static constexpr Handler handler = each<dot2<Widened<A>, B, 2>>;
};

template <class A, class B> struct Difference2 {
  static constexpr Handler handler = each<absoluteDifference<Widened<A>, Widened<B>, false>>;
};
template <class A, class B> struct DifferenceSum2 {
  static constexpr Handler handler = each<absoluteDifference<Widened<A>, Widened<B>, true>>;
};
template <class A, class B> struct Difference4 {
  static constexpr Handler handler = each<absoluteDifference<A, B, false>>;
};
template <class A, class B> struct DifferenceSum4 {
  static constexpr Handler handler = each<absoluteDifference<A, B, true>>;
};

/// mul and mad: .lo, .hi or .wide.
template <class T> Handler selectProduct(const ptx::Instruction &instruction) {
  bool adds = instruction.opcode == Opcode::Mad;
  if (instruction.has("wide")) {
    if constexpr (sizeof(T) == 8)
      return nullptr;
    else
      return adds ? each<madWide<T>> : each<mulWide<T>>;
  }
  if (instruction.has("hi")) {
    if constexpr (std::is_same_v<T, int32_t>)
      if (instruction.has("sat"))
        return each<madHighSaturate>;
    return adds ? each<madHigh<T>> : each<mulHigh<T>>;
  }
  return adds ? each<madLow<T>> : each<mulLow<T>>;
}

/// mul24 and mad24: .lo or .hi.
template <class T> Handler selectProduct24(const ptx::Instruction &instruction) {
  bool adds = instruction.opcode == Opcode::Mad24;
  if (instruction.has("hi")) {
    if constexpr (std::is_signed_v<T>)
      if (instruction.has("sat"))
        return each<mad24HighSaturate>;
    return adds ? each<mad24High<T>> : each<mul24High<T>>;
  }
  return adds ? each<mad24Low<T>> : each<mul24Low<T>>;
}

Handler selectHandler(const ptx::Instruction &instruction) {
  Type type = instruction.type();
  bool saturates = instruction.has("sat"), relu = instruction.has("relu");
  bool carries = instruction.has("cc");
  if (type == Type::U16x2 || type == Type::S16x2)
    return selectHalves(instruction);
  switch (instruction.opcode) {
  case Opcode::Add:
    if (carries)
      return selectCarry<Carry::Add>(type, false, true);
    if (saturates)
      return each<addSaturate>;
    return forInteger(type, []<class T>() { return each<add<Unsigned<T>>>; });
  case Opcode::Sub:
    if (carries)
      return selectCarry<Carry::Subtract>(type, false, true);
    if (saturates)
      return each<subSaturate>;
    return forInteger(type, []<class T>() { return each<sub<Unsigned<T>>>; });
  case Opcode::Addc:
    return selectCarry<Carry::Add>(type, true, carries);
  case Opcode::Subc:
    return selectCarry<Carry::Subtract>(type, true, carries);
  case Opcode::Madc:
    return instruction.has("hi") ? selectCarry<Carry::MadHigh>(type, true, carries)
                                 : selectCarry<Carry::MadLow>(type, true, carries);
  case Opcode::Mad:
    if (carries)
      return instruction.has("hi") ? selectCarry<Carry::MadHigh>(type, false, true)
                                   : selectCarry<Carry::MadLow>(type, false, true);
    [[fallthrough]];
  case Opcode::Mul:
    return forInteger(type, [&]<class T>() { return selectProduct<T>(instruction); });
  case Opcode::Mul24:
  case Opcode::Mad24:
    return ptx::isSigned(type) ? selectProduct24<int32_t>(instruction)
                               : selectProduct24<uint32_t>(instruction);
  case Opcode::Div:
    return forInteger(type, []<class T>() { return each<divide<T>>; });
  case Opcode::Rem:
    return forInteger(type, []<class T>() { return each<remainder<T>>; });
  case Opcode::Abs:
    return forInteger(type, []<class T>() { return each<absolute<T>>; });
  case Opcode::Neg:
    return forInteger(type, []<class T>() { return each<negate<Unsigned<T>>>; });
  case Opcode::Min:
    if (relu)
      return each<minimumRelu<int32_t>>;
    return forInteger(type, []<class T>() { return each<minimum<T>>; });
  case Opcode::Max:
    if (relu)
      return each<maximumRelu<int32_t>>;
    return forInteger(type, []<class T>() { return each<maximum<T>>; });
  case Opcode::Sad:
    return forInteger(type, []<class T>() { return each<sad<T>>; });
  case Opcode::Dp4a:
    return forSigns<Dot4>(ptx::isSigned(type), ptx::isSigned(instruction.type(1)));
  case Opcode::Vabsdiff2: {
    bool a = ptx::isSigned(instruction.type(1)), b = ptx::isSigned(instruction.type(2));
    return instruction.has("add") ? forSigns<DifferenceSum2>(a, b) : forSigns<Difference2>(a, b);
  }
  case Opcode::Vabsdiff4: { // types d, a, b
    bool a = ptx::isSigned(instruction.type(1)), b = ptx::isSigned(instruction.type(2));
    return instruction.has("add") ? forSigns<DifferenceSum4>(a, b) : forSigns<Difference4>(a, b);
  }
  case Opcode::Dp2a:
    return instruction.has("hi")
               ? forSigns<Dot2High>(ptx::isSigned(type), ptx::isSigned(instruction.type(1)))
               : forSigns<Dot2Low>(ptx::isSigned(type), ptx::isSigned(instruction.type(1)));
  default:
    return nullptr;
  }
}

} // namespace

Selected selectInteger(const ptx::Instruction &instruction, const ptx::Function &) {
  return {.run = selectHandler(instruction)};
}

} // namespace sim::DPC_SIMD_NAMESPACE
