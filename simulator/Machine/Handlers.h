//===- Handlers.h - which function executes an instruction --------------------------*- C++ -*-===//
//
// One selector per family of instructions. The files behind them are compiled once per instruction
// set of the host, each time in another DPC_SIMD_NAMESPACE; `selectors()` gives those of the best
// set that this host has.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_HANDLERS_H
#define DPC_SIMULATOR_MACHINE_HANDLERS_H

#include "simulator/Machine/Program.h"

namespace sim {

/// What the decoder puts into an Op. `run` is null for an instruction that the family lacks.
struct Selected {
  Handler run = nullptr;
  uint64_t immediate = 0;
  uint32_t extra = 0;
};
/// `function` owns the instruction: conversions and `mov` depend on the widths of its registers.
using Selector = Selected (*)(const ptx::Instruction &, const ptx::Function &function);

struct Selectors {
  /// add sub mul mad mad24 mul24 div rem abs neg min max sad addc subc madc dp2a dp4a of integers
  Selector integer;
  /// and or xor not cnot shl shr shf lop3 bfe bfi bfind brev clz popc prmt fns szext bmsk, and mov,
  /// selp, slct of every type
  Selector bits;
  /// add sub mul fma mad div rcp sqrt abs neg min max copysign testp of f16, bf16, f32, f64 and
  /// their packed types, without .approx and .full
  Selector floating;
  /// ex2 lg2 sin cos tanh rsqrt, rcp.approx div.approx div.full sqrt.approx
  Selector approximate;
  Selector compare;    ///< set setp
  Selector convert;    ///< cvt
  Selector collective; ///< shfl vote match redux activemask
  Selector matrix;     ///< mma wmma ldmatrix stmatrix movmatrix
  Selector memory; ///< ld ldu st atom red cp.async prefetch cvta isspacep mapa getctarank alloca
                   ///< createpolicy
};
/// Of the best instruction set that this processor has.
const Selectors &selectors();
/// Of the instruction set by name ("baseline", "avx2", "avx512"), for tests; null where the
/// processor lacks it.
const Selectors *selectors(std::string_view instructionSet);

} // namespace sim
#endif
