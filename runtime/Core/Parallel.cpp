//===- Parallel.cpp - threads of compiled models and of the runtime ---------------------------===//
#include "dprt/dprt.h"
#include "dprt/threads.h"

#include "Core/Guard.h"

#include <fmt/format.h>
#include <omp.h>

#include <atomic>
#include <cstring>
#include <mutex>
#include <pthread.h>
#include <vector>

namespace {
std::atomic<int> wanted{0};

/// Waiting threads spin briefly (steps follow each other within microseconds) and then sleep, so
/// that a process that waits for data or a compiler does not burn its cores.
int threads() {
  thread_local bool configured = false;
  if (!configured) {
    kmp_set_blocktime(1); // milliseconds; a setting of the calling thread's teams
    configured = true;
  }
  int count = wanted.load(std::memory_order_relaxed);
  return count > 0 ? count : omp_get_num_procs();
}
} // namespace

extern "C" void dprt_set_threads(int threads) {
  wanted.store(threads > 0 ? threads : 0, std::memory_order_relaxed);
}

extern "C" void dprt_parallel(void (*body)(void *arguments, int64_t task), void *arguments,
                              int64_t tasks) {
  int count = tasks > 1 && !omp_in_parallel() ? threads() : 1;
  if (count == 1) {
    for (int64_t task = 0; task < tasks; ++task)
      body(arguments, task);
    return;
  }
  // The team keeps its size even for fewer tasks: resizing a team costs more than idle members.
#pragma omp parallel for num_threads(count) schedule(static)
  for (int64_t task = 0; task < tasks; ++task)
    body(arguments, task);
}

/// Starts `count` threads of twice the size of libomp's, which adds what it needs itself, and ends
/// them again: 0, or an error of the system. Their stacks are kept for those that follow.
static int tryThreads(int count) {
  std::vector<pthread_t> started;
  started.reserve(size_t(count));
  pthread_attr_t attributes;
  if (int error = ::pthread_attr_init(&attributes))
    return error;
  int error = ::pthread_attr_setstacksize(&attributes, 2 * kmp_get_stacksize_s());
  std::mutex gate; // all of them at once
  gate.lock();
  auto wait = [](void *gate) -> void * {
    std::lock_guard<std::mutex> pass(*static_cast<std::mutex *>(gate));
    return nullptr;
  };
  while (error == 0 && started.size() < size_t(count)) {
    pthread_t thread;
    error = ::pthread_create(&thread, &attributes, wait, &gate);
    if (error == 0)
      started.push_back(thread);
  }
  gate.unlock();
  for (pthread_t thread : started)
    ::pthread_join(thread, nullptr);
  ::pthread_attr_destroy(&attributes);
  return error;
}

// libomp ends the process when it cannot start a thread.
dprt::Status dprt::startThreads(int wish) {
  dprt_set_threads(wish);
  return guard([]() -> Status {
    int count = threads();
    if (int error = count > 1 ? tryThreads(count) : 0)
      return Status::machine(fmt::format("cannot start {} threads: {}; try a smaller --threads",
                                         count, std::strerror(error)));
    auto nothing = [](void *, int64_t) {};
    dprt_parallel(nothing, nullptr, count);
    return {};
  });
}
