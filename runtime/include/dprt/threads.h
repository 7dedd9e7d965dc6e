//===- threads.h - the threads that compiled models run on --------------------------*- C++ -*-===//
#ifndef DPRT_THREADS_H
#define DPRT_THREADS_H

#include "dprt/status.h"

namespace dprt {

/// dprt_set_threads, and starts them. Code::Machine where the system has no memory or no threads
/// for them: later nobody could say so.
Status startThreads(int threads);

} // namespace dprt
#endif
