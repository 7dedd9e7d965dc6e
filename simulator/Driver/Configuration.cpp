//===- Configuration.cpp - the environment variables of the mock driver -----------------------===//
#include "simulator/Driver/Configuration.h"

#include "simulator/Driver/Call.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <fmt/format.h>
#include <string_view>

using namespace sim::driver;

namespace {

struct ResultRow {
  Result result;
  const char *name;
  const char *text;
};

constexpr ResultRow results[] = {
#define DPC_RESULT(enumerator, name, number, text) {Result::enumerator, #name, text},
#include "simulator/Driver/Results.def"
};

} // namespace

static const ResultRow *rowOf(Result result) {
  for (const ResultRow &row : results)
    if (row.result == result)
      return &row;
  return nullptr;
}

const char *sim::driver::resultName(Result result) {
  const ResultRow *row = rowOf(result);
  return row ? row->name : nullptr;
}

const char *sim::driver::resultText(Result result) {
  const ResultRow *row = rowOf(result);
  return row ? row->text : nullptr;
}

template <class T> static bool parse(std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

bool sim::driver::findResult(const std::string &text, Result &result) {
  int number = 0;
  bool isNumber = parse(text, number);
  for (const ResultRow &row : results)
    if (isNumber ? static_cast<int>(row.result) == number : text == row.name) {
      result = row.result;
      return true;
    }
  return false;
}

static bool parseFailures(std::string_view list, std::vector<PlannedFailure> &failures) {
  while (!list.empty()) {
    size_t comma = list.find(',');
    std::string_view one = list.substr(0, comma);
    list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
    size_t first = one.find(':'), second = one.find(':', first + 1);
    if (first == one.npos || second == one.npos)
      return false;
    PlannedFailure failure;
    failure.call = one.substr(0, first);
    if (std::none_of(entries, entries + entryCount,
                     [&](const Entry &entry) { return hasName(entry, failure.call); }) ||
        !parse(one.substr(first + 1, second - first - 1), failure.number) || !failure.number ||
        !findResult(std::string(one.substr(second + 1)), failure.result))
      return false;
    failures.push_back(std::move(failure));
  }
  return true;
}

Configuration sim::driver::readConfiguration() {
  Configuration configuration;
  auto wrong = [&](const char *name, const char *text, const char *expected) {
    if (configuration.error.empty())
      configuration.error = fmt::format("{} must be {}, found `{}`", name, expected, text);
  };
  auto number = [&](const char *name, auto &value, uint64_t least, uint64_t most) {
    const char *text = std::getenv(name);
    if (!text || !*text)
      return;
    uint64_t found = 0;
    if (parse(std::string_view(text), found) && found >= least && found <= most)
      value = static_cast<std::remove_reference_t<decltype(value)>>(found);
    else
      wrong(name, text, fmt::format("a whole number from {} to {}", least, most).c_str());
  };
  number("DPC_MOCK_CC", configuration.architecture, 50, 129);
  number("DPC_MOCK_VERSION", configuration.version, 11000, 13990);
  number("DPC_MOCK_ORDER", configuration.order, 0, ~0ull);
  number("DPC_MOCK_MEMORY", configuration.memory, 1, 1ull << 46);
  number("DPC_MOCK_STEPS", configuration.steps, 1, ~0ull);
  number("DPC_MOCK_CHECK", configuration.check, 0, 1);
  number("DPC_MOCK_STRICT", configuration.strict, 0, 1);
  number("DPC_MOCK_LEAKS", configuration.leaks, 0, 1);
  if (const char *text = std::getenv("DPC_MOCK_LOG"))
    configuration.log = text;
  if (const char *text = std::getenv("DPC_MOCK_FAIL"))
    if (!parseFailures(text, configuration.failures))
      wrong("DPC_MOCK_FAIL", text,
            "a list of CALL:N:ERROR with calls that this driver has, such as cuMemAlloc:3:2");
  return configuration;
}
