//===- Forms.h - which instructions there are ---------------------------------------*- C++ -*-===//
//
// The table of Forms.def, made ready for matching. An instruction is legal when it matches one
// form: its modifiers, in order, and its operands.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_PARSE_FORMS_H
#define DPC_SIMULATOR_PARSE_FORMS_H

#include "simulator/Parse/Module.h"

#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace ptx {

/// What may stand at one place of the operand list. The notation is explained in Forms.def.
struct OperandPattern {
  enum class Kind : uint8_t {
    Value,     ///< register, immediate
    Immediate, ///< a constant
    Address,   ///< `[...]`
    Vector,    ///< `{...}` of `count` elements
    Data,      ///< scalar, or vector when the instruction says .v2 or .v4
    Symbol,    ///< name of a variable, parameter or function
    Label,
    Table, ///< label of a `.branchtargets`
    Call,  ///< the parser of calls has done it all
  };
  enum class Pair : uint8_t { None, Optional, Required };

  Kind kind = Kind::Value;
  Pair pair = Pair::None;
  bool isResult = false;
  bool isOptional = false;
  bool isRelaxed = false;     ///< wider registers too (PTX ISA 9.4.1)
  bool isRegister = false;    ///< no immediate
  bool allowsSpecial = false; ///< special registers too
  bool allowsSink = false;    ///< `_` too
  bool isWide = false;        ///< twice the width of the type
  int typeIndex = -1;         ///< of the instruction's types; -1 = `fixed`
  Type fixed = Type::None;
  unsigned count = 0; ///< of a Vector; 0 = as `.x1`, `.x2`, `.x4` says
  unsigned space = 0; ///< of an Address: which of the state spaces in the modifiers
  /// Where a constant must lie; empty = anywhere.
  std::vector<std::pair<int64_t, int64_t>> ranges;
  unsigned multiple = 0; ///< a constant is a positive multiple of it; 0 = of nothing

  /// The type of the operand in an instruction with these types.
  Type type(std::span<const Type> types) const;
};

struct Form {
  struct Slot {
    bool isOptional = false;
    std::vector<std::string_view> alternatives; ///< interned: equal ones share their address
  };
  Opcode opcode;
  std::string modifierText; ///< as in Forms.def, sets expanded
  std::string_view operandText;
  unsigned version;      ///< of the PTX ISA, 10 * major + minor
  unsigned architecture; ///< 80 for sm_80
  std::vector<Slot> slots;
  std::vector<OperandPattern> operands;
  unsigned requiredOperands = 0;
};

const std::vector<Form> &forms();
const Form &form(uint16_t index);

/// The shared copy of a modifier (without dot), or an empty view for one that no form has.
std::string_view internModifier(std::string_view text);
/// What an interned modifier needs by itself, like the members of Form; 0 = nothing.
struct ModifierNeeds {
  unsigned version = 0;
  unsigned architecture = 0;
};
ModifierNeeds needsOf(std::string_view interned);
/// The type that a modifier names; None for other modifiers.
Type typeOfModifier(std::string_view text);
/// False for a mnemonic that Opcodes.def lacks.
bool findOpcode(std::string_view text, Opcode &opcode);
/// Whether PTX has this mnemonic but the simulator does not execute it.
bool isUnsupported(std::string_view text);
/// The known mnemonic that is written most like `text`; empty when none is near.
std::string_view nearestOpcode(std::string_view text);

/// What the modifiers of an instruction say, before its operands are looked at.
struct Mnemonic {
  Opcode opcode = Opcode::Mov;
  std::vector<std::string_view> modifiers; ///< interned
  std::vector<Type> types;
  unsigned version = 0;             ///< that the modifiers need by themselves
  unsigned architecture = 0;        ///< likewise
  std::vector<uint16_t> candidates; ///< forms that have these modifiers; empty = error
  std::string error;                ///< when `candidates` is empty
  size_t errorModifier = 0;         ///< the modifier at fault, or their number for a missing one

  std::string fullName() const;
};
/// `modifiers` without dots, as written; they need not be interned.
Mnemonic matchModifiers(Opcode opcode, std::span<const std::string_view> modifiers);

/// What is wrong with an operand list; `operand` is the culprit, or the number of operands when
/// one is missing.
struct OperandError {
  size_t operand = 0;
  std::string message;
};
/// Matches operands against the candidates of a mnemonic. `module` and `function` give the types
/// of what the operands name. On success sets `form`.
bool matchOperands(const Mnemonic &mnemonic, std::span<const Operand> operands,
                   const Module &module, const Function &function, uint16_t &form,
                   OperandError &error);

/// The type of a special register, and its name with `%`.
Type typeOf(Special special);
bool findSpecial(std::string_view name, Special &special);
std::string_view name(Special special);
/// Whether it had half its width in an earlier PTX, so that instructions of this width still read
/// it.
bool wasNarrower(Special special);

/// The table as a page of documentation (Markdown): docs/ptx-instructions.md.
std::string instructionTable();

} // namespace ptx
#endif
