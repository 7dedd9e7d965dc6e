//===- Buffers.cpp - the named buffers of a simulated run, as safetensors ---------------------===//
#include "tools/dpc-ptxsim/Buffers.h"

#include "dprt/file.h"

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
  Json header = Json::parse(text.begin() + 8, text.begin() + 8 + headerBytes, nullptr, false);
  if (!header.is_object())
    throw wrong("its header is no JSON object");
  size_t data = 8 + headerBytes;

  std::vector<Buffer> buffers;
  for (const auto &[name, entry] : header.items()) {
    if (name == "__metadata__")
      continue;
    try {
      Buffer buffer;
      buffer.name = name;
      buffer.type = entry.at("dtype").get<std::string>();
      buffer.shape = entry.at("shape").get<std::vector<uint64_t>>();
      auto offsets = entry.at("data_offsets").get<std::array<uint64_t, 2>>();
      if (offsets[0] > offsets[1] || offsets[1] > text.size() - data)
        throw wrong(fmt::format("tensor `{}` lies outside of the file", name));
      unsigned bits = elementBits(buffer.type);
      if (bits == 0)
        throw wrong(fmt::format("tensor `{}` has the unknown type `{}`", name, buffer.type));
      unsigned __int128 expected = bits;
      for (uint64_t extent : buffer.shape)
        expected = std::min<unsigned __int128>(expected * extent, uint64_t(-1));
      if (expected != (unsigned __int128)(offsets[1] - offsets[0]) * 8)
        throw wrong(fmt::format("tensor `{}` has {} bytes, which do not fit its shape and type",
                                name, offsets[1] - offsets[0]));
      auto begin = reinterpret_cast<const std::byte *>(text.data()) + data;
      buffer.bytes.assign(begin + offsets[0], begin + offsets[1]);
      buffers.push_back(std::move(buffer));
    } catch (const Json::exception &) {
      throw wrong(fmt::format("tensor `{}` needs `dtype`, `shape` and `data_offsets`", name));
    }
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
