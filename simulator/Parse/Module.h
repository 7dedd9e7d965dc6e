//===- Module.h - a PTX module as written -------------------------------------------*- C++ -*-===//
//
// The syntax tree that the parser makes and the decoder reads. Nothing here executes. Every
// instruction in it has matched a form of Forms.def: modifiers, their order, and the types of its
// operands are legal, so that later stages need not check them again.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_PARSE_MODULE_H
#define DPC_SIMULATOR_PARSE_MODULE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

/// Fundamental types (PTX ISA 5.2). The packed ones live in 32-bit registers, tf32 in b32.
enum class Type : uint8_t {
  None,
  Pred,
  B8,
  B16,
  B32,
  B64,
  B128,
  U8,
  U16,
  U32,
  U64,
  S8,
  S16,
  S32,
  S64,
  F16,
  F16x2,
  BF16,
  BF16x2,
  TF32,
  F32,
  F64,
  U16x2,
  S16x2,
  E4M3,
  E5M2,
  E4M3x2,
  E5M2x2,
  F32x2,
  U4, ///< these three only in the names of matrix instructions
  S4,
  B1,
};

/// Size in bits; 1 for predicates, 0 for None.
unsigned bitWidth(Type type);
bool isFloat(Type type);
bool isSigned(Type type);
/// e4m3x2 and e5m2x2.
bool isEightBitPair(Type type);
std::string_view name(Type type); ///< without the dot, as in `f16x2`

/// State spaces (PTX ISA 5.1).
enum class Space : uint8_t { Generic, Register, Constant, Global, Local, Param, Shared };
std::string_view name(Space space);

enum class Opcode : uint8_t {
#define PTX_OPCODE(enumerator, text) enumerator,
#include "simulator/Parse/Opcodes.def"
};
std::string_view name(Opcode opcode);

/// 1-based; 0 = none.
struct Line {
  uint32_t ptx = 0;
  uint32_t file = 0;   ///< index of `.file`, from `.loc`
  uint32_t source = 0; ///< line in that file, from `.loc`
};

using RegisterId = uint32_t; ///< index into Function::registers
using VariableId = uint32_t; ///< index into Module::variables
using FunctionId = uint32_t; ///< index into Module::functions
using LabelId = uint32_t;    ///< index into Function::labels

struct Register {
  std::string name; ///< with its `%`
  Type type;
};

/// A special register (PTX ISA 10).
enum class Special : uint8_t {
  TidX,
  TidY,
  TidZ,
  NtidX,
  NtidY,
  NtidZ,
  CtaidX,
  CtaidY,
  CtaidZ,
  NctaidX,
  NctaidY,
  NctaidZ,
  LaneId,
  WarpId,
  NwarpId,
  SmId,
  NsmId,
  GridId,
  LanemaskEq,
  LanemaskLe,
  LanemaskLt,
  LanemaskGe,
  LanemaskGt,
  Clock,
  ClockHi,
  Clock64,
  GlobalTimer,
  GlobalTimerLo,
  GlobalTimerHi,
  DynamicSmemSize,
  TotalSmemSize,
  ReservedSmem, ///< `bits` of the operand: 0 begin, 1 end, 2 cap, 3 + N for `_N`
  ClusterIdX,
  ClusterIdY,
  ClusterIdZ,
  NclusterIdX,
  NclusterIdY,
  NclusterIdZ,
  ClusterCtaidX,
  ClusterCtaidY,
  ClusterCtaidZ,
  ClusterNctaidX,
  ClusterNctaidY,
  ClusterNctaidZ,
  ClusterCtarank,
  ClusterNctarank,
  IsExplicitCluster,
  TidW,
  NtidW,
  CtaidW,
  NctaidW,
  EnvReg, ///< `bits` of the operand: N of `%envregN`
  Pm,     ///< likewise
  Pm64,   ///< likewise: `%pmN_64`
};

struct Operand {
  enum class Kind : uint8_t {
    Register,  ///< `reg`; with `negated` for `!%p`
    Immediate, ///< `bits`: an integer (two's complement in 64 bits), or with `isFloat` the bits of
               ///< a double (decimal and 0d) or of a float (0f, `isSingle`)
    Special,   ///< `special`
    Variable,  ///< the address of module or function variable `variable`, plus `offset`
    Parameter, ///< the address of parameter `parameter` of the function, plus `offset`; from
               ///< parameters.size() on, of its results
    CallSlot,  ///< the address of `.param` variable `parameter` of the body (arguments of calls),
               ///< plus `offset`
    Function,  ///< the address of `function`
    Label,     ///< `label`
    Address,   ///< `[...]`: `elements[0]` is the base (Register, Variable, Parameter, CallSlot or
               ///< Immediate), whose `offset` is added; the Address itself has none
    Vector,    ///< `{a, b, ...}`: `elements`
    Pair,      ///< `d|p`: `elements[0]` and the predicate `elements[1]`
    Sink,      ///< `_`
    List,      ///< `(a, b)` of a call, whose operands are: results (List), callee (Function or
               ///< Register), arguments (List)
  };
  Kind kind = Kind::Sink;
  bool negated = false;
  bool isFloat = false;
  bool isSingle = false;
  Special special = Special::TidX;
  RegisterId reg = 0;
  uint32_t parameter = 0;
  uint32_t variable = 0;
  FunctionId function = 0;
  LabelId label = 0;
  uint64_t bits = 0;
  int64_t offset = 0;
  std::vector<Operand> elements;
};

struct Instruction {
  Opcode opcode = Opcode::Mov;
  /// Index of the matched form in Forms.def.
  uint16_t form = 0;
  bool hasGuard = false;
  bool guardNegated = false;
  RegisterId guard = 0;
  /// Modifiers as written, in order, without dots: `add.rn.ftz.f32` has {"rn", "ftz", "f32"}. The
  /// views point at static storage (the tables of Forms.def). Types are among them.
  std::vector<std::string_view> modifiers;
  /// The types among the modifiers, in order: `cvt.rn.f16.f32` has {F16, F32}.
  std::vector<Type> types;
  std::vector<Operand> operands;
  Line line;

  bool has(std::string_view modifier) const;
  Type type(size_t index = 0) const { return index < types.size() ? types[index] : Type::None; }
  /// `add.rn.f32`, for messages and the instruction mix.
  std::string fullName() const;
};

/// A variable of the module or of a function body outside `.reg`.
struct Variable {
  std::string name;
  Space space = Space::Global;
  Type type = Type::B8;
  uint64_t bytes = 0; ///< 0 for `.extern .shared x[]`
  uint32_t alignment = 1;
  bool isExternal = false;
  /// Initial bytes; shorter than `bytes` means zeros follow. Addresses of other symbols in it are
  /// `relocations`.
  std::vector<uint8_t> initial;
  struct Relocation {
    uint64_t at;
    bool isFunction;
    uint32_t target; ///< VariableId or FunctionId
    int64_t addend;
    bool generic; ///< `generic(x)`: the generic address
    /// The low `bytes` bytes of the address shifted right by `shift` are stored: all 8, 4 of a
    /// 32-bit address in shared memory, or 1 for `0xFF00(x)`.
    uint8_t bytes = 8;
    uint8_t shift = 0;
  };
  std::vector<Relocation> relocations;
  Line line;
};

struct Parameter {
  std::string name;
  Type type = Type::B32;
  uint64_t bytes = 0; ///< of the whole array
  uint32_t alignment = 1;
  uint64_t offset = 0;     ///< in the parameter block, laid out as the driver does
  bool isRegister = false; ///< `.reg` parameter of a `.func`
  RegisterId reg = 0;
  Space pointee = Space::Generic; ///< `.ptr .global`; Generic when not said
  uint32_t pointeeAlignment = 0;  ///< `.ptr ... .align N`
};

struct Function {
  std::string name;
  bool isKernel = false;
  bool isDeclaration = false; ///< no body (yet): calls of it are errors at launch unless defined
  std::vector<Parameter> results;
  std::vector<Parameter> parameters;
  uint64_t parameterBytes = 0;
  std::vector<Register> registers;
  struct Label {
    std::string name;
    uint32_t instruction; ///< index into `instructions` that it stands before
  };
  std::vector<Label> labels;
  /// `.branchtargets` tables of brx.idx, named by an operand of kind Label whose entry here is not
  /// empty.
  std::vector<std::vector<LabelId>> tables; ///< parallel to labels
  /// `.param` variables declared in the body, for arguments of calls; flattened over scopes.
  std::vector<Parameter> callSlots;
  std::vector<Instruction> instructions;
  uint32_t requiredThreads[3] = {0, 0, 0}; ///< `.reqntid`; 0 = not given
  uint32_t maximumThreads[3] = {0, 0, 0};  ///< `.maxntid`
  uint32_t minimumBlocks = 0;              ///< `.minnctapersm`
  uint32_t maximumRegisters = 0;           ///< `.maxnreg`
  Line line;
};

struct Module {
  std::string name;               ///< file name, for messages
  unsigned version = 0;           ///< 10 * major + minor
  unsigned architecture = 0;      ///< 80 for sm_80
  std::string target;             ///< "sm_80", "sm_90a"
  std::vector<std::string> files; ///< `.file`, by index; may have empty entries
  std::vector<Variable> variables;
  std::vector<Function> functions;

  const Function *find(std::string_view function) const;
};

/// Why a text is no PTX that the simulator executes.
struct ParseError {
  uint32_t line = 0;   ///< 1-based
  uint32_t column = 0; ///< 1-based
  std::string message; ///< what was found and what was expected
};

/// Either the module or its first error. Never throws on bad text (only on exhausted memory).
struct ParseResult {
  std::optional<Module> module;
  ParseError error;
};
ParseResult parseModule(std::string_view text, std::string_view name);

} // namespace ptx
#endif
