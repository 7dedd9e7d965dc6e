//===- Cells.cpp - numbers of compartments to the words of the model --------------------------===//
#include "lib/Driver/Cells.h"

using namespace dpc;

/// Whether dpc itself shows something under this name.
static bool isFixed(const FrontendResult &model, llvm::StringRef owner, llvm::StringRef name) {
  if (name == "forward" || name == "preactivation")
    return true;
  // A layer may be called like a parameter: the value `weight` of a block.
  return (name == "gradient" || name == "next") &&
         llvm::any_of(model.parameters,
                      [&](const ParameterInfo &parameter) { return parameter.name == owner; });
}

/// The name at `index` of `names`, with a number where it would hide another.
static std::optional<std::string> named(const FrontendResult &model, llvm::StringRef owner,
                                        const std::vector<std::string> &names,
                                        llvm::StringRef index) {
  size_t number = 0;
  if (index.getAsInteger(10, number) || number >= names.size())
    return std::nullopt;
  auto isTaken = [&](const std::string &name) {
    return isFixed(model, owner, name) ||
           (name != names[number] && (llvm::is_contained(model.compartments, name) ||
                                      llvm::is_contained(model.defines, name)));
  };
  std::string name = names[number];
  for (int suffix = 2; isTaken(name); ++suffix)
    name = fmt::format("{}_{}", names[number], suffix);
  return fmt::format("{}.{}", owner.str(), name);
}

std::optional<std::string> driver::displayName(const FrontendResult &model, llvm::StringRef cell) {
  auto [owner, what] = cell.split('#');
  if (owner.empty())
    return what == "loss" ? std::optional<std::string>("loss") : std::nullopt;
  if (what == "forward" || what == "preactivation" || what == "gradient")
    return fmt::format("{}.{}", owner.str(), what.str());
  if (what.consume_front("define"))
    return named(model, owner, model.defines, what);
  return named(model, owner, model.compartments, what);
}
