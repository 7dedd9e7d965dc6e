//===- Queue.cpp - work that waits for its turn -----------------------------------------------===//
#include "simulator/Driver/Queue.h"

#include "simulator/Machine/Random.h"

#include <algorithm>
#include <fmt/format.h>
#include <string_view>

using namespace sim::driver;

/// As the hardware's queues, ours are finite: beyond this much waiting work the oldest runs.
static constexpr size_t mostPending = 1024;

/// Watches the pinned host memory that a copy will use.
static std::vector<HostPages::Token> watchPages(State &state, const CopyCommand &copy) {
  std::vector<HostPages::Token> tokens;
  auto watch = [&](const CopyEnd &end, bool written) {
    size_t bytes = copy.extent(end);
    sim::Allocation *allocation =
        end.device && bytes ? state.findLive(end.address, bytes) : nullptr;
    Buffer *buffer = allocation ? state.bufferOf(*allocation) : nullptr;
    if (!buffer || !buffer->isHost())
      return;
    uint64_t all = allocation->bytes;
    if (buffer->kind == Buffer::Kind::Pinned)
      all = (all + 0xffff) / 0x1000 * 0x1000; // our own pages, to the end of the last
    tokens.push_back(HostPages::watch(end.address, bytes, written, allocation->base, all));
  };
  watch(copy.source, false);
  watch(copy.target, true);
  return tokens;
}

uint64_t Queue::submit(Context &context, Order::Chain chain, Command command,
                       std::vector<uint64_t> after) {
  uint64_t number = next++;
  if (state.configuration.check)
    order.submitted(number, context.handle, chain, after);
  Work work;
  work.context = context.handle;
  for (uint64_t each : after)
    if (isPending(each) &&
        std::find(work.after.begin(), work.after.end(), each) == work.after.end())
      work.after.push_back(each);
  if (auto *copy = std::get_if<CopyCommand>(&command); copy && state.configuration.check)
    work.pages = watchPages(state, *copy);
  work.command = std::move(command);
  work.blockers = work.after.size();
  for (uint64_t each : work.after)
    pending.at(each).dependents.push_back(number);
  if (!work.blockers)
    ready.insert(number);
  pending.emplace(number, std::move(work));
  if (pending.size() > mostPending)
    drain(pending.begin()->first);
  return number;
}

std::vector<uint64_t> Queue::before(Context &context, Stream &stream) {
  std::vector<uint64_t> after = {stream.last};
  if (stream.isLegacy) {
    for (const std::weak_ptr<Stream> &weak : context.streams)
      if (std::shared_ptr<Stream> other = weak.lock(); other && other->isBlocking())
        after.push_back(other->last);
    std::erase_if(context.orphans, [&](uint64_t work) { return !isPending(work); });
    after.insert(after.end(), context.orphans.begin(), context.orphans.end());
  } else if (stream.isBlocking() && context.legacy) {
    after.push_back(context.legacy->last);
  }
  return after;
}

Order::Chain Queue::chainOf(Stream &stream) {
  if (!stream.chain)
    stream.chain = newChain();
  return stream.chain;
}

void Queue::setLast(Stream &stream, uint64_t work) {
  stream.last = work;
  stream.queried = false;
}

uint64_t Queue::submit(Context &context, Stream &stream, Command command) {
  std::vector<uint64_t> after = before(context, stream);
  auto *record = std::get_if<RecordCommand>(&command);
  std::shared_ptr<Event> event = record ? record->event : nullptr;
  if (auto *wait = std::get_if<WaitCommand>(&command))
    after.push_back(wait->event->work);
  uint64_t work = submit(context, chainOf(stream), std::move(command), std::move(after));
  setLast(stream, work);
  if (event) {
    event->work = work;
    event->queried = event->wasCaptured = false;
    event->capture.reset();
  }
  return work;
}

uint64_t Queue::draw(uint64_t below) {
  if (!random)
    random = state.configuration.order;
  return nextRandom(random) % below;
}

void Queue::run(uint64_t number) {
  Work &work = pending.at(number);
  ready.erase(number);
  for (HostPages::Token token : work.pages)
    HostPages::unwatch(token);
  work.pages.clear();
  auto at = state.objects.find(work.context);
  auto context =
      at == state.objects.end() ? nullptr : std::dynamic_pointer_cast<Context>(at->second);
  Result fault = context ? context->fault : Result::ContextIsDestroyed;
  // References into the map stay valid while a host function runs and others add work.
  bool watched = state.configuration.check && order.isConcurrent(number);
  Footprint footprint;
  Result result = execute(work.command, fault, watched ? &footprint : nullptr);
  if (context && context->fault == Result::Success && result != Result::Success)
    context->fault = result;
  Command done = std::move(work.command); // destroyed when the work is gone already
  for (uint64_t each : work.dependents)
    if (!--pending.at(each).blockers)
      ready.insert(each);
  pending.erase(number);
  if (state.configuration.check)
    check(number, done, std::move(footprint));
  changed.notify_all();
}

void Queue::check(uint64_t number, const Command &command, Footprint footprint) {
  bool named = !footprint.empty();
  std::string what = named ? describe(command) : std::string();
  for (const Order::Race &race : order.finished(number, what, std::move(footprint))) {
    std::string where = fmt::format("{:#x}", race.conflict.address);
    std::string_view buffer = where;
    if (sim::Allocation *allocation = state.memory.find(race.conflict.address);
        allocation && race.conflict.address - allocation->base < allocation->bytes) {
      where = fmt::format("{}+{:#x}", allocation->name, race.conflict.address - allocation->base);
      buffer = allocation->name;
    }
    auto use = [](const std::string &what, bool writes) {
      bool isMemory = what.starts_with("cuMem"); // its coming or going
      return what + (isMemory ? "" : writes ? " (writes)" : " (reads)");
    };
    // Graphs and loops do the same again and again.
    if (races.insert(fmt::format("{} {} {}", what, race.other, buffer)).second)
      state.report("race between streams",
                   fmt::format("{} and {} use {}, and nothing orders the two",
                               use(what, race.conflict.mineWrites),
                               use(race.other, race.conflict.otherWrites), where));
  }
  // The client may go on with other streams when its function has been called.
  if (std::holds_alternative<HostCommand>(command))
    order.waited(number, next, oldest());
}

std::set<uint64_t> Queue::neededFor(uint64_t target) const {
  // Work only comes after work with smaller numbers.
  std::set<uint64_t> needed = {target};
  for (auto at = needed.end(); at != needed.begin();) {
    --at;
    for (uint64_t each : pending.at(*at).after)
      if (pending.contains(each))
        needed.insert(each);
  }
  return needed;
}

bool Queue::runReady(uint64_t target) {
  if (state.configuration.order) {
    if (ready.empty())
      return false;
    run(*std::next(ready.begin(), static_cast<ptrdiff_t>(draw(ready.size()))));
    return true;
  }
  bool progress = false;
  for (uint64_t number : neededFor(target))
    if (ready.contains(number)) {
      run(number);
      progress = true;
    }
  return progress;
}

size_t Queue::countWork(const Context *context) const {
  return static_cast<size_t>(std::count_if(pending.begin(), pending.end(), [&](const auto &each) {
    const Command &command = each.second.command;
    return (!context || each.second.context == context->handle) &&
           (std::holds_alternative<KernelCommand>(command) ||
            std::holds_alternative<CopyCommand>(command) ||
            std::holds_alternative<FillCommand>(command) ||
            std::holds_alternative<HostCommand>(command));
  }));
}

void Queue::drain(uint64_t work) {
  // Without progress another thread is in a host function that this work comes after.
  while (isPending(work))
    if (!runReady(work))
      changed.wait(*heldLock());
}

void Queue::finish(uint64_t work) {
  drain(work);
  order.waited(work, next, oldest());
}

void Queue::finish(const Context &context) {
  while (true) {
    auto first = std::find_if(pending.begin(), pending.end(), [&](const auto &each) {
      return each.second.context == context.handle;
    });
    if (first == pending.end())
      break;
    drain(first->first);
  }
  order.waitedForAll(context.handle, next, oldest());
}

void Queue::settle(const Context &context) {
  if (context.fault != Result::Success)
    throw Failure{context.fault};
  state.reportTouches();
  if (state.strictFailure) {
    state.strictFailure = false;
    throw Failure{Result::LaunchFailed};
  }
}

uint64_t Queue::firstUser(uint64_t base, uint64_t bytes) const {
  for (const auto &[number, work] : pending)
    if (touches(work.command, base, bytes))
      return number;
  return 0;
}

void Queue::finishUsers(uint64_t base, uint64_t bytes) {
  while (uint64_t user = firstUser(base, bytes))
    finish(user);
}

uint64_t Queue::firstUser(const Kernel &kernel) const {
  for (const auto &[number, work] : pending)
    if (auto *launch = std::get_if<KernelCommand>(&work.command))
      if (launch->kernel.get() == &kernel)
        return number;
  return 0;
}

void Queue::finishUsers(const Kernel &kernel) {
  while (uint64_t user = firstUser(kernel))
    finish(user);
}
