//===- Executable.h - a model as code and memory of this process --------------------*- C++ -*-===//
#pragma once

#include "lib/Driver/Compiler.h"

#include "dprt/model.h"

namespace dpc {
class LoadedModel;
}

namespace dpc::driver {

class Executable {
public:
  /// Compiles the loaded model to machine code and binds it to the runtime. `entries` are those of
  /// dyad-unroll-inference. Null after messages.
  static std::unique_ptr<Executable> make(Compiler &compiler, const MachineOptions &machine,
                                          std::vector<std::string> entries);
  ~Executable();

  dprt::Model &model() { return *memory; }

private:
  Executable();

  std::unique_ptr<LoadedModel> code;
  std::optional<dprt::Model> memory;
};

} // namespace dpc::driver
