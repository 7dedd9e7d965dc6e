//===- Differentiate.cpp - one condition per compartment and layer (derivation.md 3) ----------===//
#include "lib/Derive/Derivation.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

Sum &Condition::slope(const Form &form) {
  for (Slope &slope : slopes)
    if (slope.form == form)
      return slope.inner;
  return slopes.emplace_back(Slope{form, {}}).inner;
}

Sum &Condition::transpose(unsigned layer, const std::vector<Form> &reads) {
  for (Transpose &transpose : transposes)
    if (transpose.layer == layer && transpose.reads == reads)
      return transpose.inner;
  return transposes.emplace_back(Transpose{layer, reads, {}}).inner;
}

void Condition::add(const Condition &other, const Coefficient &scale) {
  if (scale.isZero())
    return;
  direct.add(other.direct, scale);
  for (const Slope &other : other.slopes)
    slope(other.form).add(other.inner, scale);
  for (const Transpose &other : other.transposes)
    transpose(other.layer, other.reads).add(other.inner, scale);
}

/// Adds the derivative of <side, other> by the compartments of `layer`.
static void differentiateSide(Terms &terms, const Term &term, AtomId side, AtomId other,
                              unsigned layer, std::vector<Condition> &conditions) {
  const Atom &atom = terms[side];
  switch (atom.kind) {
  case Atom::Kind::compartment:
    if (atom.layer == layer)
      conditions[atom.index].direct.add(other, term.coefficient, term.location);
    return;
  case Atom::Kind::inverse:
    if (atom.layer != layer)
      return;
    for (auto [index, condition] : llvm::enumerate(conditions))
      condition.slope(atom.form).add(other, term.coefficient * atom.form[index], term.location);
    return;
  case Atom::Kind::affine: {
    for (auto [source, read] : llvm::zip(terms.sourcesOf(atom.layer), atom.reads)) {
      if (source != layer)
        continue;
      for (auto [index, condition] : llvm::enumerate(conditions))
        condition.transpose(atom.layer, atom.reads)
            .add(other, term.coefficient * read[index], term.location);
    }
    return;
  }
  default: // held constant
    return;
  }
}

std::vector<Condition> derive::differentiate(Terms &terms, unsigned layer) {
  std::vector<Condition> conditions(terms.compartments.size());
  for (const Term &term : terms.terms) {
    if (term.kind == Term::Kind::pair) {
      differentiateSide(terms, term, term.left, term.right, layer, conditions);
      differentiateSide(terms, term, term.right, term.left, layer, conditions);
    } else if (term.layer == layer) {
      for (auto [index, condition] : llvm::enumerate(conditions))
        condition.direct.add(term.gradient, term.coefficient * term.form[index], term.location);
    }
  }
  return conditions;
}

/// Divides a sum by its leading coefficient, which is returned; nothing if the sum vanishes at the
/// model's parameters.
static std::optional<Coefficient> takeLeading(const Terms &terms, Sum &sum) {
  sum.sort();
  auto lead =
      llvm::find_if(sum, [&](const Sum::Entry &entry) { return !terms.isZero(entry.coefficient); });
  if (lead == sum.end())
    return std::nullopt;
  Coefficient scale = lead->coefficient;
  Sum scaled;
  scaled.add(sum, Coefficient(1) / scale);
  sum = std::move(scaled);
  return scale;
}

static SmallVector<Location> originsOf(const Sum &sum) {
  SmallVector<Location> origins;
  for (const Sum::Entry &entry : sum)
    for (Location origin : entry.origins)
      if (!llvm::is_contained(origins, origin))
        origins.push_back(origin);
  return origins;
}

Sum derive::normalize(Terms &terms, unsigned layer, const Condition &condition) {
  Sum result = condition.direct;
  for (const Condition::Slope &slope : condition.slopes) {
    if (slope.inner.empty())
      continue;
    Atom atom{Atom::Kind::inverseSlope, layer};
    atom.form = slope.form;
    atom.inner = slope.inner;
    result.add(terms.intern(atom), Coefficient(1), originsOf(slope.inner));
  }
  for (const Condition::Transpose &transpose : condition.transposes) {
    Atom atom{Atom::Kind::transpose, transpose.layer};
    atom.target = layer;
    atom.reads = transpose.reads;
    atom.inner = transpose.inner;
    SmallVector<Location> origins = originsOf(atom.inner);
    if (std::optional<Coefficient> scale = takeLeading(terms, atom.inner))
      result.add(terms.intern(atom), *scale, origins);
  }
  return result;
}

std::vector<Gradient> derive::gradients(Terms &terms) {
  std::vector<Gradient> result;
  auto collect = [&](const Term &term, AtomId side, AtomId other) {
    const Atom &atom = terms[side];
    if (atom.kind != Atom::Kind::affine)
      return;
    auto place = llvm::find_if(result, [&](const Gradient &gradient) {
      return gradient.layer == atom.layer && gradient.reads == atom.reads;
    });
    if (place == result.end()) {
      result.push_back({atom.layer, atom.reads, Coefficient(1), {}, {}});
      place = std::prev(result.end());
    }
    place->cotangent.add(other, term.coefficient, term.location);
  };
  for (const Term &term : terms.terms) {
    if (term.kind != Term::Kind::pair)
      continue;
    collect(term, term.left, term.right);
    collect(term, term.right, term.left);
  }
  llvm::erase_if(result, [&](Gradient &gradient) {
    gradient.origins = originsOf(gradient.cotangent);
    std::optional<Coefficient> scale = takeLeading(terms, gradient.cotangent);
    if (scale)
      gradient.scale = *scale;
    return !scale;
  });
  return result;
}
