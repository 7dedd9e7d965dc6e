//===- Terms.cpp - reads the potential term by term (derivation.md 3) -------------------------===//
#include "lib/Derive/Terms.h"

#include "lib/Support/Messages.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

//===------------------------------------------------------------------------------------------===//
// Sum
//===------------------------------------------------------------------------------------------===//

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

//===------------------------------------------------------------------------------------------===//
// Reading a potential
//===------------------------------------------------------------------------------------------===//

static Coefficient coefficientOf(StringRef text) { return *Coefficient::parse(text); }

FailureOr<Terms> Terms::read(dp::ModelOp model) {
  Terms terms;
  terms.model = model;
  terms.layers = model.getLayers();
  terms.compartments = model.getCompartments();
  terms.numbers[model.getInput().getResult()] = 0;
  for (auto [index, layer] : llvm::enumerate(terms.layers))
    terms.numbers[layer.getResult()] = index + 1;
  for (dp::LayerOp layer : terms.layers)
    terms.sources.push_back(llvm::map_to_vector(
        layer.getSources(), [&](Value source) { return terms.numberOf(source); }));
  // Compartments first, so that sums sorted by atom are in declaration order.
  for (unsigned layer = 1; layer <= terms.numLayers(); ++layer)
    for (unsigned index = 0; index < terms.compartments.size(); ++index)
      terms.intern({Atom::Kind::compartment, layer, index});
  for (Operation &op : model.getPotential().getBody().getOps())
    if (failed(terms.readTerm(op)))
      return failure();
  llvm::erase_if(terms.terms, [&](const Term &term) { return terms.isZero(term.coefficient); });
  return terms;
}

LogicalResult Terms::readTerm(Operation &op) {
  if (auto array = op.getAttrOfType<ArrayAttr>("coefficients"))
    for (auto text : array.getAsRange<StringAttr>())
      if (failed(checkNumber(coefficientOf(text.getValue()), op.getLoc())))
        return failure();
  if (auto text = op.getAttrOfType<StringAttr>("coefficient"))
    if (failed(checkNumber(coefficientOf(text.getValue()), op.getLoc())))
      return failure();
  if (auto define = dyn_cast<dp::DefineOp>(op)) {
    if (define.getValue().getDefiningOp<dp::FormOp>()) {
      unsigned layer = numberOf(define.getLayer());
      definedForms.try_emplace({layer, str(formOf(define.getValue()), layer)},
                               define.getName().str());
    }
    return success();
  }
  return TypeSwitch<Operation *, LogicalResult>(&op)
      .Case<dp::EnergyOp>([&](dp::EnergyOp energy) { return readEnergy(energy); })
      .Case<dp::LossOp>([&](dp::LossOp loss) { return readLoss(loss); })
      .Case<dp::PairOp>([&](dp::PairOp pair) { return readPair(pair); })
      .Default([](Operation *) { return success(); });
}

LogicalResult Terms::readEnergy(dp::EnergyOp energy) {
  unsigned layer = numberOf(dp::layerOf(energy.getForm()));
  Atom gradient{Atom::Kind::energyGradient, layer};
  gradient.form = formOf(energy.getForm());
  terms.push_back({Term::Kind::energy, layer, coefficientOf(energy.getCoefficient()), gradient.form,
                   intern(gradient), 0, 0, energy.getLoc()});
  return success();
}

LogicalResult Terms::readLoss(dp::LossOp loss) {
  bool exact = loss.getAt() == dp::LossPoint::exact;
  Atom gradient{exact ? Atom::Kind::exactLossGradient : Atom::Kind::lossGradient, numLayers()};
  if (exact || loss.getAt() == dp::LossPoint::previous)
    gradient.form = formOf(loss.getForm());
  gradient.point = loss.getAt();
  if (loss.getPoint()) {
    FailureOr<Sum> point = vectorOf(loss.getPoint());
    if (failed(point))
      return failure();
    gradient.inner = std::move(*point);
  }
  terms.push_back({Term::Kind::loss, numLayers(), coefficientOf(loss.getCoefficient()),
                   formOf(loss.getForm()), intern(gradient), 0, 0, loss.getLoc()});
  return success();
}

/// Expands a pair bilinearly into pairs of single atoms.
LogicalResult Terms::readPair(dp::PairOp pair) {
  Coefficient coefficient = coefficientOf(pair.getCoefficient());
  FailureOr<Sum> left = vectorOf(pair.getLeft()), right = vectorOf(pair.getRight());
  if (failed(left) || failed(right))
    return failure();
  unsigned layer = numberOf(dp::layerOf(pair.getLeft()));
  for (const Sum::Entry &a : *left)
    for (const Sum::Entry &b : *right)
      terms.push_back({Term::Kind::pair,
                       layer,
                       coefficient * a.coefficient * b.coefficient,
                       {},
                       0,
                       a.atom,
                       b.atom,
                       pair.getLoc()});
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

//===------------------------------------------------------------------------------------------===//
// Atoms
//===------------------------------------------------------------------------------------------===//

std::string Terms::key(const Atom &atom) const {
  std::string text = fmt::format("{} {} {} {} {}", static_cast<int>(atom.kind), atom.layer,
                                 atom.index, atom.target, static_cast<int>(atom.point));
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
