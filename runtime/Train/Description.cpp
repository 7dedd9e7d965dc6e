//===- Description.cpp - the text that describes a compiled model (dprt.h) --------------------===//
#include "Core/Guard.h"
#include "dprt/model.h"

#include <fmt/format.h>

#include <charconv>
#include <optional>

using namespace dprt;

int64_t TensorPlace::elements() const {
  int64_t count = 1;
  for (int64_t size : shape)
    count *= size;
  return count;
}

const TensorPlace *Description::find(std::string_view scope, std::string_view name) const {
  const TensorPlace *everywhere = nullptr;
  for (const TensorPlace &place : tensors) {
    if (place.name != name)
      continue;
    if (place.scope == scope)
      return &place;
    if (place.scope == "*")
      everywhere = &place;
  }
  return everywhere;
}

std::vector<TensorType> Description::parameterTypes() const {
  std::vector<TensorType> types;
  for (const TensorPlace &place : tensors)
    if (place.role == Role::Parameter)
      types.push_back({place.name, place.shape, ElementType::F32});
  return types;
}

namespace {
/// The words of one line; a missing or malformed word makes the line bad.
class Words {
public:
  explicit Words(std::string_view line) : rest(line) {}

  std::string_view word() {
    if (rest.empty())
      good = false;
    size_t end = rest.find(' ');
    std::string_view result = rest.substr(0, end);
    rest = end == rest.npos ? std::string_view() : rest.substr(end + 1);
    return result;
  }
  int64_t number() {
    std::string_view text = word();
    int64_t value = 0;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (error != std::errc() || end != text.data() + text.size() || value < 0)
      good = false;
    return value;
  }
  bool done() const { return good && rest.empty(); }
  bool good = true;

private:
  std::string_view rest;
};
} // namespace

static std::optional<Role> roleNamed(std::string_view word) {
  if (word == "input")
    return Role::Input;
  if (word == "target")
    return Role::Target;
  if (word == "parameter")
    return Role::Parameter;
  if (word == "gradient")
    return Role::Gradient;
  if (word == "value")
    return Role::Value;
  return std::nullopt;
}

/// Whether every element lies in the arena.
static bool fits(const TensorPlace &place, int64_t arenaBytes) {
  __int128 last = 0;
  for (size_t i = 0; i < place.shape.size(); ++i) {
    if (place.shape[i] < 1)
      return false;
    last += static_cast<__int128>(place.shape[i] - 1) * place.strides[i];
    if (last > arenaBytes)
      return false;
  }
  return place.offset % 4 == 0 && place.offset + 4 * (last + 1) <= arenaBytes;
}

static bool parseTensor(Words &words, TensorPlace &place) {
  place.scope = words.word();
  std::optional<Role> role = roleNamed(words.word());
  place.name = words.word();
  int64_t rank = words.number();
  if (!role || !words.good || rank > 16)
    return false;
  place.role = *role;
  for (int64_t i = 0; i < rank; ++i)
    place.shape.push_back(words.number());
  for (int64_t i = 0; i < rank; ++i)
    place.strides.push_back(words.number());
  place.offset = words.number();
  return true;
}

Result<Description> Description::parse(std::string_view text) {
  return guard([&]() -> Result<Description> {
    Description result;
    bool ended = false;
    bool versioned = false;
    for (int64_t number = 1; !ended; ++number) {
      size_t end = text.find('\n');
      if (end == text.npos)
        return Status::internal("the model's description has no end");
      std::string_view line = text.substr(0, end);
      text.remove_prefix(end + 1);
      Words words(line);
      std::string_view kind = words.word();
      bool good = versioned || kind == "dprt";
      if (kind == "dprt") {
        int64_t version = words.number();
        if (words.good && version != DPRT_ABI_VERSION)
          return Status::internal(
              fmt::format("the model was compiled for version {} of the runtime, "
                          "this is version {}",
                          version, DPRT_ABI_VERSION));
        versioned = true;
      } else if (kind == "batch") {
        result.batch = words.number();
      } else if (kind == "arena") {
        result.arenaBytes = words.number();
      } else if (kind == "entry") {
        EntryPlace &entry = result.entries.emplace_back();
        entry.name = words.word();
        entry.symbol = words.word();
      } else if (kind == "tensor") {
        good = good && parseTensor(words, result.tensors.emplace_back()) &&
               fits(result.tensors.back(), result.arenaBytes);
      } else if (kind == "region") {
        std::string_view name = words.word();
        Region region;
        region.offset = words.number();
        region.bytes = words.number();
        good = good && (name == "parameters" || name == "gradients") && region.offset % 4 == 0 &&
               region.bytes % 4 == 0 && region.bytes <= result.arenaBytes &&
               region.offset <= result.arenaBytes - region.bytes;
        (name == "parameters" ? result.parameters : result.gradients) = region;
      } else if (kind == "end") {
        ended = true;
      } else {
        good = false;
      }
      if (!good || !words.done())
        return Status::internal(
            fmt::format("line {} of the model's description is wrong: `{}`", number, line));
    }
    if (result.batch < 1)
      return Status::internal("the model's description has no batch");
    if (result.gradients.bytes && result.gradients.bytes != result.parameters.bytes)
      return Status::internal("the model's regions `parameters` and `gradients` differ in size");
    return result;
  });
}
