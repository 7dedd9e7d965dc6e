//===- Module.cpp - modules, libraries, the linker --------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/FatBinary.h"
#include "simulator/Driver/Loading.h"
#include "simulator/Driver/Queue.h"

using namespace sim::driver;

Result sim::driver::moduleLoadDataEx(Handle *module, const void *image, unsigned count,
                                     const JitOption *options, void **values) {
  currentContext();
  requireNoCapture();
  Handle &handle = required(module);
  handle = loadModule(image, {count, options, values}, false)->handle;
  return Result::Success;
}

Result sim::driver::moduleLoadData(Handle *module, const void *image) {
  return moduleLoadDataEx(module, image, 0, nullptr, nullptr);
}

Result sim::driver::moduleLoad(Handle *module, const char *file) {
  currentContext();
  std::string image = readImageFile(file);
  return moduleLoadData(module, image.c_str());
}

Result sim::driver::moduleUnload(Handle module) {
  currentContext();
  require(!State::get().find<Module>(module)->isLibrary, Result::NotPermitted);
  unloadModule(module);
  return Result::Success;
}

Result sim::driver::moduleLoadingMode(unsigned *mode) {
  required(mode) = 1; // CU_MODULE_EAGER_LOADING
  return Result::Success;
}

static std::shared_ptr<Module> findModule(Handle handle) {
  currentContext();
  return State::get().find<Module>(handle);
}

Result sim::driver::moduleFunction(Handle *function, Handle module, const char *name) {
  std::shared_ptr<Module> found = findModule(module);
  required(function) = kernelNamed(*found, name);
  return Result::Success;
}

Result sim::driver::moduleFunctionCount(unsigned *count, Handle module) {
  required(count) = static_cast<unsigned>(kernelsOf(*findModule(module)).size());
  return Result::Success;
}

/// Fills an array with the module's kernels, and with 0 beyond them.
static Result listKernels(Handle *list, unsigned count, Module &module) {
  std::vector<ptx::FunctionId> kernels = kernelsOf(module);
  require(list && count);
  for (unsigned i = 0; i < count; ++i)
    list[i] = i < kernels.size() ? kernelHandle(module, kernels[i]) : 0;
  return Result::Success;
}

Result sim::driver::moduleFunctions(Handle *functions, unsigned count, Handle module) {
  return listKernels(functions, count, *findModule(module));
}

Result sim::driver::moduleGlobal(DevicePointer *pointer, size_t *bytes, Handle module,
                                 const char *name) {
  findGlobal(*findModule(module), name, pointer, bytes);
  return Result::Success;
}

Result sim::driver::libraryLoadData(Handle *library, const void *code, const JitOption *options,
                                    void **values, unsigned count, const void *, void **,
                                    unsigned) {
  Handle &handle = required(library);
  handle = loadModule(code, {count, options, values}, true)->handle;
  return Result::Success;
}

Result sim::driver::libraryLoadFile(Handle *library, const char *file, const JitOption *options,
                                    void **values, unsigned count, const void *, void **,
                                    unsigned) {
  std::string image = readImageFile(file);
  return libraryLoadData(library, image.c_str(), options, values, count, nullptr, nullptr, 0);
}

static std::shared_ptr<Module> findLibrary(Handle handle) {
  auto library = State::get().find<Module>(handle);
  require(library->isLibrary, Result::InvalidHandle);
  return library;
}

Result sim::driver::libraryUnload(Handle library) {
  findLibrary(library);
  unloadModule(library);
  return Result::Success;
}

Result sim::driver::libraryKernel(Handle *kernel, Handle library, const char *name) {
  std::shared_ptr<Module> found = findLibrary(library);
  required(kernel) = kernelNamed(*found, name);
  return Result::Success;
}

Result sim::driver::libraryKernelCount(unsigned *count, Handle library) {
  required(count) = static_cast<unsigned>(kernelsOf(*findLibrary(library)).size());
  return Result::Success;
}

Result sim::driver::libraryKernels(Handle *kernels, unsigned count, Handle library) {
  return listKernels(kernels, count, *findLibrary(library));
}

Result sim::driver::libraryModule(Handle *module, Handle library) {
  currentContext();
  required(module) = findLibrary(library)->handle;
  return Result::Success;
}

Result sim::driver::libraryGlobal(DevicePointer *pointer, size_t *bytes, Handle library,
                                  const char *name) {
  currentContext();
  findGlobal(*findLibrary(library), name, pointer, bytes);
  return Result::Success;
}

Result sim::driver::libraryManaged(DevicePointer *, size_t *, Handle library, const char *name) {
  findLibrary(library);
  required(name);
  return Result::NotFound; // PTX has `.attribute(.managed)`, which the simulator does not take
}

namespace {

/// A linker's input; one PTX text is its own result.
struct Linker : Object {
  const char *what() const override { return "link state"; }
  std::string ptx;
};

} // namespace

Result sim::driver::linkCreate(unsigned, const JitOption *, void **, Handle *state) {
  std::shared_ptr<Context> context = currentContext();
  Handle &handle = required(state);
  auto linker = std::make_shared<Linker>();
  linker->context = context->handle;
  handle = State::get().add(linker);
  return Result::Success;
}

Result sim::driver::linkAddData(Handle handle, unsigned type, const void *data, size_t bytes,
                                const char *, unsigned count, const JitOption *options,
                                void **values) {
  auto linker = State::get().find<Linker>(handle);
  require(data != nullptr);
  JitOptions jit{count, options, values};
  // CUjitInputType: 1 PTX, 2 fatbin.
  if ((type != 1 && type != 2) || !linker->ptx.empty()) {
    writeJitLog(jit, true, "the mock driver links one PTX text");
    return Result::NotSupported;
  }
  std::string copy(static_cast<const char *>(data), bytes); // with a NUL behind it
  require(isWhole(copy), Result::InvalidImage);
  Image image = readImage(copy.c_str(), State::get().configuration.architecture);
  if (image.result != Result::Success) {
    writeJitLog(jit, true, image.error);
    return image.result;
  }
  linker->ptx = image.ptx;
  return Result::Success;
}

Result sim::driver::linkAddFile(Handle handle, unsigned type, const char *path, unsigned count,
                                const JitOption *options, void **values) {
  std::string data = readImageFile(path);
  return linkAddData(handle, type, data.data(), data.size(), path, count, options, values);
}

Result sim::driver::linkComplete(Handle handle, void **image, size_t *bytes) {
  auto linker = State::get().find<Linker>(handle);
  required(image) = linker->ptx.data();
  if (bytes)
    *bytes = linker->ptx.size() + 1;
  return Result::Success;
}

Result sim::driver::linkDestroy(Handle handle) {
  State::get().find<Linker>(handle);
  State::get().remove(handle);
  return Result::Success;
}
