//===- AsyncCopy.cpp - cp.async and its groups ------------------------------------------------===//
//
// The bytes of a copy land at any time between the instruction and the wait that completes its
// group (PTX ISA 9.7.9.25.3). Here they land at the last moment or, by the seed, at once; a program
// that depends on either is wrong.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Machine.h"
#include "simulator/Machine/MemoryRest.h"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace sim;
using ptx::Opcode;
using Kind = ptx::Operand::Kind;

namespace {

/// Op::immediate: both offsets, of 32 bits. Op::extra: as below.
struct CopyUse {
  enum class Source : uint8_t { Whole, Size, Ignored, IgnoredUnless, Never };
  unsigned bytes = 16;
  bool wideTo = true, wideFrom = true;
  Source source = Source::Whole;

  uint32_t pack() const {
    return bytes | uint32_t(wideTo) << 8 | uint32_t(wideFrom) << 9 | uint32_t(source) << 10;
  }
  static CopyUse unpack(uint32_t bits) {
    return {bits & 255, bool(bits >> 8 & 1), bool(bits >> 9 & 1), Source(bits >> 10 & 7)};
  }
};

} // namespace

static void landLane(Block &block, const AsyncCopy &copy, unsigned lane) {
  std::byte *to = block.shared.data() + copy.shared[lane];
  unsigned copied = copy.copied[lane];
  if (copied)
    std::memcpy(to, copy.from[lane], copied);
  std::memset(to + copied, 0, copy.bytes - copied);
  if (block.sharedPoison.empty())
    return;
  uint8_t *poison = block.sharedPoison.data() + copy.shared[lane];
  if (copied && copy.poison[lane])
    std::memcpy(poison, copy.poison[lane], copied);
  else
    std::memset(poison, 0, copied);
  std::memset(poison + copied, 0, copy.bytes - copied);
}

/// The copies of `lanes` that `isDue` are over.
template <class IsDue> static void complete(Warp &warp, LaneMask lanes, IsDue isDue) {
  Block &block = *warp.block;
  std::vector<AsyncCopy> &copies = warp.control->copies;
  for (AsyncCopy &copy : copies) {
    LaneMask over = 0;
    for (LaneMask left = copy.lanes & lanes; left; left &= left - 1) {
      unsigned lane = std::countr_zero(left);
      if (!isDue(copy, lane))
        continue;
      if (!copy.landed)
        landLane(block, copy, lane);
      over |= 1u << lane;
    }
    if (block.checker && over)
      block.checker->onAsyncComplete(warp, over, copy.shared, copy.bytes);
    copy.lanes &= ~over;
  }
  std::erase_if(copies, [](const AsyncCopy &copy) { return !copy.lanes; });
}

void sim::landAll(Warp &warp, LaneMask lanes) {
  complete(warp, lanes, [](const AsyncCopy &, unsigned) { return true; });
}

static void issue(Warp &warp, const Op &op, LaneMask active) {
  Block &block = *warp.block;
  Warp::Control &control = *warp.control;
  CopyUse use = CopyUse::unpack(op.extra);
  AsyncCopy copy;
  copy.bytes = static_cast<uint8_t>(use.bytes);
  uint64_t addresses[warpSize];
  addressesOf(warp, op.operands[0], use.wideTo, uint64_t(int64_t(int32_t(op.immediate >> 32))),
              addresses);
  LaneMask legal = resolve(warp, op, active, addresses, ptx::Space::Shared, use.bytes, use.bytes,
                           Access::Kind::Write);
  for (LaneMask left = legal; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    copy.shared[lane] = warp.access.address[lane];
    copy.group[lane] = control.committed[lane];
    copy.copied[lane] = copy.bytes;
    copy.from[lane] = nullptr;
    copy.poison[lane] = nullptr;
    uint32_t operand = op.operandCount > 3 ? op.operands[3] : noPredicate;
    switch (use.source) {
    case CopyUse::Source::Whole:
      break;
    case CopyUse::Source::Never:
      copy.copied[lane] = 0;
      break;
    case CopyUse::Source::Size:
      copy.copied[lane] = static_cast<uint8_t>(
          std::min<uint32_t>(sim::lanes<uint32_t>(warp, operand)[lane], copy.bytes));
      break;
    case CopyUse::Source::Ignored:
    case CopyUse::Source::IgnoredUnless: {
      bool holds = warp.predicates[operand] >> lane & 1;
      if (holds == (use.source == CopyUse::Source::Ignored))
        copy.copied[lane] = 0;
      break;
    }
    }
  }
  // Only bytes that are copied are read: the address of the others may be anything.
  addressesOf(warp, op.operands[1], use.wideFrom, uint64_t(int64_t(int32_t(op.immediate))),
              addresses);
  LaneMask reading = 0, whole = 0;
  for (LaneMask left = legal; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    reading |= copy.copied[lane] ? 1u << lane : 0;
    whole |= copy.copied[lane] == copy.bytes ? 1u << lane : 0;
  }
  copy.lanes = legal & ~reading;
  auto read = [&](LaneMask lanes, unsigned bytes) {
    LaneMask readable = resolve(warp, op, lanes, addresses, ptx::Space::Global, bytes, use.bytes,
                                Access::Kind::Read);
    for (LaneMask left = readable; left; left &= left - 1) {
      unsigned lane = std::countr_zero(left);
      copy.from[lane] = warp.access.host[lane];
      copy.poison[lane] = warp.access.poison[lane];
    }
    copy.lanes |= readable;
    if (block.checker && readable)
      block.checker->onAccess(warp, op);
  };
  for (LaneMask left = reading & ~whole; left; left &= left - 1)
    read(left & -left, copy.copied[std::countr_zero(left)]);
  read(whole, use.bytes);
  if (!copy.lanes)
    return;
  copy.landed = block.launch->options.seed && nextRandom(control.random) & 1;
  if (copy.landed)
    for (LaneMask left = copy.lanes; left; left &= left - 1)
      landLane(block, copy, std::countr_zero(left));
  if (block.checker)
    block.checker->onAsyncCopy(warp, op, copy.lanes, copy.shared, copy.bytes);
  control.copies.push_back(copy);
}

static void commit(Warp &warp, const Op &, LaneMask active) {
  for (LaneMask left = active; left; left &= left - 1)
    ++warp.control->committed[std::countr_zero(left)];
}

/// All but the last Op::immediate groups of each lane are complete.
static void waitGroup(Warp &warp, const Op &op, LaneMask active) {
  const uint32_t *committed = warp.control->committed;
  complete(warp, active, [&](const AsyncCopy &copy, unsigned lane) {
    return copy.group[lane] < committed[lane] && committed[lane] - copy.group[lane] > op.immediate;
  });
}

static void waitAll(Warp &warp, const Op &, LaneMask active) { landAll(warp, active); }

static bool fitsOffset(int64_t offset) { return offset == int32_t(offset); }

Selected sim::selectAsyncCopy(const ptx::Instruction &instruction, const ptx::Function &function) {
  if (instruction.has("commit_group"))
    return {commit, 0, 0};
  if (instruction.has("wait_all"))
    return {waitAll, 0, 0};
  if (instruction.has("wait_group"))
    return {waitGroup, instruction.operands[0].bits, 0};
  const ptx::Operand &to = instruction.operands[0], &from = instruction.operands[1];
  CopyUse use;
  use.bytes = static_cast<unsigned>(instruction.operands[2].bits);
  use.wideTo = addressIsWide(to, function);
  use.wideFrom = addressIsWide(from, function);
  bool hint = instruction.has("L2::cache_hint");
  if (instruction.operands.size() > (hint ? 4u : 3u)) {
    const ptx::Operand &source = instruction.operands[3];
    bool isPredicate =
        source.kind == Kind::Register && function.registers[source.reg].type == ptx::Type::Pred;
    use.source = !isPredicate     ? CopyUse::Source::Size
                 : source.negated ? CopyUse::Source::IgnoredUnless
                                  : CopyUse::Source::Ignored;
  }
  int64_t toOffset = to.elements[0].offset, fromOffset = from.elements[0].offset;
  if (!fitsOffset(toOffset) || !fitsOffset(fromOffset))
    return {};
  return {issue, uint64_t(toOffset) << 32 | uint32_t(fromOffset), use.pack()};
}
