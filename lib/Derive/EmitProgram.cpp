//===- EmitProgram.cpp - a derivation as a dyad.program (derivation.md 7) ---------------------===//
#include "lib/Derive/EmitProgram.h"
#include "lib/Derive/Derivation.h"
#include "lib/Derive/LayerMap.h"

#include "lib/Support/Messages.h"

#include <set>

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

namespace {

class ProgramEmitter {
public:
  ProgramEmitter(OpBuilder &builder, Derivation &derivation)
      : builder(builder), derivation(derivation), terms(derivation.terms), model(terms.model),
        batch(model.getBatch()) {}

  FailureOr<dyad::ProgramOp> run();

private:
  //--- Cells ---
  std::string cell(unsigned layer, const std::string &what) {
    return terms.layerName(layer) + "#" + what;
  }
  Value get(const std::string &cell, unsigned layer) {
    return dyad::GetOp::create(builder, location, typeOf(layer), cell);
  }
  void set(const std::string &cell, Value value) {
    dyad::SetOp::create(builder, location, cell, value);
  }
  RankedTensorType typeOf(unsigned layer);

  /// All places that a value came from; that of the potential if none is known.
  Location fused(ArrayRef<Location> origins) {
    return origins.empty() ? model.getPotential().getLoc()
                           : FusedLoc::get(builder.getContext(), origins);
  }

  //--- Values of the current region ---
  void startRegion(Region &region, Location where);
  FailureOr<Value> emit(AtomId atom);
  FailureOr<Value> emitNew(const Atom &atom);
  FailureOr<Value> emit(const Sum &sum, unsigned layer);
  Value combine(ArrayRef<std::pair<Coefficient, Value>> parts, Type type);
  Value readForm(unsigned layer, const Form &form);
  Value affine(unsigned layer, const std::vector<Form> &reads);
  LayerMap mapOf(unsigned layer) { return LayerMap(terms.layer(layer), batch, parameterValue); }
  Value activate(unsigned layer, Value b, const Coefficient &rho);

  //--- Parts of the program ---
  void emitSources();
  LogicalResult emitInitial();
  LogicalResult emitUpdate(unsigned layer);
  LogicalResult emitGradients();
  LogicalResult emitDefines();
  LogicalResult emitStored(unsigned layer, const LayerUpdate &update,
                           const std::vector<Value> &arguments);

  OpBuilder &builder;
  Derivation &derivation;
  Terms &terms;
  dp::ModelOp model;
  int64_t batch;
  Location location = UnknownLoc::get(builder.getContext());

  Value input, target, rows;
  llvm::DenseMap<Value, Value> parameters;
  std::function<Value(Value)> parameterValue = [this](Value parameter) {
    return parameters.lookup(parameter);
  };
  std::set<unsigned> stored; ///< compartments whose pre-activation some term reads

  /// Atoms of this region that have a value: an update evaluates each once.
  std::map<AtomId, Value> values;
  /// What each operator of an affine map reads, by layer and reads; for gradients.
  std::map<std::string, llvm::DenseMap<Value, Value>> operatorValues;
  Block *initialBody = nullptr;
  std::vector<Value> unknownValues, unknownInverses;
};

} // namespace

RankedTensorType ProgramEmitter::typeOf(unsigned layer) {
  Value value = layer == 0 ? model.getInput().getResult() : terms.layer(layer).getResult();
  return mapOf(std::max(layer, 1u)).batchType(value.getType());
}

void ProgramEmitter::startRegion(Region &region, Location where) {
  builder.createBlock(&region);
  location = where;
  values.clear();
  operatorValues.clear();
}

//===------------------------------------------------------------------------------------------===//
// Vectors
//===------------------------------------------------------------------------------------------===//

/// The sum of what is not exactly zero at the model's parameters.
Value ProgramEmitter::combine(ArrayRef<std::pair<Coefficient, Value>> parts, Type type) {
  SmallVector<Value> operands;
  SmallVector<Attribute> coefficients;
  for (const auto &[coefficient, value] : parts) {
    operands.push_back(value);
    coefficients.push_back(builder.getStringAttr(toString(terms.value(coefficient))));
  }
  if (operands.empty())
    return dyad::ZeroOp::create(builder, location, type);
  if (operands.size() == 1 && cast<StringAttr>(coefficients.front()).getValue() == "1")
    return operands.front();
  return dyad::CombineOp::create(builder, location, type, builder.getArrayAttr(coefficients),
                                 operands);
}

FailureOr<Value> ProgramEmitter::emit(const Sum &sum, unsigned layer) {
  SmallVector<std::pair<Coefficient, Value>> parts;
  for (const Sum::Entry &entry : sum) {
    if (terms.isZero(entry.coefficient))
      continue;
    FailureOr<Value> value = emit(entry.atom);
    if (failed(value))
      return failure();
    parts.push_back({entry.coefficient, *value});
  }
  return combine(parts, typeOf(layer));
}

Value ProgramEmitter::readForm(unsigned layer, const Form &form) {
  SmallVector<std::pair<Coefficient, Value>> parts;
  for (auto [index, coefficient] : llvm::enumerate(form))
    if (!terms.isZero(coefficient))
      parts.push_back({coefficient, layer == 0
                                        ? input
                                        : *emit(terms.intern({Atom::Kind::compartment, layer,
                                                              static_cast<unsigned>(index)}))});
  return combine(parts, typeOf(layer));
}

static std::string readsKey(unsigned layer, const std::vector<Form> &reads) {
  std::string key = std::to_string(layer);
  for (const Form &form : reads) {
    key += "|";
    for (const Coefficient &coefficient : form)
      key += coefficient.str() + ",";
  }
  return key;
}

Value ProgramEmitter::affine(unsigned layer, const std::vector<Form> &reads) {
  llvm::SetVector<Value> sources = terms.layer(layer).getSources();
  return mapOf(layer).forward(
      builder, location,
      [&](Value source) {
        size_t index = llvm::find(sources, source) - sources.begin();
        return readForm(terms.numberOf(source), reads[index]);
      },
      operatorValues[readsKey(layer, reads)]);
}

FailureOr<Value> ProgramEmitter::emit(AtomId id) {
  auto found = values.find(id);
  if (found != values.end())
    return found->second;
  FailureOr<Value> value = emitNew(terms[id]);
  if (succeeded(value))
    values[id] = *value;
  return value;
}

FailureOr<Value> ProgramEmitter::emitNew(const Atom &reference) {
  const Atom atom = reference; // interning below may move atoms
  switch (atom.kind) {
  case Atom::Kind::compartment:
  case Atom::Kind::previous: // before this update, a cell holds both
    return get(cell(atom.layer, std::to_string(atom.index)), atom.layer);
  case Atom::Kind::stored:
    return get(cell(atom.layer, "z" + std::to_string(atom.index)), atom.layer);
  case Atom::Kind::affine:
    return affine(atom.layer, atom.reads);
  case Atom::Kind::target:
    return target;
  case Atom::Kind::lossGradient: {
    unsigned output = terms.numLayers();
    FailureOr<Value> point = failure();
    if (atom.point == dp::LossPoint::initial) {
      point = get(cell(output, "forward"), output);
    } else if (atom.point == dp::LossPoint::previous) {
      point = readForm(output, atom.form);
    } else {
      point = emit(atom.inner, output);
    }
    if (failed(point))
      return failure();
    return Value(dyad::LossGradientOp::create(builder, location, model.getLoss(), *point, target));
  }
  case Atom::Kind::unknownLoss:
    return Value(dyad::LossGradientOp::create(builder, location, model.getLoss(),
                                              unknownValues[atom.index], target));
  case Atom::Kind::unknown:
    return unknownValues[atom.index];
  case Atom::Kind::unknownInverse:
    if (unknownInverses[atom.index])
      return unknownInverses[atom.index];
    break;
  case Atom::Kind::transpose: {
    FailureOr<Value> cotangent = emit(atom.inner, atom.layer);
    if (failed(cotangent))
      return failure();
    return mapOf(atom.layer)
        .transpose(builder, location, terms.layer(atom.target).getResult(), *cotangent);
  }
  default:
    break;
  }
  emitError(location, message::vectorNotAvailable, terms.layerName(atom.layer),
            terms.str(terms.intern(atom), atom.layer));
  return failure();
}

Value ProgramEmitter::activate(unsigned layer, Value b, const Coefficient &rho) {
  dp::LayerOp op = terms.layer(layer);
  if (op.getActivation() == Activation::identity)
    return b; // identity layers are solved without f
  return dyad::ActivateOp::create(builder, location, b.getType(), op.getActivation(), b,
                                  op.getSlopeAttr(),
                                  builder.getStringAttr(toString(terms.value(rho))));
}

//===------------------------------------------------------------------------------------------===//
// Sections of the program
//===------------------------------------------------------------------------------------------===//

void ProgramEmitter::emitSources() {
  unsigned output = terms.numLayers();
  location = model.getInput().getLoc();
  input = dyad::InputOp::create(builder, location, typeOf(0));
  location = terms.layer(output).getLoc();
  target = dyad::TargetOp::create(builder, location, typeOf(output));
  rows = dyad::RowsOp::create(builder, location, builder.getIndexType());
  for (auto parameter : model.getBody().getOps<dp::ParameterOp>())
    parameters[parameter.getResult()] = dyad::ParameterOp::create(
        builder, parameter.getLoc(), parameter.getType(), parameter.getName());
}

LogicalResult ProgramEmitter::emitInitial() {
  auto op = dyad::InitialOp::create(builder, model.getLoc());
  OpBuilder::InsertionGuard guard(builder);
  startRegion(op.getBody(), model.getLoc());
  initialBody = builder.getBlock();
  llvm::DenseMap<Value, Value> states{{model.getInput().getResult(), input}};
  for (unsigned layer = 1; layer <= terms.numLayers(); ++layer) {
    dp::LayerOp layerOp = terms.layer(layer);
    location = layerOp.getLoc();
    llvm::DenseMap<Value, Value> operators;
    Value a = mapOf(layer).forward(
        builder, location, [&](Value source) { return states.lookup(source); }, operators);
    Value state = activate(layer, a, Coefficient());
    states[layerOp.getResult()] = state;
    set(cell(layer, "forward"), state);
    set(cell(layer, "preactivation"), a);
    for (auto [index, compartment] : llvm::enumerate(terms.compartments)) {
      bool starts = compartment.getKind() == dp::CompartmentKind::state;
      set(cell(layer, std::to_string(index)),
          starts ? state : dyad::ZeroOp::create(builder, location, state.getType()));
      if (stored.count(index))
        set(cell(layer, "z" + std::to_string(index)), a);
    }
  }
  Value prediction = states.lookup(terms.layers.back().getResult());
  auto lossType = RankedTensorType::get({batch}, typeOf(terms.numLayers()).getElementType());
  set("#loss",
      dyad::LossOp::create(builder, location, lossType, model.getLoss(), prediction, target));
  return success();
}

/// The pre-activations that produced the compartments: b - rho u for the u that solves
/// f^-1(u) + rho u = b.
LogicalResult ProgramEmitter::emitStored(unsigned layer, const LayerUpdate &update,
                                         const std::vector<Value> &arguments) {
  for (unsigned c : stored) {
    Value z = arguments[c];
    if (!z) {
      std::optional<unsigned> unknown;
      for (auto [w, compartment] : llvm::enumerate(update.coordinates.compartments))
        if (compartment == c)
          unknown = w;
      if (unknown)
        z = unknownInverses[*unknown];
    }
    if (!z)
      return emitError(location, message::vectorNotAvailable, terms.layerName(layer),
                       "the pre-activation of " + terms.compartment(c).getName().str());
    set(cell(layer, "z" + std::to_string(c)), z);
  }
  return success();
}

LogicalResult ProgramEmitter::emitUpdate(unsigned layer) {
  const LayerUpdate &update = derivation.updates[layer - 1];
  dp::LayerOp layerOp = terms.layer(layer);
  Location where = fused(update.origins);
  auto op = dyad::UpdateOp::create(builder, where, layerOp.getName());
  OpBuilder::InsertionGuard guard(builder);
  startRegion(op.getBody(), where);
  size_t count = terms.compartments.size();
  unknownValues.assign(count, {});
  unknownInverses.assign(count, {});
  bool secant = llvm::any_of(update.compartments, [](const Realized &c) { return c.secant; });
  auto readLater = [&](unsigned unknown) {
    // In a secant layer an unknown is computed only if an argument reads it.
    AtomId self = terms.intern({Atom::Kind::unknown, layer, unknown});
    AtomId loss = terms.intern({Atom::Kind::unknownLoss, layer, unknown});
    auto reads = [&](const Sum &sum) {
      return llvm::any_of(
          sum, [&](const Sum::Entry &entry) { return entry.atom == self || entry.atom == loss; });
    };
    return llvm::any_of(update.compartments, [&](const Realized &c) { return reads(c.argument); });
  };

  for (const Solution &solution : update.solutions) {
    location = fused(solution.origins);
    unsigned u = solution.unknown;
    if (secant && solution.kind == Solution::Kind::slope)
      continue;
    FailureOr<Value> argument = emit(solution.argument, layer);
    if (failed(argument))
      return failure();
    switch (solution.kind) {
    case Solution::Kind::activate: {
      if (!secant || readLater(u))
        unknownValues[u] = activate(layer, *argument, solution.rho);
      unknownInverses[u] =
          terms.isZero(solution.rho)
              ? *argument
              : combine({{Coefficient(1), *argument}, {-solution.rho, unknownValues[u]}},
                        argument->getType());
      break;
    }
    case Solution::Kind::slope: {
      unknownValues[u] = dyad::SlopeTimesOp::create(
          builder, location, argument->getType(), layerOp.getActivation(),
          unknownInverses[solution.mean], *argument, layerOp.getSlopeAttr());
      if (!solution.rest.empty()) {
        FailureOr<Value> rest = emit(solution.rest, layer);
        if (failed(rest))
          return failure();
        unknownValues[u] = combine({{Coefficient(1), unknownValues[u]}, {Coefficient(1), *rest}},
                                   argument->getType());
      }
      break;
    }
    case Solution::Kind::linear:
      unknownValues[u] = *argument;
      if (layerOp.getActivation() == Activation::identity)
        unknownInverses[u] = *argument;
      break;
    }
  }

  location = where;
  std::vector<Value> arguments(count), results(count);
  for (unsigned c = 0; c < count; ++c) {
    const Realized &realized = update.compartments[c];
    if (realized.secant) {
      FailureOr<Value> argument = emit(realized.argument, layer);
      if (failed(argument))
        return failure();
      arguments[c] = *argument;
      results[c] = activate(layer, *argument, Coefficient());
      continue;
    }
    SmallVector<std::pair<Coefficient, Value>> parts;
    for (auto [w, coefficient] : llvm::enumerate(update.coordinates.toCompartments[c]))
      if (!terms.isZero(coefficient))
        parts.push_back({coefficient, unknownValues[w]});
    results[c] = combine(parts, typeOf(layer));
  }
  for (unsigned c = 0; c < count; ++c)
    set(cell(layer, std::to_string(c)), results[c]);
  if (failed(emitStored(layer, update, arguments)))
    return failure();

  // The pre-activation has one value only if the update reads the affine map one way.
  SmallVector<Value> preactivations;
  for (const auto &[id, value] : values)
    if (terms[id].kind == Atom::Kind::affine && terms[id].layer == layer &&
        !llvm::is_contained(preactivations, value))
      preactivations.push_back(value);
  std::string preactivation = cell(layer, "preactivation");
  if (preactivations.size() == 1)
    set(preactivation, preactivations.front());
  else
    for (auto initial : llvm::make_early_inc_range(initialBody->getOps<dyad::SetOp>()))
      if (initial.getCell() == preactivation)
        initial.erase();
  return success();
}

LogicalResult ProgramEmitter::emitGradients() {
  auto op = dyad::GradientsOp::create(builder, model.getPotential().getLoc());
  OpBuilder::InsertionGuard guard(builder);
  startRegion(op.getBody(), model.getPotential().getLoc());
  llvm::MapVector<Value, SmallVector<std::pair<Coefficient, Value>>> parts;
  for (auto parameter : model.getBody().getOps<dp::ParameterOp>())
    parts[parameter.getResult()];
  for (const Gradient &gradient : derivation.gradients) {
    location = fused(gradient.origins);
    FailureOr<Value> cotangent = emit(gradient.cotangent, gradient.layer);
    if (failed(cotangent))
      return failure();
    // Operators that read a source directly need only its value, not the whole map.
    llvm::DenseMap<Value, Value> &read = operatorValues[readsKey(gradient.layer, gradient.reads)];
    LayerMap map = mapOf(gradient.layer);
    llvm::SetVector<Value> sources = terms.layer(gradient.layer).getSources();
    for (auto [index, source] : llvm::enumerate(sources))
      if (!read.count(source)) {
        Value value = readForm(terms.numberOf(source), gradient.reads[index]);
        read[source] = value;
      }
    map.operands(builder, location, read);
    map.parameterGradients(
        builder, location, *cotangent, rows, read,
        [&](Value parameter, Value part) { parts[parameter].push_back({gradient.scale, part}); });
  }
  for (auto &[parameter, sum] : parts) {
    auto parameterOp = parameter.getDefiningOp<dp::ParameterOp>();
    set(parameterOp.getName().str() + "#gradient", combine(sum, parameter.getType()));
  }
  return emitDefines();
}

LogicalResult ProgramEmitter::emitDefines() {
  llvm::MapVector<StringRef, unsigned> numbers;
  for (auto define : model.getPotential().getBody().getOps<dp::DefineOp>())
    numbers.insert({define.getName(), numbers.size()});
  for (auto define : model.getPotential().getBody().getOps<dp::DefineOp>()) {
    location = define.getLoc();
    unsigned layer = terms.numberOf(define.getLayer());
    FailureOr<Sum> sum = terms.vectorOf(define.getValue());
    if (failed(sum))
      return failure();
    // Vectors without a value at the final states have no cell.
    bool available = llvm::all_of(*sum, [&](const Sum::Entry &entry) {
      Atom::Kind kind = terms[entry.atom].kind;
      return kind == Atom::Kind::compartment || kind == Atom::Kind::affine;
    });
    if (!available)
      continue;
    FailureOr<Value> value = emit(*sum, layer);
    if (failed(value))
      return failure();
    set(cell(layer, "define" + std::to_string(numbers[define.getName()])), *value);
  }
  return success();
}

FailureOr<dyad::ProgramOp> ProgramEmitter::run() {
  for (auto op : model.getPotential().getBody().getOps<dp::StoredOp>())
    for (auto [index, compartment] : llvm::enumerate(terms.compartments))
      if (compartment.getNameAttr() == op.getNameAttr())
        stored.insert(index);
  auto program = dyad::ProgramOp::create(builder, model.getLoc(), model.getSymName(),
                                         model.getInference(), model.getPasses());
  OpBuilder::InsertionGuard guard(builder);
  builder.createBlock(&program.getBody());
  emitSources();
  if (failed(emitInitial()))
    return failure();
  for (unsigned layer = 1; layer <= terms.numLayers(); ++layer)
    if (failed(emitUpdate(layer)))
      return failure();
  if (failed(emitGradients()))
    return failure();
  return program;
}

FailureOr<dyad::ProgramOp> derive::emitProgram(OpBuilder &builder, Derivation &derivation) {
  return ProgramEmitter(builder, derivation).run();
}
