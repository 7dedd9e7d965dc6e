//===- Forms.cpp - Forms.def made ready for matching ------------------------------------------===//

#include "simulator/Parse/Forms.h"

#include <algorithm>
#include <cstdlib>
#include <stdexcept>
#include <unordered_map>
#include <unordered_set>

namespace ptx {

namespace {
struct SourceForm {
  Opcode opcode;
  std::string_view modifiers, operands;
  unsigned version, architecture;
};
struct SourceSet {
  std::string_view name, alternatives;
};

constexpr SourceForm sourceForms[] = {
#define PTX_FORM(opcode, modifiers, operands, version, architecture)                               \
  {Opcode::opcode, modifiers, operands, version, architecture},
#include "simulator/Parse/Forms.def"
};
constexpr SourceSet sourceSets[] = {
#define PTX_SET(name, alternatives) {#name, alternatives},
#include "simulator/Parse/Forms.def"
};

struct SourceModifier {
  std::string_view text;
  ModifierNeeds needs;
};
constexpr SourceModifier sourceModifiers[] = {
#define PTX_MODIFIER(text, version, architecture) {text, {version, architecture}},
#include "simulator/Parse/Forms.def"
};

/// Forms and the modifiers they mention. Made once, on first use.
struct Table {
  std::vector<Form> forms;
  std::unordered_set<std::string> modifiers;
  std::unordered_map<std::string_view, Opcode> opcodes;
  Table();
};
} // namespace

static std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (!text.empty()) {
    size_t end = text.find(separator);
    if (end != 0)
      parts.push_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return parts;
}

static std::string expandSets(std::string_view text) {
  std::string result;
  for (size_t i = 0; i < text.size();) {
    if (text[i] != '$') {
      result += text[i++];
      continue;
    }
    size_t end = text.find_first_of(" |]", i);
    std::string_view name = text.substr(i + 1, end == std::string_view::npos ? end : end - i - 1);
    bool found = false;
    for (const SourceSet &set : sourceSets)
      if (set.name == name) {
        result += set.alternatives;
        found = true;
      }
    if (!found)
      throw std::logic_error("Forms.def names an unknown set");
    i = end == std::string_view::npos ? text.size() : end;
  }
  return result;
}

ModifierNeeds needsOf(std::string_view interned) {
  for (const SourceModifier &modifier : sourceModifiers)
    if (modifier.text == interned)
      return modifier.needs;
  return {};
}

Type typeOfModifier(std::string_view text) {
  for (unsigned i = 1; i <= static_cast<unsigned>(Type::B1); ++i)
    if (name(static_cast<Type>(i)) == text)
      return static_cast<Type>(i);
  return Type::None;
}

/// The type part of an operand pattern: `0`, `w0`, `p`, `u32`.
static void parseType(std::string_view text, OperandPattern &pattern) {
  if (text.size() == 2 && text[0] == 'w') {
    pattern.isWide = true;
    text.remove_prefix(1);
  }
  if (text == "p")
    pattern.fixed = Type::Pred;
  else if (text.size() == 1 && text[0] >= '0' && text[0] <= '9')
    pattern.typeIndex = text[0] - '0';
  else
    pattern.fixed = typeOfModifier(text);
  if (pattern.typeIndex < 0 && pattern.fixed == Type::None)
    throw std::logic_error("Forms.def has an unknown type");
}

static void parseRanges(std::string_view text, OperandPattern &pattern) {
  for (std::string_view part : split(text, '|')) {
    size_t dots = part.find("..");
    int64_t first = std::strtoll(std::string(part.substr(0, dots)).c_str(), nullptr, 10);
    int64_t last = dots == std::string_view::npos
                       ? first
                       : std::strtoll(std::string(part.substr(dots + 2)).c_str(), nullptr, 10);
    pattern.ranges.emplace_back(first, last);
  }
}

static OperandPattern parseOperand(std::string_view text) {
  using Kind = OperandPattern::Kind;
  OperandPattern pattern;
  auto take = [&](char c) {
    bool found = !text.empty() && text[0] == c;
    if (found)
      text.remove_prefix(1);
    return found;
  };
  auto takeEnd = [&](std::string_view end) {
    bool found = text.ends_with(end);
    if (found)
      text.remove_suffix(end.size());
    return found;
  };
  pattern.isResult = take('=');
  if (pattern.isResult && takeEnd("|p?"))
    pattern.pair = OperandPattern::Pair::Optional;
  else if (pattern.isResult && takeEnd("|p"))
    pattern.pair = OperandPattern::Pair::Required;
  pattern.isOptional = takeEnd("?");
  pattern.allowsSink = take('_');
  pattern.isRelaxed = take('~');
  pattern.isRegister = take('!');
  pattern.allowsSpecial = take('%');
  if (take('#')) {
    pattern.kind = Kind::Immediate;
    parseRanges(text, pattern);
  } else if (take('[')) {
    pattern.kind = Kind::Address;
    pattern.space = text == "1]" ? 1 : 0;
  } else if (take('{')) {
    pattern.kind = Kind::Vector;
    takeEnd("}");
    pattern.count = text[0] == 'x' ? 0 : text[0] - '0';
    parseType(text.substr(2), pattern);
  } else if (text == "&") {
    pattern.kind = Kind::Symbol;
  } else if (text == "label") {
    pattern.kind = Kind::Label;
  } else if (text == "table") {
    pattern.kind = Kind::Table;
  } else if (text == "call") {
    pattern.kind = Kind::Call;
  } else if (text.size() == 2 && take('v')) {
    pattern.kind = Kind::Data;
    pattern.isRelaxed = true;
    parseType(text, pattern);
  } else {
    size_t limit = text.find_first_of("#*");
    parseType(text.substr(0, limit), pattern);
    if (limit != std::string_view::npos && text[limit] == '#')
      parseRanges(text.substr(limit + 1), pattern);
    else if (limit != std::string_view::npos)
      pattern.multiple = std::strtoul(std::string(text.substr(limit + 1)).c_str(), nullptr, 10);
  }
  return pattern;
}

Table::Table() {
  for (const SourceForm &source : sourceForms) {
    Form form;
    form.opcode = source.opcode;
    form.modifierText = expandSets(source.modifiers);
    form.operandText = source.operands;
    form.version = source.version;
    form.architecture = source.architecture;
    for (std::string_view text : split(form.modifierText, ' ')) {
      Form::Slot slot;
      slot.isOptional = text[0] == '[';
      if (slot.isOptional)
        text = text.substr(1, text.size() - 2);
      for (std::string_view alternative : split(text, '|'))
        slot.alternatives.push_back(*modifiers.emplace(alternative).first);
      form.slots.push_back(std::move(slot));
    }
    for (std::string_view text : split(source.operands, ' ')) {
      form.operands.push_back(parseOperand(text));
      if (!form.operands.back().isOptional)
        form.requiredOperands = form.operands.size();
    }
    forms.push_back(std::move(form));
  }
#define PTX_OPCODE(enumerator, text) opcodes.emplace(text, Opcode::enumerator);
#include "simulator/Parse/Opcodes.def"
}

static const Table &table() {
  static const Table instance;
  return instance;
}

const std::vector<Form> &forms() { return table().forms; }
const Form &form(uint16_t index) { return table().forms[index]; }

std::string_view internModifier(std::string_view text) {
  auto found = table().modifiers.find(std::string(text));
  return found == table().modifiers.end() ? std::string_view() : std::string_view(*found);
}

bool findOpcode(std::string_view text, Opcode &opcode) {
  auto found = table().opcodes.find(text);
  if (found == table().opcodes.end())
    return false;
  opcode = found->second;
  return true;
}

bool isUnsupported(std::string_view text) {
  static constexpr std::string_view unsupported[] = {
#define PTX_OPCODE(enumerator, word)
#define PTX_UNSUPPORTED(word) word,
#include "simulator/Parse/Opcodes.def"
  };
  return std::find(std::begin(unsupported), std::end(unsupported), text) != std::end(unsupported);
}

/// Levenshtein's distance; words here are short.
static size_t distance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j)
    row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      size_t substitute = diagonal + (a[i - 1] != b[j - 1]);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

std::string_view nearestOpcode(std::string_view text) {
  std::string_view best;
  if (text.size() > 20)
    return best;
  size_t least = 1 + text.size() / 3;
#define PTX_OPCODE(enumerator, word)                                                               \
  if (size_t d = distance(text, word); d < least || (d == least && best.empty())) {                \
    least = d;                                                                                     \
    best = word;                                                                                   \
  }
#include "simulator/Parse/Opcodes.def"
  return best;
}

Type OperandPattern::type(std::span<const Type> types) const {
  Type result = fixed;
  if (typeIndex >= 0)
    result = static_cast<size_t>(typeIndex) < types.size() ? types[typeIndex] : Type::None;
  if (!isWide)
    return result;
  switch (result) {
  case Type::U16:
    return Type::U32;
  case Type::S16:
    return Type::S32;
  case Type::U32:
    return Type::U64;
  default:
    return Type::S64;
  }
}

} // namespace ptx
