//===- Frontend.cpp - one file from text to module, all errors in one run ---------------------===//
#include "lib/Frontend/Frontend.h"

#include "lib/Frontend/MLIRGen.h"
#include "lib/Frontend/Network.h"
#include "lib/Frontend/Objective.h"
#include "lib/Frontend/Parser.h"
#include "lib/Frontend/SettingsReader.h"

#include "mlir/IR/Verifier.h"
#include "llvm/ADT/STLExtras.h"

using namespace dpc;

llvm::StringRef dpc::builtinPreludeText() {
  static constexpr llvm::StringLiteral text =
#include "lib/Frontend/Prelude.inc"
      ;
  return text;
}

SourceFile dpc::builtinPrelude() {
  return SourceFile(preludeName.str(), builtinPreludeText().str());
}

namespace {

/// Updates are unrolled; a program that is longer takes hours to compile.
constexpr int64_t mostUpdates = 1000000;

/// Holds back diagnostics, so that those of all stages come out in the order of their places.
struct SortedDiagnostics {
  DiagnosticEngine &engine;
  explicit SortedDiagnostics(DiagnosticEngine &engine) : engine(engine) { engine.hold(); }
  ~SortedDiagnostics() { engine.release(); }
};

/// What a model does not use is checked too, but need not be available yet.
struct Unused {
  DiagnosticEngine &engine;
  explicit Unused(DiagnosticEngine &engine) : engine(engine) {
    engine.ignore(&message::notAvailableYet);
  }
  ~Unused() { engine.ignore(nullptr); }
};

/// Networks and blocks share their names; objectives have their own.
void checkNames(const ast::File &file, DiagnosticEngine &engine) {
  std::map<std::string, Spot> callables, objectives;
  auto declare = [&](std::map<std::string, Spot> &names, const ast::Name &name, const char *what) {
    auto [first, isNew] = names.try_emplace(name.text, name.spot);
    if (!isNew)
      engine.error(name.spot.place(), message::declaredTwice, name.text, what)
          .note(first->second.place(), "the first");
  };
  for (const ast::Network &network : file.networks)
    declare(callables, network.name, "network or block");
  for (const ast::Block &block : file.blocks) {
    declare(callables, block.name, "network or block");
    std::map<std::string, Spot> parameters;
    for (const ast::Name &parameter : block.parameters)
      declare(parameters, parameter, "parameter");
  }
  for (const ast::Objective &objective : file.objectives)
    declare(objectives, objective.name, "objective");
}

/// Pixels of an image of the data set, 0 where any size will do (T1).
int64_t imageElements(DataSettings::Kind kind) {
  bool images = kind == DataSettings::Kind::mnist || kind == DataSettings::Kind::fashionMnist;
  return images ? 28 * 28 : 0;
}

} // namespace

std::optional<FrontendResult> dpc::elaborate(mlir::MLIRContext &context, const FrontendInput &input,
                                             DiagnosticEngine &engine) {
  SortedDiagnostics sorted(engine);
  unsigned errorsBefore = engine.getErrorCount();
  std::string setText;
  for (const std::string &set : input.sets) {
    std::string line = set;
    llvm::replace(line, '\n', ' ');
    setText += line + "\n";
  }
  SourceFile sets(setOptionName.str(), setText);
  engine.addSource(input.model);
  engine.addSource(input.prelude);
  engine.addSource(sets);

  ast::File file = parseFile(input.model, engine);
  ast::File prelude = parseFile(input.prelude, engine);
  checkNames(file, engine);
  checkNames(prelude, engine);

  SettingsReader reader(file, &prelude, input.model, engine);
  reader.apply(sets, input.sets.size());
  engine.setPreludeUser(reader.placeOf("objective"));

  const ast::Network *network = reader.findNetwork();
  NetworkGraph graph = placeholderNetwork(Spot{&input.model, 0});
  if (network)
    if (NetworkGraph found = elaborateNetwork(*network, file.blocks, engine); found.valid)
      graph = std::move(found);
  for (const ast::Network &other : file.networks) {
    Unused unused(engine);
    if (&other != network && !other.broken)
      elaborateNetwork(other, file.blocks, engine);
  }

  {
    Unused unused(engine);
    checkBlocks(file.blocks, engine);
  }

  std::vector<std::string> layers;
  if (graph.valid)
    layers = graph.layerNames();
  TrainingSettings settings = reader.read(layers);
  if (input.batch)
    settings.batch = *input.batch;

  const ast::Objective *objective = reader.findObjective();
  ElaboratedObjective elaborated;
  ParameterValues parameters;
  if (objective) {
    std::vector<std::string> places = layers;
    if (graph.valid)
      places.push_back(graph.nodes[0].name);
    parameters = bindParameters(*objective, reader.objectiveSetting(), places, engine);
    elaborated = elaborateObjective(*objective, parameters, graph, engine);
  }
  for (const ast::Objective &other : file.objectives) {
    Unused unused(engine);
    if (&other != objective && !other.broken)
      elaborateObjective(other, bindParameters(other, nullptr, {}, engine),
                         placeholderNetwork(other.spot), engine);
  }

  const NetworkNode &inputNode = graph.nodes[0];
  int64_t elements = 1;
  for (int64_t size : inputNode.shape)
    elements *= size;
  int64_t wanted = imageElements(settings.data.kind);
  if (graph.valid && wanted != 0 && wanted != elements)
    engine.error(settings.data.place, message::wrongImageSize, wanted, elements)
        .note(inputNode.spot.place(), "the input is here");

  int64_t passes = reader.getInference() == Inference::backward ? 1 : settings.passes;
  if (graph.valid && passes * int64_t(layers.size()) > mostUpdates)
    engine.error(reader.placeOf("inference"), message::tooManyUpdates, passes, layers.size(),
                 mostUpdates);

  if (engine.getErrorCount() != errorsBefore || !graph.valid || !objective)
    return std::nullopt;

  FrontendResult result;
  settings.model = network->name.text;
  result.layers = layers;
  result.inputName = inputNode.name;
  result.inputShape = inputNode.shape;
  result.outputs = graph.nodes[graph.layers.back()].shape[0];
  for (const Compartment &compartment : elaborated.compartments) {
    result.compartments.push_back(compartment.name);
    result.multipliers.push_back(compartment.kind == dp::CompartmentKind::multiplier);
  }
  for (const DefinedVector &define : elaborated.defines)
    if (!llvm::is_contained(result.defines, define.name))
      result.defines.push_back(define.name);
  for (const auto &[parameter, layer] : llvm::zip(graph.parameters, graph.layersOfParameters())) {
    result.parameters.push_back({parameter.name, parameter.shape, layer,
                                 settings.initialize.gainOf(layer), parameter.spot.place()});
  }
  result.module = generate(context, graph, elaborated, parameters, settings, reader.getLoss(),
                           reader.getInference());
  DiagnosticBridge bridge(&context, engine);
  if (mlir::failed(mlir::verify(*result.module)))
    return std::nullopt;
  result.settings = std::move(settings);
  return result;
}

std::optional<std::string> dpc::dumpAst(const FrontendInput &input, DiagnosticEngine &engine) {
  SortedDiagnostics sorted(engine);
  engine.addSource(input.model);
  unsigned errorsBefore = engine.getErrorCount();
  ast::File file = parseFile(input.model, engine);
  if (engine.getErrorCount() != errorsBefore)
    return std::nullopt;
  return ast::dump(file);
}
