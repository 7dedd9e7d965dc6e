//===- PoisonRules.h - how each kind of instruction moves poison --------------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_CHECKERS_POISONRULES_H
#define DPC_SIMULATOR_CHECKERS_POISONRULES_H

#include "simulator/Checkers/Poison.h"

#include <array>

namespace sim {

bool isPacked(ptx::Type type);
/// Integer arithmetic modulo a power of two: a byte of the result depends on the bytes below only.
bool isWrapping(const ptx::Instruction &instruction);

enum class ConvertRule : uint8_t {
  Integer, ///< bytes are kept, dropped, or filled with the sign
  Packed,  ///< two sources, one half of the result each
  Parts,   ///< two halves of one source, one half of the result each
  Whole,
};
ConvertRule selectConvertRule(const ptx::Instruction &instruction);

/// One lane's operands of an instruction that touches registers only.
class RuleOperands {
public:
  RuleOperands(Warp &warp, const Op &op, unsigned lane);

  unsigned sources() const { return sourceCount; }
  unsigned results() const { return resultCount; }
  uint8_t source(unsigned index) const { return sourcePoison[index]; }
  unsigned sourceBytes(unsigned index) const { return sourceWidth[index]; }
  unsigned resultBytes(unsigned index) const { return resultWidth[index]; }
  /// Whether a source is initialised and still has the value that the instruction saw.
  bool known(unsigned index) const { return isKnown[index]; }
  uint64_t value(unsigned index) const;
  /// Of the first predicate that the instruction reads.
  bool predicate() const { return predicateValue; }
  const ptx::Instruction &instruction() const;

  void set(unsigned index, unsigned poison) { resultPoison[index] = static_cast<uint8_t>(poison); }
  void setAll();
  void store();

private:
  static constexpr unsigned most = 16;
  Warp &warp;
  const Op &op;
  unsigned lane;
  unsigned sourceCount = 0, resultCount = 0;
  bool predicateValue = false;
  std::array<uint32_t, most> sourceSlot, resultSlot;
  std::array<uint8_t, most> sourcePoison{}, sourceWidth{}, resultPoison{}, resultWidth{};
  std::array<bool, most> isKnown{};
};

namespace rules {
void bytewise(RuleOperands &lane);    ///< byte i of the result from bytes i of the sources
void conjunction(RuleOperands &lane); ///< and: a byte of zeros hides garbage
void disjunction(RuleOperands &lane); ///< or: a byte of ones hides garbage
void upward(RuleOperands &lane);      ///< byte i from bytes 0 to i
void whole(RuleOperands &lane);       ///< every byte from every byte
void halves(RuleOperands &lane);      ///< packed arithmetic
void select(RuleOperands &lane);
void shiftLeft(RuleOperands &lane);
void shiftRight(RuleOperands &lane);
void extract(RuleOperands &lane); ///< bfe
void insert(RuleOperands &lane);  ///< bfi
void permute(RuleOperands &lane); ///< prmt, default mode
void repack(RuleOperands &lane);  ///< mov between a register and a vector
void convertInteger(RuleOperands &lane);
void convertPacked(RuleOperands &lane);
void convertParts(RuleOperands &lane);
} // namespace rules

// Handlers with rules of their own.
void checkShuffle(Warp &warp, const Op &op, LaneMask active);
void checkMma(Warp &warp, const Op &op, LaneMask active);
void checkWmma(Warp &warp, const Op &op, LaneMask active);
void checkLoad(Warp &warp, const Op &op, LaneMask active);
void checkStore(Warp &warp, const Op &op, LaneMask active);
void checkAtomic(Warp &warp, const Op &op, LaneMask active);
void checkLdmatrix(Warp &warp, const Op &op, LaneMask active);
void checkLdmatrixTransposed(Warp &warp, const Op &op, LaneMask active);
void checkStmatrix(Warp &warp, const Op &op, LaneMask active);
void checkMovmatrix(Warp &warp, const Op &op, LaneMask active);
void checkWmmaLoad(Warp &warp, const Op &op, LaneMask active);
void checkWmmaStore(Warp &warp, const Op &op, LaneMask active);

/// Shared by all `check` handlers: what they read and write besides values. Returns the lanes with
/// poison in a value that is read.
LaneMask checkOperands(Warp &warp, const Op &op, LaneMask active);
void cleanResults(Warp &warp, const Op &op, LaneMask active);
void reportGarbage(Warp &warp, const Op &op, LaneMask lanes, const char *reaches);

} // namespace sim
#endif
