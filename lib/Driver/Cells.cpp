#include "lib/Driver/Cells.h"

using namespace dpc;

/// The name at `index` of `names`, unless a fixed cell of that name would be hidden by it.
static std::optional<std::string>
named(llvm::StringRef owner, const std::vector<std::string> &names, llvm::StringRef index) {
  size_t number = 0;
  if (index.getAsInteger(10, number) || number >= names.size())
    return std::nullopt;
  std::string name = names[number];
  if (name == "forward" || name == "preactivation")
    name += "_2";
  return fmt::format("{}.{}", owner.str(), name);
}

std::optional<std::string> driver::displayName(const FrontendResult &model, llvm::StringRef cell) {
  auto [owner, what] = cell.split('#');
  if (owner.empty())
    return what == "loss" ? std::optional<std::string>("loss") : std::nullopt;
  if (what == "forward" || what == "preactivation" || what == "gradient")
    return fmt::format("{}.{}", owner.str(), what.str());
  if (what.consume_front("define"))
    return named(owner, model.defines, what);
  return named(owner, model.compartments, what);
}
