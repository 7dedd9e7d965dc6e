//===- Arguments.cpp - a kernel's parameters from a JSON file ---------------------------------===//
#include "tools/dpc-ptxsim/Arguments.h"

#include <algorithm>
#include <cstring>
#include <fmt/format.h>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

using namespace ptxsim;
using Json = nlohmann::json;

/// A value for a message: whole only if it is short, and no list or object can be too deep for it.
static std::string shown(const Json &json) {
  if (json.is_structured())
    return json.empty() ? json.dump() : json.is_array() ? "a list" : "an object";
  constexpr size_t most = 60;
  std::string text = json.dump();
  return text.size() <= most ? text : fmt::format("a string of {} bytes", text.size() - 2);
}

namespace {
/// One entry of the list, with its place for messages.
struct Entry {
  const Json &json;
  std::string place;
  std::vector<Buffer> &buffers;

  [[noreturn]] void wrong(const std::string &what) const {
    throw InputError(fmt::format("{}: {}", place, what));
  }

  uint64_t count(const Json &from, const char *key, uint64_t otherwise) const {
    auto found = from.find(key);
    if (found == from.end())
      return otherwise;
    if (!found->is_number_unsigned())
      wrong(fmt::format("`{}` must be a whole number of bytes, found {}", key, shown(*found)));
    return found->get<uint64_t>();
  }

  void onlyKeys(const Json &from, std::initializer_list<std::string_view> known) const {
    for (const auto &[key, value] : from.items())
      if (std::find(known.begin(), known.end(), key) == known.end())
        wrong(fmt::format("unknown key `{}`; known here: {}", key, fmt::join(known, ", ")));
  }

  /// The buffer that `from` names, made if it has `bytes`.
  Arguments::Pointer pointer(const Json &from, uint64_t at) const {
    const Json &name = from.at("buffer");
    if (!name.is_string())
      wrong(fmt::format("`buffer` must be a name, found {}", shown(name)));
    if (name == "__metadata__") // in a safetensors file it is no tensor
      wrong("no buffer can be called \"__metadata__\"");
    auto named = std::find_if(buffers.begin(), buffers.end(), [&](const Buffer &buffer) {
      return buffer.name == name.get_ref<const std::string &>();
    });
    if (from.contains("bytes")) {
      uint64_t bytes = count(from, "bytes", 0);
      if (bytes > (1ull << 36))
        wrong(fmt::format("a buffer of {} bytes is too large to simulate", bytes));
      if (named != buffers.end() && (named->initialised || named->bytes.size() != bytes))
        wrong(fmt::format("there is a buffer {} already", name.dump()));
      if (named == buffers.end()) {
        buffers.push_back(
            {name.get<std::string>(), "U8", {bytes}, std::vector<std::byte>(bytes), false});
        named = buffers.end() - 1;
      }
    }
    if (named == buffers.end())
      wrong(
          fmt::format("there is no tensor {} among the inputs; with \"bytes\" it would be a fresh "
                      "buffer",
                      name.dump()));
    return {at, static_cast<size_t>(named - buffers.begin()), count(from, "offset", 0)};
  }
};
} // namespace

template <class T> static void store(std::byte *to, T value) { std::memcpy(to, &value, sizeof(T)); }

/// A number under one of the scalar keys, as `bytes` bytes at `to`.
static void storeNumber(const Entry &entry, const std::string &type, const Json &value,
                        std::byte *to) {
  if (type == "f32" || type == "f64") {
    double number;
    if (value.is_number())
      number = value.get<double>();
    else if (value == "inf" || value == "-inf" || value == "nan")
      number = value == "nan" ? std::numeric_limits<double>::quiet_NaN()
                              : (value == "inf" ? 1 : -1) * std::numeric_limits<double>::infinity();
    else
      entry.wrong(fmt::format("`{}` must be a number, \"inf\", \"-inf\" or \"nan\", found {}", type,
                              shown(value)));
    if (type == "f32")
      store(to, static_cast<float>(number));
    else
      store(to, number);
    return;
  }
  if (!value.is_number_integer())
    entry.wrong(fmt::format("`{}` must be a whole number, found {}", type, shown(value)));
  bool isUnsigned = value.is_number_unsigned();
  auto fits = [&](auto example) {
    using T = decltype(example);
    if (isUnsigned ? value.get<uint64_t>() > static_cast<uint64_t>(std::numeric_limits<T>::max())
                   : std::is_unsigned_v<T> ||
                         value.get<int64_t>() < static_cast<int64_t>(std::numeric_limits<T>::min()))
      entry.wrong(fmt::format("{} does not fit `{}`", value.dump(), type));
    store(to, static_cast<T>(isUnsigned ? value.get<uint64_t>()
                                        : static_cast<uint64_t>(value.get<int64_t>())));
  };
  if (type == "i32")
    fits(int32_t());
  else if (type == "u32")
    fits(uint32_t());
  else if (type == "i64")
    fits(int64_t());
  else
    fits(uint64_t());
}

static void storeHex(const Entry &entry, const std::string &hex, const ptx::Parameter &parameter,
                     std::byte *to) {
  if (hex.size() != 2 * parameter.bytes)
    entry.wrong(
        fmt::format("`bytes` must have {} hexadecimal digits for the {} bytes of `{}`, found "
                    "{}",
                    2 * parameter.bytes, parameter.bytes, parameter.name, hex.size()));
  auto digit = [&](char c) -> unsigned {
    if (c >= '0' && c <= '9')
      return c - '0';
    if ((c | 32) >= 'a' && (c | 32) <= 'f')
      return (c | 32) - 'a' + 10;
    entry.wrong(fmt::format("`{}` is no hexadecimal digit", c));
  };
  for (uint64_t i = 0; i < parameter.bytes; ++i)
    to[i] = static_cast<std::byte>(digit(hex[2 * i]) << 4 | digit(hex[2 * i + 1]));
}

static void readEntry(const Entry &entry, const ptx::Parameter &parameter, Arguments &arguments) {
  const Json &json = entry.json;
  std::byte *to = arguments.block.data() + parameter.offset;
  auto needBytes = [&](uint64_t bytes, const char *what) {
    if (parameter.bytes != bytes)
      entry.wrong(fmt::format("{} has {} bytes, but the parameter `{}` has {}", what, bytes,
                              parameter.name, parameter.bytes));
  };
  if (!json.is_object())
    entry.wrong(fmt::format("expected an object such as {{\"i32\": 1}}, found {}", shown(json)));
  if (json.contains("buffer")) {
    entry.onlyKeys(json, {"buffer", "offset", "bytes"});
    needBytes(8, "a pointer");
    arguments.pointers.push_back(entry.pointer(json, parameter.offset));
    return;
  }
  if (json.contains("bytes")) {
    entry.onlyKeys(json, {"bytes", "pointers"});
    if (!json["bytes"].is_string())
      entry.wrong("`bytes` without `buffer` must be a string of hexadecimal digits");
    storeHex(entry, json["bytes"].get<std::string>(), parameter, to);
    if (!json.contains("pointers"))
      return;
    if (!json["pointers"].is_array())
      entry.wrong("`pointers` must be a list");
    for (const Json &pointer : json["pointers"]) {
      if (!pointer.is_object() || !pointer.contains("at") || !pointer.contains("buffer"))
        entry.wrong("a pointer needs `at` and `buffer`");
      entry.onlyKeys(pointer, {"at", "buffer", "offset", "bytes"});
      uint64_t at = entry.count(pointer, "at", 0);
      if (parameter.bytes < 8 || at > parameter.bytes - 8)
        entry.wrong(fmt::format("a pointer at byte {} does not fit the {} bytes of `{}`", at,
                                parameter.bytes, parameter.name));
      arguments.pointers.push_back(entry.pointer(pointer, parameter.offset + at));
    }
    return;
  }
  for (const char *type : {"i32", "u32", "f32", "i64", "u64", "f64"})
    if (json.contains(type)) {
      entry.onlyKeys(json, {type});
      needBytes(std::string_view(type).ends_with("32") ? 4 : 8, type);
      return storeNumber(entry, type, json[type], to);
    }
  entry.wrong(fmt::format("expected one of buffer, i32, i64, u32, u64, f32, f64, bytes, found {}",
                          shown(json)));
}

/// Throws InputError with line and column where `text` is no JSON or an object has a key twice.
static Json parseJson(const std::string &text, const std::string &path) {
  std::vector<std::set<std::string>> keys; // of the objects that are open
  auto onEvent = [&](int, Json::parse_event_t event, Json &json) {
    if (event == Json::parse_event_t::object_start)
      keys.emplace_back();
    else if (event == Json::parse_event_t::object_end)
      keys.pop_back();
    else if (event == Json::parse_event_t::key && !keys.back().insert(json).second)
      throw InputError(fmt::format("`{}`: an object has two keys {}", path, shown(json)));
    return true;
  };
  try {
    return Json::parse(text, onEvent);
  } catch (const Json::parse_error &error) {
    size_t before = std::min<size_t>(error.byte ? error.byte - 1 : 0, text.size());
    std::string_view read = std::string_view(text).substr(0, before);
    throw InputError(fmt::format("{}:{}:{}: error: this is no JSON", path,
                                 1 + std::count(read.begin(), read.end(), '\n'),
                                 before - (read.rfind('\n') + 1) + 1));
  } catch (const Json::out_of_range &) {
    throw InputError(fmt::format("`{}`: a number is too large", path));
  }
}

Arguments ptxsim::readArguments(const std::string &text, const std::string &path,
                                const ptx::Function &kernel, std::vector<Buffer> &buffers) {
  Json list = parseJson(text, path);
  if (!list.is_array())
    throw InputError(fmt::format("`{}` is no JSON list with an entry for each parameter", path));
  if (list.size() != kernel.parameters.size())
    throw InputError(fmt::format("`{}` has {} entries, but kernel `{}` has {} parameters", path,
                                 list.size(), kernel.name, kernel.parameters.size()));
  Arguments arguments;
  arguments.block.resize(kernel.parameterBytes);
  for (size_t i = 0; i < list.size(); ++i)
    readEntry({list[i], fmt::format("`{}`, entry {}", path, i), buffers}, kernel.parameters[i],
              arguments);
  return arguments;
}
