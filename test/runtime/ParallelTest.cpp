//===- ParallelTest.cpp - dprt_parallel -------------------------------------------------------===//
#include "dprt/dprt.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <set>
#include <thread>
#include <vector>

static void countTask(void *arguments, int64_t task) {
  ++static_cast<std::atomic<int> *>(arguments)[task];
}

TEST(Parallel, EveryTaskOnce) {
  for (int threads : {0, 1, 2, 5}) {
    dprt_set_threads(threads);
    for (int64_t tasks : {0, 1, 2, 3, 1000}) {
      std::vector<std::atomic<int>> counts(size_t(tasks) + 1);
      dprt_parallel(countTask, counts.data(), tasks);
      for (int64_t task = 0; task < tasks; ++task)
        EXPECT_EQ(counts[size_t(task)], 1);
      EXPECT_EQ(counts[size_t(tasks)], 0);
    }
  }
}

TEST(Parallel, UsesTheThreadsAllowed) {
  for (int threads : {1, 2}) {
    dprt_set_threads(threads);
    std::vector<std::thread::id> ids(64);
    dprt_parallel(
        [](void *arguments, int64_t task) {
          static_cast<std::thread::id *>(arguments)[task] = std::this_thread::get_id();
        },
        ids.data(), 64);
    EXPECT_EQ(std::set(ids.begin(), ids.end()).size(), size_t(threads));
  }
}

TEST(Parallel, NestedCallsStayOnTheirThread) {
  dprt_set_threads(2);
  std::atomic<int> wrong = 0;
  dprt_parallel(
      [](void *arguments, int64_t) {
        struct Inner {
          std::thread::id self;
          std::atomic<int> *wrong;
        } inner{std::this_thread::get_id(), static_cast<std::atomic<int> *>(arguments)};
        dprt_parallel(
            [](void *arguments, int64_t) {
              auto *inner = static_cast<Inner *>(arguments);
              if (std::this_thread::get_id() != inner->self)
                ++*inner->wrong;
            },
            &inner, 8);
      },
      &wrong, 8);
  EXPECT_EQ(wrong, 0);
}
