//===- weights.h - tensors in safetensors files -------------------------------------*- C++ -*-===//
//
// Format: 8 bytes little-endian header length, a JSON header {name: {dtype, shape, data_offsets}},
// then the elements (https://github.com/huggingface/safetensors). F32, F64 and I64 are read.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPRT_WEIGHTS_H
#define DPRT_WEIGHTS_H

#include "dprt/status.h"
#include "dprt/tensor.h"

#include <span>
#include <string>
#include <vector>

namespace dprt {

/// All tensors of a file, in the order of their data. Code::Data if the file cannot be read, is
/// truncated, or is not strictly well-formed (bounds, overlaps, duplicate names, wrong sizes).
Result<std::vector<Tensor>> readTensors(const std::string &path);

/// Writes all or nothing (file.h).
Status writeTensors(const std::string &path, std::span<const Tensor> tensors);

/// Brings `tensors` into the order of `expected`. Code::Data with one line per missing, extra or
/// misshapen tensor and per wrong element type; `path` is for the text.
Result<std::vector<Tensor>> matchTensors(const std::string &path, std::vector<Tensor> tensors,
                                         std::span<const TensorType> expected);

/// readTensors, then matchTensors.
Result<std::vector<Tensor>> readWeights(const std::string &path,
                                        std::span<const TensorType> expected);

} // namespace dprt
#endif
