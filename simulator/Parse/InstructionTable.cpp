//===- InstructionTable.cpp - the forms as a page of documentation ----------------------------===//

#include "simulator/Parse/Forms.h"

#include <fmt/format.h>

namespace ptx {

/// `[rn|rz] f32` as `{.rn, .rz}.f32`, in the manner of the PTX ISA: braces = may be left out.
static std::string modifiersText(const Form &form) {
  std::string text;
  for (const Form::Slot &slot : form.slots) {
    std::string words;
    for (std::string_view alternative : slot.alternatives)
      words += fmt::format("{}.{}", words.empty() ? "" : "\\|", alternative);
    if (slot.isOptional)
      text += fmt::format("{{{}}}", words);
    else
      text += slot.alternatives.size() > 1 ? fmt::format("({})", words) : words;
  }
  return text;
}

static std::string typeText(const OperandPattern &pattern) {
  if (pattern.typeIndex < 0)
    return fmt::format(".{}", name(pattern.fixed));
  return fmt::format("{}{}", pattern.isWide ? "2×" : "", pattern.typeIndex == 0 ? "T" : "U");
}

static std::string operandText(const OperandPattern &pattern) {
  using Kind = OperandPattern::Kind;
  std::string text;
  switch (pattern.kind) {
  case Kind::Value:
    text = typeText(pattern);
    break;
  case Kind::Immediate:
    for (auto [first, last] : pattern.ranges)
      text += fmt::format("{}{}", text.empty() ? "" : "\\|",
                          first == last ? fmt::format("{}", first)
                                        : fmt::format("{}..{}", first, last));
    break;
  case Kind::Address:
    text = "[a]";
    break;
  case Kind::Vector:
    text = pattern.count ? fmt::format("{{{} {}}}", pattern.count, typeText(pattern))
                         : fmt::format("{{x {}}}", typeText(pattern));
    break;
  case Kind::Data:
    text = fmt::format("{} or vector", typeText(pattern));
    break;
  case Kind::Symbol:
    text = "name";
    break;
  case Kind::Label:
    text = "label";
    break;
  case Kind::Table:
    text = "list of labels";
    break;
  case Kind::Call:
    text = "(results), function, (arguments)";
    break;
  }
  if (pattern.isRelaxed)
    text += "⁺";
  if (pattern.isRegister)
    text += "ʳ";
  if (pattern.pair == OperandPattern::Pair::Required)
    text += "\\|.pred";
  else if (pattern.pair == OperandPattern::Pair::Optional)
    text += "{\\|.pred}";
  if (pattern.isOptional)
    text = fmt::format("{{{}}}", text);
  return text;
}

std::string instructionTable() {
  std::string page =
      "# PTX instructions of the simulator\n\n"
      "Made from `simulator/Parse/Forms.def`; do not edit. An instruction that matches no line is "
      "an error.\n\n"
      "`{x}` may be left out, `(x\\|y)` is one of these. Operands: T and U are the instruction's "
      "first and second type; results\ncome first (`st`, `red` and `cp` have none); ⁺ admits wider "
      "registers, ʳ no immediate; `[a]` "
      "is an address. Since: PTX ISA version and architecture.\n\n"
      "| instruction | operands | since |\n| --- | --- | --- |\n";
  for (const Form &form : forms()) {
    std::string operands;
    for (const OperandPattern &pattern : form.operands)
      operands += fmt::format("{}{}", operands.empty() ? "" : ", ", operandText(pattern));
    page += fmt::format("| `{}`{} | {} | {}.{}, sm_{} |\n", name(form.opcode), modifiersText(form),
                        operands, form.version / 10, form.version % 10, form.architecture);
  }
  return page;
}

} // namespace ptx
