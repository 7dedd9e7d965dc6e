//===- MemoryRest.cpp - loads and stores of any kind; addresses -------------------------------===//
#include "simulator/Machine/MemoryRest.h"
#include "simulator/Machine/Access.h"
#include "simulator/Machine/Handlers.h"
#include "simulator/Machine/Machine.h"

#include <bit>
#include <cstring>

using namespace sim;
using ptx::Opcode;
using Kind = ptx::Operand::Kind;

MemoryOperands sim::memoryOperandsOf(const ptx::Instruction &instruction,
                                     const ptx::Function &function, const ptx::Operand &address) {
  MemoryOperands operands;
  operands.space = spaceOf(instruction);
  operands.order = instruction.has("volatile")  ? Access::Order::Volatile
                   : instruction.has("acq_rel") ? Access::Order::AcquireRelease
                   : instruction.has("acquire") ? Access::Order::Acquire
                   : instruction.has("release") ? Access::Order::Release
                   : instruction.has("relaxed") || instruction.opcode == Opcode::Atom ||
                           instruction.opcode == Opcode::Red
                       ? Access::Order::Relaxed
                       : Access::Order::Weak;
  // Atomics without a scope have that of the device (PTX ISA 9.7.13.4).
  bool isAtomic = instruction.opcode == Opcode::Atom || instruction.opcode == Opcode::Red;
  operands.scope = scopeOf(instruction, isAtomic ? Access::Scope::Device : Access::Scope::System);
  operands.wideBase = addressIsWide(address, function);
  return operands;
}

bool sim::addressIsWide(const ptx::Operand &address, const ptx::Function &function) {
  const ptx::Operand &base = address.elements[0];
  return base.kind != Kind::Register || ptx::bitWidth(function.registers[base.reg].type) == 64;
}

unsigned sim::registerBytesOf(const ptx::Operand &value, const ptx::Function &function,
                              unsigned bytes) {
  unsigned result = 0;
  auto consider = [&](const ptx::Operand &operand) {
    if (operand.kind == Kind::Register)
      result = std::max(result, ptx::bitWidth(function.registers[operand.reg].type) / 8);
  };
  consider(value);
  for (const ptx::Operand &element : value.elements)
    consider(element);
  return result ? result : bytes;
}

static void setOrder(Warp &warp, const Op &op) {
  MemoryOperands operands = MemoryOperands::unpack(op.extra);
  warp.access.order = operands.order;
  warp.access.scope = operands.scope;
}

/// The value of a lane, in a register of 64 bits or of at most 32.
static void putLane(Warp &warp, uint32_t slot, unsigned lane, unsigned registerBytes,
                    uint64_t value) {
  if (registerBytes < 8)
    value &= registerBytes < 4 ? (1u << 8 * registerBytes) - 1 : 0xffffffffull;
  if (registerBytes == 8)
    lanes<uint64_t>(warp, slot)[lane] = value;
  else
    lanes<uint32_t>(warp, slot)[lane] = static_cast<uint32_t>(value);
}

static uint64_t signExtended(uint64_t value, unsigned bytes) {
  unsigned shift = 64 - 8 * bytes;
  return static_cast<uint64_t>(static_cast<int64_t>(value << shift) >> shift);
}

void sim::loadSlowly(Warp &warp, const Op &op, LaneMask active, unsigned count, unsigned bytes,
                     bool isSigned) {
  MemoryOperands operands = MemoryOperands::unpack(op.extra);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[count], operands.wideBase, op.immediate, addresses);
  LaneMask legal = resolve(warp, op, active, addresses, operands.space, count * bytes,
                           count * bytes, Access::Kind::Read);
  setOrder(warp, op);
  for (unsigned element = 0; element < count; ++element) {
    uint32_t slot = op.operands[element];
    if (slot == noPredicate)
      continue;
    for (LaneMask left = active; left; left &= left - 1) {
      unsigned lane = std::countr_zero(left);
      uint64_t value = 0;
      if (legal >> lane & 1)
        std::memcpy(&value, warp.access.host[lane] + element * bytes, bytes);
      if (isSigned)
        value = signExtended(value, bytes);
      putLane(warp, slot, lane, operands.uses, value);
    }
  }
}

void sim::storeSlowly(Warp &warp, const Op &op, LaneMask active, unsigned count, unsigned bytes) {
  MemoryOperands operands = MemoryOperands::unpack(op.extra);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[0], operands.wideBase, op.immediate, addresses);
  LaneMask legal = resolve(warp, op, active, addresses, operands.space, count * bytes,
                           count * bytes, Access::Kind::Write);
  setOrder(warp, op);
  for (LaneMask left = legal; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    for (unsigned element = 0; element < count; ++element) {
      uint32_t slot = op.operands[1 + element];
      uint64_t value = operands.uses == 8 ? lanes<uint64_t>(warp, slot)[lane]
                                          : lanes<uint32_t>(warp, slot)[lane];
      std::memcpy(warp.access.host[lane] + element * bytes, &value, bytes);
    }
  }
}

template <unsigned bytes, bool isSigned, unsigned count>
static void loadAny(Warp &warp, const Op &op, LaneMask active) {
  if (MemoryOperands::isStrong(op.extra))
    ++warp.polls;
  loadSlowly(warp, op, active, count, bytes, isSigned);
}
template <unsigned bytes, unsigned count>
static void storeAny(Warp &warp, const Op &op, LaneMask active) {
  storeSlowly(warp, op, active, count, bytes);
}

template <unsigned bytes, bool isSigned> static Handler loadAnyOf(unsigned count) {
  return count == 1   ? loadAny<bytes, isSigned, 1>
         : count == 2 ? loadAny<bytes, isSigned, 2>
                      : loadAny<bytes, isSigned, 4>;
}
template <unsigned bytes> static Handler storeAnyOf(unsigned count) {
  return count == 1 ? storeAny<bytes, 1> : count == 2 ? storeAny<bytes, 2> : storeAny<bytes, 4>;
}

Handler sim::slowLoad(unsigned bytes, bool isSigned, unsigned count) {
  switch (bytes) {
  case 1:
    return isSigned ? loadAnyOf<1, true>(count) : loadAnyOf<1, false>(count);
  case 2:
    return isSigned ? loadAnyOf<2, true>(count) : loadAnyOf<2, false>(count);
  case 4:
    return isSigned ? loadAnyOf<4, true>(count) : loadAnyOf<4, false>(count);
  default:
    return loadAnyOf<8, false>(count);
  }
}

Handler sim::slowStore(unsigned bytes, unsigned count) {
  switch (bytes) {
  case 1:
    return storeAnyOf<1>(count);
  case 2:
    return storeAnyOf<2>(count);
  case 4:
    return storeAnyOf<4>(count);
  default:
    return storeAnyOf<8>(count);
  }
}

/// Start of a space in the generic address space; 0 for global and constant memory.
static uint64_t windowOf(ptx::Space space) {
  switch (space) {
  case ptx::Space::Shared:
    return sharedWindow;
  case ptx::Space::Local:
    return localWindow;
  default:
    return 0; // parameters already have generic addresses
  }
}

/// Adds Op::immediate to a 64-bit address. A generic address of the space stays one of the space.
static void convertAddress(Warp &warp, const Op &op, LaneMask active) {
  for (LaneMask left = active; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    lanes<uint64_t>(warp, op.operands[0])[lane] =
        lanes<uint64_t>(warp, op.operands[1])[lane] + op.immediate;
  }
}

static bool isIn(uint64_t address, uint64_t window) {
  return address >= window && address - window < windowBytes;
}

static void isSpace(Warp &warp, const Op &op, LaneMask active) {
  auto space = static_cast<ptx::Space>(op.extra & 15);
  bool wide = op.extra >> 4 & 1;
  LaneMask result = 0;
  for (LaneMask left = active; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    uint64_t address = wide ? lanes<uint64_t>(warp, op.operands[1])[lane]
                            : lanes<uint32_t>(warp, op.operands[1])[lane];
    bool inShared = isIn(address, sharedWindow), inLocal = isIn(address, localWindow),
         inParameters = isIn(address, parameterWindow);
    bool holds = false;
    switch (space) {
    case ptx::Space::Shared:
      holds = inShared;
      break;
    case ptx::Space::Local:
      holds = inLocal;
      break;
    case ptx::Space::Param:
      holds = inParameters;
      break;
    default: {
      const Allocation *allocation = warp.block->launch->memory.find(address);
      bool constant =
          allocation && allocation->isConstant && address - allocation->base < allocation->bytes;
      // The window of global memory includes the parameters of kernels (PTX ISA, isspacep).
      holds = space == ptx::Space::Constant ? constant : !inShared && !inLocal && !constant;
    }
    }
    result |= holds ? 1u << lane : 0;
  }
  if (op.operands[0] != noPredicate) {
    LaneMask &predicate = warp.predicates[op.operands[0]];
    predicate = (predicate & ~active) | result;
  }
}

/// Addresses in the shared memory of another block of the cluster differ from here on; there are
/// none, so they belong to nothing.
static unsigned rankShift(const ptx::Instruction &instruction) {
  return ptx::bitWidth(instruction.type()) == 64 ? 32 : 24;
}

/// Op::extra is the shift.
template <class T> static void mapAddress(Warp &warp, const Op &op, LaneMask active) {
  forEachLane(active, [&](unsigned lane) {
    T rank = lanes<uint32_t>(warp, op.operands[2])[lane];
    lanes<T>(warp, op.operands[0])[lane] =
        lanes<T>(warp, op.operands[1])[lane] + (rank << op.extra);
  });
}
/// Op::immediate: where the window of the addresses starts.
template <class T> static void rankOfAddress(Warp &warp, const Op &op, LaneMask active) {
  forEachLane(active, [&](unsigned lane) {
    lanes<uint32_t>(warp, op.operands[0])[lane] = static_cast<uint8_t>(
        (lanes<T>(warp, op.operands[1])[lane] - static_cast<T>(op.immediate)) >> op.extra);
  });
}

/// Policies are opaque, and caches do nothing here.
static void createPolicy(Warp &warp, const Op &op, LaneMask active) {
  forEachLane(active, [&](unsigned lane) { lanes<uint64_t>(warp, op.operands[0])[lane] = 0; });
}

Selected sim::selectMemoryRest(const ptx::Instruction &instruction, const ptx::Function &function) {
  switch (instruction.opcode) {
  case Opcode::Prefetch:
  case Opcode::Prefetchu: // of any address: nothing happens
    return {[](Warp &, const Op &, LaneMask) {}, 0, 0};
  case Opcode::Cvta: {
    uint64_t window = windowOf(spaceOf(instruction));
    return {convertAddress, instruction.has("to") ? 0 - window : window, 0};
  }
  case Opcode::Isspacep: {
    const ptx::Operand &address = instruction.operands[1];
    bool wide =
        address.kind != Kind::Register || ptx::bitWidth(function.registers[address.reg].type) == 64;
    return {isSpace, 0, uint32_t(spaceOf(instruction)) | uint32_t(wide) << 4};
  }
  case Opcode::Alloca:
  case Opcode::Stacksave:
  case Opcode::Stackrestore:
    return selectStack(instruction);
  case Opcode::Mapa:
    return {instruction.type() == ptx::Type::U64 ? mapAddress<uint64_t> : mapAddress<uint32_t>, 0,
            rankShift(instruction)};
  case Opcode::Getctarank:
    return {instruction.type() == ptx::Type::U64 ? rankOfAddress<uint64_t>
                                                 : rankOfAddress<uint32_t>,
            spaceOf(instruction) == ptx::Space::Generic ? sharedWindow : 0, rankShift(instruction)};
  case Opcode::Createpolicy:
    return {createPolicy, 0, 0};
  case Opcode::Atom:
  case Opcode::Red:
    return selectAtomic(instruction, function);
  case Opcode::Cp:
    return selectAsyncCopy(instruction, function);
  default:
    return {};
  }
}
