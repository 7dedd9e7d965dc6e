//===- Float.cpp - f16, bf16, f32 and f64 arithmetic (PTX ISA 9.7.3 and 9.7.4) ----------------===//
#include "simulator/Machine/Directed.h"
#include "simulator/Machine/HalfOps.h"

using namespace sim;
using ptx::Opcode;
using ptx::Type;

namespace sim::DPC_SIMD_NAMESPACE {
namespace {

template <bool ftz, bool sat> [[gnu::always_inline]] inline float finish(float x) {
  x = flushIf<ftz>(x);
  return sat ? saturate01(x) : canonical(x);
}

// f32, one function for each rounding; `ftz` also for the operands.
template <Rounding mode, bool ftz, bool sat> float add(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  return finish<ftz, sat>(mode == Rounding::Nearest ? a + b : directedSum<mode>(a, b));
}
template <Rounding mode, bool ftz, bool sat> float sub(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  return finish<ftz, sat>(mode == Rounding::Nearest ? a - b : directedSum<mode>(a, -double(b)));
}
template <Rounding mode, bool ftz, bool sat> float mul(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  return finish<ftz, sat>(mode == Rounding::Nearest ? a * b
                                                    : directed<mode>(double(a) * double(b), 0));
}
template <Rounding mode, bool ftz, bool sat> float fused(float a, float b, float c) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  c = flushIf<ftz>(c);
  return finish<ftz, sat>(mode == Rounding::Nearest ? __builtin_fmaf(a, b, c)
                                                    : directedSum<mode>(double(a) * double(b), c));
}
template <Rounding mode, bool ftz, bool sat> float divide(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  return finish<ftz, sat>(mode == Rounding::Nearest ? a / b : directedQuotient<mode>(a, b));
}
template <Rounding mode, bool ftz, bool sat> float reciprocal(float a) {
  return divide<mode, ftz, sat>(1, a);
}
template <Rounding mode, bool ftz, bool sat> float root(float a) {
  a = flushIf<ftz>(a);
  return finish<ftz, sat>(mode == Rounding::Nearest ? __builtin_sqrtf(a) : directedRoot<mode>(a));
}

// f64, to nearest.
double add64(double a, double b) { return canonical(a + b); }
double sub64(double a, double b) { return canonical(a - b); }
double mul64(double a, double b) { return canonical(a * b); }
double fused64(double a, double b, double c) { return canonical(__builtin_fma(a, b, c)); }
double divide64(double a, double b) { return canonical(a / b); }
double reciprocal64(double a) { return canonical(1 / a); }
double root64(double a) { return canonical(__builtin_sqrt(a)); }

/// f64, directed. Op::extra: the mode.
template <DirectedOp kind, unsigned sources>
void directed64(Warp &warp, const Op &op, LaneMask active) {
  alignas(64) double value[3][warpSize];
  for (unsigned source = 0; source < sources; ++source)
    std::memcpy(value[source], operand<double>(warp, op, source + 1), sizeof(value[source]));
  directedDoubles(kind, op.extra, value[0], sources > 1 ? value[1] : nullptr,
                  sources > 2 ? value[2] : nullptr, value[0]);
  uint64_t *d = operand<double>(warp, op, 0);
  keepInactive(d, active, [&]() __attribute__((always_inline)) {
    for (unsigned lane = 0; lane < warpSize; ++lane)
      d[lane] = bitsOf(canonical(value[0][lane]));
  });
}

// The sign alone changes, of NaN too; with .ftz subnormals become zeros.
template <bool ftz> float negate(float a) { return toFloat(bitsOf(flushIf<ftz>(a)) ^ 0x80000000); }
template <bool ftz> float absolute(float a) {
  return toFloat(bitsOf(flushIf<ftz>(a)) & 0x7fffffff);
}
double negate64(double a) { return std::bit_cast<double>(bitsOf(a) ^ 1ull << 63); }
double absolute64(double a) { return std::bit_cast<double>(bitsOf(a) & ~(1ull << 63)); }

/// b with the sign of a.
float copySign(float a, float b) {
  return toFloat((bitsOf(a) & 0x80000000) | (bitsOf(b) & 0x7fffffff));
}
double copySign64(double a, double b) { return __builtin_copysign(b, a); }

template <class F, bool isMax, bool propagatesNaN, bool ftz> F extreme(F a, F b) {
  return extremum<isMax, propagatesNaN>(flushIf<ftz>(a), flushIf<ftz>(b));
}
template <bool isMax, bool propagatesNaN, bool ftz> float extremeXorSign(float a, float b) {
  a = flushIf<ftz>(a);
  b = flushIf<ftz>(b);
  float result = extremum<isMax, propagatesNaN>(__builtin_fabsf(a), __builtin_fabsf(b));
  uint32_t sign = (bitsOf(a) ^ bitsOf(b)) & 0x80000000;
  return result == result ? toFloat(bitsOf(result) | sign) : result;
}

template <bool isMax, bool propagatesNaN, bool ftz>
Handler selectExtreme32(const ptx::Instruction &instruction) {
  return instruction.has("xorsign") ? each<extremeXorSign<isMax, propagatesNaN, ftz>>
                                    : each<extreme<float, isMax, propagatesNaN, ftz>>;
}
template <bool isMax> Handler selectExtreme(const ptx::Instruction &instruction) {
  bool ftz = instruction.has("ftz");
  if (instruction.type() == Type::F64)
    return each<extreme<double, isMax, false, false>>;
  if (instruction.has("NaN"))
    return ftz ? selectExtreme32<isMax, true, true>(instruction)
               : selectExtreme32<isMax, true, false>(instruction);
  return ftz ? selectExtreme32<isMax, false, true>(instruction)
             : selectExtreme32<isMax, false, false>(instruction);
}

enum class Property { Finite, Infinite, Number, NotANumber, Normal, Subnormal };
template <class F, Property property> bool hasProperty(F x) {
  constexpr F smallest = std::numeric_limits<F>::min(), largest = std::numeric_limits<F>::max();
  F magnitude = x < 0 ? -x : x;
  switch (property) {
  case Property::Finite:
    return magnitude <= largest;
  case Property::Infinite:
    return magnitude > largest;
  case Property::Number:
    return x == x;
  case Property::NotANumber:
    return x != x;
  case Property::Normal:
    return magnitude >= smallest && magnitude <= largest;
  case Property::Subnormal:
    return magnitude < smallest && magnitude > 0;
  }
  return false;
}
template <class F, Property property> void testProperty(Warp &warp, const Op &op, LaneMask active) {
  setPredicate(warp, op.operands[0], active, Test<hasProperty<F, property>>::mask(warp, op, 1));
}
template <class F> Handler selectProperty(const ptx::Instruction &instruction) {
  return instruction.has("finite")       ? &testProperty<F, Property::Finite>
         : instruction.has("infinite")   ? &testProperty<F, Property::Infinite>
         : instruction.has("number")     ? &testProperty<F, Property::Number>
         : instruction.has("notanumber") ? &testProperty<F, Property::NotANumber>
         : instruction.has("normal")     ? &testProperty<F, Property::Normal>
                                         : &testProperty<F, Property::Subnormal>;
}

template <Rounding mode, bool ftz, bool sat> Handler selectArithmetic32(Opcode opcode) {
  switch (opcode) {
  case Opcode::Add:
    return each<add<mode, ftz, sat>>;
  case Opcode::Sub:
    return each<sub<mode, ftz, sat>>;
  case Opcode::Mul:
    return each<mul<mode, ftz, sat>>;
  case Opcode::Fma:
  case Opcode::Mad:
    return each<fused<mode, ftz, sat>>;
  case Opcode::Div:
    return each<divide<mode, ftz, false>>;
  case Opcode::Rcp:
    return each<reciprocal<mode, ftz, false>>;
  case Opcode::Sqrt:
    return each<root<mode, ftz, false>>;
  default:
    return nullptr;
  }
}
template <Rounding mode> Handler select32(const ptx::Instruction &instruction) {
  bool ftz = instruction.has("ftz");
  if (instruction.has("sat"))
    return ftz ? selectArithmetic32<mode, true, true>(instruction.opcode)
               : selectArithmetic32<mode, false, true>(instruction.opcode);
  return ftz ? selectArithmetic32<mode, true, false>(instruction.opcode)
             : selectArithmetic32<mode, false, false>(instruction.opcode);
}

Handler selectNearest64(Opcode opcode) {
  switch (opcode) {
  case Opcode::Add:
    return each<add64>;
  case Opcode::Sub:
    return each<sub64>;
  case Opcode::Mul:
    return each<mul64>;
  case Opcode::Fma:
  case Opcode::Mad:
    return each<fused64>;
  case Opcode::Div:
    return each<divide64>;
  case Opcode::Rcp:
    return each<reciprocal64>;
  case Opcode::Sqrt:
    return each<root64>;
  default:
    return nullptr;
  }
}
Handler selectDirected64(Opcode opcode) {
  switch (opcode) {
  case Opcode::Add:
    return &directed64<DirectedOp::Add, 2>;
  case Opcode::Sub:
    return &directed64<DirectedOp::Sub, 2>;
  case Opcode::Mul:
    return &directed64<DirectedOp::Mul, 2>;
  case Opcode::Fma:
  case Opcode::Mad:
    return &directed64<DirectedOp::Fma, 3>;
  case Opcode::Div:
    return &directed64<DirectedOp::Div, 2>;
  case Opcode::Rcp:
    return &directed64<DirectedOp::Rcp, 1>;
  case Opcode::Sqrt:
    return &directed64<DirectedOp::Sqrt, 1>;
  default:
    return nullptr;
  }
}

Selected selectWide(const ptx::Instruction &instruction) {
  bool isDouble = instruction.type() == Type::F64, ftz = instruction.has("ftz");
  switch (instruction.opcode) {
  case Opcode::Neg:
    return {.run = isDouble ? each<negate64> : ftz ? each<negate<true>> : each<negate<false>>};
  case Opcode::Abs:
    return {.run = isDouble ? each<absolute64>
                   : ftz    ? each<absolute<true>>
                            : each<absolute<false>>};
  case Opcode::Copysign:
    return {.run = isDouble ? each<copySign64> : each<copySign>};
  case Opcode::Testp:
    return {.run = isDouble ? selectProperty<double>(instruction)
                            : selectProperty<float>(instruction)};
  case Opcode::Min:
    return {.run = selectExtreme<false>(instruction)};
  case Opcode::Max:
    return {.run = selectExtreme<true>(instruction)};
  default:
    break;
  }
  Rounding mode = rounding(instruction);
  if (isDouble)
    return {.run = mode == Rounding::Nearest ? selectNearest64(instruction.opcode)
                                             : selectDirected64(instruction.opcode),
            .extra = uint32_t(mode)};
  switch (mode) {
  case Rounding::Nearest:
    return {.run = select32<Rounding::Nearest>(instruction)};
  case Rounding::Zero:
    return {.run = select32<Rounding::Zero>(instruction)};
  case Rounding::Down:
    return {.run = select32<Rounding::Down>(instruction)};
  case Rounding::Up:
    return {.run = select32<Rounding::Up>(instruction)};
  }
  return {};
}

} // namespace

Selected selectFloating(const ptx::Instruction &instruction, const ptx::Function &function) {
  switch (instruction.type()) {
  case Type::F16:
    return {.run = selectHalf<Half, false>(instruction)};
  case Type::BF16:
    return {.run = selectHalf<BFloat, false>(instruction)};
  case Type::F16x2:
  case Type::BF16x2:
    return selectPacked(instruction, function);
  case Type::F32:
  case Type::F64:
    return selectWide(instruction);
  default:
    return {};
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
