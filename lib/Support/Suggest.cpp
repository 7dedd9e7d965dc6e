//===- Suggest.cpp - edit distance, and lists of names in a sentence --------------------------===//
#include "lib/Support/Suggest.h"

#include <algorithm>

using namespace dpc;
using llvm::StringRef;

std::string dpc::nearestName(StringRef name, llvm::ArrayRef<std::string> known) {
  if (name.size() > 200)
    return "";
  unsigned best = std::max<unsigned>(1, (name.size() + 1) / 3) + 1;
  std::string nearest;
  for (const std::string &candidate : known) {
    // A word of one letter is near to everything.
    if (std::max(name.size(), candidate.size()) < 2)
      continue;
    unsigned distance = name.edit_distance_insensitive(candidate, true, best);
    if (distance < best && distance < std::max(name.size(), candidate.size())) {
      best = distance;
      nearest = candidate;
    }
  }
  return nearest;
}

std::string dpc::listOfNames(llvm::ArrayRef<std::string> names, StringRef conjunction,
                             size_t most) {
  std::string text;
  size_t shown = std::min(names.size(), most);
  for (size_t i = 0; i < shown; ++i) {
    if (i > 0)
      text += i + 1 == shown && shown == names.size() ? " " + conjunction.str() + " " : ", ";
    text += "`" + names[i] + "`";
  }
  if (shown < names.size())
    text += ", …";
  return text;
}
