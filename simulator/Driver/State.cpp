//===- State.cpp - everything that the mock driver knows --------------------------------------===//
#include "simulator/Driver/State.h"

#include "simulator/Driver/Queue.h"

#include <atomic>
#include <cstdlib>
#include <fmt/format.h>
#include <pthread.h>

using namespace sim::driver;

State::State() : configuration(readConfiguration()), memory(configuration.memory) {
  queue = std::make_unique<Queue>(*this);
  if (!configuration.log.empty() && !log.open(configuration.log) && configuration.error.empty())
    configuration.error =
        fmt::format("DPC_MOCK_LOG: the file `{}` cannot be written", configuration.log);
}

static std::atomic<bool> forked = false;

bool sim::driver::isForkedChild() { return forked; }

State &State::get() {
  static State &state = [&]() -> State & {
    pthread_atfork(nullptr, nullptr, [] { forked = forked || get().initialised; });
    return *new State;
  }();
  return state;
}

Module::~Module() {
  if (loaded)
    unload(*loaded, State::get().memory);
}

Handle State::add(std::shared_ptr<Object> object) {
  Handle handle = nextHandle;
  nextHandle += 16;
  object->handle = handle;
  objects.emplace(handle, std::move(object));
  return handle;
}

void State::remove(Handle handle) {
  auto at = objects.find(handle);
  if (at == objects.end())
    return;
  // Its destructor may remove others.
  std::shared_ptr<Object> last = std::move(at->second);
  objects.erase(at);
}

void State::note(const std::string &kind, const std::string &message) {
  log.report(kind, message);
  fmt::print(stderr, "mock-cuda: {}: {}\n", kind, message);
}

void State::reportDoubleFree(const std::string &name) {
  doubleFrees.push_back(name);
  report("double free", fmt::format("{} is freed again", name));
}

void State::reportFreedAgain(uint64_t base) {
  sim::Allocation *freed = memory.find(base);
  if (freed && !freed->live && freed->base == base)
    reportDoubleFree(freed->name);
}

void State::report(const std::string &kind, const std::string &message) {
  note(kind, message);
  strictFailure |= configuration.strict;
}

void State::report(const sim::Report &report) {
  log.report(report);
  std::string more =
      report.occurrences > 1 ? fmt::format(" ({} times)", report.occurrences) : std::string();
  std::string source = report.source.empty() ? std::string() : fmt::format(" ({})", report.source);
  fmt::print(stderr, "mock-cuda: {}: kernel {}, line {}{}, block {}, thread {}: {}{}\n",
             name(report.fault), report.kernel, report.line, source, report.block, report.thread,
             report.message, more);
  strictFailure |= configuration.strict;
}

void State::reportTouches() {
  for (const HostPages::Touch &touch : HostPages::takeTouches()) {
    std::string where = fmt::format("{:#x}", touch.address);
    if (Allocation *allocation = findLive(touch.address, 1))
      where = fmt::format("{}+{:#x}", allocation->name, touch.address - allocation->base);
    report(fmt::format("host buffer {} before synchronising", touch.write ? "written" : "read"),
           fmt::format("the program {} {}, {} an asynchronous copy that has not been waited for",
                       touch.write ? "writes" : "reads", where,
                       touch.copyWrites ? "which is the target of" : "the source of"));
  }
}

sim::Allocation *State::findLive(uint64_t address, uint64_t bytes) {
  Allocation *found = memory.find(address);
  if (!found || !found->live || address - found->base > found->bytes ||
      bytes > found->bytes - (address - found->base))
    return nullptr;
  // One past the end of a buffer is no address of it.
  return address - found->base == found->bytes && found->bytes ? nullptr : found;
}

Buffer *State::bufferOf(const Allocation &allocation) {
  auto at = buffers.find(allocation.base);
  return at == buffers.end() ? nullptr : &at->second;
}

Buffer &State::addBuffer(Buffer buffer) {
  buffer.id = ++nextBuffer;
  buffer.allocation->name += fmt::format("#{}", buffer.id);
  return buffers.insert_or_assign(buffer.allocation->base, std::move(buffer)).first->second;
}

Buffer &State::addHostPages(Buffer::Kind kind, size_t bytes, unsigned flags, Handle context,
                            const char *name) {
  std::byte *pages = HostPages::map(bytes);
  require(pages != nullptr, Result::OutOfMemory);
  Buffer buffer;
  buffer.kind = kind;
  buffer.context = context;
  buffer.flags = flags;
  buffer.allocation = memory.map(reinterpret_cast<uintptr_t>(pages), bytes, pages, name);
  if (!buffer.allocation) {
    HostPages::unmap(pages, bytes);
    require(false, Result::OutOfMemory);
  }
  return addBuffer(std::move(buffer));
}

void State::release(uint64_t base) {
  auto at = buffers.find(base);
  if (at == buffers.end())
    return;
  Buffer buffer = at->second;
  buffers.erase(at);
  std::byte *data = buffer.allocation->data;
  uint64_t bytes = buffer.allocation->bytes;
  if (std::shared_ptr<Pool> pool = buffer.pool.lock())
    pool->used -= bytes;
  memory.free(base);
  if (buffer.kind == Buffer::Kind::Pinned || buffer.kind == Buffer::Kind::Managed)
    HostPages::unmap(data, bytes);
}

std::vector<Handle> &sim::driver::contextStack() {
  thread_local std::vector<Handle> stack;
  return stack;
}

bool &sim::driver::inHostFunction() {
  thread_local bool value = false;
  return value;
}

bool &sim::driver::defaultStreamIsPerThread() {
  thread_local bool value = false;
  return value;
}

std::unique_lock<std::mutex> *&sim::driver::heldLock() {
  thread_local std::unique_lock<std::mutex> *lock = nullptr;
  return lock;
}

std::shared_ptr<Context> sim::driver::anyContext() {
  std::vector<Handle> &stack = contextStack();
  if (stack.empty() || !stack.back())
    return nullptr;
  return State::get().find<Context>(stack.back(), Result::ContextIsDestroyed);
}

std::shared_ptr<Context> sim::driver::currentContext() {
  std::shared_ptr<Context> context = anyContext();
  require(context != nullptr, Result::InvalidContext);
  require(!context->primary || State::get().primaryCount, Result::ContextIsDestroyed);
  if (context->fault != Result::Success)
    throw Failure{context->fault};
  return context;
}

void sim::driver::clearContext(Context &context) {
  State &state = State::get();
  if (size_t works = state.queue->countWork(&context); works && context.fault == Result::Success)
    state.report("context destroyed before synchronising",
                 fmt::format("{} copies, fills, launches or host functions are queued when their "
                             "context is destroyed",
                             works));
  state.queue->finish(context);
  std::vector<Handle> dead;
  for (const auto &[handle, object] : state.objects)
    if (object->context == context.handle)
      dead.push_back(handle);
  for (Handle handle : dead)
    state.remove(handle);
  std::vector<uint64_t> memory;
  for (const auto &[base, buffer] : state.buffers)
    if (buffer.context == context.handle && buffer.kind != Buffer::Kind::Pooled)
      memory.push_back(base); // pools belong to the device
  for (uint64_t base : memory)
    state.release(base);
  context.legacy.reset();
  context.streams.clear();
  context.orphans.clear();
  context.limits.clear();
  context.fault = Result::Success;
}

void sim::driver::callOut(const std::function<void()> &code) {
  std::unique_lock<std::mutex> *lock = heldLock();
  bool before = inHostFunction();
  bool perThread = defaultStreamIsPerThread();
  inHostFunction() = true;
  heldLock() = nullptr;
  lock->unlock();
  code();
  lock->lock();
  heldLock() = lock;
  inHostFunction() = before;
  defaultStreamIsPerThread() = perThread;
}

/// At the end of the process, if it was asked for, what has not been freed.
[[gnu::destructor]] static void listLeaks() {
  State &state = State::get();
  if (isForkedChild())
    return;
  std::lock_guard<std::mutex> lock(state.mutex);
  state.reportTouches();
  if (!state.configuration.leaks || !state.initialised)
    return;
  if (size_t works = state.queue->countWork()) {
    std::string text = fmt::format("{} copies, fills, launches or host functions that nothing has "
                                   "waited for have not happened",
                                   works);
    state.log.leak("work", 0, 0, text);
    fmt::print(stderr, "mock-cuda: leak: {}\n", text);
  }
  auto leak = [&](const char *what, uint64_t handle, uint64_t bytes, const std::string &name) {
    state.log.leak(what, handle, bytes, name);
    fmt::print(stderr, "mock-cuda: leak: {} {}\n", what,
               name.empty() ? fmt::format("{:#x}", handle)
                            : fmt::format("{} of {} bytes", name, bytes));
  };
  for (const auto &[base, buffer] : state.buffers) {
    if (buffer.freeQueued)
      continue;
    bool isHost = buffer.isHost();
    leak(isHost ? "host memory" : "memory", base, buffer.allocation->bytes,
         buffer.allocation->name);
  }
  std::map<Handle, std::shared_ptr<Object>> ordered(state.objects.begin(), state.objects.end());
  for (const auto &[handle, object] : ordered) {
    auto *stream = dynamic_cast<const Stream *>(object.get());
    auto *pool = dynamic_cast<const Pool *>(object.get());
    bool isPrimary = object == state.primary;
    if ((stream && stream->isOwnedByContext) || (pool && pool->isDefault) ||
        (isPrimary && !state.primaryCount) || dynamic_cast<const Kernel *>(object.get()) ||
        std::string_view(object->what()) == "graph node")
      continue;
    leak(isPrimary ? "primary context" : object->what(), handle, 0, "");
  }
  for (const std::string &text : state.doubleFrees)
    fmt::print(stderr, "mock-cuda: double free: {}\n", text);
}
