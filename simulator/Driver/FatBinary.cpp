//===- FatBinary.cpp - PTX out of what modules are loaded from --------------------------------===//
//
// NVIDIA does not document the format; this follows what `fatbinary` of CUDA 13 writes. A header
// (magic, version, its size, size of the rest), then entries: a header of its own with the kind (1
// PTX, 2 cubin), sizes, architecture and flags, and the bytes.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Driver/FatBinary.h"

#include <algorithm>
#include <cstring>
#include <dlfcn.h>
#include <fmt/format.h>
#include <string_view>

using namespace sim::driver;

namespace {

constexpr uint32_t wrapperMagic = 0x466243b1, fatMagic = 0xba55ed50;
constexpr uint64_t lz4Flag = 0x2000, zstdFlag = 0x8000;
constexpr uint64_t mostBytes = 1ull << 30;

struct Wrapper {
  uint32_t magic, version;
  const void *data;
};

struct FatHeader {
  uint32_t magic;
  uint16_t version, headerBytes;
  uint64_t bytes;
};

struct EntryHeader {
  uint16_t kind, version;
  uint32_t headerBytes;
  uint64_t bytes; ///< with padding
  uint32_t compressedBytes;
  uint32_t options;
  uint16_t minor, major;
  uint32_t architecture;
  uint32_t nameOffset, nameBytes;
  uint64_t flags, zero, plainBytes;
};
static_assert(sizeof(EntryHeader) == 64);

} // namespace

/// A block of LZ4 (lz4_Block_format.md): literals and copies of earlier output. False if it is
/// damaged or does not give just `bytes` bytes.
static bool decodeLz4(std::string_view in, size_t bytes, std::string &out) {
  size_t at = 0;
  auto length = [&](size_t start) {
    size_t value = start;
    for (unsigned char more = 255; start == 15 && more == 255 && at < in.size();)
      value += more = static_cast<unsigned char>(in[at++]);
    return value;
  };
  while (at < in.size()) {
    auto token = static_cast<unsigned char>(in[at++]);
    size_t literals = length(token >> 4);
    if (literals > in.size() - at || literals > bytes - out.size())
      return false;
    out.append(in, at, literals);
    at += literals;
    if (at == in.size())
      break;
    if (in.size() - at < 2)
      return false;
    size_t distance = static_cast<unsigned char>(in[at]) |
                      static_cast<size_t>(static_cast<unsigned char>(in[at + 1])) << 8;
    at += 2;
    size_t copies = length(token & 15) + 4;
    if (!distance || distance > out.size() || copies > bytes - out.size())
      return false;
    for (size_t i = 0; i < copies; ++i)
      out.push_back(out[out.size() - distance]);
  }
  return out.size() == bytes;
}

/// Through libzstd where it is installed; `error` says if not.
static bool decodeZstd(std::string_view in, size_t bytes, std::string &out, std::string &error) {
  using Decompress = size_t (*)(void *, size_t, const void *, size_t);
  static void *library = dlopen("libzstd.so.1", RTLD_NOW | RTLD_LOCAL);
  static auto decompress =
      library ? reinterpret_cast<Decompress>(dlsym(library, "ZSTD_decompress")) : nullptr;
  if (!decompress) {
    error = "the PTX in the fatbin is compressed with zstd, but libzstd.so.1 is not installed "
            "(fatbinary --compress-mode=speed or none does without)";
    return false;
  }
  out.resize(bytes);
  if (decompress(out.data(), bytes, in.data(), in.size()) != bytes) {
    error = "the compressed PTX in the fatbin is damaged";
    return false;
  }
  return true;
}

static Image extract(const char *bytes, const EntryHeader &entry) {
  Image image;
  bool compressed = entry.flags & (lz4Flag | zstdFlag);
  uint64_t stored = compressed ? entry.compressedBytes : entry.bytes;
  std::string_view in(bytes, std::min<uint64_t>(stored, entry.bytes));
  if (!compressed) {
    image.ptx = in;
  } else if (entry.plainBytes > mostBytes) {
    image.error = "the fatbin is damaged";
  } else if (entry.flags & zstdFlag) {
    decodeZstd(in, entry.plainBytes, image.ptx, image.error);
  } else if (!decodeLz4(in, entry.plainBytes, image.ptx)) {
    image.error = "the compressed PTX in the fatbin is damaged";
  }
  if (!image.error.empty())
    image.result = Result::InvalidImage;
  image.ptx.resize(std::min(image.ptx.size(), image.ptx.find('\0')));
  return image;
}

static Image failed(Result result, std::string error) {
  Image image;
  image.result = result;
  image.error = std::move(error);
  return image;
}

static Image readFatBinary(const char *data, unsigned architecture) {
  FatHeader header;
  std::memcpy(&header, data, sizeof(header));
  if (header.headerBytes < sizeof(header) || header.bytes > mostBytes)
    return failed(Result::InvalidImage, "the fatbin is damaged");
  uint64_t at = header.headerBytes, end = header.headerBytes + header.bytes;
  EntryHeader best = {};
  uint64_t bestAt = 0;
  unsigned newest = 0;
  while (at + sizeof(EntryHeader) <= end) {
    EntryHeader entry;
    std::memcpy(&entry, data + at, sizeof(entry));
    if (entry.headerBytes < sizeof(entry) || entry.headerBytes > end - at ||
        entry.bytes > end - at - entry.headerBytes)
      return failed(Result::InvalidImage, "the fatbin is damaged");
    at += entry.headerBytes;
    if (entry.kind == 1) {
      newest = std::max(newest, entry.architecture);
      if (entry.architecture <= architecture &&
          (!bestAt || entry.architecture > best.architecture)) {
        best = entry;
        bestAt = at;
      }
    }
    at += entry.bytes;
  }
  if (bestAt)
    return extract(data + bestAt, best);
  return failed(Result::NoBinaryForGpu,
                newest ? fmt::format("the fatbin has PTX for sm_{} only, this device is sm_{}",
                                     newest, architecture)
                       : "the fatbin has cubins only; the mock driver runs PTX");
}

bool sim::driver::isWhole(std::string_view image) {
  uint32_t magic = 0;
  if (image.size() >= sizeof(magic))
    std::memcpy(&magic, image.data(), sizeof(magic));
  if (magic == wrapperMagic) // holds an address, which means nothing outside of its process
    return false;
  if (magic != fatMagic)
    return true;
  FatHeader header;
  if (image.size() < sizeof(header))
    return false;
  std::memcpy(&header, image.data(), sizeof(header));
  return header.headerBytes <= image.size() && header.bytes <= image.size() - header.headerBytes;
}

Image sim::driver::readImage(const void *image, unsigned architecture) {
  if (!image)
    return failed(Result::InvalidValue, "there is no image");
  auto *data = static_cast<const char *>(image);
  // Text may be shorter than a magic number.
  if (std::memchr(data, 0, 4))
    return failed(Result::InvalidImage, "the image is no PTX, fatbin or cubin");
  uint32_t magic;
  std::memcpy(&magic, data, 4);
  if (magic == wrapperMagic) {
    Wrapper wrapper;
    std::memcpy(&wrapper, data, sizeof(wrapper));
    return readImage(wrapper.data, architecture);
  }
  if (magic == fatMagic)
    return readFatBinary(data, architecture);
  if (std::memcmp(data,
                  "\x7f"
                  "ELF",
                  4) == 0)
    return failed(Result::NoBinaryForGpu, "the image is a cubin; the mock driver runs PTX");
  Image text;
  text.ptx = data;
  return text;
}
