//===- Suggest.h - the nearest known name -------------------------------------------*- C++ -*-===//
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"

#include <string>
#include <vector>

namespace dpc {

/// The known name nearest to `name`, or "" if none is near: a third of its letters may differ, in
/// the shortest words one.
std::string nearestName(llvm::StringRef name, llvm::ArrayRef<std::string> known);

/// "`a`, `b` or `c`" for messages; at most `most` of them.
std::string listOfNames(llvm::ArrayRef<std::string> names, llvm::StringRef conjunction = "or",
                        size_t most = 12);

} // namespace dpc
