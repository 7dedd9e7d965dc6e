//===- Device.h - an open CUDA device and what was made with it ---------------------*- C++ -*-===//
#ifndef DPRT_CUDA_DEVICE_H
#define DPRT_CUDA_DEVICE_H

#include "CUDA/Library.h"
#include "Core/Guard.h"
#include "dprt/cuda.h"

#include <memory>
#include <set>
#include <string>
#include <vector>

struct dprt_cuda_kernel {
  dprt::cuda::Function function = nullptr;
  size_t dynamicShared = 0;
};

struct dprt_cuda_module {
  dprt::cuda::Module module = nullptr;
  std::vector<std::unique_ptr<dprt_cuda_kernel>> kernels;
};

struct dprt_cuda_graph {
  dprt::cuda::GraphExecutable executable = nullptr;
};

struct dprt_cuda_event {
  dprt::cuda::Event event = nullptr;
};

struct dprt_cuda {
  dprt::cuda::Library library;
  dprt::cuda::DeviceNumber number = 0;
  dprt::cuda::Context context = nullptr;
  dprt::cuda::Stream stream = nullptr;
  bool capturing = false;
  dprt_cuda_properties properties = {};

  // Freed by close if nobody did before. What the driver refuses to free stays, for close to retry.
  std::set<dprt_cuda_module *> modules;
  std::set<dprt_cuda_graph *> graphs;
  std::set<dprt_cuda_event *> events;
  std::set<dprt::cuda::DeviceAddress> memory;
  std::set<void *> hostMemory;

  dprt::Status failure;    ///< the first one since it was asked for
  std::string failureText; ///< of the one that was asked for last

  dprt::Status open(const dprt_cuda_options &options);
  dprt::Status describe();
  /// Frees everything; goes on after a failure and returns the first.
  dprt::Status close();

  dprt::Status freeModule(dprt_cuda_module *module);
  dprt::Status freeGraph(dprt_cuda_graph *graph);
  dprt::Status freeEvent(dprt_cuda_event *event);
  dprt::Status freeMemory(dprt::cuda::DeviceAddress address);
  dprt::Status freeHost(void *host);
};

namespace dprt::cuda {

/// `DPRT_CUDA_TRY(device, copyOnDevice, (arguments))`: returns the Status of a call that failed.
#define DPRT_CUDA_TRY(device, member, arguments)                                                   \
  do {                                                                                             \
    dprt::Status status =                                                                          \
        (device).library.check((device).library.member arguments, dprt::cuda::symbols.member);     \
    if (!status.ok())                                                                              \
      return status;                                                                               \
  } while (false)

/// The symbols of the library's functions, for messages.
struct Symbols {
#define CUDA_SYMBOL(member, symbol, parameters) const char *member = #symbol;
#include "CUDA/CudaSymbols.def"
};
inline constexpr Symbols symbols;

/// Runs `body`, a function of the C ABI, with the device's context current in this thread, and
/// keeps its failure.
template <typename Body> int call(dprt_cuda *device, Body &&body) {
  if (!device)
    return static_cast<int>(Code::Internal);
  Status status = guard([&]() -> Status {
    DPRT_CUDA_TRY(*device, contextSet, (device->context));
    return body();
  });
  int code = static_cast<int>(status.code());
  if (device->failure.ok())
    device->failure = std::move(status);
  return code;
}

/// Of an argument that may be what a failed call left.
inline Status missing(const char *function, const char *what) {
  return Status::internal(std::string(function) + " was given no " + what);
}

} // namespace dprt::cuda
#endif
