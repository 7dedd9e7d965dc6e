//===- Npy.cpp - arrays of NumPy, alone and in npz files (language.md T1) ---------------------===//
#include "Data/Readers.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

using namespace dprt;

//===--- .npy ---------------------------------------------------------------------------------===//

namespace {
/// The header is a Python dictionary of three entries: `{'descr': '<f4', 'fortran_order': False,
/// 'shape': (3, 4), }`.
class NpyHeader {
public:
  NpyHeader(std::string_view text, NpyArray &array) : text(text), array(array) {}

  bool run() {
    bool type = false, order = false, shape = false;
    if (!accept('{'))
      return false;
    while (!accept('}')) {
      std::string key;
      if (!string(key) || !accept(':'))
        return false;
      if (key == "descr" && !type)
        type = string(array.type);
      else if (key == "fortran_order" && !order)
        order = boolean();
      else if (key == "shape" && !shape)
        shape = tuple();
      else
        return false;
      if (!accept(',') && peek() != '}')
        return false;
    }
    return type && order && shape && peek() == 0;
  }

  bool columnMajor = false;

private:
  char peek() {
    while (at < text.size() && (text[at] == ' ' || text[at] == '\n'))
      ++at;
    return at < text.size() ? text[at] : 0;
  }
  bool accept(char wanted) {
    if (peek() != wanted)
      return false;
    ++at;
    return true;
  }
  bool string(std::string &value) {
    char quote = peek();
    if (quote != '\'' && quote != '"')
      return false;
    size_t end = text.find(quote, ++at);
    if (end == text.npos)
      return false;
    value = text.substr(at, end - at);
    at = end + 1;
    return true;
  }
  bool boolean() {
    peek();
    for (bool value : {true, false}) {
      std::string_view word = value ? "True" : "False";
      if (text.substr(at, word.size()) == word) {
        at += word.size();
        columnMajor = value;
        return true;
      }
    }
    return false;
  }
  bool tuple() {
    if (!accept('('))
      return false;
    while (!accept(')')) {
      int64_t value = 0;
      if (peek() < '0' || peek() > '9')
        return false;
      for (; at < text.size() && text[at] >= '0' && text[at] <= '9'; ++at)
        if (__builtin_mul_overflow(value, int64_t{10}, &value) ||
            __builtin_add_overflow(value, text[at] - '0', &value))
          return false;
      array.shape.push_back(value);
      if (!accept(',') && peek() != ')')
        return false;
    }
    return true;
  }

  std::string_view text;
  NpyArray &array;
  size_t at = 0;
};
} // namespace

Result<NpyArray> dprt::parseNpy(const std::string &name, std::vector<uint8_t> bytes) {
  auto wrong = [&](std::string_view text) {
    return Status::data(fmt::format("`{}` {}", name, text));
  };
  if (bytes.size() < 12 || std::memcmp(bytes.data(), "\x93NUMPY", 6) != 0)
    return wrong("is no array of NumPy");
  int version = bytes[6];
  if (version < 1 || version > 3)
    return wrong(
        fmt::format("is an array of NumPy's format {}; formats 1 to 3 can be read", version));
  size_t begin = version == 1 ? 10 : 12;
  size_t length = bytes[8] | size_t(bytes[9]) << 8;
  if (version > 1)
    length |= size_t(bytes[10]) << 16 | size_t(bytes[11]) << 24;
  if (length > bytes.size() - begin)
    return wrong("is truncated: it ends within its header");
  NpyArray array;
  NpyHeader header({reinterpret_cast<const char *>(bytes.data()) + begin, length}, array);
  if (!header.run())
    return wrong("has a header that is not NumPy's");
  if (header.columnMajor && array.shape.size() > 1)
    return wrong("is stored in Fortran order; save np.ascontiguousarray(array)");
  if (array.type.size() < 3)
    return wrong(fmt::format("has elements of type `{}`, which cannot be read", array.type));
  int64_t size = 0;
  for (char c : array.type.substr(2))
    size = c >= '0' && c <= '9' && size < 1000 ? 10 * size + (c - '0') : 0;
  if (size == 0)
    return wrong(fmt::format("has elements of type `{}`, which cannot be read", array.type));
  for (int64_t extent : array.shape)
    if (__builtin_mul_overflow(size, extent, &size))
      return wrong(fmt::format("has an impossible shape {}", shapeText(array.shape)));
  array.begin = begin + length;
  if (uint64_t(size) != bytes.size() - array.begin)
    return wrong(fmt::format("holds {} bytes of elements where {} of {} need {}",
                             bytes.size() - array.begin, shapeText(array.shape), array.type, size));
  array.bytes = std::move(bytes);
  return array;
}

//===--- .npz ---------------------------------------------------------------------------------===//

static Result<NpyArray> readMember(const ZipFile &zip, const std::string &path,
                                   const std::string &name) {
  if (!zip.members().contains(name + ".npy")) {
    std::vector<std::string> names;
    for (auto &[member, place] : zip.members())
      names.push_back(member.ends_with(".npy") ? member.substr(0, member.size() - 4) : member);
    return Status::data(
        fmt::format("`{}` has no array `{}`; it has {}", path, name,
                    names.empty() ? "none" : fmt::to_string(fmt::join(names, ", "))));
  }
  Result<std::vector<uint8_t>> bytes = zip.read(name + ".npy");
  if (!bytes.ok())
    return bytes.status();
  return parseNpy(path + ":" + name, std::move(*bytes));
}

template <typename Element> static std::vector<Element> elements(const NpyArray &array) {
  std::vector<Element> values(size_t(elementCount(array.shape)));
  if (!values.empty())
    std::memcpy(values.data(), array.bytes.data() + array.begin, values.size() * sizeof(Element));
  return values;
}

static Status takeInputs(const std::string &name, NpyArray &x, const DataShape &shape,
                         Samples::Storage &storage) {
  if (x.shape.empty() || x.shape[0] == 0)
    return Status::data(fmt::format("`{}` {} holds no samples", name, shapeText(x.shape)));
  storage.features = elementCount(x.shape) / x.shape[0];
  if (storage.features != elementCount(shape.input))
    return Status::data(fmt::format("`{}`: a sample of {} has {} elements, but the network's input "
                                    "{} has {}",
                                    name, shapeText(x.shape), storage.features,
                                    shapeText(shape.input), elementCount(shape.input)));
  if (x.type == "|u1") {
    for (int i = 0; i < 256; ++i)
      storage.table[size_t(i)] = float(i / 255.0);
    storage.bytesBegin = int64_t(x.begin);
    storage.bytes = std::move(x.bytes);
    return {};
  }
  if (x.type == "<f4")
    return takeValues(name, elements<float>(x), storage);
  return Status::data(fmt::format("`{}` has elements of type `{}`; unsigned bytes (|u1) and f32 "
                                  "(<f4) can be used",
                                  name, x.type));
}

static Status takeOutputs(const std::string &name, const NpyArray &y, int64_t samples,
                          const DataShape &shape, Samples::Storage &storage) {
  if (y.shape.empty() || y.shape[0] != samples)
    return Status::data(fmt::format("`{}` {} does not have one entry for each of {} samples", name,
                                    shapeText(y.shape), samples));
  bool classes = y.type == "<i8" || y.type == "|u1";
  if (!classes && y.type != "<f4")
    return Status::data(fmt::format("`{}` has elements of type `{}`; i64 (<i8) or unsigned bytes "
                                    "(|u1) for class numbers and f32 (<f4) for targets can be used",
                                    name, y.type));
  std::vector<int64_t> wanted = {samples};
  if (!classes)
    wanted.push_back(shape.outputs);
  if (y.shape != wanted)
    return Status::data(fmt::format("`{}` has shape {}, {} are expected as {}", name,
                                    shapeText(y.shape), classes ? "class numbers" : "targets",
                                    shapeText(wanted)));
  if (y.type == "<f4")
    return takeTargets(name, elements<float>(y), shape, storage);
  if (y.type == "<i8")
    return takeLabels(name, elements<int64_t>(y), shape, storage);
  std::vector<uint8_t> bytes = elements<uint8_t>(y);
  return takeLabels(name, {bytes.begin(), bytes.end()}, shape, storage);
}

Result<StoragePointer> dprt::readNpz(const std::string &path, const std::string &part,
                                     const DataShape &shape) {
  Result<ZipFile> zip = ZipFile::open(path);
  if (!zip.ok())
    return zip.status();
  std::string x = "x_" + part, y = "y_" + part;
  Result<NpyArray> inputs = readMember(*zip, path, x);
  if (!inputs.ok())
    return inputs.status();
  Result<NpyArray> outputs = readMember(*zip, path, y);
  if (!outputs.ok())
    return outputs.status();
  auto storage = std::make_shared<Samples::Storage>();
  storage->outputs = shape.outputs;
  if (Status status = takeInputs(path + ":" + x, *inputs, shape, *storage); !status.ok())
    return status;
  if (Status status = takeOutputs(path + ":" + y, *outputs, inputs->shape[0], shape, *storage);
      !status.ok())
    return status;
  return storage;
}
