//===- Machine.cpp - the loop that executes warps ---------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include "simulator/Checkers/Poison.h"

#include <algorithm>
#include <bit>

using namespace sim;

/// Warp instructions of one fragment while others wait for their turn.
static constexpr uint64_t fragmentQuantum = 512;
/// A fragment that has polled memory so often while others were parked waits for them: they go on.
static constexpr uint64_t mostPolls = 32;
/// A warp that has polled so often lets other warps and blocks run.
static constexpr uint64_t mostPollsOfTurn = 128;
/// Between two looks at the above.
static constexpr uint64_t mostQuantum = 1024;
/// The same for a loop that reads memory in a way that need not see writes of others.
static constexpr uint64_t mostSteps = 1 << 20;

bool sim::isReady(const Warp &warp) {
  for (const Fragment &fragment : warp.control->fragments)
    if (fragment.state == Fragment::State::Ready)
      return true;
  return false;
}

bool sim::isFinished(const Warp &warp) { return warp.exited == warp.existing; }

void sim::execute(Warp &warp, const Op &op, LaneMask lanes) {
  op.run(warp, op, lanes);
  if (BlockChecker *checker = warp.block->checker) {
    if (op.accesses)
      checker->onAccess(warp, op);
    if (op.check)
      op.check(warp, op, lanes);
  }
  if (op.count && warp.block->counters)
    op.count(warp, op, lanes);
}

/// Whether exactly the members of the collective that live are `lanes`.
static bool areMembers(Warp &warp, const Op &op, LaneMask active) {
  LaneMask alive = warp.existing & ~warp.exited;
  if (op.members)
    return (op.members & alive) == active;
  const Lanes<uint32_t> &masks = lanes<uint32_t>(warp, op.target);
  uint32_t first = masks[std::countr_zero(active)];
  if ((first & alive) != active)
    return false;
  uint32_t different = 0;
  for (unsigned lane = 0; lane < warpSize; ++lane)
    different |= (active >> lane & 1) ? masks[lane] ^ first : 0;
  return !different;
}

namespace {
enum class Left : uint8_t { Quantum, Fragment, Yield, Turn };
} // namespace

/// Runs the current fragment until it ends, waits, splits, or the quantum is over.
template <bool Check, bool Count>
static Left runFragment(Core &core, Warp &warp, uint64_t quantum) {
  Warp::Control &control = *warp.control;
  Fragment &fragment = control.fragments[control.current];
  useFrame(warp, *fragment.frame);
  const Op *ops = fragment.frame->code->ops.data();
  OpCounts *counts = Count ? &core.opCounts[fragment.frame->function] : nullptr;
  const LaneMask active = fragment.lanes;
  uint32_t pc = fragment.pc, stop = noOp;
  if (fragment.join != noJoin) {
    const Join &join = control.joins[fragment.join];
    if (join.frame == fragment.frame)
      stop = join.pc;
  }
  const uint64_t end = warp.executed + quantum;
  while (true) {
    if (pc == stop) [[unlikely]] {
      fragment.pc = pc;
      park(warp);
      return Left::Fragment;
    }
    if (warp.executed >= end) [[unlikely]] {
      fragment.pc = pc;
      return Left::Quantum;
    }
    const Op &op = ops[pc];
    LaneMask lanes = active;
    if (op.guard != noPredicate) {
      if constexpr (Check)
        if (warp.predicatePoison[op.guard] & active) [[unlikely]]
          checkGuard(warp, op, active);
      LaneMask predicate = warp.predicates[op.guard];
      lanes &= op.guardNegated ? ~predicate : predicate;
    }
    warp.executed += !op.auxiliary;
    if constexpr (Count) {
      if (!op.auxiliary) {
        ++counts->executions[pc];
        counts->activeLanes[pc] += static_cast<unsigned>(std::popcount(lanes));
      }
    }
    auto runOp = [&] {
      op.run(warp, op, lanes);
      if constexpr (Check) {
        if (op.accesses)
          warp.block->checker->onAccess(warp, op);
        if (op.check)
          op.check(warp, op, lanes);
      }
      if constexpr (Count)
        if (op.count)
          op.count(warp, op, lanes);
    };
    switch (op.step) {
    case Step::Plain:
      if (lanes) [[likely]]
        runOp();
      ++pc;
      break;
    case Step::Strong:
      if (!lanes) {
        ++pc;
        break;
      }
      runOp();
      ++pc;
      if (core.launch.options.seed && nextRandom(control.random) & 1) {
        fragment.pc = pc;
        return Left::Turn;
      }
      break;
    case Step::Branch:
      if (lanes == active) {
        pc = op.target;
      } else if (!lanes) {
        ++pc;
      } else {
        fragment.pc = pc;
        split(warp, op, lanes, op.target, pc + 1);
        return Left::Fragment;
      }
      break;
    case Step::Collective:
    case Step::WarpSync:
      if (!lanes) {
        ++pc;
      } else if (areMembers(warp, op, lanes)) {
        if constexpr (Check)
          warp.block->checker->onCollective(warp, op, lanes);
        if (op.step == Step::Collective)
          runOp();
        ++pc;
      } else {
        fragment.pc = pc;
        arriveAtCollective(warp, lanes);
        return Left::Fragment;
      }
      break;
    case Step::Barrier:
      if (!lanes) {
        ++pc;
        break;
      }
      if constexpr (Check)
        if (op.check)
          op.check(warp, op, lanes);
      fragment.pc = pc;
      arriveAtBarrier(warp, op, lanes);
      return Left::Fragment;
    case Step::Exit:
      if (!lanes) {
        ++pc;
        break;
      }
      fragment.pc = pc;
      exitLanes(warp, op, lanes, pc + 1);
      return Left::Fragment;
    case Step::Call:
    case Step::Return:
      if (!lanes) {
        ++pc;
        break;
      }
      fragment.pc = pc;
      if (op.step == Step::Call)
        call(warp, op, lanes, pc + 1);
      else
        returnLanes(warp, lanes, pc + 1);
      return Left::Fragment;
    case Step::BranchIndexed: {
      if (!lanes) {
        ++pc;
        break;
      }
      fragment.pc = pc;
      branchIndexed(warp, op, lanes);
      return Left::Fragment;
    }
    case Step::Yield:
      ++warp.polls;
      fragment.pc = pc + 1;
      return Left::Yield;
    case Step::Trap:
      if (!lanes) {
        ++pc;
        break;
      }
      fragment.pc = pc;
      stopLaunch(warp, op, lanes, Fault::Trap, "the program executes trap");
      return Left::Fragment;
    }
  }
}

void sim::branchIndexed(Warp &warp, const Op &op, LaneMask lanes) {
  Warp::Control &control = *warp.control;
  Fragment &fragment = control.fragments[control.current];
  const std::vector<uint32_t> &table = fragment.frame->code->tables[op.target];
  const Lanes<uint32_t> &index = sim::lanes<uint32_t>(warp, op.operands[0]);
  std::vector<Way> ways;
  auto add = [&](uint32_t target, LaneMask to) {
    auto same = std::find_if(ways.begin(), ways.end(),
                             [&](const Way &way) { return way.target == target; });
    if (same == ways.end())
      ways.push_back({target, to});
    else
      same->lanes |= to;
  };
  for (LaneMask left = lanes; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    if (index[lane] >= table.size())
      return stopLaunch(warp, op, 1u << lane, Fault::Bounds,
                        "the index of brx.idx is beyond its table");
    add(table[index[lane]], 1u << lane);
  }
  if (LaneMask others = fragment.lanes & ~lanes)
    add(fragment.pc + 1, others);
  if (ways.size() == 1)
    fragment.pc = ways[0].target;
  else
    splitAll(warp, op, ways);
}

/// The fragment that runs next: the current one, or one after it in the list.
static bool pick(Warp::Control &control, bool rotate) {
  size_t count = control.fragments.size();
  if (!count)
    return false;
  if (control.current >= count)
    control.current = count - 1;
  for (size_t i = 0; i < count; ++i) {
    size_t at = (control.current + (rotate ? 1 : 0) + i) % count;
    if (control.fragments[at].state == Fragment::State::Ready) {
      control.current = at;
      return true;
    }
  }
  return false;
}

static bool waitsForLanes(const Warp &warp) {
  for (const Fragment &fragment : warp.control->fragments)
    if (fragment.state == Fragment::State::AtCollective)
      return true;
  return false;
}

void sim::runWarp(Core &core, Warp &warp, uint64_t budget) {
  Warp::Control &control = *warp.control;
  bool check = core.checker != nullptr, count = core.launch.options.count;
  auto run = check ? (count ? runFragment<true, true> : runFragment<true, false>)
                   : (count ? runFragment<false, true> : runFragment<false, false>);
  uint64_t end = warp.executed + budget, polls = warp.polls;
  while (warp.executed < end && !core.launch.stop.load(std::memory_order_relaxed)) {
    if (!pick(control, control.rotate)) {
      // Lanes of a collective may be parked where others, waiting for them, can never come.
      if (waitsForLanes(warp) && releaseParked(warp))
        continue;
      return;
    }
    bool alone = control.fragments.size() == 1 && !control.parked();
    uint64_t quantum = std::min(end - warp.executed, alone ? mostQuantum : fragmentQuantum);
    Left left = run(core, warp, quantum);
    control.rotate = left != Left::Fragment;
    if (left == Left::Yield && control.fragments.size() == 1)
      return;
    bool waits = warp.polls - control.progressPolls > mostPolls ||
                 warp.executed - control.progressAt > mostSteps;
    if (waits && control.parked())
      releaseParked(warp);
    if (left == Left::Turn || warp.polls - polls > mostPollsOfTurn)
      return;
  }
}

void sim::report(Warp &warp, const Op &op, LaneMask lanes, Fault fault, std::string message) {
  if (BlockChecker *checker = warp.block->checker)
    return checker->report(warp, op, lanes, fault, std::move(message));
  Report report = locate(warp, op, lanes);
  report.fault = fault;
  report.message = std::move(message);
  warp.block->reports->add(std::move(report));
}

void sim::stopLaunch(Warp &warp, const Op &op, LaneMask lanes, Fault fault, std::string message) {
  report(warp, op, lanes, fault, std::move(message));
  warp.block->launch->stop = true;
}
