//===- Memory.cpp - device memory, pinned host memory, copies ---------------------------------===//
#include "CUDA/Device.h"

#include <algorithm>

using namespace dprt;
using namespace dprt::cuda;

Status dprt_cuda::freeMemory(DeviceAddress address) {
  DPRT_CUDA_TRY(*this, memoryFree, (address));
  memory.erase(address);
  return {};
}

Status dprt_cuda::freeHost(void *host) {
  DPRT_CUDA_TRY(*this, hostFree, (host));
  hostMemory.erase(host);
  return {};
}

int dprt_cuda_allocate(dprt_cuda *device, size_t bytes, dprt_cuda_address *address) {
  *address = 0;
  return call(device, [&]() -> Status {
    DeviceAddress made = 0;
    // The driver refuses 0 bytes.
    DPRT_CUDA_TRY(*device, memoryAllocate, (&made, std::max<size_t>(bytes, 1)));
    try {
      device->memory.insert(made);
    } catch (...) {
      device->library.memoryFree(made);
      throw;
    }
    *address = made;
    return {};
  });
}

int dprt_cuda_free(dprt_cuda *device, dprt_cuda_address address) {
  return call(device, [&]() -> Status {
    if (address == 0)
      return {};
    if (!device->memory.count(address))
      return missing("dprt_cuda_free", "address that dprt_cuda_allocate gave and nobody freed");
    return device->freeMemory(address);
  });
}

int dprt_cuda_allocate_host(dprt_cuda *device, size_t bytes, void **host) {
  *host = nullptr;
  return call(device, [&]() -> Status {
    void *made = nullptr;
    DPRT_CUDA_TRY(*device, hostAllocate, (&made, std::max<size_t>(bytes, 1), 0));
    try {
      device->hostMemory.insert(made);
    } catch (...) {
      device->library.hostFree(made);
      throw;
    }
    *host = made;
    return {};
  });
}

int dprt_cuda_free_host(dprt_cuda *device, void *host) {
  return call(device, [&]() -> Status {
    if (!host)
      return {};
    if (!device->hostMemory.count(host))
      return missing("dprt_cuda_free_host",
                     "memory that dprt_cuda_allocate_host gave and nobody freed");
    return device->freeHost(host);
  });
}

int dprt_cuda_copy_to_device(dprt_cuda *device, dprt_cuda_address to, const void *host,
                             size_t bytes) {
  return call(device, [&]() -> Status {
    if (bytes == 0)
      return {};
    DPRT_CUDA_TRY(*device, copyToDevice, (to, host, bytes, device->stream));
    return {};
  });
}

int dprt_cuda_copy_to_host(dprt_cuda *device, void *host, dprt_cuda_address from, size_t bytes) {
  return call(device, [&]() -> Status {
    if (bytes == 0)
      return {};
    DPRT_CUDA_TRY(*device, copyToHost, (host, from, bytes, device->stream));
    return {};
  });
}

int dprt_cuda_copy(dprt_cuda *device, dprt_cuda_address to, dprt_cuda_address from, size_t bytes) {
  return call(device, [&]() -> Status {
    if (bytes == 0)
      return {};
    DPRT_CUDA_TRY(*device, copyOnDevice, (to, from, bytes, device->stream));
    return {};
  });
}

int dprt_cuda_fill(dprt_cuda *device, dprt_cuda_address to, uint8_t value, size_t bytes) {
  return call(device, [&]() -> Status {
    if (bytes == 0)
      return {};
    DPRT_CUDA_TRY(*device, fill, (to, value, bytes, device->stream));
    return {};
  });
}

int dprt_cuda_synchronize(dprt_cuda *device) {
  return call(device, [&]() -> Status {
    DPRT_CUDA_TRY(*device, streamSynchronize, (device->stream));
    return {};
  });
}
