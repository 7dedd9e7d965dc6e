//===- ObjectiveEvaluator.h - expands the expressions of an objective ---------------*- C++ -*-===//
#pragma once

#include "lib/Frontend/Arguments.h"
#include "lib/Frontend/Objective.h"

namespace dpc {

/// What an expression of an objective means at a layer (language.md 4.1).
struct ObjectiveValue {
  enum class Kind { poison, number, word, vector, energy };
  Kind kind = Kind::poison;
  Coefficient number = {};
  std::string word = {};
  Combination vector = {};
  std::vector<Term> energy = {};

  bool is(Kind other) const { return kind == other; }
};

class ObjectiveEvaluator {
public:
  ObjectiveEvaluator(const ast::Objective &objective, const ParameterValues &parameters,
                     const NetworkGraph &network, DiagnosticEngine &engine)
      : objective(objective), parameters(parameters), network(network), engine(engine) {}

  ElaboratedObjective run();

private:
  using Value = ObjectiveValue;
  using Kind = ObjectiveValue::Kind;

  /// The arguments of one expansion of a definition, read by name in the environment of the use.
  struct Environment {
    const ast::Clause *define = nullptr;
    std::vector<std::pair<std::string, const ast::Expr *>> arguments; // null: poison
    const Environment *outer = nullptr;
    std::shared_ptr<const Uses> uses;
  };

  // Declarations (Objective.cpp).
  void collect();
  void checkGoals();
  void declare(const ast::Name &name, const char *what);
  void checkMacros();
  void elaborateDefines();
  void resolveCurrent();
  std::vector<int> layersOf(const std::string &place) const;
  bool isPlace(const ast::Name &place);
  /// The definition of `name` that holds at `layer` (O5), or null.
  const ast::Clause *findDefine(const std::string &name, int layer) const;

  // Expressions (ObjectiveEvaluator.cpp).
  Value evaluate(const ast::Expr &expr, int layer, const Environment &environment);
  Value evaluateName(const ast::Expr &expr, int layer, const Environment &environment);
  Value evaluateParameter(const std::string &name, const ParameterValue &value, int layer);
  Value evaluateSum(const ast::Expr &expr, int layer, const Environment &environment);
  bool isTooLong(const Coefficient &coefficient, const ast::Expr &expr,
                 const Environment &environment);
  Value evaluateProduct(const ast::Expr &expr, int layer, const Environment &environment);
  Value evaluateSumOver(const ast::Expr &expr, int layer, const Environment &environment);
  Value expand(const ast::Expr &use, const ast::Clause &define, int layer,
               const Environment &environment);

  // Functions (ObjectiveFunctions.cpp).
  Value evaluateCall(const ast::Expr &call, int layer, const Environment &environment);
  Value callPreactivation(const ast::Expr &call, int layer, const Environment &environment);
  Value callDot(const ast::Expr &call, int layer, const Environment &environment);
  Value callLoss(const ast::Expr &call, int layer, const Environment &environment);
  Value callBregman(const ast::Expr &call, int layer, const Environment &environment);
  bool readPoint(const ast::Expr &point, int layer, const Environment &environment, Term &term);
  std::optional<Combination> vectorOf(const ast::Expr &expr, const std::string &function, int layer,
                                      const Environment &environment);
  std::optional<Form> formOf(const ast::Expr &expr, const std::string &function, int layer,
                             const Environment &environment);

  /// An error at an expression: in the text of a definition if it is wrong wherever it is used
  /// (`inText`), else where the definition is used, with notes at the definitions. Reported once
  /// per expression, whatever the number of layers.
  template <typename... Arguments>
  std::optional<DiagnosticEngine::Builder>
  error(bool inText, Spot spot, const Environment &environment, const Message &message,
        const Arguments &...arguments) {
    failed = true;
    const void *key = spot.file->text().data() + spot.offset;
    if (!reported.insert({key, message.id}).second)
      return std::nullopt;
    std::vector<Spot> chain = {spot};
    for (const Uses *use = environment.uses.get(); use && !inText; use = use->outer.get())
      chain.push_back(use->spot);
    auto builder = std::make_optional(engine.error(chain.back().place(), message, arguments...));
    for (size_t i = chain.size() - 1; i-- > 0;)
      builder->note(chain[i].place(), "in this definition");
    return builder;
  }
  std::string typeName(const Value &value) const;
  std::string formText(const Form &form) const;

  const ast::Objective &objective;
  const ParameterValues &parameters;
  const NetworkGraph &network;
  DiagnosticEngine &engine;

  ElaboratedObjective result;
  std::map<std::string, int> compartmentIndex;
  std::map<std::string, std::vector<const ast::Clause *>> defines;
  std::vector<std::string> defineOrder;
  std::map<std::string, std::pair<const char *, Spot>> declared;
  std::set<std::pair<const void *, const char *>> reported;
  const ast::Clause *potential = nullptr;
  bool failed = false;
  /// While a definition is tried at a layer where it may mean nothing: no errors about that.
  bool speculative = false;
  unsigned depth = 0;
  size_t steps = 0, terms = 0;
};

/// Whether this is a function of language.md 4.1.
bool symbolizesFunction(llvm::StringRef name);
/// left + scale * right.
void addScaled(Combination &left, const Combination &right, const Coefficient &scale);
/// The form of a combination that is nothing else; an empty combination is the form 0.
std::optional<Form> asForm(const Combination &vector);

} // namespace dpc
