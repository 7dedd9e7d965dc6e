//===- ControlHandlers.h - what the decoder asks of the machine itself --------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_MACHINE_CONTROLHANDLERS_H
#define DPC_SIMULATOR_MACHINE_CONTROLHANDLERS_H

#include "simulator/Machine/Program.h"

namespace sim {

/// Op::extra of a Step::Barrier.
struct BarrierUse {
  enum class Kind : uint8_t { Sync, Arrive, Wait, Count, And, Or };
  enum class Constant : uint8_t { None, False, True };
  Kind kind = Kind::Sync;
  bool aligned = false;    ///< all lanes of the warp have to execute it together
  bool hasThreads = false; ///< the number of threads is an operand
  bool negated = false;    ///< the predicate of a reduction
  bool ofCluster = false;  ///< barrier.cluster
  Constant constant = Constant::None;

  uint32_t pack() const {
    return uint32_t(kind) | uint32_t(aligned) << 4 | uint32_t(hasThreads) << 5 |
           uint32_t(negated) << 6 | uint32_t(ofCluster) << 7 | uint32_t(constant) << 8;
  }
  bool reduces() const { return kind >= Kind::Count; }
  static BarrierUse unpack(uint32_t bits) {
    return {Kind(bits & 15),     bool(bits >> 4 & 1), bool(bits >> 5 & 1),
            bool(bits >> 6 & 1), bool(bits >> 7 & 1), Constant(bits >> 8)};
  }
};

/// Copies operands [extra, 2 extra) into [0, extra): values of `bytes` bytes into registers of
/// `registerBytes`.
Handler copyHandler(unsigned bytes, bool isSigned, unsigned registerBytes);
Handler fenceHandler(); ///< Op::extra: Access::Scope
Handler nothingHandler();
/// Writes special register Op::extra into slot Op::immediate (of 64 bits).
Handler specialHandler();

} // namespace sim
#endif
