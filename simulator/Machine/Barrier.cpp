//===- Barrier.cpp - bar and barrier of a block -----------------------------------------------===//
//
// Threads arrive one by one, as on devices of compute capability 7.0 and later (PTX ISA 9.7.13.1);
// a warp of which all living lanes have arrived counts as 32 threads.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Counters/Counters.h"
#include "simulator/Machine/ControlHandlers.h"
#include "simulator/Machine/Machine.h"

#include <bit>
#include <fmt/format.h>

using namespace sim;

static LaneMask alive(const Warp &warp) { return warp.existing & ~warp.exited; }

static bool isOpen(const NamedBarrier &barrier) { return !barrier.participants.empty(); }

static bool isComplete(const Block &block, const NamedBarrier &barrier) {
  uint32_t threads = 0, counted = 0;
  for (size_t w = 0; w < block.warps.size(); ++w) {
    LaneMask arrived = barrier.participants[w];
    auto lanes = static_cast<uint32_t>(std::popcount(arrived));
    threads += lanes;
    counted += arrived && arrived == alive(block.warps[w]) ? warpSize : lanes;
  }
  return barrier.expected ? counted >= barrier.expected : threads >= block.liveThreads;
}

static const Op &opOf(const Fragment &fragment) { return fragment.frame->code->ops[fragment.pc]; }

/// An aligned barrier has to be executed by all lanes of a warp together.
static void checkAlignment(Block &block, unsigned number) {
  const NamedBarrier &barrier = block.barriers[number];
  for (Warp &warp : block.warps) {
    LaneMask arrived = barrier.participants[warp.index];
    uint32_t at = noOp;
    const Frame *frame = nullptr;
    for (const Fragment &fragment : warp.control->fragments) {
      if (fragment.state != Fragment::State::AtBarrier || fragment.barrier != number ||
          !BarrierUse::unpack(opOf(fragment).extra).aligned)
        continue;
      bool elsewhere = frame && (frame != fragment.frame || at != fragment.pc);
      frame = fragment.frame;
      at = fragment.pc;
      if (!elsewhere && arrived == alive(warp))
        continue;
      useFrame(warp, *fragment.frame);
      report(warp, opOf(fragment), fragment.lanes, Fault::Barrier,
             elsewhere ? "lanes of one warp wait for the barrier at different instructions"
                       : fmt::format("only lanes {:#x} of the warp execute the barrier, lanes "
                                     "{:#x} do not",
                                     arrived, alive(warp) & ~arrived));
      break;
    }
  }
}

static void writeResult(Warp &warp, const Fragment &fragment, const NamedBarrier &barrier) {
  const Op &op = opOf(fragment);
  BarrierUse use = BarrierUse::unpack(op.extra);
  if (!use.reduces())
    return;
  useFrame(warp, *fragment.frame);
  uint32_t to = op.operands[0];
  if (use.kind == BarrierUse::Kind::Count) {
    for (LaneMask left = fragment.lanes; left; left &= left - 1)
      lanes<uint32_t>(warp, to)[std::countr_zero(left)] = barrier.count;
    if (warp.block->checker)
      warp.poison[to].any &= ~fragment.lanes;
    return;
  }
  bool holds = use.kind == BarrierUse::Kind::And ? barrier.all : barrier.any;
  LaneMask &predicate = warp.predicates[to];
  predicate = holds ? predicate | fragment.lanes : predicate & ~fragment.lanes;
  if (warp.block->checker)
    warp.predicatePoison[to] &= ~fragment.lanes;
}

static void completeBarrier(Block &block, unsigned number) {
  NamedBarrier barrier = std::move(block.barriers[number]);
  block.barriers[number].participants = barrier.participants;
  checkAlignment(block, number);
  block.barriers[number] = {};
  bool everyone = true;
  for (Warp &warp : block.warps) {
    everyone &= barrier.waiting[warp.index] == alive(warp) &&
                barrier.participants[warp.index] == alive(warp);
    bool woken = false;
    for (Fragment &fragment : warp.control->fragments)
      if (fragment.state == Fragment::State::AtBarrier && fragment.barrier == number) {
        writeResult(warp, fragment, barrier);
        fragment.state = Fragment::State::Ready;
        ++fragment.pc;
        woken = true;
      }
    if (woken) {
      warp.control->progressAt = warp.executed;
      warp.control->progressPolls = warp.polls;
      if (warp.control->fragments.size() > 1)
        mergeFragments(warp);
    }
  }
  if (block.counters)
    ++block.counters->barriers;
  if (block.checker)
    block.checker->onBarrier(number, barrier.waiting, everyone);
}

void sim::recheckBarriers(Block &block) {
  if (!block.liveThreads)
    return;
  for (unsigned number = 0; number < barriersPerBlock; ++number)
    if (isOpen(block.barriers[number]) && isComplete(block, block.barriers[number]))
      completeBarrier(block, number);
}

std::string sim::describeBarrier(const Block &block, unsigned number) {
  const NamedBarrier &barrier = block.barriers[number];
  uint32_t threads = 0;
  for (LaneMask lanes : barrier.participants)
    threads += static_cast<uint32_t>(std::popcount(lanes));
  return fmt::format("{} threads wait at {} for {}, and nothing else of the block runs", threads,
                     number == clusterBarrier ? "the barrier of the cluster"
                                              : fmt::format("barrier {}", number),
                     barrier.expected ? fmt::format("{} to arrive", barrier.expected)
                                      : fmt::format("all {}", block.liveThreads));
}

/// Lanes of the current fragment that arrive at one barrier with one count.
static void arriveGroup(Warp &warp, const Op &op, BarrierUse use, uint32_t number,
                        uint32_t threads) {
  Block &block = *warp.block;
  Fragment &fragment = warp.control->fragments[warp.control->current];
  LaneMask lanes = fragment.lanes;
  if (number >= clusterBarrier && !use.ofCluster)
    return stopLaunch(warp, op, lanes, Fault::Barrier,
                      fmt::format("there is no barrier {}, only 0 to 15", number));
  if (use.hasThreads && (threads == 0 || threads % warpSize != 0))
    return stopLaunch(
        warp, op, lanes, Fault::Barrier,
        fmt::format("a barrier of {} threads: it has to be a multiple of 32, not 0", threads));
  NamedBarrier &barrier = block.barriers[number];
  if (!isOpen(barrier)) {
    barrier.participants.assign(block.warps.size(), 0);
    barrier.waiting = barrier.participants;
    barrier.expected = threads;
  } else if (barrier.expected != threads) {
    report(warp, op, lanes, Fault::Barrier,
           fmt::format("barrier {} is waited for with {} threads here and {} elsewhere", number,
                       threads ? std::to_string(threads) : "all",
                       barrier.expected ? std::to_string(barrier.expected) : "all"));
  }
  barrier.participants[warp.index] |= lanes;
  if (use.reduces()) {
    LaneMask holds = use.constant == BarrierUse::Constant::True ? allLanes
                     : use.constant == BarrierUse::Constant::False
                         ? 0
                         : warp.predicates[op.operands[op.operandCount - 1]];
    if (use.negated)
      holds = ~holds;
    barrier.count += static_cast<uint32_t>(std::popcount(holds & lanes));
    barrier.any |= (holds & lanes) != 0;
    barrier.all &= (holds & lanes) == lanes;
  }
  if (use.kind == BarrierUse::Kind::Arrive) {
    if (block.checker)
      block.checker->onArrive(warp, lanes, number);
    if (use.ofCluster) // it will wait, if not at once
      barrier.waiting[warp.index] |= lanes;
    ++fragment.pc;
  } else {
    barrier.waiting[warp.index] |= lanes;
    fragment.state = Fragment::State::AtBarrier;
    fragment.barrier = static_cast<uint8_t>(number);
  }
  if (isComplete(block, barrier))
    completeBarrier(block, number);
}

/// barrier.cluster: `arrive` never waits; `wait` does for the phase that the lane has arrived at,
/// if that is not complete.
static void arriveAtCluster(Warp &warp, const Op &op, BarrierUse use) {
  Warp::Control &control = *warp.control;
  if (use.kind == BarrierUse::Kind::Arrive)
    return arriveGroup(warp, op, use, clusterBarrier, 0);
  NamedBarrier &barrier = warp.block->barriers[clusterBarrier];
  uint32_t pc = control.fragments[control.current].pc;
  LaneMask waiting =
      isOpen(barrier) ? barrier.participants[warp.index] & control.fragments[control.current].lanes
                      : 0;
  if (!waiting) {
    ++control.fragments[control.current].pc;
    return;
  }
  splitOff(warp, waiting, pc); // the others come here again by themselves
  Fragment &fragment = control.fragments[control.current];
  fragment.state = Fragment::State::AtBarrier;
  fragment.barrier = clusterBarrier;
}

void sim::arriveAtBarrier(Warp &warp, const Op &op, LaneMask arriving) {
  Warp::Control &control = *warp.control;
  BarrierUse use = BarrierUse::unpack(op.extra);
  splitOff(warp, arriving, control.fragments[control.current].pc + 1);
  if (use.ofCluster)
    return arriveAtCluster(warp, op, use);
  const uint32_t *operand = op.operands + (use.reduces() ? 1 : 0);
  const Lanes<uint32_t> &numbers = lanes<uint32_t>(warp, operand[0]);
  const Lanes<uint32_t> *threads = use.hasThreads ? &lanes<uint32_t>(warp, operand[1]) : nullptr;
  Fragment &fragment = control.fragments[control.current];
  unsigned first = std::countr_zero(fragment.lanes);
  uint32_t number = numbers[first], count = threads ? (*threads)[first] : 0;
  LaneMask same = 0;
  for (LaneMask left = fragment.lanes; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    if (numbers[lane] == number && (!threads || (*threads)[lane] == count))
      same |= 1u << lane;
  }
  splitOff(warp, same, fragment.pc); // the others come here again by themselves
  arriveGroup(warp, op, use, number, count);
}
