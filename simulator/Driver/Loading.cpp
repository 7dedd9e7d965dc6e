//===- Loading.cpp - from an image to a module ------------------------------------------------===//
#include "simulator/Driver/Loading.h"

#include "simulator/Driver/FatBinary.h"
#include "simulator/Driver/Queue.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <iterator>

using namespace sim::driver;

/// The newest PTX that the driver of a CUDA version takes, as 10 major + minor: 7.x came with CUDA
/// 11.x, 8.x with 12.x (but 12.5 and 12.6 have the same), 9.x with 13.x.
static unsigned newestPtx(unsigned cuda) {
  unsigned major = cuda / 1000, minor = cuda % 1000 / 10;
  return 10 * (major - 4) + minor - (major == 12 && minor > 5);
}

bool sim::driver::writeJitLog(const JitOptions &options, bool error, const std::string &text) {
  JitOption buffer = error ? JitOption::ErrorLog : JitOption::InfoLog;
  JitOption size = error ? JitOption::ErrorLogBytes : JitOption::InfoLogBytes;
  char *to = nullptr;
  size_t room = 0;
  void **written = nullptr;
  for (unsigned i = 0; i < options.count; ++i) {
    if (options.options[i] == buffer)
      to = static_cast<char *>(options.values[i]);
    if (options.options[i] == size) {
      written = &options.values[i];
      room = reinterpret_cast<uintptr_t>(options.values[i]) & 0xffffffff;
    }
  }
  if (!to || !room)
    return false;
  size_t bytes = std::min(text.size(), room - 1);
  std::memcpy(to, text.data(), bytes);
  to[bytes] = 0;
  // The driver returns how much it has written in the place of the size.
  *written = reinterpret_cast<void *>(bytes ? bytes + 1 : 0);
  return true;
}

/// `.version M.N` of the text, as 10 M + N; 0 if there is none.
static unsigned versionOf(const std::string &text) {
  size_t at = text.find(".version");
  if (at == std::string::npos)
    return 0;
  unsigned major = 0, minor = 0;
  if (std::sscanf(text.c_str() + at, ".version %u.%u", &major, &minor) != 2 || major > 1000 ||
      minor > 9)
    return 0;
  return 10 * major + minor;
}

[[noreturn]] static void fail(const JitOptions &options, Result result, const std::string &text) {
  // A client that does not ask for the log gets a number only, which says little.
  if (!writeJitLog(options, true, text))
    State::get().note("module not loaded", text.substr(0, text.find('\n')));
  throw Failure{result};
}

static std::string jitError(const ptx::ParseError &error) {
  return fmt::format("ptxas application ptx input, line {}; error   : {}\n"
                     "ptxas fatal   : Ptx assembly aborted due to errors",
                     error.line, error.message);
}

std::shared_ptr<Module> sim::driver::loadModule(const void *image, const JitOptions &options,
                                                bool library) {
  State &state = State::get();
  require(!options.count || (options.options && options.values));
  unsigned architecture = state.configuration.architecture;
  Image read = readImage(image, architecture);
  if (read.result != Result::Success)
    fail(options, read.result, read.error);
  unsigned version = versionOf(read.ptx), newest = newestPtx(state.configuration.version);
  if (version > newest)
    fail(options, Result::UnsupportedPtxVersion,
         fmt::format("ptxas application ptx input; Unsupported .version {}.{}; current version is "
                     "'{}.{}'",
                     version / 10, version % 10, newest / 10, newest % 10));
  ptx::ParseResult parsed = ptx::parseModule(read.ptx, "module");
  if (!parsed.module)
    fail(options, Result::InvalidPtx, jitError(parsed.error));
  DecodeResult decoded =
      decode(std::make_shared<const ptx::Module>(std::move(*parsed.module)), architecture);
  if (!decoded.program)
    fail(options, Result::InvalidPtx, jitError(decoded.error));
  auto module = std::make_shared<Module>();
  module->loaded = load(decoded.program, state.memory);
  if (!module->loaded)
    fail(options, Result::OutOfMemory, "the module's variables do not fit into memory");
  writeJitLog(options, true, "");
  writeJitLog(options, false, "");
  module->isLibrary = library;
  module->context = library ? 0 : currentContext()->handle;
  state.add(module);
  return module;
}

std::string sim::driver::readImageFile(const char *path) {
  std::ifstream file(&required(path), std::ios::binary);
  require(file.is_open() && !std::filesystem::is_directory(path), Result::FileNotFound);
  std::string image(std::istreambuf_iterator<char>(file), {});
  require(isWhole(image), Result::InvalidImage);
  return image;
}

std::vector<ptx::FunctionId> sim::driver::kernelsOf(const Module &module) {
  const std::vector<ptx::Function> &functions = module.loaded->program->module->functions;
  std::vector<ptx::FunctionId> kernels;
  for (ptx::FunctionId id = 0; id < functions.size(); ++id)
    if (functions[id].isKernel && !functions[id].isDeclaration)
      kernels.push_back(id);
  return kernels;
}

Handle sim::driver::kernelHandle(Module &module, ptx::FunctionId id) {
  Handle &handle = module.kernels[id];
  if (handle)
    return handle;
  State &state = State::get();
  auto kernel = std::make_shared<Kernel>();
  kernel->module = state.find<Module>(module.handle);
  kernel->function = id;
  kernel->context = module.context;
  return handle = state.add(kernel);
}

Handle sim::driver::kernelNamed(Module &module, const char *name) {
  required(name);
  const std::vector<ptx::Function> &functions = module.loaded->program->module->functions;
  for (ptx::FunctionId id : kernelsOf(module))
    if (functions[id].name == name)
      return kernelHandle(module, id);
  throw Failure{Result::NotFound};
}

void sim::driver::unloadModule(Handle handle) {
  State &state = State::get();
  auto module = state.find<Module>(handle);
  for (const auto &[id, kernelHandle] : module->kernels) {
    auto kernel = state.find<Kernel>(kernelHandle);
    if (state.queue->firstUser(*kernel))
      state.report("module unloaded before synchronising",
                   fmt::format("a launch of {} is queued when its module is unloaded",
                               module->loaded->program->module->functions[id].name));
    state.queue->finishUsers(*kernel);
    state.remove(kernelHandle);
  }
  state.remove(handle);
}

void sim::driver::findGlobal(const Module &module, const char *name, DevicePointer *pointer,
                             size_t *bytes) {
  required(name);
  require(pointer || bytes);
  const std::vector<ptx::Variable> &variables = module.loaded->program->module->variables;
  for (size_t i = 0; i < variables.size(); ++i) {
    const sim::Allocation *allocation = module.loaded->variables[i];
    if (!allocation || variables[i].name != name)
      continue;
    if (pointer)
      *pointer = allocation->base;
    if (bytes)
      *bytes = allocation->bytes;
    return;
  }
  throw Failure{Result::NotFound};
}
