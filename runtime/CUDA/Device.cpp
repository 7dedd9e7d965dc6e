//===- Device.cpp - open, describe and close a CUDA device ------------------------------------===//
#include "CUDA/Device.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace dprt;
using namespace dprt::cuda;

// Attribute numbers of CUdevice_attribute.
static constexpr int multiprocessorCount = 16;
static constexpr int capabilityMajor = 75, capabilityMinor = 76;
static constexpr int sharedPerBlockOptin = 97;
// CU_STREAM_NON_BLOCKING: the legacy default stream of other libraries does not wait for ours.
static constexpr unsigned nonBlocking = 1;

Status dprt_cuda::describe() {
  DPRT_CUDA_TRY(*this, deviceName, (properties.name, sizeof(properties.name), number));
  properties.name[sizeof(properties.name) - 1] = '\0';
  int major = 0, minor = 0, shared = 0;
  DPRT_CUDA_TRY(*this, deviceAttribute, (&major, capabilityMajor, number));
  DPRT_CUDA_TRY(*this, deviceAttribute, (&minor, capabilityMinor, number));
  DPRT_CUDA_TRY(*this, deviceAttribute, (&properties.multiprocessors, multiprocessorCount, number));
  DPRT_CUDA_TRY(*this, deviceAttribute, (&shared, sharedPerBlockOptin, number));
  size_t bytes = 0;
  DPRT_CUDA_TRY(*this, deviceMemory, (&bytes, number));
  properties.capability = 10 * major + minor;
  properties.sharedPerBlock = shared;
  properties.memory = bytes;
  properties.driver = library.version;
  return {};
}

Status dprt_cuda::open(const dprt_cuda_options &options) {
  Result<Library> opened = Library::open(options.library ? options.library : "libcuda.so.1");
  if (!opened.ok())
    return opened.status();
  library = *opened;
  int devices = 0;
  DPRT_CUDA_TRY(*this, deviceCount, (&devices));
  if (devices == 0)
    return library.check(100, symbols.deviceCount); // CUDA_ERROR_NO_DEVICE, in the same words
  if (options.ordinal < 0 || options.ordinal >= devices)
    return Status::machine(fmt::format(
        "there is no CUDA device {}: {} 0 to {} (nvidia-smi lists "
        "them)",
        options.ordinal, devices == 1 ? "this machine has one," : "this machine has", devices - 1));
  DPRT_CUDA_TRY(*this, deviceGet, (&number, options.ordinal));
  if (Status status = describe(); !status.ok())
    return status;
  if (properties.capability < options.minimumCapability)
    return Status::machine(fmt::format(
        "the CUDA device {} ({}) has compute capability {}.{}, the code needs {}.{}: "
        "take a newer GPU or compile for this one",
        options.ordinal, properties.name, properties.capability / 10, properties.capability % 10,
        options.minimumCapability / 10, options.minimumCapability % 10));
  DPRT_CUDA_TRY(*this, contextRetain, (&context, number));
  DPRT_CUDA_TRY(*this, contextSet, (context));
  DPRT_CUDA_TRY(*this, streamCreate, (&stream, nonBlocking));
  return {};
}

Status dprt_cuda::close() {
  Status first;
  auto keep = [&](Status status) {
    if (first.ok())
      first = std::move(status);
  };
  if (context) {
    keep(library.check(library.contextSet(context), symbols.contextSet));
    if (capturing) {
      Graph graph = nullptr;
      keep(library.check(library.captureEnd(stream, &graph), symbols.captureEnd));
      if (graph)
        keep(library.check(library.graphDestroy(graph), symbols.graphDestroy));
    }
    if (stream)
      keep(library.check(library.streamSynchronize(stream), symbols.streamSynchronize));
  }
  while (!graphs.empty()) {
    dprt_cuda_graph *graph = *graphs.begin();
    keep(freeGraph(graph));
    if (graphs.erase(graph))
      delete graph;
  }
  while (!events.empty()) {
    dprt_cuda_event *event = *events.begin();
    keep(freeEvent(event));
    if (events.erase(event))
      delete event;
  }
  while (!modules.empty()) {
    dprt_cuda_module *module = *modules.begin();
    keep(freeModule(module));
    if (modules.erase(module))
      delete module;
  }
  while (!memory.empty()) {
    DeviceAddress address = *memory.begin();
    keep(freeMemory(address));
    memory.erase(address);
  }
  while (!hostMemory.empty()) {
    void *host = *hostMemory.begin();
    keep(freeHost(host));
    hostMemory.erase(host);
  }
  if (stream)
    keep(library.check(library.streamDestroy(stream), symbols.streamDestroy));
  if (context) {
    // The context must not stay current: this thread may outlive it.
    keep(library.check(library.contextSet(nullptr), symbols.contextSet));
    keep(library.check(library.contextRelease(number), symbols.contextRelease));
  }
  return first;
}

int dprt_cuda_open(const dprt_cuda_options *options, dprt_cuda **device, char *message,
                   size_t bytes) {
  if (!device)
    return static_cast<int>(Code::Internal);
  *device = nullptr;
  Status status = guard([&]() -> Status {
    auto made = std::make_unique<dprt_cuda>();
    Status opened = guard([&] { return made->open(options ? *options : dprt_cuda_options{}); });
    if (!opened.ok()) {
      (void)made->close(); // the first failure is the one that explains
      return opened;
    }
    *device = made.release();
    return {};
  });
  if (message && bytes > 0) {
    size_t length = std::min(bytes - 1, status.text().size());
    std::memcpy(message, status.text().data(), length);
    message[length] = '\0';
  }
  return static_cast<int>(status.code());
}

int dprt_cuda_close(dprt_cuda *device) {
  if (!device)
    return 0;
  Status closed = guard([&] { return device->close(); });
  const Status &first = device->failure.ok() ? closed : device->failure;
  int code = static_cast<int>(first.code());
  delete device;
  return code;
}

void dprt_cuda_describe(const dprt_cuda *device, dprt_cuda_properties *properties) {
  if (properties)
    *properties = device ? device->properties : dprt_cuda_properties{};
}

Status dprt::cudaStatus(dprt_cuda *device) {
  if (!device)
    return missing("dprt_cuda_failure", "device");
  return std::exchange(device->failure, {});
}

int dprt_cuda_failure(dprt_cuda *device, const char **text) {
  Status status = cudaStatus(device);
  int code = static_cast<int>(status.code());
  if (text)
    *text = "";
  if (!device)
    return code;
  Status kept = guard([&]() -> Status {
    device->failureText = status.text();
    return {};
  });
  if (text && kept.ok())
    *text = device->failureText.c_str();
  return code;
}
