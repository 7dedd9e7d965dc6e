//===- Api.h - types of the CUDA driver interface -----------------------------------*- C++ -*-===//
//
// What the calls in Entries.def take and return, declared anew with the sizes and values of the
// CUDA 13 driver API (x86-64), so that no header of NVIDIA is needed.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_API_H
#define DPC_SIMULATOR_DRIVER_API_H

#include <cstddef>
#include <cstdint>

namespace sim::driver {

enum class Result : int {
#define DPC_RESULT(enumerator, name, number, text) enumerator = number,
#include "simulator/Driver/Results.def"
};

/// CUcontext, CUstream and all others: opaque pointers for clients, numbers of a table here.
using Handle = uint64_t;
using DevicePointer = uint64_t;
using Device = int;

/// Streams that every context has (cuda.h: CU_STREAM_LEGACY and CU_STREAM_PER_THREAD).
constexpr Handle legacyStreamHandle = 1, perThreadStreamHandle = 2;

using HostFunction = void (*)(void *data);
using StreamCallback = void (*)(Handle stream, Result status, void *data);
using SharedOfBlockSize = size_t (*)(int blockSize);

struct Uuid {
  unsigned char bytes[16];
};

/// CUdevprop: the answer of cuDeviceGetProperties.
struct DeviceProperties {
  int threadsPerBlock, block[3], grid[3], sharedPerBlock, constantBytes, warpSize, pitch;
  int registersPerBlock, clockRate, textureAlignment;
};

enum class MemoryType : uint32_t { Host = 1, Device = 2, Array = 3, Unified = 4 };

/// CUDA_MEMCPY2D.
struct Copy2D {
  size_t sourceX, sourceY;
  MemoryType sourceType;
  const void *sourceHost;
  DevicePointer sourceDevice;
  Handle sourceArray;
  size_t sourcePitch;
  size_t targetX, targetY;
  MemoryType targetType;
  void *targetHost;
  DevicePointer targetDevice;
  Handle targetArray;
  size_t targetPitch;
  size_t width, height;
};
static_assert(sizeof(Copy2D) == 128);

/// CUDA_MEMCPY3D.
struct Copy3D {
  size_t sourceX, sourceY, sourceZ, sourceLevel;
  MemoryType sourceType;
  const void *sourceHost;
  DevicePointer sourceDevice;
  Handle sourceArray;
  void *reserved0;
  size_t sourcePitch, sourceHeight;
  size_t targetX, targetY, targetZ, targetLevel;
  MemoryType targetType;
  void *targetHost;
  DevicePointer targetDevice;
  Handle targetArray;
  void *reserved1;
  size_t targetPitch, targetHeight;
  size_t width, height, depth;
};
static_assert(sizeof(Copy3D) == 200);

/// CUlaunchAttribute; of the values only `cooperative` is read.
struct LaunchAttribute {
  enum : uint32_t { Cooperative = 2, ClusterDimension = 4 };
  uint32_t id;
  uint32_t padding;
  union {
    char bytes[64];
    int cooperative;
    uint32_t extent[3];
  };
};
static_assert(sizeof(LaunchAttribute) == 72);

/// CUlaunchConfig.
struct LaunchConfiguration {
  uint32_t grid[3], block[3], dynamicShared;
  Handle stream;
  const LaunchAttribute *attributes;
  uint32_t attributeCount;
};
static_assert(sizeof(LaunchConfiguration) == 56);

/// CUDA_KERNEL_NODE_PARAMS (v2 and v3; v1 ends before `kernel`).
struct KernelNodeV1 {
  Handle function;
  uint32_t grid[3], block[3], dynamicShared;
  void **parameters;
  void **extra;
};
struct KernelNode : KernelNodeV1 {
  Handle kernel;
  Handle context;
};
static_assert(sizeof(KernelNodeV1) == 56 && sizeof(KernelNode) == 72);

/// CUDA_MEMSET_NODE_PARAMS; in CUgraphNodeParams a context follows.
struct FillNode {
  DevicePointer target;
  size_t pitch;
  uint32_t value, elementBytes;
  size_t width, height;
};
static_assert(sizeof(FillNode) == 40);

struct HostNode {
  HostFunction function;
  void *data;
};

/// CUgraphNodeType.
enum class NodeType : uint32_t {
  Kernel = 0,
  Copy = 1,
  Fill = 2,
  Host = 3,
  Graph = 4,
  Empty = 5,
  EventWait = 6,
  EventRecord = 7,
  Allocate = 10,
  Free = 11,
};

/// CUDA_MEMCPY_NODE_PARAMS.
struct CopyNode {
  int flags, reserved;
  Handle context;
  Copy3D copy;
};

/// CUgraphNodeParams.
struct NodeParameters {
  NodeType type;
  int reserved0[3];
  union {
    long long reserved1[29];
    KernelNode kernel;
    CopyNode copy;
    FillNode fill;
    HostNode host;
    Handle graph;
    Handle event;
  };
  long long reserved2;
};
static_assert(sizeof(NodeParameters) == 256);

/// CUgraphEdgeData; only zeros (a full dependency) are supported.
struct EdgeData {
  unsigned char bytes[8];
};

/// CUDA_GRAPH_INSTANTIATE_PARAMS.
struct InstantiateParameters {
  uint64_t flags;
  Handle uploadStream;
  Handle errorNode;
  uint32_t result;
};
static_assert(sizeof(InstantiateParameters) == 32);

/// CUgraphExecUpdateResultInfo, and the values of `result`.
struct UpdateInfo {
  enum : uint32_t { Success, Error, TopologyChanged, TypeChanged, FunctionChanged };
  uint32_t result;
  Handle errorNode, errorFromNode;
};

struct Location {
  int type, id;
};

/// CUmemPoolProps.
struct PoolProperties {
  int allocationType, handleTypes;
  Location location;
  void *security;
  size_t maximum;
  unsigned short usage;
  unsigned char reserved[54];
};
static_assert(sizeof(PoolProperties) == 88);

struct AccessDescription {
  Location location;
  int flags;
};

enum : uint32_t { NonBlocking = 1 };                ///< CU_STREAM_NON_BLOCKING
enum : uint32_t { BlockingSync = 1, NoTiming = 2 }; ///< CU_EVENT_*
enum : uint32_t { ExternalEvent = 1 };              ///< CU_EVENT_RECORD_EXTERNAL, _WAIT_
enum class CaptureMode : uint32_t { Global, ThreadLocal, Relaxed };
enum class CaptureStatus : uint32_t { None, Active, Invalidated };
enum : uint64_t { PerThreadDefaultStream = 2 }; ///< CU_GET_PROC_ADDRESS_*
enum class SymbolStatus : uint32_t { Success, NotFound, VersionNotSufficient };

/// CUjit_option, those that are obeyed.
enum class JitOption : uint32_t {
  InfoLog = 3,
  InfoLogBytes = 4,
  ErrorLog = 5,
  ErrorLogBytes = 6,
};

/// CUfunction_attribute.
enum class FunctionAttribute : uint32_t {
  MaximumThreads,
  SharedBytes,
  ConstantBytes,
  LocalBytes,
  Registers,
  PtxVersion,
  BinaryVersion,
  CacheMode,
  MaximumDynamicShared,
  Carveout,
  ClusterSizeMustBeSet,
  ClusterWidth,
  ClusterHeight,
  ClusterDepth,
  NonPortableCluster,
  ClusterPolicy,
};

/// CUpointer_attribute.
enum class PointerAttribute : uint32_t {
  Context = 1,
  MemoryType = 2,
  DevicePointer = 3,
  HostPointer = 4,
  SyncCopies = 6,
  BufferId = 7,
  IsManaged = 8,
  DeviceOrdinal = 9,
  IpcCapable = 10,
  RangeStart = 11,
  RangeSize = 12,
  Mapped = 13,
  HandleTypes = 14,
  RdmaCapable = 15,
  AccessFlags = 16,
  Pool = 17,
  MappingSize = 18,
  MappingBase = 19,
  BlockId = 20,
};

} // namespace sim::driver
#endif
