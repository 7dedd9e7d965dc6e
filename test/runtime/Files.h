//===- Files.h - small files of every kind, right and wrong -------------------------*- C++ -*-===//
#ifndef DPC_TEST_RUNTIME_FILES_H
#define DPC_TEST_RUNTIME_FILES_H

#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>
#include <zlib.h>

namespace files {

/// A folder of its own that goes away with the test.
class Folder {
public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "dprt-XXXXXX").string();
    path = ::mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string operator/(const std::string &name) const { return path + "/" + name; }
  /// Names inside, to see that nothing was left behind.
  size_t entries() const {
    return size_t(std::distance(std::filesystem::directory_iterator(path), {}));
  }
  std::string path;
};

inline void write(const std::string &path, const std::string &bytes) {
  std::ofstream(path, std::ios::binary) << bytes;
}

inline std::string read(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

template <typename Number> std::string little(Number value) {
  return {reinterpret_cast<const char *>(&value), sizeof value};
}

/// zlib with the given window: 31 gzip, -15 bare deflate.
inline std::string deflated(const std::string &bytes, int window) {
  z_stream stream{};
  deflateInit2(&stream, 6, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY);
  std::string result(deflateBound(&stream, bytes.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef *>(const_cast<char *>(bytes.data()));
  stream.avail_in = uInt(bytes.size());
  stream.next_out = reinterpret_cast<Bytef *>(result.data());
  stream.avail_out = uInt(result.size());
  deflate(&stream, Z_FINISH);
  result.resize(stream.total_out);
  deflateEnd(&stream);
  return result;
}

inline std::string gzip(const std::string &bytes) { return deflated(bytes, 31); }

inline std::string bigEndian(uint32_t value) {
  return {char(value >> 24), char(value >> 16), char(value >> 8), char(value)};
}

/// Images whose pixel i of sample n is (7 n + i) mod 256.
inline std::string images(uint32_t count, uint32_t height, uint32_t width) {
  std::string bytes = bigEndian(0x803) + bigEndian(count) + bigEndian(height) + bigEndian(width);
  for (uint32_t n = 0; n < count; ++n)
    for (uint32_t i = 0; i < height * width; ++i)
      bytes += char(7 * n + i);
  return bytes;
}

/// Labels n mod classes.
inline std::string labels(uint32_t count, uint32_t classes) {
  std::string bytes = bigEndian(0x801) + bigEndian(count);
  for (uint32_t n = 0; n < count; ++n)
    bytes += char(n % classes);
  return bytes;
}

/// `train` and `t10k` of 3 x 2 images.
inline void dataSet(const Folder &folder, uint32_t training, uint32_t test, uint32_t classes) {
  write(folder / "train-images-idx3-ubyte.gz", gzip(images(training, 3, 2)));
  write(folder / "train-labels-idx1-ubyte.gz", gzip(labels(training, classes)));
  write(folder / "t10k-images-idx3-ubyte", images(test, 3, 2));
  write(folder / "t10k-labels-idx1-ubyte", labels(test, classes));
}

/// `shape` as Python writes it: "(3, 4)" or "(3,)".
inline std::string npy(const std::string &type, const std::string &shape, const std::string &data,
                       int version = 1, const std::string &order = "False") {
  std::string header =
      "{'descr': '" + type + "', 'fortran_order': " + order + ", 'shape': " + shape + ", }";
  size_t before = version == 1 ? 10 : 12;
  header.resize((before + header.size() + 64) / 64 * 64 - before, ' ');
  header.back() = '\n';
  std::string length =
      version == 1 ? little(uint16_t(header.size())) : little(uint32_t(header.size()));
  return std::string("\x93NUMPY") + char(version) + '\0' + length + header + data;
}

struct Member {
  std::string name, bytes;
  bool packed = false;
};

inline std::string zip(const std::vector<Member> &members) {
  std::string file, directory;
  for (const Member &member : members) {
    std::string data = member.packed ? deflated(member.bytes, -15) : member.bytes;
    auto check = uint32_t(
        crc32_z(0, reinterpret_cast<const Bytef *>(member.bytes.data()), member.bytes.size()));
    std::string common = little(uint16_t(0)) + little(uint16_t(member.packed ? 8 : 0)) +
                         little(uint32_t(0)) + little(check) + little(uint32_t(data.size())) +
                         little(uint32_t(member.bytes.size())) +
                         little(uint16_t(member.name.size())) + little(uint16_t(0));
    directory += "PK\1\2" + little(uint16_t(20)) + little(uint16_t(20)) + common +
                 little(uint16_t(0)) + little(uint16_t(0)) + little(uint16_t(0)) +
                 little(uint32_t(0)) + little(uint32_t(file.size())) + member.name;
    file += "PK\3\4" + little(uint16_t(20)) + common + member.name + data;
  }
  std::string end = "PK\5\6" + little(uint32_t(0)) + little(uint16_t(members.size())) +
                    little(uint16_t(members.size())) + little(uint32_t(directory.size())) +
                    little(uint32_t(file.size())) + little(uint16_t(0));
  return file + directory + end;
}

} // namespace files

#endif
