//===- Inflate.cpp - zlib ---------------------------------------------------------------------===//
#include "Data/Inflate.h"

#include <fmt/format.h>
#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>

using namespace dprt;

namespace {
class Inflater {
public:
  explicit Inflater(int windowBits) {
    if (inflateInit2(&stream, windowBits) != Z_OK)
      throw std::bad_alloc();
  }
  ~Inflater() { inflateEnd(&stream); }
  z_stream stream{};
};
} // namespace

bool dprt::isGzip(const std::vector<uint8_t> &bytes) {
  return bytes.size() >= 2 && bytes[0] == 0x1f && bytes[1] == 0x8b;
}

/// Deflate cannot compress better than this, so a false size cannot claim much memory.
static constexpr uint64_t bestRatio = 1032;

Result<std::vector<uint8_t>> dprt::inflateGzip(const std::string &path,
                                               const std::vector<uint8_t> &compressed) {
  // The last four bytes are the size modulo 2^32 of the last member, usually the only one.
  uint64_t hint = 0;
  for (size_t i = 1; i <= 4 && compressed.size() >= 18; ++i)
    hint = hint << 8 | compressed[compressed.size() - i];
  hint = std::min(hint, bestRatio * compressed.size());
  std::vector<uint8_t> bytes(std::max<uint64_t>(hint + 1, 4096));
  Inflater inflater(15 + 16);
  z_stream &stream = inflater.stream;
  size_t read = 0, written = 0;
  for (;;) {
    if (written == bytes.size())
      bytes.resize(2 * bytes.size());
    constexpr size_t most = std::numeric_limits<uInt>::max();
    stream.next_in = const_cast<Bytef *>(compressed.data() + read);
    stream.avail_in = uInt(std::min(compressed.size() - read, most));
    stream.next_out = bytes.data() + written;
    stream.avail_out = uInt(std::min(bytes.size() - written, most));
    int state = inflate(&stream, Z_NO_FLUSH);
    read = size_t(stream.next_in - compressed.data());
    written = size_t(stream.next_out - bytes.data());
    if (state == Z_MEM_ERROR)
      throw std::bad_alloc();
    if (state == Z_STREAM_END) {
      if (read == compressed.size())
        break;
      inflateReset(&stream);
      continue;
    }
    if (state != Z_OK && state != Z_BUF_ERROR)
      return Status::data(fmt::format("`{}`: the compressed data is corrupt ({})", path,
                                      stream.msg ? stream.msg : "no gzip data"));
    if (read == compressed.size() && written < bytes.size())
      return Status::data(fmt::format("`{}` is truncated: the compressed data ends early", path));
  }
  bytes.resize(written);
  return bytes;
}

Result<std::vector<uint8_t>>
dprt::inflateRaw(const std::string &path, const std::vector<uint8_t> &compressed, int64_t size) {
  auto corrupt = [&] {
    return Status::data(fmt::format("`{}`: the compressed data is corrupt", path));
  };
  if (size < 0 || uint64_t(size) > bestRatio * compressed.size())
    return corrupt();
  std::vector<uint8_t> bytes(static_cast<size_t>(size));
  Inflater inflater(-15);
  z_stream &stream = inflater.stream;
  size_t read = 0, written = 0;
  uint8_t beyond;
  for (;;) {
    constexpr size_t most = std::numeric_limits<uInt>::max();
    stream.next_in = const_cast<Bytef *>(compressed.data() + read);
    stream.avail_in = uInt(std::min(compressed.size() - read, most));
    // One byte of room when all is there: the end of the stream may still have to be read.
    bool full = written == bytes.size();
    stream.next_out = full ? &beyond : bytes.data() + written;
    stream.avail_out = full ? 1 : uInt(std::min(bytes.size() - written, most));
    int state = inflate(&stream, Z_NO_FLUSH);
    if (full && stream.avail_out == 0)
      return corrupt();
    read = size_t(stream.next_in - compressed.data());
    if (!full)
      written = size_t(stream.next_out - bytes.data());
    if (state == Z_MEM_ERROR)
      throw std::bad_alloc();
    if (state == Z_STREAM_END)
      break;
    if (state != Z_OK || (read == compressed.size() && (full || written < bytes.size())))
      return corrupt();
  }
  if (written != bytes.size() || read != compressed.size())
    return corrupt();
  return bytes;
}

uint32_t dprt::checksum(const std::vector<uint8_t> &bytes) {
  return uint32_t(crc32_z(0, bytes.data(), bytes.size()));
}
