//===- Device.h - a simulated device for tests --------------------------------------*- C++ -*-===//
#ifndef DPC_TEST_SIMULATOR_MACHINE_DEVICE_H
#define DPC_TEST_SIMULATOR_MACHINE_DEVICE_H

#include "simulator/Machine/Launch.h"

#include <cstring>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace sim::test {

/// What a module begins with.
inline const std::string head = ".version 8.0\n.target sm_80\n.address_size 64\n";

/// One module and its memory.
class Device {
public:
  explicit Device(std::string_view text, uint64_t seed = 0) : memory(1 << 30) {
    options.seed = seed;
    options.maximumSteps = 50'000'000;
    ptx::ParseResult parsed = ptx::parseModule(text, "test.ptx");
    EXPECT_TRUE(parsed.module) << parsed.error.line << ": " << parsed.error.message;
    if (!parsed.module)
      return;
    DecodeResult decoded =
        decode(std::make_shared<ptx::Module>(std::move(*parsed.module)), options.architecture);
    EXPECT_TRUE(decoded.program) << decoded.error.line << ": " << decoded.error.message;
    if (decoded.program)
      module = load(decoded.program, memory);
  }
  ~Device() {
    if (module)
      unload(*module, memory);
  }

  template <class T> uint64_t buffer(const std::vector<T> &values, std::string name = "buffer") {
    Allocation *allocation = memory.allocate(values.size() * sizeof(T), std::move(name), true);
    std::memcpy(allocation->data, values.data(), values.size() * sizeof(T));
    return allocation->base;
  }
  template <class T> std::vector<T> read(uint64_t base) {
    Allocation *allocation = memory.find(base);
    std::vector<T> values(allocation->bytes / sizeof(T));
    std::memcpy(values.data(), allocation->data, allocation->bytes);
    return values;
  }

  struct Dim {
    uint32_t x = 1, y = 1, z = 1;
  };
  template <class... A> LaunchResult run(std::string_view kernel, Dim grid, Dim block, A... args) {
    if (!module)
      return {};
    const ptx::Module &source = *module->program->module;
    LaunchShape shape{
        {grid.x, grid.y, grid.z}, {block.x, block.y, block.z}, dynamicShared, {}, cooperative};
    ptx::FunctionId number = 0;
    for (ptx::FunctionId i = 0; i < source.functions.size(); ++i)
      if (source.functions[i].name == kernel)
        number = i;
    const ptx::Function &function = source.functions[number];
    shape.parameters.resize(function.parameterBytes);
    size_t index = 0;
    auto pass = [&](auto value) {
      std::memcpy(shape.parameters.data() + function.parameters.at(index++).offset, &value,
                  sizeof(value));
    };
    (pass(args), ...);
    return launch(*module, number, shape, memory, options);
  }

  Memory memory;
  LaunchOptions options;
  uint64_t dynamicShared = 0;
  bool cooperative = false;
  std::unique_ptr<LoadedModule> module;
};

/// All reports, one a line.
inline std::string text(const LaunchResult &result) {
  std::string all;
  for (const Report &report : result.reports.all())
    all += std::string(name(report.fault)) + " line " + std::to_string(report.line) + " block " +
           std::to_string(report.block) + " thread " + std::to_string(report.thread) + ": " +
           report.message + "\n";
  return all;
}

} // namespace sim::test
#endif
