//===- Buffers.cpp - the named buffers of a simulated run, as safetensors ---------------------===//
#include "tools/dpc-ptxsim/Buffers.h"

#include "dprt/file.h"
#include "dprt/safetensors.h"

#include <algorithm>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace ptxsim;
using Json = nlohmann::json;

std::string ptxsim::readFile(const std::string &path) {
  dprt::Result<std::vector<uint8_t>> bytes = dprt::readFile(path);
  if (!bytes.ok() && bytes.status().code() == dprt::Code::Machine)
    throw std::bad_alloc();
  if (!bytes.ok())
    throw InputError(bytes.status().text());
  return {bytes->begin(), bytes->end()};
}

static uint64_t littleEndian(const std::string &bytes) {
  uint64_t value = 0;
  for (unsigned i = 0; i < 8; ++i)
    value |= uint64_t(static_cast<unsigned char>(bytes[i])) << 8 * i;
  return value;
}

/// Bits of an element; 0 for a type that safetensors does not have.
static unsigned elementBits(const std::string &type) {
  static const std::pair<const char *, unsigned> types[] = {
      {"BOOL", 8},    {"U8", 8},   {"I8", 8},      {"F8_E4M3", 8}, {"F8_E5M2", 8},
      {"F8_E8M0", 8}, {"F4", 4},   {"F6_E2M3", 6}, {"F6_E3M2", 6}, {"U16", 16},
      {"I16", 16},    {"F16", 16}, {"BF16", 16},   {"U32", 32},    {"I32", 32},
      {"F32", 32},    {"U64", 64}, {"I64", 64},    {"F64", 64},    {"C64", 64}};
  for (auto [name, bits] : types)
    if (type == name)
      return bits;
  return 0;
}

std::vector<Buffer> ptxsim::readSafetensors(const std::string &path) {
  std::string text = readFile(path);
  auto wrong = [&](const std::string &what) {
    return InputError(fmt::format("`{}` is no safetensors file: {}", path, what));
  };
  if (text.size() < 8)
    throw wrong(fmt::format("it has {} bytes, its header alone needs 8", text.size()));
  uint64_t headerBytes = littleEndian(text);
  if (headerBytes > text.size() - 8)
    throw wrong(fmt::format("its header should have {} bytes, the file has {}", headerBytes,
                            text.size() - 8));
  std::string_view data = std::string_view(text).substr(8);
  std::vector<dprt::HeaderItem> items;
  if (std::string mistake = dprt::parseHeader(data.substr(0, headerBytes), items); !mistake.empty())
    throw wrong(mistake);
  data.remove_prefix(headerBytes);

  std::vector<Buffer> buffers;
  for (dprt::HeaderItem &item : items) {
    // Neither begins below 0: the header has no negative numbers.
    auto begin = static_cast<uint64_t>(item.begin), end = static_cast<uint64_t>(item.end);
    if (begin > end || end > data.size())
      throw wrong(fmt::format("tensor `{}` lies outside of the file", item.name));
    unsigned bits = elementBits(item.type);
    if (bits == 0)
      throw wrong(fmt::format("tensor `{}` has the unknown type `{}`", item.name, item.type));
    unsigned __int128 expected = bits;
    for (int64_t extent : item.shape)
      expected =
          std::min<unsigned __int128>(expected * static_cast<uint64_t>(extent), uint64_t(-1));
    if (expected != (unsigned __int128)(end - begin) * 8)
      throw wrong(fmt::format("tensor `{}` has {} bytes, which do not fit its shape and type",
                              item.name, end - begin));
    auto bytes = reinterpret_cast<const std::byte *>(data.data());
    buffers.push_back({std::move(item.name),
                       std::move(item.type),
                       {item.shape.begin(), item.shape.end()},
                       {bytes + begin, bytes + end}});
  }
  return buffers;
}

std::string ptxsim::writeSafetensors(std::span<const Buffer> buffers) {
  Json header = Json::object();
  uint64_t at = 0;
  for (const Buffer &buffer : buffers) {
    header[buffer.name] = {{"dtype", buffer.type},
                           {"shape", buffer.shape},
                           {"data_offsets", {at, at + buffer.bytes.size()}}};
    at += buffer.bytes.size();
  }
  std::string text = header.dump();
  text.resize((text.size() + 7) / 8 * 8, ' '); // the data are aligned to 8 bytes
  std::string file;
  for (unsigned i = 0; i < 8; ++i)
    file.push_back(static_cast<char>(uint64_t(text.size()) >> 8 * i));
  file += text;
  for (const Buffer &buffer : buffers)
    file.append(reinterpret_cast<const char *>(buffer.bytes.data()), buffer.bytes.size());
  return file;
}
