//===- Read.cpp - input files -----------------------------------------------------------------===//
#include "Core/Read.h"

#include "Core/Guard.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dprt;

/// A pipe or device that gives more than this is taken for endless.
static constexpr size_t longestStream = size_t{1} << 30;

static Status unreadable(const std::string &path, int error) {
  return Status::data(fmt::format("cannot read `{}`: {}", path, std::strerror(error)));
}

InputFile::InputFile(InputFile &&other) noexcept
    : descriptor(std::exchange(other.descriptor, -1)), length(other.length),
      name(std::move(other.name)) {}

InputFile::~InputFile() {
  if (descriptor >= 0)
    ::close(descriptor);
}

Result<InputFile> InputFile::open(const std::string &path) {
  return guard([&]() -> Result<InputFile> {
    InputFile file;
    file.name = path;
    file.descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    struct stat info;
    if (file.descriptor < 0 || ::fstat(file.descriptor, &info) != 0)
      return unreadable(path, errno);
    if (S_ISDIR(info.st_mode))
      return unreadable(path, EISDIR);
    file.length = S_ISREG(info.st_mode) ? info.st_size : -1;
    return file;
  });
}

Status InputFile::read(int64_t offset, int64_t count, uint8_t *to) const {
  while (count > 0) {
    ssize_t got = ::pread(descriptor, to, size_t(count), offset);
    if (got < 0 && errno == EINTR)
      continue;
    if (got < 0)
      return unreadable(name, errno);
    if (got == 0)
      return Status::data(fmt::format("`{}` is truncated", name));
    offset += got;
    to += got;
    count -= got;
  }
  return {};
}

Result<std::vector<uint8_t>> dprt::readFile(const std::string &path) {
  return guard([&]() -> Result<std::vector<uint8_t>> {
    Result<InputFile> file = InputFile::open(path);
    if (!file.ok())
      return file.status();
    std::vector<uint8_t> bytes;
    if (file->size() >= 0) {
      bytes.resize(size_t(file->size()));
      if (Status status = file->read(0, file->size(), bytes.data()); !status.ok())
        return status;
      return bytes;
    }
    int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (descriptor < 0)
      return unreadable(path, errno);
    size_t filled = 0;
    for (;;) {
      bytes.resize(filled + 65536);
      ssize_t got = ::read(descriptor, bytes.data() + filled, bytes.size() - filled);
      if (got < 0 && errno == EINTR)
        continue;
      int error = errno;
      if (got <= 0)
        ::close(descriptor);
      if (got < 0)
        return unreadable(path, error);
      if (got == 0)
        break;
      filled += size_t(got);
      if (filled > longestStream) {
        ::close(descriptor);
        return Status::data(fmt::format("`{}` is no file and does not end", path));
      }
    }
    bytes.resize(filled);
    return bytes;
  });
}
