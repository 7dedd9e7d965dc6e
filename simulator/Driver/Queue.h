//===- Queue.h - work that waits for its turn ---------------------------------------*- C++ -*-===//
//
// Work of all streams is one graph: each piece names the pieces it comes after (the one before it
// in its stream, those that the legacy stream waits for, those of events). Nothing runs until
// somebody waits for it; then what it needs runs, and with an order (DPC_MOCK_ORDER) other work
// that could run, too, in an order drawn from the seed.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_QUEUE_H
#define DPC_SIMULATOR_DRIVER_QUEUE_H

#include "simulator/Driver/Command.h"
#include "simulator/Driver/HostPages.h"
#include "simulator/Driver/Order.h"

#include <chrono>
#include <condition_variable>
#include <set>
#include <thread>

namespace sim::driver {

/// A capture in progress; shared by the streams that take part.
struct Capture {
  uint64_t id = 0;
  std::shared_ptr<Graph> graph;
  Handle origin = 0;
  CaptureMode mode = CaptureMode::Global;
  std::thread::id thread;
  bool invalid = false;
  bool intoClientsGraph = false;
};

struct Stream : Object {
  const char *what() const override { return "stream"; }
  unsigned flags = 0;
  int priority = 0;
  uint64_t id = 0;
  uint64_t last = 0;      ///< work; 0: none yet
  Order::Chain chain = 0; ///< 0: not yet
  bool queried = false;
  bool isLegacy = false;
  bool isOwnedByContext = false; ///< the legacy and the per-thread ones
  std::shared_ptr<Capture> capture;
  std::vector<Handle> tail;           ///< of the capture: what the next node comes after
  std::vector<Handle> tailForClients; ///< what cuStreamGetCaptureInfo last pointed to
  bool isBlocking() const { return !(flags & NonBlocking); }
};

struct Event : Object {
  const char *what() const override { return "event"; }
  unsigned flags = 0;
  uint64_t work = 0; ///< the record that counts; 0: never recorded
  bool queried = false;
  std::chrono::steady_clock::time_point time;
  std::weak_ptr<Capture> capture; ///< of the last record, if that was captured
  std::vector<Handle> captured;   ///< nodes that it stands for then
  bool wasCaptured = false;
};

struct Work {
  Handle context = 0;
  Command command;
  std::vector<uint64_t> after;         ///< that were pending when it came
  std::vector<uint64_t> dependents;    ///< that come after it
  size_t blockers = 0;                 ///< of `after`, those still pending
  std::vector<HostPages::Token> pages; ///< protected until it has run
};

class Queue {
public:
  explicit Queue(State &state) : state(state) {}
  /// Adds to a stream that does not capture. Returns the work's number.
  uint64_t submit(Context &context, Stream &stream, Command command);
  /// Adds work with dependencies of its own (nodes of a graph). It must come after the work of its
  /// chain.
  uint64_t submit(Context &context, Order::Chain chain, Command command,
                  std::vector<uint64_t> after);
  Order::Chain newChain() { return order.newChain(); }
  /// What new work on the stream has to wait for.
  std::vector<uint64_t> before(Context &context, Stream &stream);
  Order::Chain chainOf(Stream &stream);
  void setLast(Stream &stream, uint64_t work);
  bool isPending(uint64_t work) const { return pending.contains(work); }
  /// Pending work that does something, of `context` or of all. Events and joins do not count.
  size_t countWork(const Context *context = nullptr) const;
  /// The host waits for it.
  void finish(uint64_t work);
  void finish(const Context &context);
  /// Throws what a synchronisation returns after faults and strict reports.
  void settle(const Context &context);
  /// Pending work that may use the memory; 0 if there is none.
  uint64_t firstUser(uint64_t base, uint64_t bytes) const;
  uint64_t firstUser(const Kernel &kernel) const;
  void finishUsers(uint64_t base, uint64_t bytes);
  void finishUsers(const Kernel &kernel);

private:
  std::set<uint64_t> neededFor(uint64_t target) const;
  /// Runs what `target` needs and can run, or with an order one piece of any work. False if
  /// nothing can: others run what is needed.
  bool runReady(uint64_t target);
  /// As finish(), but the host does not know.
  void drain(uint64_t work);
  uint64_t oldest() const { return pending.empty() ? next : pending.begin()->first; }
  /// Reports races of the work, which is done, with work that was done before.
  void check(uint64_t number, const Command &command, Footprint footprint);
  void run(uint64_t number);
  uint64_t draw(uint64_t below);

  State &state;
  std::map<uint64_t, Work> pending;
  std::set<uint64_t> ready; ///< pending work that could run now
  Order order;
  std::set<std::string> races; ///< that have been reported
  uint64_t next = 1;
  uint64_t random = 0;
  std::condition_variable changed;
};

/// The stream that the handle means in the current context; 0, 1 and 2 are the default ones.
std::shared_ptr<Stream> findStream(Handle handle);

/// Does `command` on the stream: captures it, or queues it.
void enqueue(Stream &stream, Command command);
/// As enqueue, then waits; InvalidStreamCapture rules of blocking calls apply.
void enqueueAndWait(Stream &stream, Command command);

/// Calls that are unsafe while a capture is going on fail and end it (CUDA programming guide,
/// "Prohibited and unhandled operations").
void requireNoCapture();
/// Synchronising or querying a stream that captures does the same.
void requireNotCapturing(Stream &stream);
/// Makes `stream` wait for `event` in the capture. False if no capture is concerned.
bool captureWait(Stream &stream, Event &event);
bool captureRecord(Stream &stream, Event &event);
CaptureMode &threadCaptureMode();

} // namespace sim::driver
#endif
