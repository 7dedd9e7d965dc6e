//===- Coordinates.cpp - a change of unknowns per layer (derivation.md 4) ---------------------===//
#include "lib/Derive/Derivation.h"

#include "lib/Support/Messages.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

namespace {

/// Independent rows, by Gaussian elimination at the parameters' values.
class Basis {
public:
  explicit Basis(const Terms &terms) : terms(terms) {}

  /// Adds the form if it is independent of those before.
  bool add(const Form &form) {
    std::vector<Rational> row;
    for (const Coefficient &coefficient : form)
      row.push_back(terms.value(coefficient));
    for (const auto &[pivot, reduced] : rows) {
      Rational factor = row[pivot];
      for (size_t i = 0; i < row.size(); ++i)
        row[i] -= factor * reduced[i];
    }
    auto lead = llvm::find_if(row, [](const Rational &x) { return x != Rational(0, 1); });
    if (lead == row.end())
      return false;
    Rational scale = *lead;
    size_t pivot = lead - row.begin();
    for (Rational &x : row)
      x /= scale;
    rows.push_back({pivot, std::move(row)});
    return true;
  }

private:
  const Terms &terms;
  std::vector<std::pair<size_t, std::vector<Rational>>> rows;
};

/// A form inside a non-linear term, with the term's place.
struct NonLinear {
  Form form;
  Location location;
};

} // namespace

static Form single(const Terms &terms, unsigned index) {
  Form form(terms.compartments.size());
  form[index] = Coefficient(1);
  return form;
}

static bool sameForm(const Terms &terms, const Form &a, const Form &b) {
  return llvm::all_of(llvm::zip(a, b), [&](auto pair) {
    return terms.value(std::get<0>(pair)) == terms.value(std::get<1>(pair));
  });
}

static std::optional<unsigned> singleCompartment(const Terms &terms, const Form &form) {
  for (unsigned index = 0; index < form.size(); ++index)
    if (sameForm(terms, form, single(terms, index)))
      return index;
  return std::nullopt;
}

/// Forms inside G, inverse and exact losses of the layer, in the order of the potential.
static std::vector<NonLinear> nonLinearForms(Terms &terms, unsigned layer) {
  std::vector<NonLinear> forms;
  auto add = [&](const Form &form, Location location) {
    for (const NonLinear &known : forms)
      if (sameForm(terms, known.form, form))
        return;
    forms.push_back({form, location});
  };
  for (const Term &term : terms.terms) {
    if (term.layer != layer)
      continue;
    if (term.kind != Term::Kind::pair) {
      const Atom &gradient = terms[term.gradient];
      if (gradient.kind != Atom::Kind::lossGradient)
        add(term.form, term.location);
      continue;
    }
    for (AtomId side : {term.left, term.right})
      if (terms[side].kind == Atom::Kind::inverse)
        add(terms[side].form, term.location);
  }
  return forms;
}

/// Forms paired with an inverse, scaled to leading coefficient 1.
static std::vector<Form> formsPairedWithInverse(Terms &terms, unsigned layer) {
  std::vector<std::pair<Form, Form>> pairedWith; // inverse's form -> partner
  for (const Term &term : terms.terms) {
    if (term.kind != Term::Kind::pair || term.layer != layer)
      continue;
    for (auto [side, other] :
         {std::pair(term.left, term.right), std::pair(term.right, term.left)}) {
      if (terms[side].kind != Atom::Kind::inverse || terms[other].kind != Atom::Kind::compartment)
        continue;
      auto place = llvm::find_if(pairedWith, [&, side = side](const auto &entry) {
        return sameForm(terms, entry.first, terms[side].form);
      });
      if (place == pairedWith.end())
        place = pairedWith.insert(place, {terms[side].form, Form(terms.compartments.size())});
      Coefficient &coefficient = place->second[terms[other].index];
      coefficient = coefficient + term.coefficient;
    }
  }
  std::vector<Form> forms;
  for (auto &[inverse, partner] : pairedWith) {
    auto lead = llvm::find_if(partner, [&](const Coefficient &c) { return !terms.isZero(c); });
    if (lead == partner.end())
      continue;
    Coefficient scale = *lead;
    for (Coefficient &coefficient : partner)
      coefficient = coefficient / scale;
    forms.push_back(partner);
  }
  return forms;
}

/// The inverse of the square matrix of unknown forms; pivots are chosen at the parameters' values,
/// entries stay symbolic so that sums like a + (1 - a) cancel.
static std::vector<std::vector<Coefficient>> invert(const Terms &terms, std::vector<Form> matrix) {
  size_t size = matrix.size();
  std::vector<std::vector<Coefficient>> inverse(size, std::vector<Coefficient>(size));
  for (size_t i = 0; i < size; ++i)
    inverse[i][i] = Coefficient(1);
  for (size_t column = 0; column < size; ++column) {
    size_t pivot = column;
    while (terms.isZero(matrix[pivot][column]))
      ++pivot;
    std::swap(matrix[pivot], matrix[column]);
    std::swap(inverse[pivot], inverse[column]);
    Coefficient scale = Coefficient(1) / matrix[column][column];
    for (size_t j = 0; j < size; ++j) {
      matrix[column][j] = matrix[column][j] * scale;
      inverse[column][j] = inverse[column][j] * scale;
    }
    for (size_t row = 0; row < size; ++row) {
      Coefficient factor = matrix[row][column];
      if (row == column || factor.isZero())
        continue;
      for (size_t j = 0; j < size; ++j) {
        matrix[row][j] = matrix[row][j] - factor * matrix[column][j];
        inverse[row][j] = inverse[row][j] - factor * inverse[column][j];
      }
    }
  }
  return inverse;
}

FailureOr<Coordinates> derive::chooseCoordinates(Terms &terms, unsigned layer) {
  size_t count = terms.compartments.size();
  std::vector<NonLinear> nonLinear = nonLinearForms(terms, layer);
  Basis basis(terms);
  Coordinates result;
  auto consider = [&](const Form &form) {
    if (result.unknowns.size() < count && basis.add(form))
      result.unknowns.push_back(form);
  };
  for (const NonLinear &entry : nonLinear)
    consider(entry.form);
  for (const Form &form : formsPairedWithInverse(terms, layer))
    consider(form);
  for (unsigned index = 0; index < count; ++index)
    consider(single(terms, index));

  auto isCompartment = [&](const Form &form) { return singleCompartment(terms, form).has_value(); };
  if (llvm::all_of(result.unknowns, isCompartment)) {
    result.unknowns.clear();
    for (unsigned index = 0; index < count; ++index)
      result.unknowns.push_back(single(terms, index));
  }

  // Minimum and maximum are conditions on compartments, one by one.
  bool anyGoal = llvm::any_of(terms.compartments, [](dp::CompartmentOp compartment) {
    return compartment.getGoal() != dp::Goal::stationary;
  });
  bool compartmentsOnly = llvm::all_of(result.unknowns, isCompartment);
  for (const NonLinear &entry : nonLinear) {
    if (anyGoal && !compartmentsOnly && !isCompartment(entry.form)) {
      std::string names;
      for (dp::CompartmentOp compartment : terms.compartments)
        if (compartment.getGoal() != dp::Goal::stationary)
          names += fmt::format("{}`{}`", names.empty() ? "" : ", ", compartment.getName().str());
      emitError(entry.location, message::nonLinearForm, terms.layerName(layer),
                terms.str(entry.form, layer), names)
              .attachNote()
          << "help: declare the compartments `stationary`, or let G, inverse and exact losses act "
             "on "
             "compartments only";
      return failure();
    }
    if (llvm::none_of(result.unknowns,
                      [&](const Form &form) { return sameForm(terms, form, entry.form); })) {
      emitError(entry.location, message::dependentForms, terms.layerName(layer),
                terms.str(entry.form, layer));
      return failure();
    }
  }

  for (auto [index, form] : llvm::enumerate(result.unknowns)) {
    result.compartments.push_back(singleCompartment(terms, form));
    result.names.push_back(terms.str(form, layer)); // as written, also where it is one compartment
    terms.unknownNames[{layer, index}] = result.names.back();
  }
  result.toCompartments = invert(terms, result.unknowns);
  return result;
}

//===------------------------------------------------------------------------------------------===//
// Conditions by unknowns
//===------------------------------------------------------------------------------------------===//

static std::optional<unsigned> unknownOf(const Terms &terms, const Coordinates &coordinates,
                                         const Form &form) {
  for (auto [index, unknown] : llvm::enumerate(coordinates.unknowns))
    if (sameForm(terms, unknown, form))
      return index;
  return std::nullopt;
}

/// The sum with the layer's own compartments, gradients and inverses expressed in unknowns.
static Sum inUnknowns(Terms &terms, unsigned layer, const Coordinates &coordinates,
                      const Sum &sum) {
  Sum result;
  bool identity = terms.activationOf(layer) == Activation::identity;
  for (const Sum::Entry &entry : sum) {
    Atom atom = terms[entry.atom];
    auto unknown = [&](const Form &form) { return *unknownOf(terms, coordinates, form); };
    if (atom.kind == Atom::Kind::compartment && atom.layer == layer) {
      for (auto [w, factor] : llvm::enumerate(coordinates.toCompartments[atom.index]))
        result.add(terms.intern({Atom::Kind::unknown, layer, static_cast<unsigned>(w)}),
                   entry.coefficient * factor, entry.origins);
      continue;
    }
    bool gradient = atom.kind == Atom::Kind::energyGradient || atom.kind == Atom::Kind::inverse;
    if (gradient && atom.layer == layer) {
      // grad G = f^-1; of the identity it is the unknown itself.
      Atom inverse{identity ? Atom::Kind::unknown : Atom::Kind::unknownInverse, layer,
                   unknown(atom.form)};
      result.add(terms.intern(inverse), entry.coefficient, entry.origins);
      continue;
    }
    if (atom.kind == Atom::Kind::exactLossGradient) {
      result.add(terms.intern({Atom::Kind::unknownLoss, layer, unknown(atom.form)}),
                 entry.coefficient, entry.origins);
      continue;
    }
    if (atom.kind == Atom::Kind::inverseSlope) {
      Sum inner = inUnknowns(terms, layer, coordinates, atom.inner);
      if (identity) {
        result.add(inner, entry.coefficient);
        continue;
      }
      Atom slope{Atom::Kind::inverseSlope, layer, unknown(atom.form)};
      slope.inner = std::move(inner);
      result.add(terms.intern(slope), entry.coefficient, entry.origins);
      continue;
    }
    result.add(entry.atom, entry.coefficient, entry.origins);
  }
  return result;
}

FailureOr<std::vector<Sum>>
derive::conditionsByUnknown(Terms &terms, unsigned layer, const Coordinates &coordinates,
                            const std::vector<Condition> &byCompartment) {
  std::vector<Sum> result;
  for (size_t w = 0; w < coordinates.unknowns.size(); ++w) {
    Condition condition;
    for (auto [c, part] : llvm::enumerate(byCompartment))
      condition.add(part, coordinates.toCompartments[c][w]);
    result.push_back(inUnknowns(terms, layer, coordinates, normalize(terms, layer, condition)));
  }
  return result;
}
