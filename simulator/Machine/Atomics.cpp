//===- Atomics.cpp - atom and red -------------------------------------------------------------===//
//
// Lanes take their turn one after the other. Programs with atomics that other blocks can see run on
// one core (Program::communicates), so plain loads and stores of the host will do.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/HalfOps.h"
#include "simulator/Machine/Machine.h"
#include "simulator/Machine/MemoryRest.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <cstring>

using namespace sim;
using namespace sim::DPC_SIMD_NAMESPACE;
using ptx::Opcode;
using ptx::Type;

namespace {

template <class T> struct Exchange {
  static T apply(T, T b, T) { return b; }
};
template <class T> struct CompareAndSwap {
  static T apply(T old, T b, T c) { return old == b ? c : old; }
};
template <class T> struct And {
  static T apply(T old, T b, T) { return old & b; }
};
template <class T> struct Or {
  static T apply(T old, T b, T) { return old | b; }
};
template <class T> struct Xor {
  static T apply(T old, T b, T) { return old ^ b; }
};
template <class T> struct Add {
  static T apply(T old, T b, T) { return static_cast<T>(old + b); }
};
template <class T> struct Min {
  static T apply(T old, T b, T) { return std::min(old, b); }
};
template <class T> struct Max {
  static T apply(T old, T b, T) { return std::max(old, b); }
};
/// inc wraps to 0 behind b, dec to b (PTX ISA 9.7.13.4).
struct Increment {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t) { return old >= b ? 0 : old + 1; }
};
struct Decrement {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t) {
    return old == 0 || old > b ? b : old - 1;
  }
};
struct AddDouble {
  static uint64_t apply(uint64_t old, uint64_t b, uint64_t) {
    double sum = std::bit_cast<double>(old) + std::bit_cast<double>(b);
    constexpr uint64_t nan = 0x7fffffffffffffff;
    return std::isnan(sum) ? nan : std::bit_cast<uint64_t>(sum);
  }
};
/// Global memory flushes subnormal numbers to zero, shared memory does not, whatever kind of
/// address led there (PTX ISA 9.7.13.4).
struct AddFloat {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t, bool isShared) {
    auto flush = [&](float x) {
      return !isShared && std::fpclassify(x) == FP_SUBNORMAL ? std::copysign(0.0f, x) : x;
    };
    float sum = flush(flush(std::bit_cast<float>(old)) + flush(std::bit_cast<float>(b)));
    return std::isnan(sum) ? 0x7fffffff : std::bit_cast<uint32_t>(sum);
  }
};
template <class H> struct AddHalf {
  static uint16_t apply(uint16_t old, uint16_t b, uint16_t) {
    return halfAdd<H, After::Nothing>(H{old}, H{b}).bits;
  }
};
template <class H> struct AddHalves {
  static uint32_t apply(uint32_t old, uint32_t b, uint32_t) {
    auto half = [&](unsigned shift) -> uint32_t {
      return AddHalf<H>::apply(static_cast<uint16_t>(old >> shift),
                               static_cast<uint16_t>(b >> shift), 0);
    };
    return half(0) | half(16) << 16;
  }
};

} // namespace

/// Fills Warp::access for `bytes` bytes at the address in `slot`. Returns the legal lanes.
static LaneMask access(Warp &warp, const Op &op, LaneMask active, const MemoryOperands &operands,
                       uint32_t slot, unsigned bytes) {
  uint64_t addresses[warpSize];
  addressesOf(warp, slot, operands.wideBase, op.immediate, addresses);
  LaneMask legal =
      resolve(warp, op, active, addresses, operands.space, bytes, bytes, Access::Kind::Atomic);
  warp.access.order = operands.order;
  warp.access.scope = operands.scope;
  ++warp.polls;
  return legal;
}

/// Atomics of a warp happen one after the other; with a seed, not always beginning with lane 0.
template <class Callback>
static void forEachLaneInTurn(Warp &warp, LaneMask active, Callback callback) {
  unsigned first =
      warp.block->launch->options.seed ? nextRandom(warp.control->random) % warpSize : 0;
  for (unsigned i = 0; i < warpSize; ++i)
    if (unsigned lane = (first + i) % warpSize; active >> lane & 1)
      callback(lane);
}

template <class T, class Operation> static void atomic(Warp &warp, const Op &op, LaneMask active) {
  using Lane = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
  MemoryOperands operands = MemoryOperands::unpack(op.extra);
  bool returns = operands.uses & 1;
  const uint32_t *operand = op.operands + (returns ? 1 : 0);
  LaneMask legal = access(warp, op, active, operands, operand[0], sizeof(T));
  auto *b = reinterpret_cast<const Lane *>(warp.slots + size_t(operand[1]) * slotBytes);
  auto *c = operands.uses & 2
                ? reinterpret_cast<const Lane *>(warp.slots + size_t(operand[2]) * slotBytes)
                : b;
  auto *d = returns && op.operands[0] != noPredicate
                ? reinterpret_cast<Lane *>(warp.slots + size_t(op.operands[0]) * slotBytes)
                : nullptr;
  forEachLaneInTurn(warp, active, [&](unsigned lane) {
    T old = 0;
    if (legal >> lane & 1) {
      std::memcpy(&old, warp.access.host[lane], sizeof(old));
      T value;
      if constexpr (std::is_same_v<Operation, AddFloat>)
        value = Operation::apply(old, b[lane], c[lane], warp.access.shared >> lane & 1);
      else
        value = Operation::apply(old, static_cast<T>(b[lane]), static_cast<T>(c[lane]));
      std::memcpy(warp.access.host[lane], &value, sizeof(value));
    }
    if (d)
      d[lane] = static_cast<std::make_unsigned_t<T>>(old);
  });
}

/// exch and cas of 128 bits; every operand is two of 64.
static void atomicPair(Warp &warp, const Op &op, LaneMask active) {
  MemoryOperands operands = MemoryOperands::unpack(op.extra);
  constexpr unsigned bytes = 16;
  using Pair = std::array<uint64_t, 2>;
  LaneMask legal = access(warp, op, active, operands, op.operands[2], bytes);
  auto value = [&](unsigned first, unsigned lane) {
    return Pair{lanes<uint64_t>(warp, op.operands[first])[lane],
                lanes<uint64_t>(warp, op.operands[first + 1])[lane]};
  };
  forEachLaneInTurn(warp, active, [&](unsigned lane) {
    Pair old{};
    if (legal >> lane & 1) {
      std::memcpy(&old, warp.access.host[lane], bytes);
      bool swaps = operands.uses & 2;
      Pair fresh = !swaps ? value(3, lane) : old == value(3, lane) ? value(5, lane) : old;
      std::memcpy(warp.access.host[lane], &fresh, bytes);
    }
    for (unsigned half = 0; half < 2 && op.operands[half] != noPredicate; ++half)
      lanes<uint64_t>(warp, op.operands[half])[lane] = old[half];
  });
}

template <template <class> class Operation> static Handler bitwise(Type type) {
  return ptx::bitWidth(type) == 64   ? atomic<uint64_t, Operation<uint64_t>>
         : ptx::bitWidth(type) == 16 ? atomic<uint16_t, Operation<uint16_t>>
                                     : atomic<uint32_t, Operation<uint32_t>>;
}

template <template <class> class Operation> static Handler arithmetic(Type type) {
  switch (type) {
  case Type::S32:
    return atomic<int32_t, Operation<int32_t>>;
  case Type::S64:
    return atomic<int64_t, Operation<int64_t>>;
  case Type::U32:
    return atomic<uint32_t, Operation<uint32_t>>;
  case Type::U64:
    return atomic<uint64_t, Operation<uint64_t>>;
  default:
    return nullptr;
  }
}

static Handler addition(Type type) {
  switch (type) {
  case Type::F32:
    return atomic<uint32_t, AddFloat>;
  case Type::F64:
    return atomic<uint64_t, AddDouble>;
  case Type::F16:
    return atomic<uint16_t, AddHalf<Half>>;
  case Type::BF16:
    return atomic<uint16_t, AddHalf<BFloat>>;
  case Type::F16x2:
    return atomic<uint32_t, AddHalves<Half>>;
  case Type::BF16x2:
    return atomic<uint32_t, AddHalves<BFloat>>;
  case Type::U64:
  case Type::S64:
    return atomic<uint64_t, Add<uint64_t>>;
  default:
    return atomic<uint32_t, Add<uint32_t>>;
  }
}

Selected sim::selectAtomic(const ptx::Instruction &instruction, const ptx::Function &function) {
  bool returns = instruction.opcode == Opcode::Atom;
  const ptx::Operand &address = instruction.operands[returns ? 1 : 0];
  MemoryOperands operands = memoryOperandsOf(instruction, function, address);
  bool swaps = instruction.has("cas");
  operands.uses = uint32_t(returns) | uint32_t(swaps) << 1;
  Type type = instruction.type();
  Selected selected{nullptr, static_cast<uint64_t>(address.elements[0].offset), operands.pack()};
  if (type == Type::B128)
    selected.run = atomicPair;
  else if (swaps)
    selected.run = bitwise<CompareAndSwap>(type);
  else if (instruction.has("exch"))
    selected.run = bitwise<Exchange>(type);
  else if (instruction.has("and"))
    selected.run = bitwise<And>(type);
  else if (instruction.has("or"))
    selected.run = bitwise<Or>(type);
  else if (instruction.has("xor"))
    selected.run = bitwise<Xor>(type);
  else if (instruction.has("inc"))
    selected.run = atomic<uint32_t, Increment>;
  else if (instruction.has("dec"))
    selected.run = atomic<uint32_t, Decrement>;
  else if (instruction.has("min"))
    selected.run = arithmetic<Min>(type);
  else if (instruction.has("max"))
    selected.run = arithmetic<Max>(type);
  else if (instruction.has("add"))
    selected.run = addition(type);
  return selected;
}
