//===- Convert.cpp - cvt (PTX ISA 9.7.9, cvt) -------------------------------------------------===//
//
// What compilers emit often has a loop of its own that becomes vectors; convertAny does every
// other pair of types, one lane at a time, by way of a 128-bit integer or a double, which hold
// every source value exactly.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/EightBitFloat.h"
#include "simulator/Machine/HalfOps.h"

#include <algorithm>
#include <cmath>

using namespace sim;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

/// What the instruction says, packed into Op::immediate.
struct Conversion {
  Type to, from;
  uint8_t toWidth, fromWidth; ///< of the registers, in bits
  Rounding rounding;          ///< to a float, or to an integral value
  bool integral : 1;          ///< .rni, .rzi, .rmi, .rpi
  bool ftz : 1;
  bool sat : 1;
  bool relu : 1;
  bool finite : 1; ///< .satfinite
  bool away : 1;   ///< .rna
};
static_assert(sizeof(Conversion) <= sizeof(uint64_t));

uint64_t encode(Conversion conversion) {
  uint64_t result = 0;
  std::memcpy(&result, &conversion, sizeof(conversion));
  return result;
}
Conversion decode(const Op &op) {
  Conversion result;
  std::memcpy(&result, &op.immediate, sizeof(result));
  return result;
}

//===----------------------------------------------------------------------===//
// Any pair of types
//===----------------------------------------------------------------------===//

using Big = __int128;

Big extend(uint64_t raw, unsigned width, bool isSigned) {
  unsigned amount = 64 - width;
  return isSigned ? Big(int64_t(raw << amount) >> amount) : Big((raw << amount) >> amount);
}
Big largest(Type type) { return (Big(1) << (ptx::bitWidth(type) - ptx::isSigned(type))) - 1; }
Big smallest(Type type) {
  return ptx::isSigned(type) ? -(Big(1) << (ptx::bitWidth(type) - 1)) : Big(0);
}

double toDouble(uint64_t raw, Type type) {
  switch (type) {
  case Type::F16:
    return toFloat(Half{uint16_t(raw)});
  case Type::BF16:
    return toFloat(BFloat{uint16_t(raw)});
  case Type::E4M3x2:
  case Type::E5M2x2:
    return ofEightBits(uint8_t(raw), eightBits(type));
  case Type::F32:
  case Type::TF32:
    return toFloat(uint32_t(raw));
  default:
    return std::bit_cast<double>(raw);
  }
}

template <class F> F toIntegral(F x, Rounding rounding) {
  switch (rounding) {
  case Rounding::Nearest:
    return __builtin_elementwise_roundeven(x);
  case Rounding::Zero:
    return __builtin_elementwise_trunc(x);
  case Rounding::Down:
    return __builtin_elementwise_floor(x);
  case Rounding::Up:
    return __builtin_elementwise_ceil(x);
  }
  return x;
}

/// `near`, an approximation of `exact` to nearest, moved to the neighbour that `rounding` asks for.
template <class F> F directInteger(F near, Big exact, Rounding rounding) {
  using U = Raw<F>;
  Big value = Big(near);
  if (value == exact || rounding == Rounding::Nearest)
    return near;
  bool tooHigh = value > exact;
  bool wantsLower = rounding == Rounding::Down || (rounding == Rounding::Zero && exact > 0);
  if (tooHigh != wantsLower)
    return near;
  // Not zero: that would have been exact.
  U bits = std::bit_cast<U>(near);
  return std::bit_cast<F>(tooHigh == (near > 0) ? U(bits - 1) : U(bits + 1));
}

/// An integer of at most 64 bits, to nearest. Not by way of __int128's own conversions, which need
/// not be there.
template <class F> F nearestInteger(Big value) {
  return value < 0 ? F(int64_t(value)) : F(uint64_t(value));
}

double oddInteger(Big value) {
  double near = nearestInteger<double>(value);
  if (Big(near) == value || (bitsOf(near) & 1))
    return near;
  bool smaller = value < 0 ? Big(near) > value : Big(near) < value;
  return std::bit_cast<double>(bitsOf(near) + (smaller ? 1 : ~uint64_t(0)));
}

uint64_t tensorFloat(float x, Conversion how) {
  uint32_t bits = bitsOf(x), magnitude = bits & 0x7fffffff, sign = bits & 0x80000000;
  if (magnitude > 0x7f800000)
    return 0x7fffffff;
  if (magnitude < 0x7f800000) {
    uint32_t rest = magnitude & 0x1fff;
    magnitude &= ~0x1fffu;
    if (how.away ? rest >= 0x1000 : awayFromZero(how.rounding, sign, magnitude >> 13, rest, 0x1000))
      magnitude += 0x2000;
  }
  if (how.finite && magnitude >= 0x7f800000)
    magnitude = 0x7f7fe000;
  if (how.relu && sign)
    return 0;
  return sign | magnitude;
}

template <class H> uint64_t smallFloat(double x, Conversion how) {
  H result = rounded<H>(oddFloat(x), how.rounding);
  if (how.finite && (result.bits & 0x7fff) == exponentBits<H>)
    --result.bits;
  return result.bits;
}

uint64_t fromDouble(double x, Conversion how) {
  if (how.integral)
    x = toIntegral(x, how.rounding);
  if (how.ftz && how.to == Type::F32 && how.from == Type::F32)
    x = flush(float(x));
  if (how.sat)
    x = saturate01(x);
  if (how.relu)
    x = __builtin_signbit(x) && x == x ? 0 : x;
  switch (how.to) {
  case Type::F16:
    return smallFloat<Half>(x, how);
  case Type::BF16:
    return smallFloat<BFloat>(x, how);
  case Type::TF32:
    return tensorFloat(float(x), how);
  case Type::E4M3x2:
  case Type::E5M2x2:
    return toEightBits(x, eightBits(how.to));
  case Type::F32: {
    float result = float(x);
    if (how.rounding == Rounding::Zero)
      result = directed<Rounding::Zero>(x, 0);
    else if (how.rounding == Rounding::Down)
      result = directed<Rounding::Down>(x, 0);
    else if (how.rounding == Rounding::Up)
      result = directed<Rounding::Up>(x, 0);
    return bitsOf(canonical(how.ftz ? flush(result) : result));
  }
  default:
    return bitsOf(canonical(x));
  }
}

uint64_t fromInteger(Big value, Conversion how) {
  switch (how.to) {
  case Type::F16:
  case Type::BF16:
    return fromDouble(oddInteger(value), how);
  case Type::F32: {
    float result = directInteger(nearestInteger<float>(value), value, how.rounding);
    return bitsOf(how.sat ? saturate01(result) : result);
  }
  default: {
    double result = directInteger(nearestInteger<double>(value), value, how.rounding);
    return bitsOf(how.sat ? saturate01(result) : result);
  }
  }
}

/// Out of range: the nearest value that the type has. NaN: zero, but the value of the sign bit
/// where f64 or a 64-bit integer takes part.
Big integerOf(double x, Conversion how) {
  if (x != x)
    return how.from == Type::F64 || ptx::bitWidth(how.to) == 64
               ? Big(1) << (ptx::bitWidth(how.to) - 1)
               : Big(0);
  double whole = toIntegral(x, how.rounding);
  if (whole >= 0x1p65 || whole <= -0x1p65)
    return whole > 0 ? largest(how.to) : smallest(how.to);
  return std::clamp(Big(whole), smallest(how.to), largest(how.to));
}

uint64_t convertOne(uint64_t raw, Conversion how) {
  Big value;
  if (ptx::isFloat(how.from)) {
    double x = toDouble(raw, how.from);
    if (how.ftz && how.from == Type::F32)
      x = flush(float(x));
    if (ptx::isFloat(how.to))
      return fromDouble(x, how);
    value = integerOf(x, how);
  } else {
    value = extend(raw, ptx::bitWidth(how.from), ptx::isSigned(how.from));
    if (ptx::isFloat(how.to))
      return fromInteger(value, how);
    if (how.sat)
      value = std::clamp(value, smallest(how.to), largest(how.to));
  }
  return uint64_t(extend(uint64_t(value), ptx::bitWidth(how.to), ptx::isSigned(how.to)));
}

void convertAny(Warp &warp, const Op &op, LaneMask active) {
  Conversion how = decode(op);
  for (LaneMask rest = active; rest; rest &= rest - 1) {
    unsigned lane = std::countr_zero(rest);
    uint64_t raw = how.fromWidth == 64 ? operand<uint64_t>(warp, op, 1)[lane]
                                       : operand<uint32_t>(warp, op, 1)[lane];
    uint64_t result = convertOne(raw, how);
    if (how.toWidth == 64)
      operand<uint64_t>(warp, op, 0)[lane] = result;
    else
      operand<uint32_t>(warp, op, 0)[lane] =
          how.toWidth == 16 ? uint32_t(result & 0xffff) : uint32_t(result);
  }
}

/// d = {hi: a, lo: b}, or a and b are the parts of one source. Conversion::toWidth: of d.
template <bool inParts> void convertPair(Warp &warp, const Op &op, LaneMask active) {
  Conversion how = decode(op);
  unsigned part = how.fromWidth / 2;
  forEachLane(active, [&](unsigned lane) {
    uint32_t a = operand<uint32_t>(warp, op, 1)[lane], b = a & ((1u << part) - 1);
    if constexpr (inParts)
      a >>= part;
    else
      b = operand<uint32_t>(warp, op, 2)[lane];
    uint64_t high = convertOne(a, how), low = convertOne(b, how);
    operand<uint32_t>(warp, op, 0)[lane] = uint32_t(high << how.toWidth / 2 | low);
  });
}

//===----------------------------------------------------------------------===//
// Frequent pairs
//===----------------------------------------------------------------------===//

/// Integer to integer without .sat. Op::extra: by how much to shift up and down again to extend
/// from the source's width, to the result's width, and the result register's width.
template <class D, class S, bool fromSigned, bool toSigned>
void convertInteger(Warp &warp, const Op &op, LaneMask active) {
  using U = std::conditional_t<sizeof(S) == 8 || sizeof(D) == 8, uint64_t, uint32_t>;
  using I = std::make_signed_t<U>;
  unsigned in = op.extra & 0xff, out = (op.extra >> 8) & 0xff, cut = op.extra >> 16;
  D *d = operand<D>(warp, op, 0);
  const S *a = operand<S>(warp, op, 1);
  alignas(64) D result[warpSize];
#pragma clang loop vectorize(enable) unroll(disable)
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    U value = U(a[lane]) << in;
    value = fromSigned ? U(I(value) >> in) : value >> in;
    value <<= out;
    value = toSigned ? U(I(value) >> out) : value >> out;
    result[lane] = D((value << cut) >> cut);
  }
  keepInactive(d, active,
               [&]() __attribute__((always_inline)) { std::memcpy(d, result, sizeof(result)); });
}

template <class D, class S> Handler selectInteger(bool fromSigned, bool toSigned) {
  if (fromSigned)
    return toSigned ? &convertInteger<D, S, true, true> : &convertInteger<D, S, true, false>;
  return toSigned ? &convertInteger<D, S, false, true> : &convertInteger<D, S, false, false>;
}

Selected selectIntegers(Conversion how) {
  bool wide = how.toWidth == 64 || how.fromWidth == 64;
  unsigned computed = wide ? 64 : 32;
  uint32_t in = computed - ptx::bitWidth(how.from), out = computed - ptx::bitWidth(how.to);
  uint32_t cut = how.toWidth == 16 ? computed - 16 : how.toWidth == 64 ? 0 : computed - 32;
  bool fromSigned = ptx::isSigned(how.from), toSigned = ptx::isSigned(how.to);
  Handler run = how.toWidth == 64 ? (how.fromWidth == 64
                                         ? selectInteger<uint64_t, uint64_t>(fromSigned, toSigned)
                                         : selectInteger<uint64_t, uint32_t>(fromSigned, toSigned))
                : how.fromWidth == 64 ? selectInteger<uint32_t, uint64_t>(fromSigned, toSigned)
                                      : selectInteger<uint32_t, uint32_t>(fromSigned, toSigned);
  return {.run = run, .extra = in | out << 8 | cut << 16};
}

template <class I, class F> F integerToFloat(I x) { return F(x); }

template <class F, class I, Rounding mode, bool ftz> I floatToInteger(F x) {
  using Limits = std::numeric_limits<I>;
  constexpr F low = F(Limits::min()), high = F(2) * F(Limits::max() / 2 + 1);
  constexpr I ofNaN = std::is_same_v<F, double> || sizeof(I) == 8
                          ? I(std::make_unsigned_t<I>(1) << (8 * sizeof(I) - 1))
                          : I(0);
  F whole = toIntegral(flushIf<ftz>(x), mode);
  bool fits = whole >= low && whole < high;
  I value = I(fits ? whole : F(0));
  I outside = whole >= high ? Limits::max() : whole < low ? Limits::min() : ofNaN;
  return fits ? value : outside;
}

template <Rounding mode, bool ftz> float floatToIntegral(float x) {
  return canonical(toIntegral(flushIf<ftz>(x), mode));
}
template <Rounding mode> double doubleToIntegral(double x) {
  return canonical(toIntegral(x, mode));
}

template <class H> float halfToFloat(H x) { return canonical(toFloat(x)); }
template <class H> H floatToHalf(float x) { return nearest<H>(x); }
double floatToDouble(float x) { return canonical(double(x)); }
float doubleToFloat(double x) { return canonical(float(x)); }
template <class H> uint32_t floatsToPair(float high, float low) {
  return uint32_t(nearest<H>(high).bits) << 16 | nearest<H>(low).bits;
}
float roundAwayToTensorFloat(float x) {
  uint32_t bits = bitsOf(x);
  bool finite = (bits & 0x7f800000) != 0x7f800000;
  return canonical(toFloat(finite ? (bits + 0x1000) & ~0x1fffu : bits));
}

template <class F, class I, bool ftz> Handler selectFloatToInteger(Rounding mode) {
  switch (mode) {
  case Rounding::Nearest:
    return each<floatToInteger<F, I, Rounding::Nearest, ftz>>;
  case Rounding::Zero:
    return each<floatToInteger<F, I, Rounding::Zero, ftz>>;
  case Rounding::Down:
    return each<floatToInteger<F, I, Rounding::Down, ftz>>;
  case Rounding::Up:
    return each<floatToInteger<F, I, Rounding::Up, ftz>>;
  }
  return nullptr;
}
template <bool ftz> Handler selectFloatToIntegral(Rounding mode) {
  switch (mode) {
  case Rounding::Nearest:
    return each<floatToIntegral<Rounding::Nearest, ftz>>;
  case Rounding::Zero:
    return each<floatToIntegral<Rounding::Zero, ftz>>;
  case Rounding::Down:
    return each<floatToIntegral<Rounding::Down, ftz>>;
  case Rounding::Up:
    return each<floatToIntegral<Rounding::Up, ftz>>;
  }
  return nullptr;
}
Handler selectDoubleToIntegral(Rounding mode) {
  switch (mode) {
  case Rounding::Nearest:
    return each<doubleToIntegral<Rounding::Nearest>>;
  case Rounding::Zero:
    return each<doubleToIntegral<Rounding::Zero>>;
  case Rounding::Down:
    return each<doubleToIntegral<Rounding::Down>>;
  case Rounding::Up:
    return each<doubleToIntegral<Rounding::Up>>;
  }
  return nullptr;
}

/// Integers of 32 and 64 bits to f32 and f64, to nearest.
Handler selectFromInteger(Conversion how) {
  if (how.rounding != Rounding::Nearest || how.sat || (how.to != Type::F32 && how.to != Type::F64))
    return nullptr;
  if (ptx::bitWidth(how.from) != how.fromWidth)
    return nullptr;
  bool isDouble = how.to == Type::F64;
  return forInteger(how.from, [&]<class I>() -> Handler {
    return isDouble ? each<integerToFloat<I, double>> : each<integerToFloat<I, float>>;
  });
}

Handler selectToInteger(Conversion how) {
  if (ptx::bitWidth(how.to) != how.toWidth || (how.from != Type::F32 && how.from != Type::F64))
    return nullptr;
  return forInteger(how.to, [&]<class I>() -> Handler {
    if constexpr (sizeof(I) < 4)
      return nullptr;
    else if (how.from == Type::F64)
      return selectFloatToInteger<double, I, false>(how.rounding);
    else
      return how.ftz ? selectFloatToInteger<float, I, true>(how.rounding)
                     : selectFloatToInteger<float, I, false>(how.rounding);
  });
}

Handler selectBetweenFloats(Conversion how) {
  if (how.sat || how.relu || how.finite)
    return nullptr;
  if (how.to == Type::TF32)
    return how.away ? each<roundAwayToTensorFloat> : nullptr;
  if (how.integral) {
    if (how.to == Type::F32 && how.from == Type::F32)
      return how.ftz ? selectFloatToIntegral<true>(how.rounding)
                     : selectFloatToIntegral<false>(how.rounding);
    return how.to == Type::F64 && how.from == Type::F64 ? selectDoubleToIntegral(how.rounding)
                                                        : nullptr;
  }
  if (how.to == Type::F32 && how.from == Type::F16)
    return each<halfToFloat<Half>>;
  if (how.rounding != Rounding::Nearest || how.ftz)
    return nullptr;
  if (how.to == Type::F32 && how.from == Type::BF16)
    return each<halfToFloat<BFloat>>;
  if (how.to == Type::F16 && how.from == Type::F32)
    return each<floatToHalf<Half>>;
  if (how.to == Type::BF16 && how.from == Type::F32)
    return each<floatToHalf<BFloat>>;
  if (how.to == Type::F64 && how.from == Type::F32)
    return each<floatToDouble>;
  if (how.to == Type::F32 && how.from == Type::F64)
    return each<doubleToFloat>;
  return nullptr;
}

Selected selectEightBits(Conversion how) {
  how.toWidth = uint8_t(ptx::bitWidth(how.to));
  how.fromWidth = uint8_t(ptx::bitWidth(how.from));
  if (how.from == Type::F32)
    return {.run = &convertPair<false>, .immediate = encode(how)};
  (ptx::isEightBitPair(how.to) ? how.from : how.to) = Type::F16;
  return {.run = &convertPair<true>, .immediate = encode(how)};
}

Selected selectPair(Conversion how, bool isHalf) {
  how.to = isHalf ? Type::F16 : Type::BF16;
  Handler run = &convertPair<false>;
  if (how.rounding == Rounding::Nearest && !how.relu && !how.finite && !how.sat && !how.ftz)
    run = isHalf ? each<floatsToPair<Half>> : each<floatsToPair<BFloat>>;
  return {.run = run, .immediate = encode(how)};
}

/// Of the register that an operand is, else of the type.
uint8_t registerWidth(const ptx::Operand &operand, Type type, const ptx::Function &function) {
  unsigned width = ptx::bitWidth(type);
  if (operand.kind == ptx::Operand::Kind::Register)
    width = ptx::bitWidth(function.registers.at(operand.reg).type);
  return uint8_t(std::max(width, 16u));
}

} // namespace

Selected selectConvert(const ptx::Instruction &instruction, const ptx::Function &function) {
  const auto &operands = instruction.operands;
  Conversion how{};
  how.to = instruction.type(0);
  how.from = instruction.type(1);
  how.toWidth = registerWidth(operands.at(0), how.to, function);
  how.fromWidth = registerWidth(operands.at(1), how.from, function);
  how.integral = instruction.has("rni") || instruction.has("rzi") || instruction.has("rmi") ||
                 instruction.has("rpi");
  how.rounding = instruction.has("rzi")   ? Rounding::Zero
                 : instruction.has("rmi") ? Rounding::Down
                 : instruction.has("rpi") ? Rounding::Up
                                          : rounding(instruction);
  how.ftz = instruction.has("ftz");
  how.sat = instruction.has("sat");
  how.relu = instruction.has("relu");
  how.finite = instruction.has("satfinite");
  how.away = instruction.has("rna");
  if (ptx::isEightBitPair(how.to) || ptx::isEightBitPair(how.from))
    return selectEightBits(how);
  if (how.to == Type::F16x2 || how.to == Type::BF16x2)
    return how.from == Type::F32 ? selectPair(how, how.to == Type::F16x2) : Selected{};
  for (Type type : {how.to, how.from}) // not: packed types
    if (type == Type::None || type == Type::Pred || type == Type::B128 || type == Type::F16x2 ||
        type == Type::BF16x2 || type >= Type::U16x2)
      return {};
  bool toFloat = ptx::isFloat(how.to), fromFloat = ptx::isFloat(how.from);
  if (!toFloat && !fromFloat && !how.sat)
    return selectIntegers(how);
  Handler run = toFloat && fromFloat ? selectBetweenFloats(how)
                : toFloat            ? selectFromInteger(how)
                : fromFloat          ? selectToInteger(how)
                                     : nullptr;
  return {.run = run ? run : &convertAny, .immediate = encode(how)};
}

} // namespace sim::DPC_SIMD_NAMESPACE
