//===- LaneOps.h - handlers from functions of one lane ------------------------------*- C++ -*-===//
//
// Most instructions are a pure function of the values of one lane. `each<f>` makes the handler of
// such a function: a loop over the 32 lanes that the compiler turns into vector code of the
// instruction set that the including file is compiled for. All lanes are computed; lanes that are
// not active get their old value back. So f must be total: no trap, no undefined behaviour for any
// bits.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_LANEOPS_H
#define DPC_SIMULATOR_MACHINE_LANEOPS_H

#include "simulator/Machine/Families.h"
#include "simulator/Machine/Warp.h"

#include <bit>
#include <cstring>
#include <tuple>
#include <type_traits>
#include <utility>

namespace sim::DPC_SIMD_NAMESPACE {

/// Bits of an f16 or bf16 value.
struct Half {
  uint16_t bits;
};
struct BFloat {
  uint16_t bits;
};

/// How a value of type T lies in its slot: 64-bit types in 64, all others in 32 bits, zero above.
template <class T> using Raw = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;

template <class T> [[gnu::always_inline]] inline T fromRaw(Raw<T> raw) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat>)
    return T{uint16_t(raw)};
  else if constexpr (sizeof(T) < 4)
    return T(raw);
  else
    return std::bit_cast<T>(raw);
}

template <class T> [[gnu::always_inline]] inline Raw<T> toRaw(T value) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, BFloat>)
    return value.bits;
  else if constexpr (sizeof(T) < 4)
    return std::make_unsigned_t<T>(value);
  else
    return std::bit_cast<Raw<T>>(value);
}

/// Operand `number` of `op`, as its lanes' raw values.
template <class T>
[[gnu::always_inline]] inline Raw<T> *operand(Warp &warp, const Op &op, unsigned number) {
  return static_cast<Raw<T> *>(
      __builtin_assume_aligned(warp.slots + size_t(op.operands[number]) * slotBytes, 64));
}

/// Runs `body`, which may write all lanes of the U values at `destination`, and gives the lanes
/// that are not active their old values back.
template <class U, class F>
[[gnu::always_inline]] inline void keepInactive(U *destination, LaneMask active, F body) {
  alignas(64) U old[warpSize];
  if (active != allLanes) [[unlikely]]
    std::memcpy(old, destination, sizeof(old));
  body();
  if (active == allLanes) [[likely]]
    return;
#pragma clang loop vectorize(assume_safety) unroll(disable)
  for (unsigned lane = 0; lane < warpSize; ++lane) {
    U mask = U(0) - U((active >> lane) & 1);
    destination[lane] = (destination[lane] & mask) | (old[lane] & ~mask);
  }
}

template <auto f> struct Each;
template <class R, class... A, R (*f)(A...)> struct Each<f> {
  template <size_t... index>
  [[gnu::always_inline]] static void loop(Warp &warp, const Op &op, LaneMask active,
                                          std::index_sequence<index...>) {
    Raw<R> *d = operand<R>(warp, op, 0);
    auto sources = std::make_tuple(operand<A>(warp, op, index + 1)...);
    keepInactive(d, active, [&]() __attribute__((always_inline)) {
    // The destination is the same slot as a source or another one, never a part of it.
#pragma clang loop vectorize(assume_safety) unroll(disable)
      for (unsigned lane = 0; lane < warpSize; ++lane) [[clang::always_inline]]
        d[lane] = toRaw<R>(f(fromRaw<A>(std::get<index>(sources)[lane])...));
    });
  }
  static void run(Warp &warp, const Op &op, LaneMask active) {
    loop(warp, op, active, std::index_sequence_for<A...>());
  }
};
/// The handler of `d = f(a, b, ...)`.
template <auto f> constexpr Handler each = &Each<f>::run;

/// The handler of an instruction whose result is a predicate.
template <auto f> struct Test;
template <class... A, bool (*f)(A...)> struct Test<f> {
  template <size_t... index>
  [[gnu::always_inline]] static LaneMask loop(Warp &warp, const Op &op, unsigned first,
                                              std::index_sequence<index...>) {
    auto sources = std::make_tuple(operand<A>(warp, op, first + index)...);
    uint32_t mask = 0;
#pragma clang loop vectorize(enable) unroll(disable)
    for (unsigned lane = 0; lane < warpSize; ++lane) [[clang::always_inline]]
      mask |= uint32_t(f(fromRaw<A>(std::get<index>(sources)[lane])...)) << lane;
    return mask;
  }
  /// The lanes for which f holds of operands `first`, `first + 1`, ...
  [[gnu::always_inline]] static LaneMask mask(Warp &warp, const Op &op, unsigned first) {
    return loop(warp, op, first, std::index_sequence_for<A...>());
  }
};

[[gnu::always_inline]] inline void setPredicate(Warp &warp, uint32_t predicate, LaneMask active,
                                                LaneMask value) {
  if (predicate != noPredicate)
    warp.predicates[predicate] = (warp.predicates[predicate] & ~active) | (value & active);
}

/// How a source predicate is written: `%p`, `!%p` or an immediate. Selectors keep it in Op::extra.
enum class PredicateUse : uint8_t { Plain, Negated, False, True };

inline PredicateUse predicateUse(const ptx::Operand &operand) {
  if (operand.kind == ptx::Operand::Kind::Immediate)
    return operand.bits ? PredicateUse::True : PredicateUse::False;
  if (operand.kind == ptx::Operand::Kind::Special) // %is_explicit_cluster: there are no clusters
    return operand.negated ? PredicateUse::True : PredicateUse::False;
  return operand.negated ? PredicateUse::Negated : PredicateUse::Plain;
}

[[gnu::always_inline]] inline LaneMask readPredicate(Warp &warp, uint32_t predicate,
                                                     PredicateUse use) {
  switch (use) {
  case PredicateUse::Plain:
    return warp.predicates[predicate];
  case PredicateUse::Negated:
    return ~warp.predicates[predicate];
  case PredicateUse::False:
    return 0;
  case PredicateUse::True:
    break;
  }
  return allLanes;
}

/// The value of `make.operator()<T>()` for the integer type named by `type`; a null handler for
/// others. B types count as unsigned.
template <class F> Handler forInteger(ptx::Type type, F make) {
  switch (type) {
  case ptx::Type::B16:
  case ptx::Type::U16:
    return make.template operator()<uint16_t>();
  case ptx::Type::S16:
    return make.template operator()<int16_t>();
  case ptx::Type::B32:
  case ptx::Type::U32:
    return make.template operator()<uint32_t>();
  case ptx::Type::S32:
    return make.template operator()<int32_t>();
  case ptx::Type::B64:
  case ptx::Type::U64:
    return make.template operator()<uint64_t>();
  case ptx::Type::S64:
    return make.template operator()<int64_t>();
  default:
    return nullptr;
  }
}

/// The same for instructions that do not care about signs.
template <class F> Handler forUnsigned(ptx::Type type, F make) {
  switch (ptx::bitWidth(type)) {
  case 16:
    return make.template operator()<uint16_t>();
  case 32:
    return make.template operator()<uint32_t>();
  case 64:
    return make.template operator()<uint64_t>();
  default:
    return nullptr;
  }
}

} // namespace sim::DPC_SIMD_NAMESPACE
#endif
