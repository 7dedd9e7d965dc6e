//===- Directed.cpp - f64 arithmetic in the host's rounding modes -----------------------------===//
//
// Compiled with -frounding-math, so that nothing moves across the changes of mode.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Machine/Directed.h"

#include <cfenv>
#include <cmath>

using namespace sim;

static double compute(DirectedOp op, double a, double b, double c) {
  switch (op) {
  case DirectedOp::Add:
    return a + b;
  case DirectedOp::Sub:
    return a - b;
  case DirectedOp::Mul:
    return a * b;
  case DirectedOp::Fma:
    return std::fma(a, b, c);
  case DirectedOp::Div:
    return a / b;
  case DirectedOp::Rcp:
    return 1 / a;
  case DirectedOp::Sqrt:
    return std::sqrt(a);
  }
  return 0;
}

void sim::directedDoubles(DirectedOp op, unsigned rounding, const double *a, const double *b,
                          const double *c, double *d) {
  constexpr int modes[] = {FE_TONEAREST, FE_TOWARDZERO, FE_DOWNWARD, FE_UPWARD};
  std::fesetround(modes[rounding & 3]);
  for (unsigned lane = 0; lane < warpSize; ++lane)
    d[lane] = compute(op, a[lane], b ? b[lane] : 0, c ? c[lane] : 0);
  std::fesetround(FE_TONEAREST);
}
