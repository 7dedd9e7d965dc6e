//===- Directed.h - f64 arithmetic in the host's rounding modes ---------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_DIRECTED_H
#define DPC_SIMULATOR_MACHINE_DIRECTED_H

#include "simulator/Machine/Lanes.h"

namespace sim {

enum class DirectedOp : uint8_t { Add, Sub, Mul, Fma, Div, Rcp, Sqrt };

/// d = op(a, b, c) for 32 lanes, rounded toward zero (1), down (2) or up (3). The arrays may be the
/// same; those that `op` does not need may be null.
void directedDoubles(DirectedOp op, unsigned rounding, const double *a, const double *b,
                     const double *c, double *d);

} // namespace sim
#endif
