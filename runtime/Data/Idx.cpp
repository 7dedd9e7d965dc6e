//===- Idx.cpp - images and labels of MNIST's format ------------------------------------------===//
//
// Big-endian: 0, 0, element type (8: unsigned byte), rank; then the sizes; then the elements.
//
//===------------------------------------------------------------------------------------------===//
#include "Data/Inflate.h"
#include "Data/Readers.h"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <sys/stat.h>

using namespace dprt;

Result<std::string> dprt::findIdx(const std::string &folder, const std::string &name) {
  struct stat info;
  if (::stat(folder.c_str(), &info) != 0)
    return Status::data(
        fmt::format("cannot read the data folder `{}`: {}", folder, std::strerror(errno)));
  if (!S_ISDIR(info.st_mode))
    return Status::data(fmt::format("the data folder `{}` is not a folder", folder));
  std::string path = folder + (folder.back() == '/' ? "" : "/") + name;
  for (const char *ending : {"", ".gz"})
    if (::stat((path + ending).c_str(), &info) == 0)
      return path + ending;
  return Status::data(fmt::format("`{}` holds neither {} nor {}.gz", folder, name, name));
}

namespace {
struct IdxFile {
  std::string path;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes; ///< header included
  int64_t begin = 0;
};
} // namespace

static uint32_t bigEndian(const uint8_t *at) {
  return uint32_t(at[0]) << 24 | uint32_t(at[1]) << 16 | uint32_t(at[2]) << 8 | at[3];
}

static const char *contents(int rank) { return rank == 3 ? "images" : "labels"; }

static Result<IdxFile> readIdx(const std::string &folder, const std::string &name, int rank) {
  Result<std::string> path = findIdx(folder, name);
  if (!path.ok())
    return path.status();
  auto wrong = [&](std::string text) { return Status::data(fmt::format("`{}` {}", *path, text)); };
  Result<std::vector<uint8_t>> bytes = readFile(*path);
  if (!bytes.ok())
    return bytes.status();
  if (bytes->empty())
    return wrong("is empty");
  if (isGzip(*bytes)) {
    bytes = inflateGzip(*path, *bytes);
    if (!bytes.ok())
      return bytes.status();
    if (bytes->empty())
      return wrong("is empty (after decompression)");
  }
  if (bytes->size() < 4)
    return wrong(fmt::format("is truncated: it holds {} bytes", bytes->size()));
  uint32_t magic = bigEndian(bytes->data());
  if (magic != 0x800u + uint32_t(rank)) {
    if (magic == 0x800u + uint32_t(4 - rank))
      return wrong(fmt::format("holds {} where {} are expected: are the files swapped?",
                               contents(4 - rank), contents(rank)));
    return wrong(fmt::format("is no idx file of {}: it starts with {:#010x}, not {:#010x}",
                             contents(rank), magic, 0x800u + uint32_t(rank)));
  }
  IdxFile file;
  file.path = *path;
  file.begin = 4 + 4 * rank;
  if (int64_t(bytes->size()) < file.begin)
    return wrong("is truncated: it ends within its header");
  unsigned __int128 expected = 1;
  for (int i = 0; i < rank; ++i) {
    file.shape.push_back(bigEndian(bytes->data() + 4 + 4 * i));
    expected *= unsigned(file.shape.back());
  }
  if (expected > uint64_t(INT64_MAX))
    return wrong(fmt::format("has a wrong header: {} bytes are more than any file holds",
                             fmt::join(file.shape, " x ")));
  uint64_t found = bytes->size() - uint64_t(file.begin);
  if (found < expected)
    return wrong(fmt::format("is truncated: it holds {} of the {} bytes of its {} {}", found,
                             uint64_t(expected), file.shape[0], contents(rank)));
  if (found > expected)
    return wrong(fmt::format("holds {} bytes after its {} {}", uint64_t(found - expected),
                             file.shape[0], contents(rank)));
  file.bytes = std::move(*bytes);
  return file;
}

Result<StoragePointer> dprt::readIdxPair(const std::string &folder, const std::string &part,
                                         const DataShape &shape,
                                         const std::array<float, 256> &table) {
  // The small file first: a swapped pair is then found before anything big is decompressed.
  Result<IdxFile> labels = readIdx(folder, part + "-labels-idx1-ubyte", 1);
  if (!labels.ok())
    return labels.status();
  Result<IdxFile> images = readIdx(folder, part + "-images-idx3-ubyte", 3);
  if (!images.ok())
    return images.status();
  if (images->shape[0] != labels->shape[0])
    return Status::data(fmt::format("`{}` holds {} images, but `{}` holds {} labels", images->path,
                                    images->shape[0], labels->path, labels->shape[0]));
  if (images->shape[0] == 0)
    return Status::data(fmt::format("`{}` holds no images", images->path));
  int64_t pixels = images->shape[1] * images->shape[2];
  if (pixels != elementCount(shape.input))
    return Status::data(
        fmt::format("`{}`: an image has {} x {} = {} pixels, but the network's input "
                    "{} has {} elements",
                    images->path, images->shape[1], images->shape[2], pixels,
                    shapeText(shape.input), elementCount(shape.input)));
  auto storage = std::make_shared<Samples::Storage>();
  storage->features = pixels;
  storage->outputs = shape.outputs;
  storage->table = table;
  std::vector<int64_t> classes(labels->bytes.begin() + labels->begin, labels->bytes.end());
  if (Status status = takeLabels(labels->path, classes, shape, *storage); !status.ok())
    return status;
  storage->bytes = std::move(images->bytes);
  storage->bytesBegin = images->begin;
  return storage;
}
