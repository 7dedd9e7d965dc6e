//===- Device.cpp - what the simulated device is ----------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/State.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>

using namespace sim::driver;

static void requireDevice(Device device) { require(device == 0, Result::InvalidDevice); }

static unsigned architecture() { return State::get().configuration.architecture; }

Result sim::driver::deviceGet(Device *device, int ordinal) {
  requireDevice(ordinal);
  required(device) = 0;
  return Result::Success;
}

Result sim::driver::deviceCount(int *count) {
  required(count) = 1;
  return Result::Success;
}

static Result copyText(const std::string &text, char *to, int length) {
  require(to && length > 0);
  size_t bytes = std::min(text.size(), static_cast<size_t>(length) - 1);
  std::memcpy(to, text.data(), bytes);
  to[bytes] = 0;
  return Result::Success;
}

Result sim::driver::deviceName(char *name, int length, Device device) {
  requireDevice(device);
  return copyText(fmt::format("DPC mock GPU (sm_{})", architecture()), name, length);
}

Result sim::driver::deviceUuid(Uuid *uuid, Device device) {
  requireDevice(device);
  std::memcpy(required(uuid).bytes, "dpc-mock-gpu-000", 16);
  return Result::Success;
}

Result sim::driver::deviceLuid(char *, unsigned *, Device device) {
  requireDevice(device);
  return Result::NotSupported; // only Windows has these
}

Result sim::driver::deviceTotalMemory(size_t *bytes, Device device) {
  requireDevice(device);
  required(bytes) = State::get().memory.capacity();
  return Result::Success;
}

namespace {

/// CUdevice_attribute and its value.
struct Attribute {
  int number;
  int64_t value;
};

} // namespace

/// Attributes that do not depend on the architecture; those not listed anywhere are 0.
static constexpr Attribute fixedAttributes[] = {
    {2, 1024},        // block x
    {3, 1024},        // block y
    {4, 64},          // block z
    {5, 0x7fffffff},  // grid x
    {6, 65535},       // grid y
    {7, 65535},       // grid z
    {9, 65536},       // constant memory
    {10, 32},         // warp size
    {11, 0x7fffffff}, // pitch
    {13, 1410000},    // clock, kHz
    {14, 512},        // texture alignment
    {15, 1},          // overlap of copies
    {19, 1},          // mapped host memory
    {30, 512},        // surface alignment
    {31, 1},          // concurrent kernels
    {33, 1},          // PCI bus
    {36, 1215000},    // memory clock, kHz
    {37, 5120},       // memory bus, bits
    {38, 41943040},   // L2 cache
    {40, 3},          // copy engines
    {41, 1},          // unified addresses
    {51, 32},         // pitch alignment of textures
    {78, 1},          // priorities of streams
    {79, 1},          // L1 cache for global memory
    {80, 1},          // and local
    {83, 1},          // managed memory
    {87, 2},          // single to double
    {89, 1},          // concurrent managed access
    {90, 1},          // preemption
    {91, 1},          // host pointers of registered memory
    {95, 1},          // cooperative launches
    {99, 1},          // registering host memory
    {111, 1024},      // shared memory for the system
    {115, 1},         // memory pools
};

static int64_t attributeOf(int attribute) {
  sim::ArchitectureLimits limit = sim::limits(architecture());
  switch (attribute) {
  case 1:
    return limit.threadsPerBlock;
  case 8:
    return static_cast<int64_t>(limit.sharedPerBlock);
  case 12:
  case 82:
    return limit.registersPerMultiprocessor;
  case 16:
    return limit.multiprocessors;
  case 39:
    return int64_t(limit.warpsPerMultiprocessor) * 32;
  case 75:
    return architecture() / 10;
  case 76:
    return architecture() % 10;
  case 81:
    return static_cast<int64_t>(limit.sharedPerMultiprocessor);
  case 97:
    return static_cast<int64_t>(limit.sharedPerBlockOptIn);
  case 106:
    return limit.blocksPerMultiprocessor;
  default:
    break;
  }
  for (const Attribute &fixed : fixedAttributes)
    if (fixed.number == attribute)
      return fixed.value;
  return 0;
}

Result sim::driver::deviceAttribute(int *value, int attribute, Device device) {
  requireDevice(device);
  require(attribute >= 1 && attribute < 148); // CU_DEVICE_ATTRIBUTE_MAX of CUDA 13.0
  required(value) = static_cast<int>(attributeOf(attribute));
  return Result::Success;
}

Result sim::driver::deviceProperties(DeviceProperties *properties, Device device) {
  requireDevice(device);
  auto value = [](int attribute) { return static_cast<int>(attributeOf(attribute)); };
  required(properties) = {.threadsPerBlock = value(1),
                          .block = {value(2), value(3), value(4)},
                          .grid = {value(5), value(6), value(7)},
                          .sharedPerBlock = value(8),
                          .constantBytes = value(9),
                          .warpSize = value(10),
                          .pitch = value(11),
                          .registersPerBlock = value(12),
                          .clockRate = value(13),
                          .textureAlignment = value(14)};
  return Result::Success;
}

Result sim::driver::deviceCapability(int *major, int *minor, Device device) {
  requireDevice(device);
  required(major) = static_cast<int>(architecture() / 10);
  required(minor) = static_cast<int>(architecture() % 10);
  return Result::Success;
}

static constexpr const char *busId = "0000:01:00.0";

Result sim::driver::deviceByBus(Device *device, const char *id) {
  require(std::strcmp(&required(id), busId) == 0, Result::InvalidDevice);
  required(device) = 0;
  return Result::Success;
}

Result sim::driver::deviceBus(char *id, int length, Device device) {
  requireDevice(device);
  return copyText(busId, id, length);
}

Result sim::driver::deviceCanAccess(int *can, Device device, Device peer) {
  requireDevice(device);
  requireDevice(peer);
  required(can) = 0;
  return Result::Success;
}

Result sim::driver::devicePeerAttribute(int *, int, Device, Device) {
  return Result::InvalidDevice; // there is no second device
}

Result sim::driver::deviceAffinity(int *value, int, Device device) {
  requireDevice(device);
  required(value) = 0;
  return Result::Success;
}
