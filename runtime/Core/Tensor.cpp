//===- Tensor.cpp - names of types, texts of shapes -------------------------------------------===//
#include "dprt/tensor.h"

#include <fmt/ranges.h>

const char *dprt::typeName(ElementType type) {
  switch (type) {
  case ElementType::F32:
    return "F32";
  case ElementType::F64:
    return "F64";
  case ElementType::I64:
    return "I64";
  }
  return "?";
}

std::string dprt::shapeText(const std::vector<int64_t> &shape) {
  return fmt::format("[{}]", fmt::join(shape, ", "));
}
