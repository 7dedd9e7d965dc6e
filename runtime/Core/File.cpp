//===- File.cpp - output files that appear complete or not at all -----------------------------===//
#include "dprt/file.h"

#include "Core/Guard.h"

#include <cerrno>
#include <charconv>
#include <climits>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace dprt;

static Status unwritable(const std::string &path, int error) {
  return Status::machine(fmt::format("cannot write `{}`: {}", path, std::strerror(error)));
}

/// The open descriptor that a path names, else -1. Behind it may be a regular file, which must
/// neither be replaced nor overwritten from its start under the shell's hands.
static int namedDescriptor(std::string_view path) {
  if (path == "-" || path == "/dev/stdout")
    return 1;
  if (path == "/dev/stderr")
    return 2;
  for (std::string_view folder : {"/dev/fd/", "/proc/self/fd/"}) {
    int number = -1;
    if (!path.starts_with(folder))
      continue;
    path.remove_prefix(folder.size());
    auto [end, error] = std::from_chars(path.data(), path.data() + path.size(), number);
    return error == std::errc() && end == path.data() + path.size() ? number : -1;
  }
  return -1;
}

namespace {
/// Where the bytes of a path go.
struct Destination {
  bool direct = false;
  int descriptor = -1; ///< already open
  bool exists = false;
  mode_t mode = 0;
  std::string target; ///< links resolved
  std::string folder;
};
} // namespace

/// The file that a chain of links names, existing or not.
static std::string followLinks(std::string path) {
  for (int depth = 0; depth < 40; ++depth) {
    struct stat info;
    if (::lstat(path.c_str(), &info) != 0 || !S_ISLNK(info.st_mode))
      break;
    char buffer[PATH_MAX];
    ssize_t length = ::readlink(path.c_str(), buffer, sizeof buffer);
    if (length <= 0)
      break;
    std::string next(buffer, size_t(length));
    size_t slash = path.rfind('/');
    path =
        next.front() == '/' || slash == std::string::npos ? next : path.substr(0, slash + 1) + next;
  }
  return path;
}

static Status locate(const std::string &path, Destination &place) {
  if (path.empty())
    return Status::machine("cannot write a file without a name");
  place.descriptor = namedDescriptor(path);
  if (place.descriptor >= 0) {
    place.direct = true;
    return {};
  }
  struct stat info;
  place.exists = ::stat(path.c_str(), &info) == 0;
  if (place.exists && S_ISDIR(info.st_mode))
    return unwritable(path, EISDIR);
  if (place.exists && !S_ISREG(info.st_mode)) {
    place.direct = true;
    return {};
  }
  if (place.exists && ::access(path.c_str(), W_OK) != 0)
    return unwritable(path, errno);
  place.mode = place.exists ? info.st_mode & 07777 : 0;
  place.target = followLinks(path);
  if (place.target.back() == '/')
    return unwritable(path, EISDIR);
  size_t slash = place.target.rfind('/');
  place.folder = slash == std::string::npos ? "." : place.target.substr(0, slash + 1);
  if (::stat(place.folder.c_str(), &info) != 0)
    return Status::machine(fmt::format("cannot write `{}`: folder `{}`: {}", path, place.folder,
                                       std::strerror(errno)));
  return {};
}

/// Makes a file beside `target` under a name of its own: `make(name)` returns a descriptor, or -1
/// with errno. The name is empty if that fails.
template <typename Make>
static int makeBeside(const std::string &target, std::string &name, Make make) {
  size_t slash = target.rfind('/') + 1; // 0 without one
  std::string base = target.substr(slash).substr(0, 200);
  for (int attempt = 0;; ++attempt) {
    name = fmt::format("{}.{}.{}-{}.partial", target.substr(0, slash), base, ::getpid(), attempt);
    int descriptor = make(name.c_str());
    if (descriptor >= 0)
      return descriptor;
    if (errno == EEXIST && attempt < 1000)
      continue;
    int error = errno;
    name.clear();
    errno = error;
    return -1;
  }
}

Result<OutputFile> OutputFile::create(const std::string &path) {
  return guard([&]() -> Result<OutputFile> {
    OutputFile file;
    file.path = path;
    Destination place;
    if (Status status = locate(path, place); !status.ok())
      return status;
    if (place.direct) {
      file.descriptor = place.descriptor >= 0
                            ? ::fcntl(place.descriptor, F_DUPFD_CLOEXEC, 0)
                            : ::open(path.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
      if (file.descriptor < 0)
        return unwritable(path, errno);
      return file;
    }
    file.target = place.target;
    // Without a name it is gone with the process, however that ends. Not every file system can.
    file.descriptor = ::open(place.folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0666);
    if (file.descriptor < 0)
      file.descriptor = makeBeside(place.target, file.temporary, [](const char *name) {
        return ::open(name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
      });
    if (file.descriptor < 0)
      return unwritable(path, errno);
    if (place.exists)
      (void)!::fchmod(file.descriptor, place.mode);
    return file;
  });
}

OutputFile::OutputFile(OutputFile &&other) noexcept
    : descriptor(std::exchange(other.descriptor, -1)), path(std::move(other.path)),
      target(std::move(other.target)), temporary(std::exchange(other.temporary, {})) {}

OutputFile &OutputFile::operator=(OutputFile &&other) noexcept {
  if (this == &other)
    return *this;
  abandon();
  descriptor = std::exchange(other.descriptor, -1);
  path = std::move(other.path);
  target = std::move(other.target);
  temporary = std::exchange(other.temporary, {});
  return *this;
}

OutputFile::~OutputFile() { abandon(); }

void OutputFile::abandon() {
  if (descriptor >= 0)
    ::close(descriptor);
  descriptor = -1;
  if (!temporary.empty())
    ::unlink(temporary.c_str());
  temporary.clear();
}

Status OutputFile::write(std::string_view bytes) {
  return guard([&]() -> Status {
    while (!bytes.empty()) {
      ssize_t done = ::write(descriptor, bytes.data(), bytes.size());
      if (done < 0 && errno == EINTR)
        continue;
      if (done <= 0) {
        int error = done < 0 ? errno : ENOSPC;
        abandon();
        return unwritable(path, error);
      }
      bytes.remove_prefix(size_t(done));
    }
    return {};
  });
}

/// Gives a file without a name its temporary one. False with errno.
bool OutputFile::takeName() {
  if (target.empty() || !temporary.empty())
    return true;
  std::string unnamed = fmt::format("/proc/self/fd/{}", descriptor);
  return makeBeside(target, temporary, [&](const char *name) {
           return ::linkat(AT_FDCWD, unnamed.c_str(), AT_FDCWD, name, AT_SYMLINK_FOLLOW);
         }) >= 0;
}

Status OutputFile::commit() {
  return guard([&]() -> Status {
    if (descriptor < 0)
      return Status::machine(fmt::format("cannot write `{}`: it was closed before", path));
    // Pipes and terminals cannot be synced; for them the errors of write() say it all.
    bool failed = !target.empty() && ::fsync(descriptor) != 0;
    int error = errno;
    if (!failed && !takeName()) {
      failed = true;
      error = errno;
    }
    int closing = std::exchange(descriptor, -1);
    if (::close(closing) != 0 && !failed) {
      failed = true;
      error = errno;
    }
    if (!failed && !temporary.empty() && ::rename(temporary.c_str(), target.c_str()) != 0) {
      failed = true;
      error = errno;
    }
    if (failed) {
      abandon();
      return unwritable(path, error);
    }
    if (temporary.empty())
      return {};
    temporary.clear();
    // The file is complete under its name; a folder that cannot be synced does not change that.
    std::string folder = target.substr(0, target.rfind('/') + 1);
    int handle = ::open(folder.empty() ? "." : folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (handle >= 0) {
      ::fsync(handle);
      ::close(handle);
    }
    return {};
  });
}

Status dprt::checkWritable(const std::string &path) {
  return guard([&]() -> Status {
    Destination place;
    if (Status status = locate(path, place); !status.ok())
      return status;
    // Opening a pipe would wait for its reader, and closing it would end its input.
    if (place.direct)
      return (place.descriptor >= 0 ? ::fcntl(place.descriptor, F_GETFD) >= 0
                                    : ::access(path.c_str(), W_OK) == 0)
                 ? Status()
                 : unwritable(path, errno);
    Result<OutputFile> file = OutputFile::create(path);
    if (!file.ok())
      return file.status();
    return file->takeName() ? Status() : unwritable(path, errno);
  });
}

Status dprt::writeFile(const std::string &path, std::string_view bytes) {
  Result<OutputFile> file = OutputFile::create(path);
  if (!file.ok())
    return file.status();
  if (Status status = file->write(bytes); !status.ok())
    return status;
  return file->commit();
}
