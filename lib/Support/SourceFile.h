//===- SourceFile.h - texts with names, lines and columns ---------------------------*- C++ -*-===//
//
// A text that errors can point into: a model file, the built-in prelude (named `prelude`), or the
// `--set` options of a command line (one buffer named `--set`, the n-th option on line n).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "llvm/ADT/StringRef.h"

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace dpc {

/// A place for people: line and column count from 1, columns in characters (not bytes). Line 0
/// means the file as a whole; an empty file name means nowhere.
struct Place {
  std::string file;
  unsigned line = 0;
  unsigned column = 0;

  bool known() const { return !file.empty(); }
  /// `model.dp:3:7`, or the file's name where no line is known.
  std::string str() const;
  friend bool operator==(const Place &, const Place &) = default;
};

/// Bytes that continue a character of UTF-8 do not start a column.
inline bool startsCharacter(char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }

class SourceFile {
public:
  SourceFile() : SourceFile("", "") {}
  SourceFile(std::string name, std::string text);

  /// Reads a file (`-` is standard input); nothing, with the reason in `error`, if that fails.
  static std::optional<SourceFile> load(llvm::StringRef path, std::string &error);

  const std::string &name() const { return content->name; }
  llvm::StringRef text() const { return content->text; }
  /// The place of the byte at `offset`; offsets past the end mean the end.
  Place place(size_t offset) const;
  /// Line `number` (from 1) without its end; empty if there is no such line.
  llvm::StringRef line(unsigned number) const;

private:
  struct Content {
    std::string name;
    std::string text;
    std::vector<size_t> lineStarts;
    /// How many characters start before each block of bytes: lines may be megabytes long.
    std::vector<size_t> charactersBeforeBlock;

    size_t charactersBefore(size_t offset) const;
  };
  std::shared_ptr<const Content> content; // copies are cheap
};

/// The name of the built-in prelude's buffer, and of the buffer of `--set` options.
inline constexpr llvm::StringLiteral preludeName = "prelude";
inline constexpr llvm::StringLiteral setOptionName = "--set";

/// A position inside a text, as the syntax tree holds it.
struct Spot {
  const SourceFile *file = nullptr;
  uint32_t offset = 0;

  Place place() const { return file ? file->place(offset) : Place(); }
  /// Whether it stands in the KEY of a `--set KEY=VALUE`, so that the command line is wrong.
  bool inSetKey() const {
    if (!file || file->name() != setOptionName)
      return false;
    llvm::StringRef before = file->text().take_front(offset);
    return !before.substr(before.rfind('\n') + 1).contains('=');
  }
};

} // namespace dpc
