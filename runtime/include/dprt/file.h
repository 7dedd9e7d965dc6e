//===- file.h - files read whole, files that appear complete or not at all ----------*- C++ -*-===//
#ifndef DPRT_FILE_H
#define DPRT_FILE_H

#include "dprt/status.h"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace dprt {

/// A file under construction. For a regular file (existing or new) everything goes to a temporary
/// file in the same folder, without a name where the file system can, which commit() syncs and
/// renames over the final name; until then an existing file stays whole, and without commit()
/// nothing is left, even if the process is killed. `-` and files
/// that are no regular files (/dev/stdout, pipes, /dev/full) are written to directly. A symbolic
/// link keeps standing: the file it names is replaced.
///
/// Failures have Code::Machine: no such folder, no permission, disk full.
class OutputFile {
public:
  static Result<OutputFile> create(const std::string &path);

  OutputFile(OutputFile &&other) noexcept;
  OutputFile &operator=(OutputFile &&other) noexcept;
  OutputFile(const OutputFile &) = delete;
  OutputFile &operator=(const OutputFile &) = delete;
  ~OutputFile();

  /// Reaches the temporary file (or the special file) before it returns.
  Status write(std::string_view bytes);
  /// Makes the file appear. Nothing may be written afterwards.
  Status commit();

private:
  friend Status checkWritable(const std::string &path);

  OutputFile() = default;
  void abandon();
  bool takeName();

  int descriptor = -1;
  std::string path;      ///< as the user wrote it, for messages
  std::string target;    ///< links resolved; empty when written directly
  std::string temporary; ///< empty while the file has no name
};

/// Whether create() would succeed, leaving nothing behind: to be asked before hours of training.
Status checkWritable(const std::string &path);

/// The whole file; pipes too, up to 1 GiB. Failures have Code::Data and name the file.
Result<std::vector<uint8_t>> readFile(const std::string &path);

/// create, write, commit.
Status writeFile(const std::string &path, std::string_view bytes);

} // namespace dprt
#endif
