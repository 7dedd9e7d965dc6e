//===- Print.cpp - printf of device code ------------------------------------------------------===//
#include "simulator/Machine/Print.h"

#include <algorithm>
#include <bit>
#include <cctype>
#include <cstdio>
#include <cstdlib>

using namespace sim;

/// More would only be blanks or zeros.
static constexpr int widest = 4096;

namespace {

/// One conversion specification, from `%` to its letter.
struct Conversion {
  std::string flags;
  int width = -1, precision = -1; ///< -1: none
  std::string length;             ///< "", "h", "hh", "l", "ll" ...
  char letter = 0;                ///< 0: the format ended before it
};

} // namespace

static int number(std::string_view format, size_t &at) {
  int value = 0;
  for (; at < format.size() && std::isdigit(static_cast<unsigned char>(format[at])); ++at)
    value = std::min(value * 10 + (format[at] - '0'), widest);
  return value;
}

/// `at` is behind the `%`, and goes behind the letter.
static Conversion parse(std::string_view format, size_t &at, const std::function<int()> &star) {
  Conversion result;
  auto is = [&](std::string_view any) {
    return at < format.size() && any.find(format[at]) != std::string_view::npos;
  };
  while (is("-+ #0"))
    result.flags += format[at++];
  if (is("*")) {
    ++at;
    int width = std::clamp(star(), -widest, widest);
    if (width < 0) // means to the left
      result.flags += '-';
    result.width = std::abs(width);
  } else if (is("0123456789")) {
    result.width = number(format, at);
  }
  if (is(".")) {
    ++at;
    if (is("*")) {
      ++at;
      result.precision = std::clamp(star(), -1, widest);
    } else {
      result.precision = number(format, at);
    }
  }
  while (is("hlLjzt"))
    result.length += format[at++];
  if (at < format.size())
    result.letter = format[at++];
  return result;
}

template <class Value> static std::string convert(const Conversion &how, Value value) {
  std::string format = "%" + how.flags;
  if (how.width >= 0)
    format += std::to_string(how.width);
  if (how.precision >= 0)
    format += "." + std::to_string(how.precision);
  if constexpr (std::is_same_v<Value, long long>)
    format += "ll";
  format += how.letter;
  int bytes = std::snprintf(nullptr, 0, format.c_str(), value);
  std::string text(static_cast<size_t>(std::max(bytes, 0)) + 1, '\0');
  std::snprintf(text.data(), text.size(), format.c_str(), value);
  text.pop_back();
  return text;
}

/// The argument as wide as its length modifier says.
static long long integer(const Conversion &how, uint64_t value) {
  bool isSigned = how.letter == 'd' || how.letter == 'i';
  unsigned bits = how.length == "hh" ? 8 : how.length == "h" ? 16 : how.length.empty() ? 32 : 64;
  uint64_t high = value << (64 - bits);
  return isSigned ? static_cast<int64_t>(high) >> (64 - bits)
                  : static_cast<long long>(high >> (64 - bits));
}

/// Narrower integers are passed as int.
static unsigned integerBytes(const Conversion &how) {
  return how.length.empty() || how.length[0] == 'h' ? 4 : 8;
}

Printed sim::print(std::string_view format, const PrintArguments &arguments) {
  Printed result;
  auto next = [&](unsigned bytes) {
    ++result.arguments;
    return arguments.next(bytes);
  };
  for (size_t at = 0; at < format.size();) {
    size_t begin = at;
    if (format[at++] != '%') {
      result.text += format[begin];
      continue;
    }
    Conversion how = parse(format, at, [&] { return static_cast<int>(next(4)); });
    switch (how.letter) {
    case '%':
      result.text += '%';
      break;
    case 'd':
    case 'i':
    case 'u':
    case 'o':
    case 'x':
    case 'X':
      result.text += convert(how, integer(how, next(integerBytes(how))));
      break;
    case 'c':
      result.text += convert(how, static_cast<int>(next(4)));
      break;
    case 'f':
    case 'F':
    case 'e':
    case 'E':
    case 'g':
    case 'G':
    case 'a':
    case 'A':
      result.text += convert(how, std::bit_cast<double>(next(8)));
      break;
    case 's':
      result.text += convert(how, arguments.string(next(8)).c_str());
      break;
    case 'p':
      result.text += convert(how, reinterpret_cast<const void *>(next(8)));
      break;
    default:
      result.text += format.substr(begin, at - begin);
    }
  }
  return result;
}
