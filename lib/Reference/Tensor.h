//===- Tensor.h - values of the reference -------------------------------------------*- C++ -*-===//
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace dpc::reference {

/// A dense array of doubles, last dimension fastest. A number has an empty shape.
struct Tensor {
  std::vector<int64_t> shape;
  std::vector<double> values;

  Tensor() = default;
  explicit Tensor(std::vector<int64_t> shape) : shape(std::move(shape)) {
    values.resize(elements(this->shape));
  }
  static Tensor number(double value) {
    Tensor result{std::vector<int64_t>{}};
    result.values[0] = value;
    return result;
  }

  static int64_t elements(const std::vector<int64_t> &shape) {
    int64_t count = 1;
    for (int64_t size : shape)
      count *= size;
    return count;
  }
  int64_t size() const { return values.size(); }
  /// Of [batch, ...]: the samples, and the elements of one.
  int64_t rows() const { return shape.empty() ? 1 : shape.front(); }
  int64_t columns() const { return rows() == 0 ? 0 : size() / rows(); }
  double &at(int64_t row, int64_t column) { return values[row * columns() + column]; }
  double at(int64_t row, int64_t column) const { return values[row * columns() + column]; }
};

/// Tensors by the name of a source, a parameter or a cell (`x`, `h1.weight`, `h1#0`; dyad.program
/// lists the names).
using Environment = std::map<std::string, Tensor>;

} // namespace dpc::reference
