//===- Function.cpp - attributes of kernels, and launches -------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Occupancy.h"
#include "simulator/Driver/Queue.h"

using namespace sim::driver;

static int64_t attributeOf(const Kernel &kernel, FunctionAttribute attribute) {
  const sim::FunctionCode &code = codeOf(kernel);
  std::shared_ptr<Module> module = kernel.module.lock();
  const ptx::Module &source = *module->loaded->program->module;
  switch (attribute) {
  case FunctionAttribute::MaximumThreads:
    return mostThreads(*code.source);
  case FunctionAttribute::SharedBytes:
    return static_cast<int64_t>(code.sharedBytes);
  case FunctionAttribute::ConstantBytes: {
    uint64_t bytes = 0;
    for (const ptx::Variable &variable : source.variables)
      if (variable.space == ptx::Space::Constant)
        bytes += variable.bytes;
    return static_cast<int64_t>(bytes);
  }
  case FunctionAttribute::LocalBytes:
    return static_cast<int64_t>(code.localBytes);
  case FunctionAttribute::Registers:
    return registersOf(*code.source);
  case FunctionAttribute::PtxVersion:
    return source.architecture;
  case FunctionAttribute::BinaryVersion:
    return State::get().configuration.architecture;
  case FunctionAttribute::MaximumDynamicShared:
    return static_cast<int64_t>(mostDynamicShared(kernel));
  case FunctionAttribute::Carveout:
    return kernel.carveout;
  case FunctionAttribute::CacheMode:
  case FunctionAttribute::ClusterSizeMustBeSet:
  case FunctionAttribute::ClusterWidth:
  case FunctionAttribute::ClusterHeight:
  case FunctionAttribute::ClusterDepth:
  case FunctionAttribute::NonPortableCluster:
  case FunctionAttribute::ClusterPolicy:
    return 0;
  }
  throw Failure{Result::InvalidValue};
}

Result sim::driver::functionAttribute(int *value, FunctionAttribute attribute, Handle function) {
  auto kernel = State::get().find<Kernel>(function);
  required(value) = static_cast<int>(attributeOf(*kernel, attribute));
  return Result::Success;
}

Result sim::driver::functionSetAttribute(Handle function, FunctionAttribute attribute, int value) {
  auto kernel = State::get().find<Kernel>(function);
  if (attribute == FunctionAttribute::MaximumDynamicShared) {
    uint64_t most = limits(State::get().configuration.architecture).sharedPerBlockOptIn;
    uint64_t fixed = codeOf(*kernel).dynamicShared;
    require(value >= 0 && static_cast<uint64_t>(value) + fixed <= most);
    kernel->dynamicSharedLimit = static_cast<uint64_t>(value);
  } else if (attribute == FunctionAttribute::Carveout) {
    require(value >= -1 && value <= 100);
    kernel->carveout = value;
  } else {
    return Result::InvalidValue;
  }
  return Result::Success;
}

Result sim::driver::kernelAttribute(int *value, FunctionAttribute attribute, Handle kernel,
                                    Device device) {
  require(device == 0, Result::InvalidDevice);
  return functionAttribute(value, attribute, kernel);
}

Result sim::driver::kernelSetAttribute(FunctionAttribute attribute, int value, Handle kernel,
                                       Device device) {
  require(device == 0, Result::InvalidDevice);
  return functionSetAttribute(kernel, attribute, value);
}

Result sim::driver::kernelSetCache(Handle kernel, unsigned configuration, Device device) {
  require(device == 0, Result::InvalidDevice);
  return functionSetCache(kernel, configuration);
}

Result sim::driver::kernelFunction(Handle *function, Handle kernel) {
  currentContext();
  required(function) = State::get().find<Kernel>(kernel)->handle;
  return Result::Success;
}

Result sim::driver::functionSetCache(Handle function, unsigned configuration) {
  auto kernel = State::get().find<Kernel>(function);
  require(configuration <= 3);
  kernel->cacheConfiguration = configuration;
  return Result::Success;
}

Result sim::driver::functionModule(Handle *module, Handle function) {
  std::shared_ptr<Module> found = State::get().find<Kernel>(function)->module.lock();
  require(found != nullptr, Result::InvalidHandle);
  required(module) = found->handle;
  return Result::Success;
}

Result sim::driver::functionName(const char **name, Handle function) {
  auto kernel = State::get().find<Kernel>(function);
  required(name) = codeOf(*kernel).source->name.c_str();
  return Result::Success;
}

Result sim::driver::functionParameter(Handle function, size_t index, size_t *offset,
                                      size_t *bytes) {
  auto kernel = State::get().find<Kernel>(function);
  const std::vector<ptx::Parameter> &parameters = codeOf(*kernel).source->parameters;
  require(index < parameters.size());
  required(offset) = parameters[index].offset;
  if (bytes)
    *bytes = parameters[index].bytes;
  return Result::Success;
}

Result sim::driver::functionIsLoaded(unsigned *state, Handle function) {
  State::get().find<Kernel>(function);
  required(state) = 1;
  return Result::Success;
}

Result sim::driver::functionLoad(Handle function) {
  State::get().find<Kernel>(function);
  return Result::Success;
}

static Result launchOn(Handle function, const uint32_t (&grid)[3], const uint32_t (&block)[3],
                       unsigned sharedBytes, Handle stream, void **parameters, void **extra,
                       bool cooperative) {
  std::shared_ptr<Stream> on = findStream(stream);
  enqueue(*on, makeKernel(function, grid, block, sharedBytes, parameters, extra, cooperative));
  return Result::Success;
}

Result sim::driver::launchKernel(Handle function, unsigned gridX, unsigned gridY, unsigned gridZ,
                                 unsigned blockX, unsigned blockY, unsigned blockZ,
                                 unsigned sharedBytes, Handle stream, void **parameters,
                                 void **extra) {
  return launchOn(function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream,
                  parameters, extra, false);
}

Result sim::driver::launchCooperative(Handle function, unsigned gridX, unsigned gridY,
                                      unsigned gridZ, unsigned blockX, unsigned blockY,
                                      unsigned blockZ, unsigned sharedBytes, Handle stream,
                                      void **parameters) {
  return launchOn(function, {gridX, gridY, gridZ}, {blockX, blockY, blockZ}, sharedBytes, stream,
                  parameters, nullptr, true);
}

Result sim::driver::launchKernelEx(const LaunchConfiguration *configuration, Handle function,
                                   void **parameters, void **extra) {
  const LaunchConfiguration &given = required(configuration);
  bool cooperative = false;
  for (unsigned i = 0; i < given.attributeCount; ++i) {
    const LaunchAttribute &attribute = required(given.attributes + i);
    if (attribute.id == LaunchAttribute::Cooperative)
      cooperative = attribute.cooperative;
    if (attribute.id == LaunchAttribute::ClusterDimension)
      require(attribute.extent[0] * attribute.extent[1] * attribute.extent[2] <= 1,
              Result::NotSupported);
  }
  return launchOn(function, given.grid, given.block, given.dynamicShared, given.stream, parameters,
                  extra, cooperative);
}

Result sim::driver::launchHost(Handle stream, HostFunction function, void *data) {
  std::shared_ptr<Stream> on = findStream(stream);
  require(function != nullptr);
  HostCommand command;
  command.host = {function, data};
  enqueue(*on, command);
  return Result::Success;
}
