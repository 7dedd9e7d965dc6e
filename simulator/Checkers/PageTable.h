//===- PageTable.h - shadow state of the pages that were ever touched ---------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_CHECKERS_PAGETABLE_H
#define DPC_SIMULATOR_CHECKERS_PAGETABLE_H

#include <array>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

namespace sim {

/// Bytes of memory that a page of shadow stands for, and their words of four bytes.
constexpr unsigned pageBytes = 4096, wordsPerPage = pageBytes / 4;

/// Pages by number (address / pageBytes), made when they are first asked for.
template <class Page> class PageTable {
public:
  PageTable() { recent.fill({~0ull, nullptr}); }

  Page &operator[](uint64_t number) {
    auto &entry = recent[number % recent.size()];
    if (entry.first != number) {
      std::unique_ptr<Page> &slot = pages[number];
      if (!slot)
        slot = std::make_unique<Page>();
      entry = {number, slot.get()};
    }
    return *entry.second;
  }

  /// Calls `visit(number, page)` for every page.
  template <class Visit> void forEach(Visit visit) const {
    for (const auto &[number, page] : pages)
      visit(number, *page);
  }

  /// Whether `conflict(mine, theirs)` of any page that both have.
  template <class Conflict> bool anyShared(const PageTable &other, Conflict conflict) const {
    for (const auto &[number, mine] : pages)
      if (auto theirs = other.pages.find(number);
          theirs != other.pages.end() && conflict(*mine, *theirs->second))
        return true;
    return false;
  }

private:
  std::unordered_map<uint64_t, std::unique_ptr<Page>> pages;
  std::array<std::pair<uint64_t, Page *>, 16> recent; ///< by number modulo its size
};

} // namespace sim
#endif
