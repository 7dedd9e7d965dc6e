//===- tensor.h - a named tensor as files hold it -----------------------------------*- C++ -*-===//
#ifndef DPRT_TENSOR_H
#define DPRT_TENSOR_H

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

namespace dprt {

enum class ElementType { F32, F64, I64 };

/// `F32`, `F64` or `I64`, as safetensors spells them.
const char *typeName(ElementType type);

/// Elements in row-major order of `shape`; a scalar has an empty shape and one element.
struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  std::variant<std::vector<float>, std::vector<double>, std::vector<int64_t>> data;

  ElementType type() const { return static_cast<ElementType>(data.index()); }
  std::vector<float> *f32() { return std::get_if<0>(&data); }
  const std::vector<float> *f32() const { return std::get_if<0>(&data); }
  const std::vector<double> *f64() const { return std::get_if<1>(&data); }
  const std::vector<int64_t> *i64() const { return std::get_if<2>(&data); }
};

/// What a file must hold under a name.
struct TensorType {
  std::string name;
  std::vector<int64_t> shape;
  ElementType type = ElementType::F32;
};

/// `[2, 3]`.
std::string shapeText(const std::vector<int64_t> &shape);

} // namespace dprt
#endif
