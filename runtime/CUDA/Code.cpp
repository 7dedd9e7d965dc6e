//===- Code.cpp - modules, kernels, launches --------------------------------------------------===//
#include "CUDA/Device.h"

#include <cstring>
#include <fmt/format.h>

using namespace dprt;
using namespace dprt::cuda;

// CUjit_option: where the driver's PTX compiler writes what is wrong.
static constexpr int errorLog = 5, errorLogBytes = 6;
// CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, and what needs no opting in.
static constexpr int maximumDynamicShared = 8;
static constexpr size_t sharedWithoutOptin = 48 * 1024;

/// The image in a form whose end the driver finds, for it is not told the size: PTX gets its final
/// zero in `text`, the binary formats say themselves how long they are.
static Result<const void *> delimit(const void *image, size_t bytes, std::string &text) {
  if (!image || bytes < 4)
    return Status::internal("the module has no code");
  uint32_t magic;
  std::memcpy(&magic, image, sizeof(magic));
  bool isFatbin = magic == 0xba55ed50, isElf = std::memcmp(image, "\177ELF", 4) == 0;
  if (!isFatbin && !isElf) {
    text.assign(static_cast<const char *>(image), bytes);
    return text.c_str();
  }
  // Fatbin: magic, version (2 bytes), size of the header (2), size of the rest (8). ELF: the table
  // of sections, which tools write last, starts at byte 40 and has entries and a count at 58.
  uint64_t needs = 0;
  auto read = [&](size_t at, auto value) -> uint64_t {
    if (at + sizeof(value) <= bytes)
      std::memcpy(&value, static_cast<const char *>(image) + at, sizeof(value));
    return value;
  };
  if (isFatbin)
    needs = read(6, uint16_t()) + read(8, uint64_t());
  else
    needs = read(40, uint64_t()) + read(58, uint16_t()) * read(60, uint16_t());
  if (bytes < 64 || needs > bytes || needs < 16)
    return Status::internal(fmt::format("the module is cut off: it has {} bytes", bytes));
  return image;
}

Status dprt_cuda::freeModule(dprt_cuda_module *module) {
  if (module->module)
    DPRT_CUDA_TRY(*this, moduleUnload, (module->module));
  modules.erase(module);
  delete module;
  return {};
}

int dprt_cuda_load(dprt_cuda *device, const void *image, size_t bytes, dprt_cuda_module **module) {
  *module = nullptr;
  return call(device, [&]() -> Status {
    std::string text;
    Result<const void *> whole = delimit(image, bytes, text);
    if (!whole.ok())
      return whole.status();
    // The object is there before the driver's, so that no failure can lose that.
    auto owner = std::make_unique<dprt_cuda_module>();
    auto place = device->modules.insert(owner.get()).first;
    char log[2048] = "";
    int options[] = {errorLog, errorLogBytes};
    void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
    Outcome outcome = device->library.moduleLoad(&owner->module, *whole, 2, options, values);
    if (outcome != 0) {
      device->modules.erase(place);
      Status status = device->library.check(outcome, symbols.moduleLoad);
      log[sizeof(log) - 1] = '\0';
      size_t length = std::strlen(log);
      while (length > 0 && (log[length - 1] == '\n' || log[length - 1] == ' '))
        log[--length] = '\0';
      if (length == 0)
        return status;
      return {status.code(), fmt::format("{}\n{}", status.text(), log)};
    }
    *module = owner.release();
    return {};
  });
}

int dprt_cuda_unload(dprt_cuda *device, dprt_cuda_module *module) {
  return call(device, [&]() -> Status {
    if (!module)
      return {};
    if (!device->modules.count(module))
      return missing("dprt_cuda_unload", "module that dprt_cuda_load gave and nobody unloaded");
    return device->freeModule(module);
  });
}

int dprt_cuda_get_kernel(dprt_cuda *device, dprt_cuda_module *module, const char *name,
                         size_t dynamicShared, dprt_cuda_kernel **kernel) {
  *kernel = nullptr;
  return call(device, [&]() -> Status {
    if (!module)
      return missing("dprt_cuda_get_kernel", "module");
    if (dynamicShared > device->properties.sharedPerBlock)
      return Status::machine(fmt::format(
          "kernel `{}` needs {} bytes of shared memory in a block, this GPU ({}) has "
          "{}: choose smaller tiles or fewer stages",
          name, dynamicShared, device->properties.name, device->properties.sharedPerBlock));
    auto made = std::make_unique<dprt_cuda_kernel>();
    made->dynamicShared = dynamicShared;
    Status found =
        device->library.check(device->library.moduleFunction(&made->function, module->module, name),
                              symbols.moduleFunction);
    if (!found.ok())
      return {found.code(), fmt::format("kernel `{}`: {}", name, found.text())};
    if (dynamicShared > sharedWithoutOptin)
      DPRT_CUDA_TRY(*device, functionSet,
                    (made->function, maximumDynamicShared, static_cast<int>(dynamicShared)));
    module->kernels.push_back(std::move(made));
    *kernel = module->kernels.back().get();
    return {};
  });
}

int dprt_cuda_launch(dprt_cuda *device, dprt_cuda_kernel *kernel, const uint32_t grid[3],
                     const uint32_t block[3], void **arguments) {
  return call(device, [&]() -> Status {
    if (!kernel)
      return missing("dprt_cuda_launch", "kernel");
    DPRT_CUDA_TRY(*device, launch,
                  (kernel->function, grid[0], grid[1], grid[2], block[0], block[1], block[2],
                   static_cast<unsigned>(kernel->dynamicShared), device->stream, arguments,
                   nullptr));
    return {};
  });
}
