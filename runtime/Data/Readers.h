//===- Readers.h - the file formats behind data.h -----------------------------------*- C++ -*-===//
#ifndef DPRT_DATA_READERS_H
#define DPRT_DATA_READERS_H

#include "Core/Read.h"
#include "dprt/data.h"

#include <map>
#include <string>
#include <vector>

namespace dprt {

using StoragePointer = std::shared_ptr<Samples::Storage>;

//===--- idx ----------------------------------------------------------------------------------===//

/// Path of `folder/name` or `folder/name.gz`, the first that exists; neither is opened.
Result<std::string> findIdx(const std::string &folder, const std::string &name);

/// `part` is `train` or `t10k`. Pixels get the values of `table`.
Result<StoragePointer> readIdxPair(const std::string &folder, const std::string &part,
                                   const DataShape &shape, const std::array<float, 256> &table);

//===--- npz ----------------------------------------------------------------------------------===//

struct ZipMember {
  int64_t header = 0, packed = 0, size = 0;
  uint32_t checksum = 0;
  int method = 0;
  bool encrypted = false;
};

/// A zip file whose members are read one by one.
class ZipFile {
public:
  static Result<ZipFile> open(const std::string &path);
  const std::map<std::string, ZipMember> &members() const { return list; }
  Result<std::vector<uint8_t>> read(const std::string &member) const;

private:
  explicit ZipFile(InputFile file) : file(std::move(file)) {}
  Status readDirectory();
  InputFile file;
  std::map<std::string, ZipMember> list;
};

/// An array of NumPy: little-endian elements in row-major order from `begin` on.
struct NpyArray {
  std::string type; ///< as NumPy describes it: `|u1`, `<f4`, `<i8`, ...
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;
  size_t begin = 0;
};

/// `name` is for messages.
Result<NpyArray> parseNpy(const std::string &name, std::vector<uint8_t> bytes);

/// Members x_PART and y_PART.
Result<StoragePointer> readNpz(const std::string &path, const std::string &part,
                               const DataShape &shape);

//===--- checks shared by all formats ---------------------------------------------------------===//

/// Checks class numbers against the outputs and keeps them.
Status takeLabels(const std::string &name, const std::vector<int64_t> &labels,
                  const DataShape &shape, Samples::Storage &storage);
/// Checks rows of targets and keeps them.
Status takeTargets(const std::string &name, std::vector<float> targets, const DataShape &shape,
                   Samples::Storage &storage);
/// Checks that inputs are finite and keeps them.
Status takeValues(const std::string &name, std::vector<float> values, Samples::Storage &storage);

int64_t elementCount(const std::vector<int64_t> &shape);

} // namespace dprt
#endif
