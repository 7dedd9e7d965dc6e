//===- safetensors.h - the JSON header of safetensors files -------------------------*- C++ -*-===//
#ifndef DPRT_SAFETENSORS_H
#define DPRT_SAFETENSORS_H

#include "dprt/tensor.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace dprt {

/// One tensor of the header: `begin` and `end` count bytes from the end of the header.
struct HeaderItem {
  std::string name, type;
  std::vector<int64_t> shape;
  int64_t begin = 0, end = 0;
};

/// Strict JSON. Returns an empty text, or what is wrong (without the file's name).
std::string parseHeader(std::string_view json, std::vector<HeaderItem> &items);

/// The header of tensors that follow each other, padded with spaces to a multiple of 8 bytes.
std::string writeHeader(std::span<const Tensor> tensors);

} // namespace dprt
#endif
