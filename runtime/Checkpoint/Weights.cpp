//===- Weights.cpp - tensors in safetensors files ---------------------------------------------===//
#include "dprt/weights.h"

#include "Core/Guard.h"
#include "Core/Read.h"
#include "dprt/file.h"
#include "dprt/safetensors.h"

#include <fmt/format.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstring>
#include <map>
#include <tuple>

using namespace dprt;

static_assert(std::endian::native == std::endian::little, "files hold little-endian numbers");

template <typename Element>
static void copyElements(Tensor &tensor, const uint8_t *from, int64_t count) {
  std::vector<Element> values(static_cast<size_t>(count));
  if (count > 0)
    std::memcpy(values.data(), from, size_t(count) * sizeof(Element));
  tensor.data = std::move(values);
}

/// Checks one item against the bytes that the file has, and copies its elements.
static std::string readItem(const HeaderItem &item, const std::vector<uint8_t> &bytes, int64_t data,
                            Tensor &tensor) {
  int64_t width = item.type == "F32" ? 4 : item.type == "F64" || item.type == "I64" ? 8 : 0;
  if (width == 0)
    return fmt::format("tensor `{}` has type {}; F32, F64 and I64 can be read", item.name,
                       item.type);
  int64_t elements = 1;
  for (int64_t size : item.shape)
    if (__builtin_mul_overflow(elements, size, &elements))
      return fmt::format("tensor `{}`: the shape {} is too large", item.name,
                         shapeText(item.shape));
  if (item.begin > item.end || item.end > int64_t(bytes.size()) - data)
    return fmt::format("tensor `{}` lies at bytes {} to {} of {}: the file is truncated or its "
                       "header is wrong",
                       item.name, item.begin, item.end, int64_t(bytes.size()) - data);
  int64_t size;
  if (__builtin_mul_overflow(elements, width, &size) || size != item.end - item.begin)
    return fmt::format("tensor `{}`: {} elements of {} do not fill {} bytes", item.name,
                       shapeText(item.shape), item.type, item.end - item.begin);
  tensor.name = item.name;
  tensor.shape = item.shape;
  const uint8_t *from = bytes.data() + data + item.begin;
  if (item.type == "F32")
    copyElements<float>(tensor, from, elements);
  else if (item.type == "F64")
    copyElements<double>(tensor, from, elements);
  else
    copyElements<int64_t>(tensor, from, elements);
  return {};
}

Result<std::vector<Tensor>> dprt::readTensors(const std::string &path) {
  return guard([&]() -> Result<std::vector<Tensor>> {
    Result<std::vector<uint8_t>> file = readFile(path);
    if (!file.ok())
      return file.status();
    const std::vector<uint8_t> &bytes = *file;
    auto wrong = [&](std::string text) {
      return Status::data(fmt::format("`{}`: {}", path, text));
    };
    if (bytes.empty())
      return wrong("the file is empty; a safetensors file is expected");
    if (bytes.size() < 8)
      return wrong("the file is truncated: it is shorter than the length of its header");
    uint64_t length;
    std::memcpy(&length, bytes.data(), 8);
    if (length > bytes.size() - 8)
      return wrong(fmt::format("the file is truncated or not a safetensors file: a header of {} "
                               "bytes is longer than the {} bytes of the file",
                               length, bytes.size()));
    std::vector<HeaderItem> items;
    std::string_view json(reinterpret_cast<const char *>(bytes.data()) + 8, length);
    if (std::string mistake = parseHeader(json, items); !mistake.empty())
      return wrong(mistake);
    std::sort(items.begin(), items.end(), [](const HeaderItem &a, const HeaderItem &b) {
      return std::tie(a.begin, a.end, a.name) < std::tie(b.begin, b.end, b.name);
    });
    std::vector<Tensor> tensors(items.size());
    int64_t end = 0;
    for (size_t i = 0; i < items.size(); ++i) {
      if (std::string text = readItem(items[i], bytes, int64_t(length) + 8, tensors[i]);
          !text.empty())
        return wrong(text);
      if (items[i].begin < end)
        return wrong(fmt::format("tensor `{}` overlaps the one before it", items[i].name));
      if (items[i].begin > end)
        return wrong(fmt::format("bytes before tensor `{}` belong to no tensor", items[i].name));
      end = items[i].end;
    }
    if (end != int64_t(bytes.size() - 8 - length))
      return wrong("bytes after the last tensor belong to no tensor");
    return tensors;
  });
}

Status dprt::writeTensors(const std::string &path, std::span<const Tensor> tensors) {
  return guard([&]() -> Status {
    Result<OutputFile> file = OutputFile::create(path);
    if (!file.ok())
      return file.status();
    std::string header = writeHeader(tensors);
    uint64_t length = header.size();
    header.insert(0, reinterpret_cast<const char *>(&length), 8);
    if (Status status = file->write(header); !status.ok())
      return status;
    for (const Tensor &tensor : tensors) {
      Status status = std::visit(
          [&](auto &values) {
            return file->write(
                {reinterpret_cast<const char *>(values.data()), values.size() * sizeof(values[0])});
          },
          tensor.data);
      if (!status.ok())
        return status;
    }
    return file->commit();
  });
}

Result<std::vector<Tensor>> dprt::matchTensors(const std::string &path, std::vector<Tensor> tensors,
                                               std::span<const TensorType> expected) {
  return guard([&]() -> Result<std::vector<Tensor>> {
    std::string mistakes;
    auto wrong = [&](std::string text) {
      mistakes += fmt::format("{}`{}`: {}", mistakes.empty() ? "" : "\n", path, text);
    };
    std::map<std::string, Tensor *> found;
    for (Tensor &tensor : tensors)
      found[tensor.name] = &tensor;
    std::vector<Tensor> result;
    for (const TensorType &type : expected) {
      auto place = found.find(type.name);
      if (place == found.end()) {
        wrong(fmt::format("tensor `{}` {} is missing", type.name, shapeText(type.shape)));
        continue;
      }
      Tensor &tensor = *place->second;
      if (tensor.shape != type.shape)
        wrong(fmt::format("tensor `{}` has shape {}, expected is {}", type.name,
                          shapeText(tensor.shape), shapeText(type.shape)));
      if (tensor.type() != type.type)
        wrong(fmt::format("tensor `{}` has type {}, expected is {}", type.name,
                          typeName(tensor.type()), typeName(type.type)));
      result.push_back(std::move(tensor));
      found.erase(place);
    }
    for (const Tensor &tensor : tensors)
      if (auto place = found.find(tensor.name); place != found.end() && place->second == &tensor)
        wrong(fmt::format("tensor `{}` is not one of the model's", tensor.name));
    if (!mistakes.empty())
      return Status::data(std::move(mistakes));
    return result;
  });
}

Result<std::vector<Tensor>> dprt::readWeights(const std::string &path,
                                              std::span<const TensorType> expected) {
  Result<std::vector<Tensor>> tensors = readTensors(path);
  if (!tensors.ok())
    return tensors;
  tensors = matchTensors(path, std::move(*tensors), expected);
  if (tensors.ok())
    for (const Tensor &tensor : *tensors)
      for (float value : *tensor.f32())
        if (!std::isfinite(value))
          return Status::data(fmt::format("`{}`: tensor `{}` holds {}, which is not finite", path,
                                          tensor.name, value));
  return tensors;
}
