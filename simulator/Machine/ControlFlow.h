//===- ControlFlow.h - where the lanes of a branch meet again -----------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_CONTROLFLOW_H
#define DPC_SIMULATOR_MACHINE_CONTROLFLOW_H

#include "simulator/Machine/Program.h"

namespace sim {

/// Fills Op::reconverge of every branch: the first op of its immediate post-dominator, or noOp.
/// Lanes that leave the function on the way need not be waited for, so of several exits only one
/// counts as the end.
void findReconvergence(FunctionCode &code);

} // namespace sim
#endif
