//===- Poison.cpp - how uninitialised bytes travel through registers --------------------------===//
//
// The common case, nothing poisoned, is one OR over the operands. Only when that finds something is
// a rule applied, lane by lane.
//
//===------------------------------------------------------------------------------------------===//
#include "simulator/Checkers/Poison.h"

#include "simulator/Checkers/BlockChecker.h"
#include "simulator/Checkers/PoisonRules.h"

#include <bit>

using namespace sim;
using Role = OperandRole::Kind;

void sim::reportGarbage(Warp &warp, const Op &op, LaneMask lanes, const char *reaches) {
  warp.block->checker->report(warp, op, lanes, Fault::Uninitialised,
                              std::string("a value that was never initialised reaches ") + reaches);
}

void sim::checkGuard(Warp &warp, const Op &op, LaneMask lanes) {
  LaneMask garbage = warp.predicatePoison[op.guard] & lanes;
  if (!garbage)
    return;
  reportGarbage(warp, op, garbage,
                op.step == Step::Branch ? "a branch" : "the predicate that guards an instruction");
  warp.predicatePoison[op.guard] &= ~garbage;
}

/// Predicates and addresses that are read must be initialised; those that are written are.
/// Returns the lanes with poison in a value that is read.
LaneMask sim::checkOperands(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = 0;
  for (unsigned i = 0; i < op.operandCount; ++i) {
    uint32_t operand = op.operands[i];
    switch (op.roles[i].kind) {
    case Role::Unused:
      break;
    case Role::ValueIn:
      poisoned |= warp.poison[operand].any;
      break;
    case Role::AddressIn:
      if (LaneMask garbage = warp.poison[operand].any & active) {
        reportGarbage(warp, op, garbage, "an address");
        warp.poison[operand].any &= ~garbage;
      }
      break;
    case Role::PredicateIn:
      if (LaneMask garbage = warp.predicatePoison[operand] & active) {
        reportGarbage(warp, op, garbage, "a predicate");
        warp.predicatePoison[operand] &= ~garbage;
      }
      break;
    case Role::PredicateOut:
      warp.predicatePoison[operand] &= ~active;
      break;
    case Role::ValueOut:
      break;
    }
  }
  return poisoned & active;
}

void sim::cleanResults(Warp &warp, const Op &op, LaneMask active) {
  for (unsigned i = 0; i < op.operandCount; ++i)
    if (op.roles[i].kind == Role::ValueOut)
      warp.poison[op.operands[i]].any &= ~active;
}

/// Applies Rule, which maps the poison of a lane's sources to that of its results.
template <void (*Rule)(RuleOperands &)>
static void apply(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, active);
  if (!poisoned) [[likely]] {
    cleanResults(warp, op, active);
    return;
  }
  cleanResults(warp, op, active & ~poisoned);
  for (LaneMask left = poisoned; left; left &= left - 1) {
    RuleOperands lane(warp, op, std::countr_zero(left));
    Rule(lane);
    lane.store();
  }
}

/// Results are predicates (and, for `set`, values that depend on one): garbage is reported here.
static void compare(Warp &warp, const Op &op, LaneMask active) {
  if (LaneMask poisoned = checkOperands(warp, op, active))
    reportGarbage(warp, op, poisoned, "a predicate");
  cleanResults(warp, op, active);
}

/// Results of the whole warp from sources of the whole warp: match, redux.
static void acrossLanes(Warp &warp, const Op &op, LaneMask active) {
  LaneMask poisoned = checkOperands(warp, op, active);
  cleanResults(warp, op, active);
  if (!poisoned)
    return;
  for (unsigned i = 0; i < op.operandCount; ++i)
    if (op.roles[i].kind == Role::ValueOut)
      for (LaneMask left = active; left; left &= left - 1)
        setPoison(warp, op.operands[i], std::countr_zero(left),
                  static_cast<uint8_t>((1u << op.roles[i].bytes) - 1));
}

Handler sim::resizeHandler() { return apply<rules::bytewise>; }

/// Addresses and predicates only.
static void checkInputs(Warp &warp, const Op &op, LaneMask active) {
  checkOperands(warp, op, active);
}

Handler sim::checkHandler(const ptx::Instruction &instruction) {
  using ptx::Opcode;
  switch (instruction.opcode) {
  case Opcode::Setp:
  case Opcode::Set:
  case Opcode::Testp:
  case Opcode::Isspacep:
  case Opcode::Vote:
    return compare;
  case Opcode::Match:
  case Opcode::Redux:
    return acrossLanes;
  case Opcode::Shfl:
    return checkShuffle;
  case Opcode::Mma:
    return checkMma;
  case Opcode::Mov:
    return instruction.operands.size() == 2 &&
                   (instruction.type() == ptx::Type::B128 ||
                    instruction.operands[0].kind == ptx::Operand::Kind::Vector ||
                    instruction.operands[1].kind == ptx::Operand::Kind::Vector)
               ? apply<rules::repack>
               : apply<rules::bytewise>;
  case Opcode::Cvta:
    return apply<rules::bytewise>;
  case Opcode::And:
    return apply<rules::conjunction>;
  case Opcode::Or:
    return apply<rules::disjunction>;
  case Opcode::Xor:
  case Opcode::Not:
  case Opcode::Lop3:
    return apply<rules::bytewise>;
  case Opcode::Selp:
    return apply<rules::select>;
  case Opcode::Shl:
    return apply<rules::shiftLeft>;
  case Opcode::Shr:
    return apply<rules::shiftRight>;
  case Opcode::Bfe:
    return apply<rules::extract>;
  case Opcode::Bfi:
    return apply<rules::insert>;
  case Opcode::Prmt:
    return instruction.modifiers.size() == 1 ? apply<rules::permute> : apply<rules::whole>;
  case Opcode::Cvt:
    switch (selectConvertRule(instruction)) {
    case ConvertRule::Integer:
      return apply<rules::convertInteger>;
    case ConvertRule::Packed:
      return apply<rules::convertPacked>;
    case ConvertRule::Parts:
      return apply<rules::convertParts>;
    case ConvertRule::Whole:
      return apply<rules::whole>;
    }
    return nullptr;
  case Opcode::Add:
  case Opcode::Sub:
  case Opcode::Mul:
  case Opcode::Mad:
  case Opcode::Fma:
  case Opcode::Min:
  case Opcode::Max:
  case Opcode::Neg:
  case Opcode::Abs:
  case Opcode::Ex2:
  case Opcode::Tanh:
    if (isPacked(instruction.type()))
      return apply<rules::halves>;
    if (isWrapping(instruction))
      return apply<rules::upward>;
    return apply<rules::whole>;
  case Opcode::Ld:
  case Opcode::Ldu:
    return checkLoad;
  case Opcode::St:
    return checkStore;
  case Opcode::Atom:
  case Opcode::Red:
    return checkAtomic;
  case Opcode::Ldmatrix:
    return instruction.has("trans") ? checkLdmatrixTransposed : checkLdmatrix;
  case Opcode::Stmatrix:
    return checkStmatrix;
  case Opcode::Movmatrix:
    return checkMovmatrix;
  case Opcode::Cp:
    return instruction.operands.empty() || instruction.has("wait_group") ||
                   instruction.has("commit_group") || instruction.has("wait_all")
               ? nullptr
               : checkInputs;
  case Opcode::Wmma:
    return instruction.has("load")    ? checkWmmaLoad
           : instruction.has("store") ? checkWmmaStore
                                      : checkWmma;
  case Opcode::Bar:
  case Opcode::Barrier:
    return instruction.has("red") ? compare : nullptr;
  case Opcode::Membar:
  case Opcode::Fence:
  case Opcode::Exit:
  case Opcode::Ret:
  case Opcode::Trap:
  case Opcode::Brkpt:
  case Opcode::Nanosleep:
  case Opcode::Pmevent:
  case Opcode::Prefetch:
  case Opcode::Prefetchu:
  case Opcode::Discard:
  case Opcode::Applypriority:
  case Opcode::Griddepcontrol:
    return nullptr;
  default:
    return apply<rules::whole>;
  }
}
