//===- MatchModifiers.cpp - which forms have these modifiers ----------------------------------===//

#include "simulator/Parse/Forms.h"

#include <algorithm>
#include <fmt/format.h>

namespace ptx {

std::string Mnemonic::fullName() const {
  std::string text(name(opcode));
  for (std::string_view modifier : modifiers) {
    text += '.';
    text += modifier;
  }
  return text;
}

namespace {
/// How far a form agrees with the modifiers.
struct Agreement {
  size_t modifiers = 0; ///< that matched
  size_t slot = 0;      ///< the first slot behind them
  bool complete = false;
};
} // namespace

static bool accepts(const Form::Slot &slot, std::string_view interned) {
  // Interned views are equal only if they share their address.
  for (std::string_view alternative : slot.alternatives)
    if (alternative.data() == interned.data())
      return true;
  return false;
}

/// The alternatives of a slot are disjoint from those of the optional slots before it (Forms.def
/// is written so), hence taking the first slot that accepts is enough.
static Agreement agree(const Form &form, std::span<const std::string_view> modifiers) {
  Agreement result;
  for (size_t i = 0; i < form.slots.size(); ++i) {
    const Form::Slot &slot = form.slots[i];
    if (result.modifiers < modifiers.size() && accepts(slot, modifiers[result.modifiers])) {
      ++result.modifiers;
      result.slot = i + 1;
    } else if (!slot.isOptional) {
      return result;
    }
  }
  result.complete = result.modifiers == modifiers.size();
  return result;
}

static void addUnique(std::vector<std::string_view> &list, std::string_view text) {
  if (std::find(list.begin(), list.end(), text) == list.end())
    list.push_back(text);
}

/// What the forms that got furthest would take next.
static std::vector<std::string_view> expected(std::span<const Form *const> candidates,
                                              std::span<const std::string_view> modifiers,
                                              size_t matched, bool &mayEnd) {
  std::vector<std::string_view> words;
  for (const Form *form : candidates) {
    Agreement agreement = agree(*form, modifiers);
    if (agreement.modifiers != matched)
      continue;
    size_t slot = agreement.slot;
    for (; slot < form->slots.size(); ++slot) {
      for (std::string_view alternative : form->slots[slot].alternatives)
        addUnique(words, alternative);
      if (!form->slots[slot].isOptional)
        break;
    }
    mayEnd = mayEnd || slot == form->slots.size();
  }
  return words;
}

static std::string list(const std::vector<std::string_view> &words) {
  constexpr size_t shown = 16;
  std::string text;
  for (size_t i = 0; i < std::min(words.size(), shown); ++i)
    text += fmt::format("{}.{}", i == 0 ? "" : i + 1 == words.size() ? " or " : ", ", words[i]);
  if (words.size() > shown)
    text += ", ...";
  return text;
}

/// Writes the error for modifiers that no form has.
static void explain(Mnemonic &result, std::span<const Form *const> candidates,
                    std::span<const std::string_view> written) {
  size_t matched = 0;
  for (const Form *form : candidates)
    matched = std::max(matched, agree(*form, result.modifiers).modifiers);
  bool mayEnd = false;
  std::vector<std::string_view> words = expected(candidates, result.modifiers, matched, mayEnd);
  result.errorModifier = matched;
  std::string soFar(name(result.opcode));
  for (size_t i = 0; i < matched; ++i)
    soFar += fmt::format(".{}", written[i]);
  if (matched == written.size()) {
    result.error = fmt::format("`{}` lacks a modifier: expected {}", soFar, list(words));
    return;
  }
  std::string_view found = written[matched];
  bool known = false, repeated = false;
  for (size_t i = 0; i < matched; ++i)
    repeated = repeated || written[i] == found;
  for (const Form *form : candidates)
    for (const Form::Slot &slot : form->slots)
      known =
          known || (!result.modifiers[matched].empty() && accepts(slot, result.modifiers[matched]));
  std::string what = !known ? fmt::format("`{}` has no modifier .{}", name(result.opcode), found)
                     : repeated ? fmt::format("the modifier .{} is there twice", found)
                                : fmt::format("the modifier .{} cannot stand here", found);
  if (words.empty())
    result.error = fmt::format("{}: `{}` is complete", what, soFar);
  else
    result.error = fmt::format("{}: after `{}` expected {}{}", what, soFar, list(words),
                               mayEnd ? ", or nothing" : "");
}

Mnemonic matchModifiers(Opcode opcode, std::span<const std::string_view> modifiers) {
  Mnemonic result;
  result.opcode = opcode;
  for (std::string_view modifier : modifiers)
    result.modifiers.push_back(internModifier(modifier));
  std::vector<const Form *> candidates;
  const std::vector<Form> &all = forms();
  for (size_t i = 0; i < all.size(); ++i) {
    if (all[i].opcode != opcode)
      continue;
    candidates.push_back(&all[i]);
    if (agree(all[i], result.modifiers).complete)
      result.candidates.push_back(static_cast<uint16_t>(i));
  }
  if (result.candidates.empty())
    explain(result, candidates, modifiers);
  for (std::string_view modifier : result.modifiers) {
    ModifierNeeds needs = needsOf(modifier);
    result.version = std::max(result.version, needs.version);
    result.architecture = std::max(result.architecture, needs.architecture);
    if (Type type = typeOfModifier(modifier); type != Type::None)
      result.types.push_back(type);
  }
  return result;
}

} // namespace ptx
