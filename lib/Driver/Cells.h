//===- Cells.h - cells of a program under the names that files show -----------------*- C++ -*-===//
//
// Compartments and named vectors are numbers in the compiler, so that renaming them changes
// nothing; here they get their names back (language.md N6, T10).
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Frontend/Frontend.h"

namespace dpc::driver {

/// `h1#0` is `h1.plus` where the first compartment is `plus`, `h1#forward` is `h1.forward`,
/// `h1.weight#gradient` is `h1.weight.gradient`, `#loss` is `loss`. Nothing for cells that no file
/// shows.
std::optional<std::string> displayName(const FrontendResult &model, llvm::StringRef cell);

} // namespace dpc::driver
