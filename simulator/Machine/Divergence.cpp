//===- Divergence.cpp - lanes part and meet ---------------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <fmt/format.h>

using namespace sim;

static void noteProgress(Warp &warp) {
  warp.control->progressAt = warp.executed;
  warp.control->progressPolls = warp.polls;
}

static int openJoin(Warp::Control &control, Join join) {
  join.open = true;
  for (size_t i = 0; i < control.joins.size(); ++i)
    if (!control.joins[i].open) {
      control.joins[i] = join;
      return static_cast<int>(i);
    }
  control.joins.push_back(join);
  return static_cast<int>(control.joins.size() - 1);
}

/// Everybody is there: the lanes go on together.
static void complete(Warp::Control &control, Join &join) {
  join.open = false;
  control.fragments.push_back(
      {.lanes = join.arrived, .pc = join.pc, .frame = join.frame, .join = join.outer});
}

static void arrive(Warp &warp, int number, LaneMask lanes) {
  Join &join = warp.control->joins[number];
  join.arrived |= lanes;
  noteProgress(warp);
  if (join.arrived == join.expected)
    complete(*warp.control, join);
}

/// `lanes` will not come to joins of `frame` (of any frame, if null).
static void drop(Warp &warp, LaneMask lanes, const Frame *frame) {
  Warp::Control &control = *warp.control;
  for (Join &join : control.joins) {
    if (!join.open || !(join.expected & lanes) || (frame && join.frame != frame))
      continue;
    join.expected &= ~lanes;
    if (!join.expected)
      join.open = false;
    else if (join.arrived == join.expected)
      complete(control, join);
  }
}

static void removeCurrent(Warp::Control &control) {
  control.fragments.erase(control.fragments.begin() + static_cast<ptrdiff_t>(control.current));
  control.current = control.fragments.size();
}

void sim::splitAll(Warp &warp, const Op &op, std::span<const Way> ways) {
  Warp::Control &control = *warp.control;
  Fragment whole = control.fragments[control.current];
  int number = whole.join;
  if (op.reconverge != noOp) {
    bool same = number != noJoin && control.joins[number].pc == op.reconverge &&
                control.joins[number].frame == whole.frame;
    if (!same)
      number = openJoin(control, {.pc = op.reconverge,
                                  .frame = whole.frame,
                                  .expected = whole.lanes,
                                  .outer = whole.join});
  }
  noteProgress(warp);
  removeCurrent(control);
  for (auto [target, lanes] : ways) {
    if (!lanes)
      continue;
    if (target == op.reconverge && number != noJoin)
      arrive(warp, number, lanes);
    else
      control.fragments.push_back(
          {.lanes = lanes, .pc = target, .frame = whole.frame, .join = number});
  }
  control.current = control.fragments.size() - 1;
}

void sim::split(Warp &warp, const Op &op, LaneMask taken, uint32_t target, uint32_t next) {
  Warp::Control &control = *warp.control;
  LaneMask others = control.fragments[control.current].lanes & ~taken;
  bool takenFirst = warp.block->launch->options.seed && nextRandom(control.random) & 1;
  // The last one of the list runs first.
  Way ways[] = {{target, taken}, {next, others}};
  if (takenFirst)
    std::swap(ways[0], ways[1]);
  splitAll(warp, op, ways);
}

void sim::splitOff(Warp &warp, LaneMask lanes, uint32_t next) {
  Warp::Control &control = *warp.control;
  Fragment &fragment = control.fragments[control.current];
  Fragment others = fragment;
  fragment.lanes = lanes;
  others.lanes &= ~lanes;
  others.pc = next;
  others.state = Fragment::State::Ready;
  if (others.lanes)
    control.fragments.push_back(others);
}

void sim::park(Warp &warp) {
  Warp::Control &control = *warp.control;
  Fragment fragment = control.fragments[control.current];
  removeCurrent(control);
  arrive(warp, fragment.join, fragment.lanes);
}

bool sim::releaseParked(Warp &warp) {
  Warp::Control &control = *warp.control;
  bool any = false;
  for (Join &join : control.joins) {
    if (!join.open || !join.arrived)
      continue;
    control.fragments.push_back(
        {.lanes = join.arrived, .pc = join.pc, .frame = join.frame, .join = join.outer});
    join.expected &= ~join.arrived;
    join.arrived = 0;
    any = true;
  }
  noteProgress(warp);
  return any;
}

void sim::mergeFragments(Warp &warp) {
  std::vector<Fragment> &fragments = warp.control->fragments;
  for (size_t i = 0; i + 1 < fragments.size(); ++i)
    for (size_t j = fragments.size() - 1; j > i; --j) {
      Fragment &a = fragments[i], &b = fragments[j];
      if (a.state != Fragment::State::Ready || b.state != Fragment::State::Ready || a.pc != b.pc ||
          a.frame != b.frame || a.join != b.join)
        continue;
      a.lanes |= b.lanes;
      fragments.erase(fragments.begin() + static_cast<ptrdiff_t>(j));
    }
}

/// `lanes` have left `frame`; without lanes it goes.
static void leave(Warp &warp, Frame *frame, LaneMask lanes) {
  frame->inside &= ~lanes;
  if (!frame->inside)
    leaveFrame(warp, frame);
}

/// The current fragment keeps all but `lanes`, at `next`, or goes.
static void keepOthers(Warp::Control &control, LaneMask lanes, uint32_t next) {
  Fragment &fragment = control.fragments[control.current];
  fragment.lanes &= ~lanes;
  fragment.pc = next;
  if (!fragment.lanes)
    removeCurrent(control);
}

void sim::exitLanes(Warp &warp, const Op &op, LaneMask lanes, uint32_t next) {
  Warp::Control &control = *warp.control;
  LaneMask pending = 0;
  for (const AsyncCopy &copy : control.copies)
    pending |= copy.lanes & lanes;
  if (warp.block->checker)
    warp.block->checker->onExit(warp, op, lanes, pending);
  if (pending)
    landAll(warp, pending);
  Frame *frame = control.fragments[control.current].frame;
  warp.exited |= lanes;
  warp.block->liveThreads -= static_cast<uint32_t>(std::popcount(lanes));
  keepOthers(control, lanes, next);
  drop(warp, lanes, nullptr);
  while (frame) {
    Frame *caller = frame->caller;
    leave(warp, frame, lanes);
    frame = caller;
  }
  noteProgress(warp);
  runCollectives(warp);
  recheckBarriers(*warp.block);
}

namespace {

/// A value on its way into or out of a call.
struct Transfer {
  Warp &warp;
  Frame &from, &to;
  LaneMask lanes;

  void operator()(const Place &source, const Place &destination) const;

private:
  void copyLane(const Place &source, const Place &destination, unsigned lane) const;
};

} // namespace

void Transfer::operator()(const Place &source, const Place &destination) const {
  if (source.kind == Place::Kind::Predicate || destination.kind == Place::Kind::Predicate) {
    if (source.kind != destination.kind)
      return;
    LaneMask &at = to.predicates[destination.at];
    at = (at & ~lanes) | (from.predicates[source.at] & lanes);
    if (!to.predicatePoison.empty()) {
      LaneMask &poison = to.predicatePoison[destination.at];
      poison = (poison & ~lanes) | (from.predicatePoison[source.at] & lanes);
    }
    return;
  }
  if (source.at == noPredicate || destination.at == noPredicate)
    return; // an operand `_`
  for (LaneMask left = lanes; left; left &= left - 1)
    copyLane(source, destination, std::countr_zero(left));
}

void Transfer::copyLane(const Place &source, const Place &destination, unsigned lane) const {
  LocalMemory &local = warp.control->local;
  uint32_t bytes = std::min(source.bytes, destination.bytes);
  auto where = [&](Frame &frame, const Place &place) {
    if (place.kind == Place::Kind::Local)
      return local.at(lane, frame.localBase + place.at);
    return frame.slots + size_t(place.at) * slotBytes + lane * (place.bytes == 8 ? 8 : 4);
  };
  std::memmove(where(to, destination), where(from, source), bytes);
  if (destination.kind == Place::Kind::Slot && bytes < 4)
    std::memset(where(to, destination) + bytes, 0, 4 - bytes);
  if (local.poison.empty() && from.poison.empty())
    return;
  auto poisonAt = [&](Frame &frame, const Place &place) {
    return local.poison.data() + lane * local.capacity + frame.localBase + place.at;
  };
  if (source.kind == Place::Kind::Local && destination.kind == Place::Kind::Local) {
    std::memmove(poisonAt(to, destination), poisonAt(from, source), bytes);
    return;
  }
  uint8_t bits = 0;
  if (source.kind == Place::Kind::Local) {
    for (uint32_t i = 0; i < std::min(bytes, 8u); ++i)
      bits |= static_cast<uint8_t>((poisonAt(from, source)[i] != 0) << i);
  } else if (const Poison &poison = from.poison[source.at]; poison.any >> lane & 1) {
    bits = poison.bytes[lane];
  }
  if (destination.kind == Place::Kind::Local) {
    for (uint32_t i = 0; i < bytes; ++i)
      poisonAt(to, destination)[i] = i < 8 && bits >> i & 1 ? 0xff : 0;
  } else {
    Poison &poison = to.poison[destination.at];
    poison.bytes[lane] = bits;
    poison.any = bits ? poison.any | 1u << lane : poison.any & ~(1u << lane);
  }
}

/// The functions that the lanes of an indirect call go to.
static std::vector<std::pair<uint32_t, LaneMask>> targetsOf(Warp &warp, const CallSite &site,
                                                            LaneMask callers) {
  if (site.function != CallSite::indirect)
    return {{site.function, callers}};
  std::vector<std::pair<uint32_t, LaneMask>> result;
  const Lanes<uint64_t> &addresses = lanes<uint64_t>(warp, site.addressSlot);
  for (LaneMask left = callers; left; left &= left - 1) {
    unsigned lane = std::countr_zero(left);
    uint64_t address = addresses[lane];
    uint64_t number = (address - functionBase) / functionPitch;
    bool known = address >= functionBase && (address - functionBase) % functionPitch == 0 &&
                 number < warp.block->launch->program.functions.size();
    auto function = known ? static_cast<uint32_t>(number) : CallSite::indirect;
    auto same = std::find_if(result.begin(), result.end(),
                             [&](const auto &each) { return each.first == function; });
    if (same != result.end())
      same->second |= 1u << lane;
    else
      result.push_back({function, 1u << lane});
  }
  return result;
}

void sim::call(Warp &warp, const Op &op, LaneMask callers, uint32_t next) {
  Warp::Control &control = *warp.control;
  const Program &program = warp.block->launch->program;
  Fragment whole = control.fragments[control.current];
  const CallSite &site = whole.frame->code->calls[op.target];
  int join = noJoin;
  LaneMask inside = 0;
  for (auto [function, group] : targetsOf(warp, site, callers)) {
    if (function == CallSite::indirect)
      return stopLaunch(warp, op, group, Fault::Trap, "a call goes to the address of no function");
    const FunctionCode &code = program.functions[function];
    if (code.source->isDeclaration) {
      callExternal(warp, op, group, *code.source, site);
      if (warp.block->launch->stop)
        return;
      continue;
    }
    if (code.source->isKernel || code.parameters.size() != site.arguments.size() ||
        code.results.size() != site.results.size())
      return stopLaunch(warp, op, group, Fault::Trap,
                        fmt::format("{} is called with another number of parameters than it has",
                                    code.source->name));
    Frame *frame = enterFrame(warp, function, whole.frame, group);
    if (!frame)
      return stopLaunch(
          warp, op, group, Fault::Trap,
          fmt::format("calls nest too deep: no stack is left for {}", code.source->name));
    Transfer transfer{warp, *whole.frame, *frame, group};
    for (size_t i = 0; i < site.arguments.size(); ++i)
      transfer(site.arguments[i], code.parameters[i]);
    if (join == noJoin)
      join = openJoin(
          control,
          {.pc = next, .frame = whole.frame, .expected = whole.lanes, .outer = whole.join});
    frame->returnJoin = join;
    frame->callOp = static_cast<uint32_t>(&op - whole.frame->code->ops.data());
    inside |= group;
    control.fragments.push_back({.lanes = group, .pc = 0, .frame = frame, .join = join});
  }
  if (!inside) {
    control.fragments[control.current].pc = next;
    return;
  }
  removeCurrent(control);
  control.current = control.fragments.size() - 1;
  if (LaneMask others = whole.lanes & ~inside)
    arrive(warp, join, others);
}

void sim::returnLanes(Warp &warp, LaneMask returning, uint32_t next) {
  Warp::Control &control = *warp.control;
  Frame *frame = control.fragments[control.current].frame;
  const Op &from = frame->caller->code->ops[frame->callOp];
  const CallSite &site = frame->caller->code->calls[from.target];
  Transfer transfer{warp, *frame, *frame->caller, returning};
  for (size_t i = 0; i < site.results.size(); ++i)
    transfer(frame->code->results[i], site.results[i]);
  int join = frame->returnJoin;
  keepOthers(control, returning, next);
  drop(warp, returning, frame);
  leave(warp, frame, returning);
  arrive(warp, join, returning);
}
