//===- Calls.h - the implementations of the driver's calls --------------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_DRIVER_CALLS_H
#define DPC_SIMULATOR_DRIVER_CALLS_H

#include "simulator/Driver/Api.h"

namespace sim::driver {

#define DPC_CALL(name, version, symbol, function, parameters) Result function parameters;
#define DPC_ALWAYS DPC_CALL
#define DPC_STREAM(name, version, symbol, suffix, function, parameters) Result function parameters;
#include "simulator/Driver/Entries.def"

} // namespace sim::driver
#endif
