//===- Handlers.h - which function executes an instruction ----------------------------*- C++
//-*-===//
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
using Selector = Selected (*)(const ptx::Instruction &);

struct Selectors {
  Selector integer; ///< add sub mul mad mad24 mul24 div rem abs neg min max sad addc subc madc dp4a
                    ///< dp2a ...
  Selector bits;    ///< and or xor not cnot shl shr shf lop3 bfe bfi bfind brev clz popc prmt fns
                    ///< szext bmsk, mov selp slct
  Selector floating;    ///< add sub mul fma mad div rcp sqrt abs neg min max copysign testp of f16,
                        ///< bf16, f32, f64 and packed
  Selector approximate; ///< ex2 lg2 sin cos tanh rsqrt rcp.approx div.approx div.full sqrt.approx
  Selector compare;     ///< set setp
  Selector convert;     ///< cvt
  Selector collective;  ///< shfl vote match redux activemask
  Selector matrix;      ///< mma wmma.mma (ldmatrix and wmma.load/store: memory)
  Selector
      memory; ///< ld ldu st atom red cp.async ldmatrix wmma.load wmma.store prefetch cvta isspacep
};
const Selectors &selectors();

} // namespace sim
#endif
