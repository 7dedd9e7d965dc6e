//===- Order.cpp - which work races with which ------------------------------------------------===//
#include "simulator/Driver/Order.h"

#include <algorithm>

using namespace sim::driver;

/// Beyond so much work that is done but not waited for the oldest is forgotten.
static constexpr size_t mostDone = 1024;

void Order::join(Clock &clock, const Clock &other) {
  if (clock.empty()) {
    clock = other;
    return;
  }
  Clock both;
  both.reserve(clock.size() + other.size());
  auto a = clock.begin();
  for (const auto &[chain, number] : other) {
    for (; a != clock.end() && a->first < chain; ++a)
      both.push_back(*a);
    if (a != clock.end() && a->first == chain)
      both.push_back({chain, std::max(number, (a++)->second)});
    else
      both.push_back({chain, number});
  }
  both.insert(both.end(), a, clock.end());
  clock = std::move(both);
}

/// Whether what has the clock comes after work `number` of the chain.
bool Order::covers(const Clock &clock, Chain chain, uint64_t number) {
  auto at = std::lower_bound(clock.begin(), clock.end(), std::pair{chain, uint64_t(0)});
  return at != clock.end() && at->first == chain && at->second >= number;
}

bool Order::ordered(const Traces::value_type &a, const Traces::value_type &b) {
  // Work only comes after work with smaller numbers.
  const auto &earlier = a.first < b.first ? a : b, &later = a.first < b.first ? b : a;
  return earlier.second.chain == later.second.chain || earlier.second.waitedAt <= later.first ||
         covers(later.second.past, earlier.second.chain, earlier.first);
}

void Order::submitted(uint64_t number, Handle context, Chain chain,
                      const std::vector<uint64_t> &after) {
  Trace trace{context, chain, {}, false, ~0ull, {}, {}};
  for (uint64_t each : after)
    if (auto at = traces.find(each); at != traces.end()) {
      join(trace.past, at->second.past);
      join(trace.past, {{at->second.chain, at->first}});
    }
  std::erase_if(trace.past, [&](const auto &each) {
    return each.first == chain || !chains.contains(each.first);
  });
  traces.emplace_hint(traces.end(), number, std::move(trace));
  chains[chain].insert(number);
}

bool Order::isConcurrent(uint64_t number) const {
  auto mine = traces.find(number);
  if (chains.size() < 2 || mine == traces.end())
    return false;
  // Of each chain the work just before and just after this tells for all.
  return std::any_of(chains.begin(), chains.end(), [&](const auto &chain) {
    auto after = chain.second.upper_bound(number);
    if (chain.first == mine->second.chain)
      return false;
    if (after != chain.second.end() && !ordered(*mine, *traces.find(*after)))
      return true;
    return after != chain.second.begin() && !ordered(*mine, *traces.find(*std::prev(after)));
  });
}

std::vector<Order::Race> Order::finished(uint64_t number, std::string what, Footprint footprint) {
  std::vector<Race> races;
  auto mine = traces.find(number);
  if (mine == traces.end())
    return races;
  mine->second.done = true;
  if (!footprint.empty()) {
    for (const auto &[each, other] : watched) {
      if (!footprint.isNear(other->second.footprint) || ordered(*mine, *other))
        continue;
      if (auto conflict = footprint.conflictWith(other->second.footprint); conflict.exists)
        races.push_back({other->second.what, conflict});
    }
    watched.emplace(number, &*mine);
    mine->second.what = std::move(what);
    mine->second.footprint = std::move(footprint);
  }
  if (++doneCount > mostDone)
    forget(std::find_if(traces.begin(), traces.end(),
                        [](const auto &each) { return each.second.done; }));
  return races;
}

Order::Traces::iterator Order::forget(Traces::iterator trace) {
  auto chain = chains.find(trace->second.chain);
  chain->second.erase(trace->first);
  if (chain->second.empty())
    chains.erase(chain);
  watched.erase(trace->first);
  doneCount -= trace->second.done;
  return traces.erase(trace);
}

void Order::wait(const Clock &clock, uint64_t next, uint64_t oldest) {
  for (auto at = traces.begin(); at != traces.end();) {
    Trace &trace = at->second;
    if (covers(clock, trace.chain, at->first))
      trace.waitedAt = std::min(trace.waitedAt, next);
    at = trace.done && trace.waitedAt <= oldest ? forget(at) : std::next(at);
  }
}

void Order::waited(uint64_t number, uint64_t next, uint64_t oldest) {
  auto target = traces.find(number);
  if (target == traces.end())
    return;
  Clock clock = target->second.past;
  join(clock, {{target->second.chain, number}});
  wait(clock, next, oldest);
}

void Order::waitedForAll(Handle context, uint64_t next, uint64_t oldest) {
  Clock clock;
  for (const auto &[number, trace] : traces)
    if (trace.context == context && trace.done) {
      join(clock, trace.past);
      join(clock, {{trace.chain, number}});
    }
  wait(clock, next, oldest);
}
