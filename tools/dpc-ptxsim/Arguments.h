//===- Arguments.h - a kernel's parameters from a JSON file -------------------------*- C++ -*-===//
#ifndef DPC_TOOLS_PTXSIM_ARGUMENTS_H
#define DPC_TOOLS_PTXSIM_ARGUMENTS_H

#include "simulator/Parse/Module.h"
#include "tools/dpc-ptxsim/Buffers.h"

#include <functional>

namespace ptxsim {

/// A parameter block, and where device addresses go into it once buffers have some.
struct Arguments {
  struct Pointer {
    uint64_t at;     ///< byte in the block
    size_t buffer;   ///< index
    uint64_t offset; ///< added to the buffer's address
  };
  std::vector<std::byte> block;
  std::vector<Pointer> pointers;
};

/// Reads `text`, a JSON list with one entry per parameter of `kernel`; `{"buffer": N, "bytes": B}`
/// adds a buffer to `buffers`. Throws InputError that names the entry.
Arguments readArguments(const std::string &text, const std::string &path,
                        const ptx::Function &kernel, std::vector<Buffer> &buffers);

} // namespace ptxsim
#endif
