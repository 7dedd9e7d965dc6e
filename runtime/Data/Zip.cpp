//===- Zip.cpp - members of a zip file (PKWARE APPNOTE 6.3), zip64 included -------------------===//
#include "Data/Inflate.h"
#include "Data/Readers.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

using namespace dprt;

template <typename Number> static Number little(const uint8_t *at) {
  Number value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

static Status wrong(const InputFile &file, std::string_view text) {
  return Status::data(fmt::format("`{}` {}", file.path(), text));
}

Result<ZipFile> ZipFile::open(const std::string &path) {
  Result<InputFile> file = InputFile::open(path);
  if (!file.ok())
    return file.status();
  if (file->size() == 0)
    return wrong(*file, "is empty");
  if (file->size() < 0)
    return wrong(*file, "is not a regular file");
  ZipFile zip(std::move(*file));
  if (Status status = zip.readDirectory(); !status.ok())
    return status;
  return zip;
}

/// Replaces the fields that a zip64 extra record holds instead, in their fixed order.
static bool readZip64(const uint8_t *extra, size_t length, ZipMember &member, bool size,
                      bool packed, bool header) {
  if (!size && !packed && !header)
    return true;
  while (length >= 4) {
    size_t body = little<uint16_t>(extra + 2);
    if (body > length - 4)
      return false;
    if (little<uint16_t>(extra) == 1) {
      const uint8_t *at = extra + 4, *end = at + body;
      auto take = [&](bool wanted, int64_t &field) {
        if (!wanted)
          return true;
        if (end - at < 8)
          return false;
        field = little<int64_t>(at);
        at += 8;
        return field >= 0;
      };
      return take(size, member.size) && take(packed, member.packed) && take(header, member.header);
    }
    extra += 4 + body;
    length -= 4 + body;
  }
  return false;
}

Status ZipFile::readDirectory() {
  const Status broken = wrong(file, "is truncated or no zip file: its directory is missing");
  // The end record is the last thing in the file but for a comment of at most 65535 bytes.
  int64_t tailSize = std::min<int64_t>(file.size(), 22 + 65535);
  std::vector<uint8_t> tail(static_cast<size_t>(tailSize));
  if (Status status = file.read(file.size() - tailSize, tailSize, tail.data()); !status.ok())
    return status;
  int64_t at = tailSize - 22;
  while (at >= 0 && little<uint32_t>(&tail[size_t(at)]) != 0x06054b50)
    --at;
  if (at < 0)
    return broken;
  int64_t count = little<uint16_t>(&tail[size_t(at) + 10]);
  int64_t size = little<uint32_t>(&tail[size_t(at) + 12]);
  int64_t begin = little<uint32_t>(&tail[size_t(at) + 16]);
  if (at >= 20 && little<uint32_t>(&tail[size_t(at) - 20]) == 0x07064b50) {
    int64_t place = little<int64_t>(&tail[size_t(at) - 12]);
    uint8_t end[56];
    if (place < 0 || place > file.size() - 56)
      return broken;
    if (Status status = file.read(place, 56, end); !status.ok())
      return status;
    if (little<uint32_t>(end) != 0x06064b50)
      return broken;
    count = little<int64_t>(end + 32);
    size = little<int64_t>(end + 40);
    begin = little<int64_t>(end + 48);
  }
  if (size < 0 || begin < 0 || size > file.size() || begin > file.size() - size)
    return broken;
  std::vector<uint8_t> directory(static_cast<size_t>(size));
  if (Status status = file.read(begin, size, directory.data()); !status.ok())
    return status;
  const uint8_t *entry = directory.data(), *end = entry + size;
  for (int64_t i = 0; i < count; ++i) {
    if (end - entry < 46 || little<uint32_t>(entry) != 0x02014b50)
      return broken;
    size_t name = little<uint16_t>(entry + 28), extra = little<uint16_t>(entry + 30),
           comment = little<uint16_t>(entry + 32);
    if (size_t(end - entry) < 46 + name + extra + comment)
      return broken;
    ZipMember member;
    member.encrypted = little<uint16_t>(entry + 8) & 1;
    member.method = little<uint16_t>(entry + 10);
    member.checksum = little<uint32_t>(entry + 16);
    uint32_t packed = little<uint32_t>(entry + 20), whole = little<uint32_t>(entry + 24),
             header = little<uint32_t>(entry + 42);
    member.packed = packed;
    member.size = whole;
    member.header = header;
    if (!readZip64(entry + 46 + name, extra, member, whole == ~0u, packed == ~0u, header == ~0u))
      return broken;
    list[std::string(reinterpret_cast<const char *>(entry) + 46, name)] = member;
    entry += 46 + name + extra + comment;
  }
  return {};
}

Result<std::vector<uint8_t>> ZipFile::read(const std::string &name) const {
  const ZipMember &member = list.at(name);
  std::string path = file.path() + ":" + name;
  auto bad = [&](std::string_view text) {
    return Status::data(fmt::format("`{}` {}", path, text));
  };
  if (member.encrypted || (member.method != 0 && member.method != 8))
    return bad("is encrypted or packed in a way other than stored and deflated");
  uint8_t header[30];
  if (member.header > file.size() - 30)
    return bad("lies outside the file: the file is truncated");
  if (Status status = file.read(member.header, 30, header); !status.ok())
    return status;
  if (little<uint32_t>(header) != 0x04034b50)
    return bad("has no header where the directory says");
  int64_t begin =
      member.header + 30 + little<uint16_t>(header + 26) + little<uint16_t>(header + 28);
  if (begin > file.size() || member.packed > file.size() - begin)
    return bad("lies outside the file: the file is truncated");
  std::vector<uint8_t> bytes(static_cast<size_t>(member.packed));
  if (Status status = file.read(begin, member.packed, bytes.data()); !status.ok())
    return status;
  if (member.method == 8) {
    Result<std::vector<uint8_t>> whole = inflateRaw(path, bytes, member.size);
    if (!whole.ok())
      return whole;
    bytes = std::move(*whole);
  } else if (member.size != member.packed) {
    return bad("is stored, but its two sizes differ");
  }
  if (checksum(bytes) != member.checksum)
    return bad("is corrupt: its checksum is wrong");
  return bytes;
}
