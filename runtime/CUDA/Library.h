//===- Library.h - the CUDA driver, opened at run time ------------------------------*- C++ -*-===//
//
// No CUDA header and no library is needed to build: the types that the calls of CudaSymbols.def
// pass are declared here, the functions are looked up by name.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPRT_CUDA_LIBRARY_H
#define DPRT_CUDA_LIBRARY_H

#include "dprt/status.h"

#include <cstddef>
#include <cstdint>
#include <string>

namespace dprt::cuda {

using Outcome = int; ///< CUresult
using DeviceNumber = int;
using DeviceAddress = uint64_t;
using Context = struct ContextTag *;
using Module = struct ModuleTag *;
using Function = struct FunctionTag *;
using Stream = struct StreamTag *;
using Graph = struct GraphTag *;
using GraphExecutable = struct GraphExecutableTag *;
using Event = struct EventTag *;

/// The functions of one driver library. It stays open until the process ends: drivers start threads
/// that closing the library would pull the ground from.
struct Library {
#define CUDA_SYMBOL(member, symbol, parameters) Outcome(*member) parameters = nullptr;
#include "CUDA/CudaSymbols.def"
  int version = 0; ///< 1000 * major + 10 * minor of the newest CUDA that the driver knows; 0: it
                   ///< does not say

  /// Opens `path`, finds every symbol and initialises the driver. Code::Machine with what to
  /// install or repair.
  static Result<Library> open(const std::string &path);

  /// Ok for 0; else Code::Machine or, where the caller broke the ABI, Code::Internal, with the
  /// call, the driver's name of the error and what to do about it.
  Status check(Outcome outcome, const char *call) const;
};

} // namespace dprt::cuda
#endif
