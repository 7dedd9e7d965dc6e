//===- Program.h - a kernel decoded for execution -----------------------------------*- C++ -*-===//
//
// The decoder turns every instruction of a ptx::Module into an Op: a pointer to the function that
// executes it on the active lanes of a warp, and the numbers of the slots that it reads and writes.
// Immediates, special registers and constant kernel parameters are slots too, filled when a frame
// is entered, so that a handler never asks what kind of operand it has.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_PROGRAM_H
#define DPC_SIMULATOR_MACHINE_PROGRAM_H

#include "simulator/Machine/Lanes.h"
#include "simulator/Machine/Memory.h"
#include "simulator/Parse/Module.h"

#include <memory>
#include <string>
#include <vector>

namespace sim {

struct Warp;
struct Op;

/// Executes `op` for the lanes in `active` (never empty).
using Handler = void (*)(Warp &warp, const Op &op, LaneMask active);

/// What the machine's loop has to do besides calling `run`.
enum class Step : uint8_t {
  Plain,         ///< run, next
  Strong,        ///< the same; it may see what others do, so that it matters when they run
  Branch,        ///< to `target` for the active lanes that the guard admits
  BranchIndexed, ///< brx.idx: operands[0] is the index, `target` indexes FunctionCode::tables
  Call,          ///< `target` indexes FunctionCode::calls
  Return,
  Exit,
  Barrier,    ///< bar and barrier of the block, but bar.warp.sync
  Collective, ///< run, once all lanes of the member mask have come here
  WarpSync,   ///< bar.warp.sync: waits for the lanes of the mask at any bar.warp.sync
  Yield,      ///< nanosleep: others may run
  Trap,
};

constexpr uint32_t noPredicate = ~0u;

/// What an instruction does with one of its flattened operands.
struct OperandRole {
  enum class Kind : uint8_t { Unused, ValueIn, ValueOut, PredicateIn, PredicateOut, AddressIn };
  Kind kind = Kind::Unused;
  uint8_t bytes = 4; ///< 1, 2, 4 or 8: of the register (or of the immediate's operand type)
};

struct Op {
  Handler run = nullptr;
  /// What the instruction does to the initialised-ness of its operands and what it checks; called
  /// after `run` when checkers are on. May be null: nothing to do.
  Handler check = nullptr;
  /// Adds to the memory counters; called after `run` when counters are on. May be null.
  Handler count = nullptr;
  /// Slots (of values) and predicate numbers, in the order of the PTX operands, results first,
  /// vectors and pairs flattened. An operand `_` is noPredicate.
  const uint32_t *operands = nullptr;
  const OperandRole *roles = nullptr; ///< parallel to `operands`; for the checkers
  uint64_t immediate = 0; ///< the handler's own: address offset, comparison, rounding, scope ...
  uint32_t extra = 0;     ///< the handler's own
  uint32_t guard = noPredicate;
  uint32_t target = 0;
  uint32_t reconverge = 0;  ///< of a branch: first op of its immediate post-dominator
  uint32_t instruction = 0; ///< index into ptx::Function::instructions
  uint16_t operandCount = 0;
  bool guardNegated = false;
  bool accesses = false;  ///< leaves Warp::access
  bool auxiliary = false; ///< made by the decoder: no instruction of its own, not counted
  bool wholeWarp = false; ///< undefined where lanes have exited or were never launched
  Step step = Step::Plain;
  /// Collective and WarpSync: the lanes that have to take part; 0: lane by lane in slot `target`.
  LaneMask members = 0;
  uint32_t flopsPerLane = 0; ///< fma 2, add and mul 1 (twice that for packed types); mma: its
                             ///< 2 M N K over the warp
};

/// How a slot is filled when a frame is entered.
struct Preset {
  enum class Kind : uint8_t {
    Constant,
    Special,
    Parameter,
    Variable, ///< the address of global or constant variable `offset`, plus `value`
    Local,    ///< `value` bytes into the frame's part of local memory
  };
  Kind kind;
  uint32_t slot;
  uint8_t bytes;          ///< 1, 2, 4, 8: width of the value; slots wider than it are zero above
  uint64_t value = 0;     ///< Constant
  ptx::Special special{}; ///< Special
  uint32_t offset = 0;    ///< Parameter: byte in the launch's parameter block
};

/// Where an argument or result of a call is: in a slot, or in the local memory of the frame.
struct Place {
  enum class Kind : uint8_t { Slot, Predicate, Local };
  Kind kind = Kind::Local;
  uint32_t at = 0;    ///< slot, predicate number, or byte in the frame
  uint32_t bytes = 0; ///< of Local and Slot
};

struct CallSite {
  static constexpr uint32_t indirect = ~0u;
  uint32_t function = indirect; ///< ptx::FunctionId
  uint32_t addressSlot = 0;     ///< of an indirect call
  std::vector<Place> results, arguments;
};

/// Function `id` has the address functionBase + id * functionPitch.
constexpr uint64_t functionBase = deviceBase;
constexpr uint64_t functionPitch = 16;
constexpr uint32_t noOp = ~0u;

/// Of each block's shared memory from sm_80 on (CUDA C++ programming guide, 16.2: a kibibyte), not
/// counted among what a kernel uses.
constexpr uint64_t reservedSharedBytes = 1024;

/// Per thread (CUDA C++ programming guide, 16.2: local memory per thread).
constexpr uint64_t mostLocalBytes = 1 << 19;

struct FunctionCode {
  const ptx::Function *source = nullptr;
  std::vector<Op> ops; ///< ends with an Exit or Return
  std::vector<uint32_t> operandPool;
  std::vector<OperandRole> rolePool; ///< parallel to operandPool
  std::vector<Preset> presets;
  /// Per ptx register: its slot, or its predicate number.
  std::vector<uint32_t> location;
  uint32_t slotCount = 0;
  uint32_t registerSlots = 0; ///< the first ones, which are no presets
  uint32_t predicateCount = 0;
  std::vector<std::vector<uint32_t>> tables; ///< of brx.idx: first ops of the targets
  std::vector<CallSite> calls;
  /// Where callers put the parameters and find the results.
  std::vector<Place> parameters, results;
  uint64_t localBytes = 0;    ///< parameters, results, `.param` and `.local` variables, per lane
  uint64_t sharedBytes = 0;   ///< kernels: static shared memory
  uint64_t dynamicShared = 0; ///< kernels: where dynamic shared memory starts
};

/// A module made executable for one architecture. Immutable; shared by launches.
struct Program {
  std::shared_ptr<const ptx::Module> module;
  std::vector<FunctionCode> functions; ///< parallel to module->functions
  /// Per ptx variable of space Shared: its offset in a block's shared memory. External ones start
  /// where the static ones of the kernel end.
  std::vector<uint64_t> sharedOffset;
  /// What lies in front of them for the system software: reservedSharedBytes if the module reads
  /// %reserved_smem_offset_*, else 0.
  uint64_t reservedShared = 0;
  /// Whether blocks of this module may communicate: some kernel has atomics on global or generic
  /// memory, fences, or volatile, relaxed, acquire or release accesses. Its blocks run on one core.
  bool communicates = false;
  /// Whether nothing orders threads but barriers of all threads of a block: no atomics, fences,
  /// volatile or stronger accesses, barriers of some threads or of a warp.
  bool barriersOnly = false;
};

struct DecodeResult {
  std::shared_ptr<const Program> program;
  ptx::ParseError error; ///< when program is null
};

/// `architecture`: 80 for sm_80; a module for a newer one is an error, as for the driver.
DecodeResult decode(std::shared_ptr<const ptx::Module> module, unsigned architecture);

} // namespace sim
#endif
