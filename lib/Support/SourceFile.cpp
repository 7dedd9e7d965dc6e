//===- SourceFile.cpp - offsets to lines and columns of UTF-8 text ----------------------------===//
#include "lib/Support/SourceFile.h"

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <algorithm>

using namespace dpc;
using llvm::StringRef;

std::string Place::str() const {
  if (line == 0)
    return file;
  return file + ":" + std::to_string(line) + ":" + std::to_string(column);
}

static constexpr size_t blockSize = 1024;

size_t SourceFile::Content::charactersBefore(size_t offset) const {
  StringRef rest = StringRef(text).slice(offset / blockSize * blockSize, offset);
  return charactersBeforeBlock[offset / blockSize] +
         std::count_if(rest.begin(), rest.end(), startsCharacter);
}

SourceFile::SourceFile(std::string name, std::string text) {
  auto made = std::make_shared<Content>();
  made->name = std::move(name);
  made->text = std::move(text);
  made->lineStarts.push_back(0);
  size_t characters = 0;
  for (size_t i = 0; i < made->text.size(); ++i) {
    if (i % blockSize == 0)
      made->charactersBeforeBlock.push_back(characters);
    characters += startsCharacter(made->text[i]);
    if (made->text[i] == '\n')
      made->lineStarts.push_back(i + 1);
  }
  made->charactersBeforeBlock.push_back(characters);
  content = std::move(made);
}

/// A pipe or device may give text without end.
static constexpr size_t longestFile = size_t{1} << 28;

/// Reads all of it; false with the reason.
static bool readAll(llvm::sys::fs::file_t file, std::string &text, std::string &error) {
  size_t filled = 0;
  for (;;) {
    text.resize(std::max<size_t>(2 * filled, 1 << 16));
    llvm::Expected<size_t> got = llvm::sys::fs::readNativeFile(
        file, llvm::MutableArrayRef<char>(text.data() + filled, text.size() - filled));
    if (!got) {
      error = llvm::toString(got.takeError());
      return false;
    }
    filled += *got;
    if (filled > longestFile) {
      error = "it is larger than 256 MiB";
      return false;
    }
    if (*got == 0) {
      text.resize(filled);
      return true;
    }
  }
}

std::optional<SourceFile> SourceFile::load(StringRef path, std::string &error) {
  std::string text;
  if (path == "-")
    return readAll(llvm::sys::fs::getStdinHandle(), text, error)
               ? std::optional(SourceFile("<stdin>", std::move(text)))
               : std::nullopt;
  llvm::Expected<llvm::sys::fs::file_t> file = llvm::sys::fs::openNativeFileForRead(path);
  if (!file) {
    error = llvm::toString(file.takeError());
    return std::nullopt;
  }
  bool read = readAll(*file, text, error);
  llvm::sys::fs::closeFile(*file);
  return read ? std::optional(SourceFile(path.str(), std::move(text))) : std::nullopt;
}

Place SourceFile::place(size_t offset) const {
  offset = std::min(offset, content->text.size());
  auto next = std::upper_bound(content->lineStarts.begin(), content->lineStarts.end(), offset);
  size_t start = *std::prev(next);
  size_t column = 1 + content->charactersBefore(offset) - content->charactersBefore(start);
  return {content->name, static_cast<unsigned>(next - content->lineStarts.begin()),
          static_cast<unsigned>(column)};
}

StringRef SourceFile::line(unsigned number) const {
  if (number == 0 || number > content->lineStarts.size())
    return "";
  StringRef rest = StringRef(content->text).drop_front(content->lineStarts[number - 1]);
  return rest.take_until([](char c) { return c == '\n'; }).rtrim('\r');
}
