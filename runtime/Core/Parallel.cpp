//===- Parallel.cpp - threads of compiled models and of the runtime ---------------------------===//
#include "dprt/dprt.h"

#include <omp.h>

#include <atomic>

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
