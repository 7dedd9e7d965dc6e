//===- Header.cpp - the JSON header of safetensors files --------------------------------------===//
#include "dprt/safetensors.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <cstdint>
#include <limits>
#include <set>

using namespace dprt;

namespace {

/// Recursive descent over the few shapes that a header may have; the first mistake is kept.
class HeaderParser {
public:
  HeaderParser(std::string_view json, std::vector<HeaderItem> &items) : json(json), items(items) {}

  std::string run() {
    std::set<std::string> names;
    object([&](std::string name) {
      if (!names.insert(name).second)
        return fail(fmt::format("the name `{}` occurs twice", name));
      return name == "__metadata__" ? metadata() : item(std::move(name));
    });
    space();
    if (mistake.empty() && at < json.size())
      fail("text follows the end of the header");
    return mistake;
  }

private:
  bool fail(std::string text) {
    if (mistake.empty())
      mistake = fmt::format("header, byte {}: {}", at, text);
    return false;
  }

  void space() {
    while (at < json.size() && std::string_view(" \t\r\n").find(json[at]) != json.npos)
      ++at;
  }

  bool accept(char wanted) {
    space();
    if (at >= json.size() || json[at] != wanted)
      return false;
    ++at;
    return true;
  }

  bool expect(char wanted) {
    return accept(wanted) || fail(fmt::format("`{}` is expected", wanted));
  }

  template <typename Member> bool object(Member member) {
    if (!expect('{'))
      return false;
    if (accept('}'))
      return true;
    do {
      std::string key;
      if (!string(key) || !expect(':') || !member(std::move(key)))
        return false;
    } while (accept(','));
    return expect('}');
  }

  bool numbers(std::vector<int64_t> &values) {
    if (!expect('['))
      return false;
    if (accept(']'))
      return true;
    do {
      values.emplace_back();
      if (!number(values.back()))
        return false;
    } while (accept(','));
    return expect(']');
  }

  bool number(int64_t &value) {
    space();
    size_t start = at;
    value = 0;
    for (; at < json.size() && json[at] >= '0' && json[at] <= '9'; ++at) {
      int digit = json[at] - '0';
      if (value > (std::numeric_limits<int64_t>::max() - digit) / 10)
        return fail("the number is too large");
      value = 10 * value + digit;
    }
    if (at == start)
      return fail("a whole number is expected");
    if (json[start] == '0' && at > start + 1)
      return fail("a number must not start with 0");
    return true;
  }

  bool hex(uint32_t &code) {
    code = 0;
    for (int i = 0; i < 4; ++i, ++at) {
      char c = at < json.size() ? json[at] : '?';
      uint32_t digit;
      if (c >= '0' && c <= '9')
        digit = c - '0';
      else if ((c | 32) >= 'a' && (c | 32) <= 'f')
        digit = (c | 32) - 'a' + 10;
      else
        return fail("four hexadecimal digits are expected");
      code = 16 * code + digit;
    }
    return true;
  }

  bool unicode(std::string &text) {
    uint32_t code, low;
    if (!hex(code))
      return false;
    if (code >= 0xD800 && code < 0xDC00) {
      if (json.substr(at, 2) != "\\u")
        return fail("half a surrogate pair");
      at += 2;
      if (!hex(low))
        return false;
      if (low < 0xDC00 || low >= 0xE000)
        return fail("half a surrogate pair");
      code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
    } else if (code >= 0xDC00 && code < 0xE000) {
      return fail("half a surrogate pair");
    }
    auto tail = [&](int shift) { text += char(0x80 | ((code >> shift) & 63)); };
    if (code < 0x80) {
      text += char(code);
    } else if (code < 0x800) {
      text += char(0xC0 | code >> 6);
      tail(0);
    } else if (code < 0x10000) {
      text += char(0xE0 | code >> 12);
      tail(6), tail(0);
    } else {
      text += char(0xF0 | code >> 18);
      tail(12), tail(6), tail(0);
    }
    return true;
  }

  bool string(std::string &text) {
    if (!expect('"'))
      return false;
    static constexpr std::string_view escapes = "\"\\/bfnrt", meanings = "\"\\/\b\f\n\r\t";
    while (at < json.size()) {
      char c = json[at++];
      if (c == '"')
        return true;
      if (static_cast<unsigned char>(c) < 0x20)
        return fail("a control character in a string");
      if (c != '\\') {
        text += c;
        continue;
      }
      char escape = at < json.size() ? json[at++] : '?';
      if (escape == 'u') {
        if (!unicode(text))
          return false;
      } else if (size_t kind = escapes.find(escape); kind != escapes.npos) {
        text += meanings[kind];
      } else {
        return fail("an unknown escape in a string");
      }
    }
    return fail("a string has no end");
  }

  bool metadata() {
    std::set<std::string> keys;
    return object([&](std::string key) {
      std::string value;
      return (keys.insert(key).second || fail(fmt::format("the key `{}` occurs twice", key))) &&
             string(value);
    });
  }

  bool item(std::string name) {
    HeaderItem result;
    result.name = std::move(name);
    std::set<std::string> keys;
    std::vector<int64_t> offsets;
    bool good = object([&](std::string key) {
      if (!keys.insert(key).second)
        return fail(fmt::format("`{}` has two entries `{}`", result.name, key));
      if (key == "dtype")
        return string(result.type);
      if (key == "shape")
        return numbers(result.shape);
      if (key == "data_offsets")
        return numbers(offsets);
      return fail(fmt::format("`{}` has an unknown entry `{}`", result.name, key));
    });
    if (!good)
      return false;
    for (const char *key : {"dtype", "shape", "data_offsets"})
      if (!keys.contains(key))
        return fail(fmt::format("`{}` has no `{}`", result.name, key));
    if (offsets.size() != 2)
      return fail(fmt::format("`{}` needs two data_offsets", result.name));
    result.begin = offsets[0];
    result.end = offsets[1];
    items.push_back(std::move(result));
    return true;
  }

  std::string_view json;
  std::vector<HeaderItem> &items;
  size_t at = 0;
  std::string mistake;
};

} // namespace

std::string dprt::parseHeader(std::string_view json, std::vector<HeaderItem> &items) {
  return HeaderParser(json, items).run();
}

static std::string quote(std::string_view text) {
  std::string result = "\"";
  for (char c : text) {
    if (c == '"' || c == '\\')
      result += '\\';
    if (static_cast<unsigned char>(c) < 0x20)
      result += fmt::format("\\u{:04x}", c);
    else
      result += c;
  }
  return result + '"';
}

std::string dprt::writeHeader(std::span<const Tensor> tensors) {
  std::string json = "{";
  int64_t offset = 0;
  for (const Tensor &tensor : tensors) {
    int64_t width = tensor.type() == ElementType::F32 ? 4 : 8;
    int64_t bytes = std::visit([](auto &values) { return int64_t(values.size()); }, tensor.data);
    bytes *= width;
    json += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                        json.size() > 1 ? "," : "", quote(tensor.name), typeName(tensor.type()),
                        fmt::join(tensor.shape, ","), offset, offset + bytes);
    offset += bytes;
  }
  json += "}";
  json.resize((json.size() + 7) / 8 * 8, ' ');
  return json;
}
