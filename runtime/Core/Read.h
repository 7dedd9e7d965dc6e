//===- Read.h - input files ---------------------------------------------------------*- C++ -*-===//
#ifndef DPRT_CORE_READ_H
#define DPRT_CORE_READ_H

#include "dprt/file.h"

#include <cstdint>
#include <string>

namespace dprt {

/// An open file, read at places. Failures have Code::Data and name the file.
class InputFile {
public:
  static Result<InputFile> open(const std::string &path);
  InputFile(InputFile &&other) noexcept;
  InputFile &operator=(InputFile &&) = delete;
  ~InputFile();

  int64_t size() const { return length; }
  const std::string &path() const { return name; }
  /// Exactly `count` bytes from `offset` on.
  Status read(int64_t offset, int64_t count, uint8_t *to) const;

private:
  InputFile() = default;
  int descriptor = -1;
  int64_t length = 0;
  std::string name;
};

} // namespace dprt
#endif
