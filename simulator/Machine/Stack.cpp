//===- Stack.cpp - alloca, stacksave and stackrestore -----------------------------------------===//
//
// What a lane allocates lies behind the local memory of its frame; a frame that is called begins
// behind what all lanes have allocated.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Machine.h"
#include "simulator/Machine/MemoryRest.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace sim;
using ptx::Opcode;

/// Op::immediate: the alignment.
template <class T> static void allocate(Warp &warp, const Op &op, LaneMask active) {
  Frame &frame = *warp.control->active;
  LocalMemory &local = warp.control->local;
  bool checks = warp.block->checker != nullptr;
  LaneMask failed = 0;
  forEachLane(active, [&](unsigned number) {
    uint64_t end = frame.localEnd(number), bytes = lanes<T>(warp, op.operands[1])[number];
    uint64_t at = (end + op.immediate - 1) / op.immediate * op.immediate;
    if (bytes > mostLocalBytes || at + bytes > mostLocalBytes) {
      failed |= 1u << number;
      bytes = 0;
    }
    local.reserve(at + bytes, checks);
    std::memset(local.at(number, at), 0, bytes);
    if (checks)
      std::memset(local.poison.data() + number * local.capacity + at, 0xff, bytes);
    frame.allocated[number] += at + bytes - end;
    lanes<T>(warp, op.operands[0])[number] = static_cast<T>(at);
  });
  if (failed)
    report(warp, op, failed, Fault::Limits,
           fmt::format("alloca of more than is left of the thread's {} bytes of local memory",
                       mostLocalBytes));
}

template <class T> static void save(Warp &warp, const Op &op, LaneMask active) {
  const Frame &frame = *warp.control->active;
  forEachLane(active, [&](unsigned number) {
    lanes<T>(warp, op.operands[0])[number] = static_cast<T>(frame.localEnd(number));
  });
}

template <class T> static void restore(Warp &warp, const Op &op, LaneMask active) {
  Frame &frame = *warp.control->active;
  uint64_t base = frame.localBase + frame.code->localBytes;
  LaneMask wrong = 0;
  forEachLane(active, [&](unsigned number) {
    uint64_t end = lanes<T>(warp, op.operands[0])[number];
    if (end < base || end > frame.localEnd(number))
      wrong |= 1u << number;
    else
      frame.allocated[number] = end - base;
  });
  if (wrong)
    report(warp, op, wrong, Fault::Bounds,
           "stackrestore of a value that is no place of this function's stack");
}

Selected sim::selectStack(const ptx::Instruction &instruction) {
  bool wide = instruction.type() == ptx::Type::U64;
  switch (instruction.opcode) {
  case Opcode::Alloca: {
    uint64_t alignment = instruction.operands.size() > 2 ? instruction.operands[2].bits : 8;
    return {wide ? allocate<uint64_t> : allocate<uint32_t>, alignment, 0};
  }
  case Opcode::Stacksave:
    return {wide ? save<uint64_t> : save<uint32_t>, 0, 0};
  default:
    return {wide ? restore<uint64_t> : restore<uint32_t>, 0, 0};
  }
}
