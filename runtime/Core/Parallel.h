//===- Parallel.h - dprt_parallel for C++ bodies ------------------------------------*- C++ -*-===//
#ifndef DPRT_CORE_PARALLEL_H
#define DPRT_CORE_PARALLEL_H

#include "dprt/dprt.h"

#include <algorithm>
#include <cstdint>

namespace dprt {

/// body(task) for every task; the bodies must not throw.
template <typename Body> void parallel(int64_t tasks, const Body &body) {
  dprt_parallel(
      [](void *arguments, int64_t task) { (*static_cast<const Body *>(arguments))(task); },
      const_cast<Body *>(&body), tasks);
}

/// body(begin, end) for consecutive pieces of [0, count) of `piece` elements: the pieces, and so
/// the results, do not depend on the number of threads. Little work stays on one thread.
template <typename Body> void parallelPieces(int64_t count, int64_t piece, const Body &body) {
  int64_t tasks = (count + piece - 1) / piece;
  auto one = [&](int64_t task) { body(task * piece, std::min(count, (task + 1) * piece)); };
  if (tasks > 2)
    return parallel(tasks, one);
  for (int64_t task = 0; task < tasks; ++task)
    one(task);
}

} // namespace dprt
#endif
