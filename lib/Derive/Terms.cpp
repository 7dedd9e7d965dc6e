#include "lib/Derive/Terms.h"

#include "lib/Support/Messages.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

//===----------------------------------------------------------------------------------------------===//
// Sum
//===----------------------------------------------------------------------------------------------===//

void Sum::add(AtomId atom, const Coefficient &coefficient, ArrayRef<Location> origins) {
  auto place = llvm::find_if(entries, [&](const Entry &entry) { return entry.atom == atom; });
  if (place == entries.end()) {
    if (!coefficient.isZero())
      entries.push_back({atom, coefficient, llvm::to_vector_of<Location, 1>(origins)});
    return;
  }
  place->coefficient = place->coefficient + coefficient;
  for (Location origin : origins)
    if (!llvm::is_contained(place->origins, origin))
      place->origins.push_back(origin);
  if (place->coefficient.isZero())
    entries.erase(place);
}

void Sum::add(const Sum &other, const Coefficient &scale) {
  for (const Entry &entry : other)
    add(entry.atom, entry.coefficient * scale, entry.origins);
}

void Sum::sort() {
  llvm::sort(entries, [](const Entry &a, const Entry &b) { return a.atom < b.atom; });
}

//===----------------------------------------------------------------------------------------------===//
// Reading a potential
//===----------------------------------------------------------------------------------------------===//

static Coefficient coefficientOf(StringRef text) { return *Coefficient::parse(text); }

FailureOr<Terms> Terms::read(dp::ModelOp model) {
  Terms terms;
  terms.model = model;
  terms.layers = model.getLayers();
  terms.compartments = model.getCompartments();
  terms.numbers[model.getInput().getResult()] = 0;
  for (auto [index, layer] : llvm::enumerate(terms.layers))
    terms.numbers[layer.getResult()] = index + 1;
  // Compartments first, so that sums sorted by atom are in declaration order.
  for (unsigned layer = 1; layer <= terms.numLayers(); ++layer)
    for (unsigned index = 0; index < terms.compartments.size(); ++index)
      terms.intern({Atom::Kind::compartment, layer, index});

  for (Operation &op : model.getPotential().getBody().getOps()) {
    for (NamedAttribute attribute : op.getAttrs())
      if (auto array = dyn_cast<ArrayAttr>(attribute.getValue());
          array && attribute.getName() == "coefficients")
        for (auto text : array.getAsRange<StringAttr>())
          if (failed(terms.checkNumber(coefficientOf(text.getValue()), op.getLoc())))
            return failure();
    if (auto define = dyn_cast<dp::DefineOp>(op)) {
      if (define.getValue().getDefiningOp<dp::FormOp>()) {
        unsigned layer = terms.numberOf(define.getLayer());
        std::string text = terms.str(terms.formOf(define.getValue()), layer);
        terms.definedForms.try_emplace({layer, text}, define.getName().str());
      }
    } else if (auto energy = dyn_cast<dp::EnergyOp>(op)) {
      Coefficient coefficient = coefficientOf(energy.getCoefficient());
      if (failed(terms.checkNumber(coefficient, op.getLoc())))
        return failure();
      unsigned layer = terms.numberOf(dp::layerOf(energy.getForm()));
      Atom gradient{Atom::Kind::energyGradient, layer};
      gradient.form = terms.formOf(energy.getForm());
      terms.terms.push_back({Term::Kind::energy, layer, coefficient, gradient.form,
                             terms.intern(gradient), 0, 0, op.getLoc()});
    } else if (auto loss = dyn_cast<dp::LossOp>(op)) {
      Coefficient coefficient = coefficientOf(loss.getCoefficient());
      if (failed(terms.checkNumber(coefficient, op.getLoc())))
        return failure();
      unsigned layer = terms.numLayers();
      bool exact = loss.getAt() == dp::LossPoint::exact;
      Atom gradient{exact ? Atom::Kind::exactLossGradient : Atom::Kind::lossGradient, layer};
      if (exact || loss.getAt() == dp::LossPoint::previous)
        gradient.form = terms.formOf(loss.getForm());
      gradient.point = loss.getAt();
      gradient.pointValue = loss.getPoint();
      terms.terms.push_back({Term::Kind::loss, layer, coefficient, terms.formOf(loss.getForm()),
                             terms.intern(gradient), 0, 0, op.getLoc()});
    } else if (auto pair = dyn_cast<dp::PairOp>(op)) {
      if (failed(terms.readPair(pair)))
        return failure();
    }
  }
  return terms;
}

/// Expands a pair bilinearly into pairs of single atoms.
LogicalResult Terms::readPair(dp::PairOp pair) {
  Coefficient coefficient = coefficientOf(pair.getCoefficient());
  if (failed(checkNumber(coefficient, pair.getLoc())))
    return failure();
  FailureOr<Sum> left = vectorOf(pair.getLeft()), right = vectorOf(pair.getRight());
  if (failed(left) || failed(right))
    return failure();
  unsigned layer = numberOf(dp::layerOf(pair.getLeft()));
  for (const Sum::Entry &a : *left)
    for (const Sum::Entry &b : *right)
      terms.push_back({Term::Kind::pair, layer, coefficient * a.coefficient * b.coefficient, {}, 0,
                       a.atom, b.atom, pair.getLoc()});
  return success();
}

Form Terms::formOf(Value form) const {
  auto op = form.getDefiningOp<dp::FormOp>();
  bool datum = op.getLayer().getDefiningOp<dp::InputOp>() != nullptr;
  Form result(datum ? 1 : compartments.size());
  for (auto [name, text] :
       llvm::zip(op.getNames().getAsRange<StringAttr>(), op.getCoefficients())) {
    unsigned index = 0;
    if (!datum)
      while (compartment(index).getNameAttr() != name)
        ++index;
    result[index] = result[index] + coefficientOf(cast<StringAttr>(text).getValue());
  }
  return result;
}

FailureOr<Sum> Terms::vectorOf(Value vector) {
  Operation *op = vector.getDefiningOp();
  Sum sum;
  auto expand = [&](Value form, Atom::Kind kind) {
    unsigned layer = numberOf(dp::layerOf(form));
    for (auto [index, coefficient] : llvm::enumerate(formOf(form)))
      sum.add(intern({kind, layer, static_cast<unsigned>(index)}), coefficient, op->getLoc());
  };
  if (isa<dp::FormOp>(op)) {
    expand(vector, Atom::Kind::compartment);
  } else if (auto previous = dyn_cast<dp::PreviousOp>(op)) {
    expand(previous.getForm(), Atom::Kind::previous);
  } else if (auto stored = dyn_cast<dp::StoredOp>(op)) {
    unsigned index = 0;
    while (compartment(index).getNameAttr() != stored.getNameAttr())
      ++index;
    sum.add(intern({Atom::Kind::stored, numberOf(stored.getLayer()), index}), Coefficient(1),
            op->getLoc());
  } else if (auto inverse = dyn_cast<dp::InverseOp>(op)) {
    Atom atom{Atom::Kind::inverse, numberOf(dp::layerOf(inverse.getForm()))};
    atom.form = formOf(inverse.getForm());
    sum.add(intern(atom), Coefficient(1), op->getLoc());
  } else if (auto affine = dyn_cast<dp::AffineOp>(op)) {
    Atom atom{Atom::Kind::affine, numberOf(affine.getLayer())};
    for (Value read : affine.getReads())
      atom.reads.push_back(formOf(read));
    sum.add(intern(atom), Coefficient(1), op->getLoc());
  } else {
    auto combine = cast<dp::CombineOp>(op);
    for (auto [operand, text] : llvm::zip(combine.getOperands(), combine.getCoefficients())) {
      FailureOr<Sum> inner = vectorOf(operand);
      if (failed(inner))
        return failure();
      sum.add(*inner, coefficientOf(cast<StringAttr>(text).getValue()));
    }
  }
  return sum;
}

LogicalResult Terms::checkNumber(const Coefficient &coefficient, Location location) const {
  if (dp::ModelOp(model).evaluate(coefficient))
    return success();
  return emitError(location, message::undefinedCoefficient, coefficient.str());
}

Rational Terms::value(const Coefficient &coefficient) const {
  // A product of checked coefficients can still print a removable 0/0; it stands for nothing.
  return dp::ModelOp(model).evaluate(coefficient).value_or(Rational(0, 1));
}

bool Terms::isZero(const Coefficient &coefficient) const {
  return value(coefficient) == Rational(0, 1);
}

SmallVector<unsigned> Terms::sourcesOf(unsigned number) const {
  SmallVector<unsigned> sources;
  for (Value source : layer(number).getSources())
    sources.push_back(numberOf(source));
  return sources;
}

//===----------------------------------------------------------------------------------------------===//
// Atoms
//===----------------------------------------------------------------------------------------------===//

std::string Terms::key(const Atom &atom) const {
  std::string text = fmt::format("{} {} {} {} {} {}", static_cast<int>(atom.kind), atom.layer,
                                 atom.index, atom.target, static_cast<int>(atom.point),
                                 atom.pointValue.getAsOpaquePointer());
  auto addForm = [&](const Form &form) {
    text += "|";
    for (const Coefficient &coefficient : form)
      text += coefficient.str() + ",";
  };
  addForm(atom.form);
  for (const Form &read : atom.reads)
    addForm(read);
  for (const Sum::Entry &entry : atom.inner)
    text += fmt::format("+{}*{}", entry.coefficient.str(), entry.atom);
  return text;
}

AtomId Terms::intern(Atom atom) {
  atom.inner.sort();
  auto [place, isNew] = ids.try_emplace(key(atom), atoms.size());
  if (isNew)
    atoms.push_back(std::make_shared<const Atom>(std::move(atom)));
  return place->second;
}
