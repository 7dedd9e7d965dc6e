//===- Files.cpp - no output may overwrite an input -------------------------------------------===//
#include "lib/Driver/Files.h"

#include "lib/Support/Messages.h"

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace dpc;
using namespace dpc::driver;
namespace fs = llvm::sys::fs;

/// Links are followed where the files exist; an output may not exist yet.
static bool isSameFile(const std::string &a, const std::string &b) {
  fs::file_status first, second;
  bool bothExist = !fs::status(a, first) && !fs::status(b, second);
  if (bothExist)
    return fs::is_regular_file(first) && fs::equivalent(first, second);
  llvm::SmallString<128> left(a), right(b);
  for (llvm::SmallString<128> *path : {&left, &right}) {
    if (*path == "-" || fs::make_absolute(*path))
      return false;
    llvm::sys::path::remove_dots(*path, /*remove_dot_dot=*/true);
  }
  return left == right;
}

std::vector<NamedFile> driver::modelFiles(const ModelOptions &options) {
  std::vector<NamedFile> files{{"the model file", options.file}};
  if (options.prelude)
    files.push_back({"--prelude", *options.prelude});
  return files;
}

bool driver::keepApart(DiagnosticEngine &engine, llvm::ArrayRef<NamedFile> outputs,
                       llvm::ArrayRef<NamedFile> inputs) {
  bool apart = true;
  auto check = [&](const NamedFile &output, const NamedFile &other) {
    if (!isSameFile(output.path, other.path))
      return;
    engine.error({}, message::contradictoryOptions, output.option, other.option,
                 fmt::format("{} would be overwritten", other.path));
    apart = false;
  };
  for (size_t i = 0; i < outputs.size(); ++i) {
    for (const NamedFile &input : inputs)
      check(outputs[i], input);
    for (const NamedFile &other : outputs.drop_front(i + 1))
      check(outputs[i], other);
  }
  return apart;
}
