//===- Loading.h - from an image to a module ----------------------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_LOADING_H
#define DPC_SIMULATOR_DRIVER_LOADING_H

#include "simulator/Driver/State.h"

namespace sim::driver {

/// CUjit_option and its value, `count` of each.
struct JitOptions {
  unsigned count = 0;
  const JitOption *options = nullptr;
  void **values = nullptr;
};

/// Loads and gives the module a handle. Throws after writing the error log.
std::shared_ptr<Module> loadModule(const void *image, const JitOptions &options, bool library);
/// Throws FileNotFound, and InvalidImage for a fatbin that has lost its end.
std::string readImageFile(const char *path);
/// The handle of a kernel; throws NotFound.
Handle kernelNamed(Module &module, const char *name);
std::vector<ptx::FunctionId> kernelsOf(const Module &module);
Handle kernelHandle(Module &module, ptx::FunctionId id);
/// Ends the module: queued launches of it run first.
void unloadModule(Handle handle);
void findGlobal(const Module &module, const char *name, DevicePointer *pointer, size_t *bytes);
/// Writes `text` to the log buffer of the options; false if there is none.
bool writeJitLog(const JitOptions &options, bool error, const std::string &text);

} // namespace sim::driver
#endif
