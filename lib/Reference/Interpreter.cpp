//===- Interpreter.cpp - runs functions, and programs update by update ------------------------===//
#include "lib/Reference/Interpreter.h"

#include "lib/Reference/Evaluator.h"

#include <fmt/format.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::reference;

//===------------------------------------------------------------------------------------------===//
// Scheduled functions
//===------------------------------------------------------------------------------------------===//

static llvm::Expected<std::string> nameOf(DictionaryAttr attributes, StringRef what, unsigned i) {
  auto name = attributes ? attributes.getAs<StringAttr>(dyad::nameAttr) : StringAttr();
  if (!name)
    return failure(fmt::format("reference: {} {} has no `dyad.name`", what.str(), i));
  return name.str();
}

llvm::Expected<Environment> reference::runFunction(func::FuncOp function,
                                                   const Environment &arguments) {
  if (!function.getBody().hasOneBlock())
    return failure("reference: only straight-line functions can be executed");
  Values values;
  for (BlockArgument formal : function.getArguments()) {
    unsigned i = formal.getArgNumber();
    auto name = nameOf(function.getArgAttrDict(i), "argument", i);
    if (!name)
      return name.takeError();
    auto value = argument(arguments, *name, formal.getType());
    if (!value)
      return value.takeError();
    values[formal] = std::move(*value);
  }

  Environment results;
  for (Operation &op : function.getBody().front()) {
    auto end = dyn_cast<func::ReturnOp>(op);
    if (!end) {
      if (llvm::Error error = evaluate(&op, values))
        return std::move(error);
      continue;
    }
    for (auto [i, value] : llvm::enumerate(end.getOperands())) {
      auto name = nameOf(function.getResultAttrDict(i), "result", i);
      if (!name)
        return name.takeError();
      results[*name] = values[value];
    }
  }
  return results;
}

//===------------------------------------------------------------------------------------------===//
// Programs
//===------------------------------------------------------------------------------------------===//

std::vector<std::vector<int64_t>> reference::updateSequence(Inference inference, int64_t passes,
                                                            int64_t layers) {
  std::vector<std::vector<int64_t>> sequence;
  auto one = [&](int64_t layer) { sequence.push_back({layer}); };
  auto up = [&](int64_t first, int64_t last, int64_t step = 1) {
    for (int64_t layer = first; layer <= last; layer += step)
      one(layer);
  };
  auto down = [&](int64_t first, int64_t last) {
    for (int64_t layer = first; layer >= last; --layer)
      one(layer);
  };

  switch (inference) {
  case Inference::forward:
    for (int64_t pass = 0; pass < passes; ++pass)
      up(1, layers);
    break;
  case Inference::forward_backward:
    down(layers, 2);
    for (int64_t pass = 1; pass < passes; ++pass) {
      up(1, layers - 1);
      down(layers, 1);
    }
    one(1);
    break;
  case Inference::backward:
    down(layers, 1);
    break;
  case Inference::odd_even:
  case Inference::even_odd:
    for (int64_t pass = 0; pass < passes; ++pass) {
      int64_t first = inference == Inference::odd_even ? 1 : 2;
      up(first, layers, 2);
      up(3 - first, layers, 2);
    }
    break;
  case Inference::jacobi:
    for (int64_t pass = 0; pass < passes; ++pass) {
      sequence.emplace_back();
      for (int64_t layer = 1; layer <= layers; ++layer)
        sequence.back().push_back(layer);
    }
    break;
  }
  return sequence;
}

namespace {
/// The state of a running program: its sources and the cells that bodies get and set.
struct Machine {
  const Environment &arguments;
  Values values;
  Environment cells;

  /// Gives a value to a source at the top of the program.
  llvm::Error bindSource(Operation *op) {
    std::string name = isa<dyad::InputOp>(op)    ? "x"
                       : isa<dyad::TargetOp>(op) ? "y"
                       : isa<dyad::RowsOp>(op)   ? "rows"
                                                 : "";
    if (auto parameter = dyn_cast<dyad::ParameterOp>(op))
      name = parameter.getName().str();
    if (name.empty())
      return evaluate(op, values);
    auto value = argument(arguments, name, op->getResult(0).getType());
    if (!value)
      return value.takeError();
    values[op->getResult(0)] = std::move(*value);
    return llvm::Error::success();
  }

  /// Runs bodies that move from the same old cells: every `get` reads the cells as they were
  /// before, what is set becomes visible after the last.
  llvm::Error runTogether(const std::vector<Operation *> &bodies) {
    Environment after;
    for (Operation *body : bodies)
      for (Operation &op : body->getRegion(0).front()) {
        if (auto get = dyn_cast<dyad::GetOp>(op)) {
          auto value = argument(cells, get.getCell(), get.getType());
          if (!value)
            return value.takeError();
          values[get.getResult()] = std::move(*value);
        } else if (auto set = dyn_cast<dyad::SetOp>(op)) {
          after[set.getCell().str()] = values[set.getValue()];
        } else if (llvm::Error error = evaluate(&op, values)) {
          return error;
        }
      }
    after.merge(cells); // keeps what the bodies have set
    cells = std::move(after);
    return llvm::Error::success();
  }
};
} // namespace

llvm::Expected<Environment> reference::runProgram(dyad::ProgramOp program,
                                                  const Environment &arguments) {
  Machine machine{arguments, Values(), Environment()};
  dyad::InitialOp initial;
  dyad::GradientsOp gradients;
  std::vector<dyad::UpdateOp> updates;
  for (Operation &op : program.getBody().front()) {
    if (auto found = dyn_cast<dyad::InitialOp>(op))
      initial = found;
    else if (auto found = dyn_cast<dyad::GradientsOp>(op))
      gradients = found;
    else if (auto found = dyn_cast<dyad::UpdateOp>(op))
      updates.push_back(found);
    else if (llvm::Error error = machine.bindSource(&op))
      return std::move(error);
  }

  std::vector<std::vector<Operation *>> sequence = {{initial}};
  for (const std::vector<int64_t> &group :
       updateSequence(program.getInference(), program.getPasses(), updates.size())) {
    sequence.emplace_back();
    for (int64_t layer : group)
      sequence.back().push_back(updates[layer - 1]);
  }
  sequence.push_back({gradients});
  for (const std::vector<Operation *> &bodies : sequence)
    if (llvm::Error error = machine.runTogether(bodies))
      return std::move(error);
  return machine.cells;
}
