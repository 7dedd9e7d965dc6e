//===- Convergence.cpp - instructions that wait for lanes of their warp -----------------------===//
//
// Collectives name the lanes that take part; those that have not exited are waited for at the same
// instruction, wherever they are now (PTX ISA 9.7.9.6 and others). bar.warp.sync matches any other
// bar.warp.sync of the same mask.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include <bit>
#include <fmt/format.h>

using namespace sim;

static const Op &opOf(const Fragment &fragment) { return fragment.frame->code->ops[fragment.pc]; }

static bool meets(const Fragment &a, const Fragment &b) {
  if (b.state != Fragment::State::AtCollective)
    return false;
  if (opOf(a).step == Step::WarpSync && opOf(b).step == Step::WarpSync)
    return true;
  return a.frame == b.frame && a.pc == b.pc;
}

/// The mask that `lane`, one of the fragment's, names.
static LaneMask membersOf(const Fragment &fragment, unsigned lane) {
  const Op &op = opOf(fragment);
  if (op.members)
    return op.members;
  auto *mask =
      reinterpret_cast<const uint32_t *>(fragment.frame->slots + size_t(op.target) * slotBytes);
  return mask[lane];
}

/// Lanes that have come to where `at` is and name the same members as `lane`.
static LaneMask present(const Warp &warp, const Fragment &at, LaneMask members) {
  LaneMask result = 0;
  for (const Fragment &fragment : warp.control->fragments)
    if (meets(at, fragment))
      for (LaneMask left = fragment.lanes; left; left &= left - 1)
        if (membersOf(fragment, std::countr_zero(left)) == members)
          result |= left & -left;
  return result;
}

/// Executes the collective of fragment `at` for `lanes`, which go on behind it.
static void release(Warp &warp, size_t at, LaneMask lanes, LaneMask members) {
  std::vector<Fragment> &fragments = warp.control->fragments;
  Fragment leader = fragments[at];
  const Op &op = opOf(leader);
  useFrame(warp, *leader.frame);
  if (warp.block->checker && lanes & ~members)
    report(warp, op, lanes & ~members, Fault::Barrier,
           fmt::format("the lane takes part in a collective whose member mask {:#x} lacks it",
                       members));
  if (warp.block->checker)
    warp.block->checker->onCollective(warp, op, lanes);
  if (op.step == Step::Collective)
    execute(warp, op, lanes);
  size_t count = fragments.size();
  for (size_t i = 0; i < count; ++i) {
    if (!meets(leader, fragments[i]) || !(fragments[i].lanes & lanes))
      continue;
    Fragment gone = fragments[i];
    gone.lanes &= lanes;
    gone.state = Fragment::State::Ready;
    ++gone.pc;
    fragments[i].lanes &= ~lanes;
    if (fragments[i].lanes)
      fragments.push_back(gone);
    else
      fragments[i] = gone;
  }
  warp.control->progressAt = warp.executed;
  warp.control->progressPolls = warp.polls;
}

void sim::runCollectives(Warp &warp) {
  Warp::Control &control = *warp.control;
  LaneMask alive = warp.existing & ~warp.exited;
  bool any = true, merge = false;
  auto runOne = [&](size_t i) {
    Fragment fragment = control.fragments[i];
    if (fragment.state != Fragment::State::AtCollective)
      return false;
    for (LaneMask left = fragment.lanes; left; left &= left - 1) {
      LaneMask self = left & -left, members = membersOf(fragment, std::countr_zero(left));
      LaneMask here = present(warp, fragment, members);
      if (!(here & self) || members & alive & ~here)
        continue;
      release(warp, i, here, members);
      return true;
    }
    return false;
  };
  while (any) {
    any = false;
    for (size_t i = 0; i < control.fragments.size() && !any; ++i)
      any = runOne(i);
    merge |= any;
  }
  control.current = control.fragments.size();
  if (merge)
    mergeFragments(warp);
}

bool sim::forceCollectives(Warp &warp) {
  Warp::Control &control = *warp.control;
  LaneMask alive = warp.existing & ~warp.exited;
  for (size_t i = 0; i < control.fragments.size(); ++i) {
    Fragment fragment = control.fragments[i];
    if (fragment.state != Fragment::State::AtCollective)
      continue;
    LaneMask members = membersOf(fragment, std::countr_zero(fragment.lanes));
    LaneMask here = present(warp, fragment, members);
    useFrame(warp, *fragment.frame);
    report(warp, opOf(fragment), here, Fault::Barrier,
           fmt::format("lanes {:#x} of the member mask {:#x} never come to the instruction",
                       members & alive & ~here, members));
    release(warp, i, here, members);
    return true;
  }
  return false;
}

void sim::arriveAtCollective(Warp &warp, LaneMask lanes) {
  Warp::Control &control = *warp.control;
  splitOff(warp, lanes, control.fragments[control.current].pc + 1);
  control.fragments[control.current].state = Fragment::State::AtCollective;
  runCollectives(warp);
}
