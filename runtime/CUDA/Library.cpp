//===- Library.cpp - the CUDA driver, opened at run time --------------------------------------===//
#include "CUDA/Library.h"

#include <dlfcn.h>
#include <fmt/format.h>

using namespace dprt;
using namespace dprt::cuda;

/// The oldest driver that has everything in CudaSymbols.def.
static constexpr const char *oldestDriver = "CUDA 11.4 (driver 470)";

namespace {
/// What to do about an error, as far as its number says (driver API reference, CUresult).
struct Advice {
  Outcome outcome;
  const char *name; ///< for drivers that cannot be asked
  Code code;
  const char *text;
};
} // namespace

static const Advice advices[] = {
    {1, "CUDA_ERROR_INVALID_VALUE", Code::Internal, "an argument of the call is wrong"},
    {2, "CUDA_ERROR_OUT_OF_MEMORY", Code::Machine,
     "the GPU's memory is full: end other programs that use it (nvidia-smi lists them) or take a "
     "smaller batch"},
    {34, "CUDA_ERROR_STUB_LIBRARY", Code::Machine,
     "the library found is the toolkit's stub, which is for linking only: take its folder `stubs` "
     "out of LD_LIBRARY_PATH and install NVIDIA's driver"},
    {46, "CUDA_ERROR_DEVICE_UNAVAILABLE", Code::Machine,
     "another program has the GPU for itself (nvidia-smi lists it)"},
    {100, "CUDA_ERROR_NO_DEVICE", Code::Machine,
     "there is a driver but no GPU that it may use: nvidia-smi and CUDA_VISIBLE_DEVICES say more"},
    {101, "CUDA_ERROR_INVALID_DEVICE", Code::Machine,
     "there is no GPU of that number: nvidia-smi lists them"},
    {200, "CUDA_ERROR_INVALID_IMAGE", Code::Internal, "the module is damaged"},
    {209, "CUDA_ERROR_NO_BINARY_FOR_GPU", Code::Machine,
     "the module has no code for this GPU: compile it for its architecture"},
    {218, "CUDA_ERROR_INVALID_PTX", Code::Internal, "the driver does not accept the module's PTX"},
    {221, "CUDA_ERROR_JIT_COMPILER_NOT_FOUND", Code::Machine,
     "the driver's PTX compiler is missing: install libnvidia-ptxjitcompiler of the driver's "
     "version"},
    {222, "CUDA_ERROR_UNSUPPORTED_PTX_VERSION", Code::Machine,
     "the driver is older than the module's PTX: install a newer driver"},
    {500, "CUDA_ERROR_NOT_FOUND", Code::Internal, "the module has nothing of that name"},
    {700, "CUDA_ERROR_ILLEGAL_ADDRESS", Code::Internal,
     "a kernel left its buffers: dpc-ptxsim says where"},
    {701, "CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES", Code::Internal,
     "the kernel needs more registers or shared memory than a block may have on this GPU"},
    {702, "CUDA_ERROR_LAUNCH_TIMEOUT", Code::Machine,
     "a kernel took longer than the system lets it: use a GPU that drives no display"},
    {716, "CUDA_ERROR_MISALIGNED_ADDRESS", Code::Internal,
     "a kernel used a misaligned address: dpc-ptxsim says where"},
    {719, "CUDA_ERROR_LAUNCH_FAILED", Code::Internal, "a kernel failed: dpc-ptxsim may say where"},
    {803, "CUDA_ERROR_SYSTEM_DRIVER_MISMATCH", Code::Machine,
     "library and kernel module of the driver have different versions: restart after an update"},
    {804, "CUDA_ERROR_COMPAT_NOT_SUPPORTED_ON_DEVICE", Code::Machine,
     "a compatibility library is in LD_LIBRARY_PATH that does not support this GPU: take it out"},
};

Status Library::check(Outcome outcome, const char *call) const {
  if (outcome == 0)
    return {};
  const Advice *advice = nullptr;
  for (const Advice &candidate : advices)
    if (candidate.outcome == outcome)
      advice = &candidate;
  const char *name = nullptr, *text = nullptr;
  if (!errorName || errorName(outcome, &name) != 0 || !name)
    name = advice ? advice->name : "an error that has no name";
  if (advice)
    text = advice->text;
  else if (!errorText || errorText(outcome, &text) != 0)
    text = nullptr;
  return {advice ? advice->code : Code::Machine,
          fmt::format("{} returned {} ({}){}{}", call, name, outcome, text ? ": " : "",
                      text ? text : "")};
}

Result<Library> Library::open(const std::string &path) {
  void *handle = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!handle) {
    const char *reason = dlerror();
    return Status::machine(fmt::format(
        "there is no CUDA driver: {}. Install NVIDIA's driver (Debian: nvidia-driver; in a "
        "container: start it with GPU access), or put the folder of the mock driver on "
        "LD_LIBRARY_PATH to run without a GPU",
        reason ? reason : path));
  }
  Library library;
  const char *missing = nullptr;
#define CUDA_SYMBOL(member, symbol, parameters)                                                    \
  library.member = reinterpret_cast<decltype(library.member)>(dlsym(handle, #symbol));             \
  if (!library.member && !missing)                                                                 \
    missing = #symbol;
#include "CUDA/CudaSymbols.def"
  if (library.driverVersion && library.driverVersion(&library.version) != 0)
    library.version = 0;
  // A stub has few functions on some releases: what cuInit says is the better explanation.
  if (library.init)
    if (Status status = library.check(library.init(0), "cuInit"); !status.ok())
      return status;
  if (missing)
    return Status::machine(fmt::format(
        "the CUDA driver `{}`{} has no {}: install one for at least {}", path,
        library.version
            ? fmt::format(" for CUDA {}.{}", library.version / 1000, library.version % 1000 / 10)
            : "",
        missing, oldestDriver));
  return library;
}
