//===- Report.cpp - what the simulator found wrong with a running kernel ----------------------===//
#include "simulator/Checkers/Report.h"

#include <algorithm>

using namespace sim;

std::string_view sim::name(Fault fault) {
  switch (fault) {
  case Fault::Race:
    return "race";
  case Fault::Uninitialised:
    return "uninitialised";
  case Fault::Bounds:
    return "bounds";
  case Fault::UseAfterFree:
    return "use-after-free";
  case Fault::ReadOnly:
    return "read-only";
  case Fault::Alignment:
    return "alignment";
  case Fault::Barrier:
    return "barrier";
  case Fault::Async:
    return "async";
  case Fault::Deadlock:
    return "deadlock";
  case Fault::Limits:
    return "limits";
  case Fault::Steps:
    return "steps";
  case Fault::Trap:
    return "trap";
  }
  return "";
}

void Reports::add(Report report) {
  auto same = std::find_if(list.begin(), list.end(), [&](const Report &other) {
    return other.fault == report.fault && other.line == report.line &&
           other.kernel == report.kernel;
  });
  if (same != list.end())
    same->occurrences += report.occurrences;
  else
    list.push_back(std::move(report));
}

void Reports::merge(const Reports &other) {
  for (const Report &report : other.list)
    add(report);
}
