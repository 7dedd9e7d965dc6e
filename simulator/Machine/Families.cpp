//===- Families.cpp - the table of one instruction set ----------------------------------------===//
#include "simulator/Machine/Families.h"

using namespace sim;

const Selectors DPC_SIMD_NAMESPACE::table = {
    .integer = selectInteger,
    .bits = selectBits,
    .floating = selectFloating,
    .approximate = selectApproximate,
    .compare = selectCompare,
    .convert = selectConvert,
    .collective = selectCollective,
    .matrix = selectMatrix,
    .memory = selectMemory,
};
