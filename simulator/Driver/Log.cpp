//===- Log.cpp - one JSON line per call and per report ----------------------------------------===//
#include "simulator/Driver/Log.h"

#include "simulator/Driver/Configuration.h"

#include <cctype>
#include <fmt/format.h>
#include <nlohmann/json.hpp>
#include <string_view>

using namespace sim::driver;
using Json = nlohmann::ordered_json;

Log::~Log() {
  if (file)
    std::fclose(file);
}

bool Log::open(const std::string &path) {
  file = std::fopen(path.c_str(), "we");
  return file;
}

void Log::write(const std::string &line) {
  if (!file)
    return;
  std::fputs((line + "\n").c_str(), file);
  std::fflush(file); // the client may crash
}

static std::string text(const Json &json) {
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

/// Takes `Type name` off the list: the part of `list` up to a comma outside of parentheses.
static std::string_view nextParameter(std::string_view &list) {
  size_t comma = list.find(',');
  std::string_view one = list.substr(0, comma);
  list.remove_prefix(comma == list.npos ? list.size() : comma + 1);
  while (!one.empty() && one.front() == ' ')
    one.remove_prefix(1);
  return one;
}

static bool isAddress(std::string_view type) {
  return type.find("Handle") != type.npos || type.find("DevicePointer") != type.npos ||
         type.find("void") != type.npos || type.find("Function") != type.npos ||
         type.find("Callback") != type.npos;
}

static Json valueOf(const Argument &argument, bool address) {
  switch (argument.kind) {
  case Argument::Kind::Unsigned:
    if (address)
      return fmt::format("{:#x}", argument.unsignedValue);
    return argument.unsignedValue;
  case Argument::Kind::Signed:
    return argument.signedValue;
  case Argument::Kind::Real:
    return argument.realValue;
  case Argument::Kind::Text:
    return argument.text;
  case Argument::Kind::None:
    break;
  }
  return nullptr;
}

void Log::call(const char *name, const char *parameters, std::span<const Argument> arguments,
               Result result) {
  std::string_view list = parameters;
  list = list.substr(1, list.size() - 2);
  Json values = Json::object();
  for (const Argument &argument : arguments) {
    std::string_view one = nextParameter(list);
    size_t begin = one.size();
    while (begin > 0 && (std::isalnum(static_cast<unsigned char>(one[begin - 1]))))
      --begin;
    values[std::string(one.substr(begin))] = valueOf(argument, isAddress(one.substr(0, begin)));
  }
  write(text(Json{{"call", name}, {"arguments", values}, {"result", resultName(result)}}));
}

void Log::report(const std::string &kind, const std::string &message) {
  write(text(Json{{"report", kind}, {"message", message}}));
}

void Log::report(const sim::Report &report) {
  Json json = {{"report", std::string(sim::name(report.fault))},
               {"kernel", report.kernel},
               {"line", report.line},
               {"block", report.block},
               {"thread", report.thread},
               {"message", report.message},
               {"occurrences", report.occurrences}};
  if (!report.source.empty())
    json["source"] = report.source;
  write(text(json));
}

void Log::leak(const char *what, uint64_t handle, uint64_t bytes, const std::string &name) {
  Json json = {{"leak", what}, {"handle", fmt::format("{:#x}", handle)}};
  if (bytes)
    json["bytes"] = bytes;
  if (!name.empty())
    json["name"] = name;
  write(text(json));
}
