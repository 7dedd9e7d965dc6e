//===- LoadStore.cpp - ld, ldu and st ---------------------------------------------------------===//
//
// The usual access is legal in all lanes and within one allocation or shared memory: then addresses
// become 32-bit offsets, and consecutive or equal ones one vector move. Everything else goes
// through resolve(), lane by lane.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Access.h"
#include "simulator/Machine/Families.h"
#include "simulator/Machine/FastAccess.h"

#include <bit>
#include <cstring>

using namespace sim;
using namespace sim::DPC_SIMD_NAMESPACE;

namespace {

template <class T> [[gnu::always_inline]] inline T fetch(const std::byte *at) {
  T value;
  std::memcpy(&value, at, sizeof(value));
  return value;
}

/// A value of the size of T, with or without sign, in its 32- or 64-bit lane.
template <class T> using LaneOf = std::conditional_t<sizeof(T) == 8, uint64_t, uint32_t>;
template <class T> [[gnu::always_inline]] inline LaneOf<T> widen(T value) {
  return static_cast<LaneOf<T>>(value); // of a signed T: with its sign
}

template <class T>
[[gnu::always_inline]] inline void put(Warp &warp, uint32_t slot, LaneMask active,
                                       const LaneOf<T> *values) {
  auto *to = reinterpret_cast<LaneOf<T> *>(warp.slots + size_t(slot) * slotBytes);
  if (active == allLanes) {
    std::memcpy(to, values, sizeof(LaneOf<T>) * warpSize);
    return;
  }
  for (LaneMask left = active; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    to[lane] = values[lane];
  }
}

/// Loads N values of type T into registers of at most 32 bits, or of 64 for 64-bit types.
template <class T, unsigned N, Region R> void load(Warp &warp, const Op &op, LaneMask active) {
  constexpr unsigned bytes = sizeof(T) * N;
  if (MemoryOperands::isStrong(op.extra))
    ++warp.polls;
  FastAccess access;
  if (access.find<R, bytes, false>(warp, op, op.operands[N], active)) [[likely]] {
    alignas(64) LaneOf<T> values[warpSize];
    if constexpr (N == 1) {
      if (access.consecutive) {
        if constexpr (sizeof(T) == sizeof(LaneOf<T>)) {
          std::memcpy(warp.slots + size_t(op.operands[0]) * slotBytes,
                      access.base + access.offset[0], sizeof(values));
          return;
        }
        const std::byte *from = access.base + access.offset[0];
        for (unsigned lane = 0; lane < warpSize; ++lane)
          values[lane] = widen(fetch<T>(from + lane * sizeof(T)));
      } else if (access.equal) {
        LaneOf<T> value = widen(fetch<T>(access.base + access.offset[0]));
        for (unsigned lane = 0; lane < warpSize; ++lane)
          values[lane] = value;
      } else if (access.groupsEqual) {
        for (unsigned group = 0; group < warpSize; group += FastAccess::groupLanes) {
          LaneOf<T> value = widen(fetch<T>(access.base + access.offset[group]));
          for (unsigned lane = group; lane < group + FastAccess::groupLanes; ++lane)
            values[lane] = value;
        }
      } else if (access.groupsConsecutive && sizeof(T) == sizeof(LaneOf<T>)) {
        constexpr unsigned lanes = FastAccess::groupLanes;
        for (unsigned group = 0; group < warpSize; group += lanes)
          std::memcpy(values + group, access.base + access.offset[group], lanes * sizeof(T));
      } else {
        for (unsigned lane = 0; lane < warpSize; ++lane)
          values[lane] = widen(fetch<T>(access.base + access.offset[lane]));
      }
      put<T>(warp, op.operands[0], active, values);
    } else {
      for (unsigned element = 0; element < N; ++element) {
        if (op.operands[element] == noPredicate)
          continue;
        const std::byte *from = access.base + element * sizeof(T);
        for (unsigned lane = 0; lane < warpSize; ++lane)
          values[lane] = widen(fetch<T>(from + access.offset[lane]));
        put<T>(warp, op.operands[element], active, values);
      }
    }
    return;
  }
  loadSlowly(warp, op, active, N, sizeof(T), std::is_signed_v<T>);
}

template <class T, unsigned N, Region R> void store(Warp &warp, const Op &op, LaneMask active) {
  constexpr unsigned bytes = sizeof(T) * N;
  FastAccess access;
  if (access.find<R, bytes, true>(warp, op, op.operands[0], active)) [[likely]] {
    for (unsigned element = 0; element < N; ++element) {
      auto *values = reinterpret_cast<const LaneOf<T> *>(
          warp.slots + size_t(op.operands[1 + element]) * slotBytes);
      std::byte *to = access.base + element * sizeof(T);
      if (N == 1 && access.consecutive && sizeof(T) == sizeof(LaneOf<T>)) {
        std::memcpy(to + access.offset[0], values, sizeof(T) * warpSize);
      } else if (N == 1 && access.groupsConsecutive && active == allLanes &&
                 sizeof(T) == sizeof(LaneOf<T>)) {
        constexpr unsigned lanes = FastAccess::groupLanes;
        for (unsigned group = 0; group < warpSize; group += lanes)
          std::memcpy(to + access.offset[group], values + group, lanes * sizeof(T));
      } else if (active == allLanes) {
        for (unsigned lane = 0; lane < warpSize; ++lane) {
          T value = static_cast<T>(values[lane]);
          std::memcpy(to + access.offset[lane], &value, sizeof(value));
        }
      } else {
        for (LaneMask left = active; left; left &= left - 1) {
          unsigned lane = std::countr_zero(left);
          T value = static_cast<T>(values[lane]);
          std::memcpy(to + access.offset[lane], &value, sizeof(value));
        }
      }
    }
    return;
  }
  storeSlowly(warp, op, active, N, sizeof(T));
}

template <class T, Region R> Handler loadOf(unsigned count) {
  return count == 1 ? load<T, 1, R> : count == 2 ? load<T, 2, R> : load<T, 4, R>;
}
template <class T, Region R> Handler storeOf(unsigned count) {
  return count == 1 ? store<T, 1, R> : count == 2 ? store<T, 2, R> : store<T, 4, R>;
}

template <Region R> Handler loadIn(unsigned bytes, bool isSigned, unsigned count) {
  switch (bytes) {
  case 1:
    return isSigned ? loadOf<int8_t, R>(count) : loadOf<uint8_t, R>(count);
  case 2:
    return isSigned ? loadOf<int16_t, R>(count) : loadOf<uint16_t, R>(count);
  case 4:
    return loadOf<uint32_t, R>(count);
  default:
    return loadOf<uint64_t, R>(count);
  }
}

template <Region R> Handler storeIn(unsigned bytes, unsigned count) {
  switch (bytes) {
  case 1:
    return storeOf<uint8_t, R>(count);
  case 2:
    return storeOf<uint16_t, R>(count);
  case 4:
    return storeOf<uint32_t, R>(count);
  default:
    return storeOf<uint64_t, R>(count);
  }
}

} // namespace

Selected DPC_SIMD_NAMESPACE::selectMemory(const ptx::Instruction &instruction,
                                          const ptx::Function &function) {
  bool isStore = instruction.opcode == ptx::Opcode::St;
  if (!isStore && instruction.opcode != ptx::Opcode::Ld && instruction.opcode != ptx::Opcode::Ldu)
    return selectMemoryRest(instruction, function);
  const ptx::Operand &address = instruction.operands[isStore ? 0 : 1];
  const ptx::Operand &value = instruction.operands[isStore ? 1 : 0];
  MemoryOperands operands = memoryOperandsOf(instruction, function, address);
  unsigned bytes = ptx::bitWidth(instruction.type()) / 8;
  unsigned count =
      value.kind == ptx::Operand::Kind::Vector ? static_cast<unsigned>(value.elements.size()) : 1;
  unsigned registerBytes = registerBytesOf(value, function, bytes);
  if (bytes == 16) { // two of 64 bits
    bytes = registerBytes = 8;
    count = 2;
  }
  bool isSigned = !isStore && ptx::isSigned(instruction.type());
  // Sign extension into 16 bits, or registers of 64 for less.
  bool odd = bytes < 8 &&
             (registerBytes == 8 || (isSigned && bytes < registerBytes && registerBytes < 4) ||
              (isSigned && bytes == 2 && registerBytes == 2));
  operands.uses = registerBytes;
  Selected selected{nullptr, static_cast<uint64_t>(address.elements[0].offset), operands.pack()};
  switch (operands.space) {
  case ptx::Space::Shared:
    selected.run = isStore ? storeIn<Region::Shared>(bytes, count)
                           : loadIn<Region::Shared>(bytes, isSigned, count);
    break;
  case ptx::Space::Local:
  case ptx::Space::Param:
    odd = true;
    break;
  default:
    selected.run = isStore ? storeIn<Region::Global>(bytes, count)
                           : loadIn<Region::Global>(bytes, isSigned, count);
  }
  if (odd)
    selected.run = isStore ? slowStore(bytes, count) : slowLoad(bytes, isSigned, count);
  if (bytes == 0 || count == 3 || count > 4)
    selected.run = nullptr;
  return selected;
}
