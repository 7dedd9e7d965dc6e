//===- Order.h - which work races with which ----------------------------------------*- C++ -*-===//
//
// Two pieces of work that nothing orders (a stream, an event, an edge of a graph, the legacy
// stream, the host that waits) must not use the same memory if one of them writes. Every piece has
// a vector clock: how far it comes after each chain, a chain being work that is ordered anyway, as
// a stream's. What the host has waited for happened before all that it submits from then on.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_ORDER_H
#define DPC_SIMULATOR_DRIVER_ORDER_H

#include "simulator/Checkers/Footprint.h"
#include "simulator/Driver/Api.h"

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

namespace sim::driver {

class Order {
public:
  using Chain = uint32_t;
  Chain newChain() { return ++lastChain; }

  /// Work `number` (they grow) comes after `after` and the last work of its chain.
  void submitted(uint64_t number, Handle context, Chain chain, const std::vector<uint64_t> &after);
  /// Whether other work is not ordered with it, so that its footprint will be asked for.
  bool isConcurrent(uint64_t number) const;

  struct Race {
    std::string other; ///< as finished() was told
    Footprint::Conflict conflict;
  };
  /// The work is done. `what` says what it was, in words. Returns its races with work done before.
  std::vector<Race> finished(uint64_t number, std::string what, Footprint footprint);

  /// The host has waited for the work, or for all of the context; `next` is the number of the next
  /// work, `oldest` that of the oldest that is not done.
  void waited(uint64_t number, uint64_t next, uint64_t oldest);
  void waitedForAll(Handle context, uint64_t next, uint64_t oldest);

private:
  using Clock = std::vector<std::pair<Chain, uint64_t>>; ///< by chain
  struct Trace {
    Handle context;
    Chain chain;
    Clock past; ///< what it comes after in other chains
    bool done = false;
    uint64_t waitedAt = ~0ull; ///< work from this number on comes after it
    std::string what;
    Footprint footprint;
  };
  using Traces = std::map<uint64_t, Trace>;

  static void join(Clock &clock, const Clock &other);
  static bool covers(const Clock &clock, Chain chain, uint64_t number);
  static bool ordered(const Traces::value_type &a, const Traces::value_type &b);
  void wait(const Clock &clock, uint64_t next, uint64_t oldest);
  Traces::iterator forget(Traces::iterator trace);

  Traces traces; ///< of work that is pending, or done but not before all that may still come
  std::unordered_map<Chain, std::set<uint64_t>> chains;   ///< the numbers of the traces
  std::map<uint64_t, const Traces::value_type *> watched; ///< those that have a footprint
  size_t doneCount = 0;
  Chain lastChain = 0;
};

} // namespace sim::driver
#endif
