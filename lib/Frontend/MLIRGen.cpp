//===- MLIRGen.cpp - writes what was elaborated, each op with its place -----------------------===//
#include "lib/Frontend/MLIRGen.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"

using namespace dpc;
using namespace mlir;

namespace {

class Generator {
public:
  Generator(MLIRContext &context, const NetworkGraph &network, const ElaboratedObjective &objective,
            const ParameterValues &parameters)
      : builder(&context), network(network), objective(objective), parameters(parameters) {}

  OwningOpRef<ModuleOp> run(const TrainingSettings &settings, Loss loss, Inference inference);

private:
  Location at(const Place &place) {
    return FileLineColLoc::get(builder.getContext(), place.file, place.line, place.column);
  }
  Location at(Spot spot) { return at(spot.place()); }
  Location at(const Where &where) { return within(at(where.spot), where.uses.get()); }
  /// `inner` stands in a definition that is used at `use`.
  Location within(Location inner, const Uses *use) {
    return use ? Location(CallSiteLoc::get(inner, within(at(use->spot), use->outer.get()))) : inner;
  }

  RankedTensorType typeOf(llvm::ArrayRef<int64_t> shape) {
    return RankedTensorType::get(shape, builder.getF32Type());
  }
  StringAttr text(const Coefficient &coefficient) {
    return builder.getStringAttr(coefficient.str());
  }
  StringAttr text(const Rational &number) { return builder.getStringAttr(toString(number)); }

  void emitNetwork();
  void emitObjective();
  Value emitForm(int layer, const Form &form, Location location);
  Value emitAtom(int layer, const Atom &atom);
  Value emitVector(int layer, const Combination &vector, Location location);
  void emitTerm(const Term &term);
  DictionaryAttr parameterNumbers();

  OpBuilder builder;
  const NetworkGraph &network;
  const ElaboratedObjective &objective;
  const ParameterValues &parameters;
  std::vector<Value> values;            // of network nodes
  std::map<std::string, Value> emitted; // vectors of the potential, by content
};

void Generator::emitNetwork() {
  std::vector<Value> weights;
  auto input = [&](const NetworkNode &node) {
    return dp::InputOp::create(builder, at(node.spot), typeOf(node.shape), node.name).getResult();
  };
  values.push_back(input(network.nodes[0]));
  for (const NetworkParameter &parameter : network.parameters)
    weights.push_back(dp::ParameterOp::create(builder, at(parameter.spot), typeOf(parameter.shape),
                                              parameter.name));
  for (size_t i = 1; i < network.nodes.size(); ++i) {
    const NetworkNode &node = network.nodes[i];
    Location location = at(node.spot);
    RankedTensorType type = typeOf(node.shape);
    std::vector<Value> operands;
    for (int operand : node.operands)
      operands.push_back(values[operand]);
    switch (node.kind) {
    case NetworkNode::Kind::input:
      llvm_unreachable("only node 0 is the input");
    case NetworkNode::Kind::dense:
      values.push_back(dp::DenseOp::create(builder, location, type, operands[0],
                                           weights[node.weight],
                                           node.bias < 0 ? Value() : weights[node.bias]));
      break;
    case NetworkNode::Kind::flatten:
      values.push_back(dp::FlattenOp::create(builder, location, type, operands[0]));
      break;
    case NetworkNode::Kind::combine: {
      std::vector<Attribute> factors;
      for (const Rational &factor : node.factors)
        factors.push_back(text(factor));
      values.push_back(
          dp::CombineOp::create(builder, location, type, builder.getArrayAttr(factors), operands));
      break;
    }
    case NetworkNode::Kind::layer:
      values.push_back(dp::LayerOp::create(builder, location, type, node.name, node.activation,
                                           operands[0],
                                           node.slope ? text(*node.slope) : StringAttr()));
      break;
    }
  }
}

Value Generator::emitForm(int layer, const Form &form, Location location) {
  bool isInput = network.nodes[layer].kind == NetworkNode::Kind::input;
  std::vector<Attribute> names, coefficients;
  for (const auto &[index, coefficient] : form) {
    StringRef name = index == datumIndex ? StringRef(dp::datumName)
                                         : StringRef(objective.compartments[index].name);
    names.push_back(builder.getStringAttr(name));
    coefficients.push_back(text(coefficient));
  }
  if (names.empty()) { // the form 0
    names.push_back(builder.getStringAttr(isInput ? StringRef(dp::datumName)
                                                  : StringRef(objective.compartments[0].name)));
    coefficients.push_back(text(Coefficient(0)));
  }
  ArrayAttr nameList = builder.getArrayAttr(names);
  ArrayAttr coefficientList = builder.getArrayAttr(coefficients);
  std::string key;
  llvm::raw_string_ostream(key) << "form " << layer << nameList << coefficientList;
  Value &known = emitted[key];
  if (!known)
    known = dp::FormOp::create(builder, location, values[layer].getType(), values[layer], nameList,
                               coefficientList);
  return known;
}

Value Generator::emitAtom(int layer, const Atom &atom) {
  Location location = at(atom.where);
  Type type = values[layer].getType();
  auto once = [&](const std::string &key, llvm::function_ref<Value()> create) {
    Value &known = emitted[key];
    if (!known)
      known = create();
    return known;
  };
  auto key = [](const char *kind, Value value) {
    return fmt::format("{} {}", kind, static_cast<const void *>(value.getAsOpaquePointer()));
  };
  switch (atom.kind) {
  case Atom::Kind::form:
    return emitForm(layer, atom.form, location);
  case Atom::Kind::inverse: {
    Value form = emitForm(layer, atom.form, location);
    return once(key("inverse", form),
                [&]() -> Value { return dp::InverseOp::create(builder, location, type, form); });
  }
  case Atom::Kind::previous: {
    Value form = emitForm(layer, atom.form, location);
    return once(key("previous", form),
                [&]() -> Value { return dp::PreviousOp::create(builder, location, type, form); });
  }
  case Atom::Kind::stored: {
    const std::string &name = objective.compartments[atom.compartment].name;
    return once(key(("stored " + name).c_str(), values[layer]), [&]() -> Value {
      return dp::StoredOp::create(builder, location, type, values[layer], name);
    });
  }
  case Atom::Kind::affine: {
    std::vector<Value> reads;
    std::string content = key("affine", values[layer]);
    for (auto [source, form] : llvm::zip(network.sources(layer), atom.reads)) {
      reads.push_back(emitForm(source, form, location));
      content += key(" ", reads.back());
    }
    return once(content, [&]() -> Value {
      return dp::AffineOp::create(builder, location, type, values[layer], reads);
    });
  }
  }
  llvm_unreachable("unknown atom");
}

Value Generator::emitVector(int layer, const Combination &vector, Location location) {
  if (vector.size() == 1 && vector[0].first.isOne())
    return emitAtom(layer, vector[0].second);
  std::vector<Attribute> coefficients;
  std::vector<Value> operands;
  for (const auto &[coefficient, atom] : vector) {
    coefficients.push_back(text(coefficient));
    operands.push_back(emitAtom(layer, atom));
  }
  return dp::CombineOp::create(builder, location, values[layer].getType(),
                               builder.getArrayAttr(coefficients), operands);
}

void Generator::emitTerm(const Term &term) {
  Location location = at(term.where);
  Value left = emitAtom(term.layer, term.left);
  switch (term.kind) {
  case Term::Kind::energy:
    dp::EnergyOp::create(builder, location, text(term.coefficient), left);
    break;
  case Term::Kind::pair:
    dp::PairOp::create(builder, location, text(term.coefficient), left,
                       emitAtom(term.layer, term.right));
    break;
  case Term::Kind::loss: {
    Value point;
    if (term.at == dp::LossPoint::value)
      point = emitVector(term.layer, term.point, at(term.pointWhere));
    dp::LossOp::create(builder, location, text(term.coefficient), left, term.at, point);
    break;
  }
  }
}

void Generator::emitObjective() {
  for (const Compartment &compartment : objective.compartments)
    dp::CompartmentOp::create(builder, at(compartment.spot), compartment.name, compartment.kind,
                              *compartment.goal);
  auto potential = dp::PotentialOp::create(builder, at(objective.potential));
  builder.setInsertionPointToStart(&potential.getBody().emplaceBlock());
  for (const Term &term : objective.terms)
    emitTerm(term);
  for (const DefinedVector &define : objective.defines) {
    Location location = at(define.where);
    Value value = emitVector(define.layer, define.value, location);
    dp::DefineOp::create(builder, location, define.name, values[define.layer], value);
  }
}

DictionaryAttr Generator::parameterNumbers() {
  std::vector<NamedAttribute> numbers;
  for (const auto &[name, value] : parameters) {
    if (value.number)
      numbers.push_back(builder.getNamedAttr(name, text(*value.number)));
    for (const auto &[layer, number] : value.layerNumbers)
      numbers.push_back(builder.getNamedAttr(ParameterValue::symbol(name, layer), text(number)));
  }
  return builder.getDictionaryAttr(numbers);
}

OwningOpRef<ModuleOp> Generator::run(const TrainingSettings &settings, Loss loss,
                                     Inference inference) {
  Location location = at(settings.objectivePlace);
  OwningOpRef<ModuleOp> module = ModuleOp::create(location);
  builder.setInsertionPointToStart(module->getBody());
  auto model = dp::ModelOp::create(builder, location, network.name, settings.batch, loss, inference,
                                   settings.passes, objective.realization, objective.alternate,
                                   parameterNumbers());
  builder.setInsertionPointToStart(&model.getBody().emplaceBlock());
  emitNetwork();
  emitObjective();
  return module;
}

} // namespace

OwningOpRef<ModuleOp> dpc::generate(MLIRContext &context, const NetworkGraph &network,
                                    const ElaboratedObjective &objective,
                                    const ParameterValues &parameters,
                                    const TrainingSettings &settings, Loss loss,
                                    Inference inference) {
  context.loadDialect<dp::DPDialect>();
  return Generator(context, network, objective, parameters).run(settings, loss, inference);
}
