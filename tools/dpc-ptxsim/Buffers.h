//===- Buffers.h - the named buffers of a simulated run, as safetensors -------------*- C++ -*-===//
#ifndef DPC_TOOLS_PTXSIM_BUFFERS_H
#define DPC_TOOLS_PTXSIM_BUFFERS_H

#include <cstddef>
#include <cstdint>
#include <span>
#include <stdexcept>
#include <string>
#include <vector>

namespace ptxsim {

/// The PTX, the arguments or an input file is wrong: exit code 1.
struct InputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// A tensor of any safetensors type, as raw bytes.
struct Buffer {
  std::string name;
  std::string type = "U8"; ///< as safetensors spells it
  std::vector<uint64_t> shape;
  std::vector<std::byte> bytes;
  bool initialised = true; ///< false: made by an argument, with contents undefined
};

/// Throws InputError.
std::string readFile(const std::string &path);
std::vector<Buffer> readSafetensors(const std::string &path);
/// The text of a safetensors file.
std::string writeSafetensors(std::span<const Buffer> buffers);

} // namespace ptxsim
#endif
