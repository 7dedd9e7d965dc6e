//===- DeriveUpdates.cpp - the steps of derivation.md 3-7 in order ----------------------------===//
#include "lib/Derive/Derivation.h"
#include "lib/Derive/EmitProgram.h"
#include "lib/Derive/Passes.h"

using namespace mlir;
using namespace dpc;
using namespace dpc::derive;

namespace dpc {
#define GEN_PASS_DEF_DERIVEUPDATES
#include "lib/Derive/Passes.h.inc"
} // namespace dpc

FailureOr<Derivation> derive::derive(dp::ModelOp model) {
  FailureOr<Terms> terms = Terms::read(model);
  if (failed(terms))
    return failure();
  Derivation derivation{std::move(*terms), {}, {}};
  for (unsigned layer = 1; layer <= derivation.terms.numLayers(); ++layer) {
    LayerUpdate update;
    std::vector<Condition> byCompartment = differentiate(derivation.terms, layer);
    auto step = [&]() -> LogicalResult {
      FailureOr<Coordinates> coordinates = chooseCoordinates(derivation.terms, layer);
      if (failed(coordinates))
        return failure();
      update.coordinates = std::move(*coordinates);
      FailureOr<std::vector<Sum>> conditions =
          conditionsByUnknown(derivation.terms, layer, update.coordinates, byCompartment);
      if (failed(conditions))
        return failure();
      update.conditions = std::move(*conditions);
      FailureOr<std::vector<Solution>> solutions =
          solve(derivation.terms, layer, update.coordinates, update.conditions);
      if (failed(solutions))
        return failure();
      update.solutions = std::move(*solutions);
      for (const Solution &solution : update.solutions)
        for (Location origin : solution.origins)
          if (!llvm::is_contained(update.origins, origin))
            update.origins.push_back(origin);
      return realize(derivation.terms, layer, update);
    };
    if (failed(step())) // later layers would repeat the same message
      return failure();
    derivation.updates.push_back(std::move(update));
  }
  derivation.gradients = gradients(derivation.terms);
  return derivation;
}

namespace {
struct DeriveUpdates : dpc::impl::DeriveUpdatesBase<DeriveUpdates> {
  void runOnOperation() override {
    for (auto model : llvm::make_early_inc_range(getOperation().getOps<dp::ModelOp>())) {
      FailureOr<Derivation> derivation = derive::derive(model);
      if (failed(derivation))
        return signalPassFailure();
      OpBuilder builder(model);
      if (failed(emitProgram(builder, *derivation)))
        return signalPassFailure();
      model.erase();
    }
  }
};
} // namespace
