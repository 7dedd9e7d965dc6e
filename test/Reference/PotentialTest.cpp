// The potential of a dyad network at the saddle that spec.md 10 gives: stationary there, and its
// derivative by a weight is the Hebbian product.
#include "lib/Reference/Potential.h"
#include "dialect/Register.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::reference;

namespace {

/// Output layer of a 2-2 network: identity, energies of two compartments, exact half squared error.
const char *const text = R"mlir(
dp.model @net batch 1 loss half_squared_error inference forward passes 1 realize exact
         parameters {share = "1/2", strength = "1/2"} {
  %x = dp.input "x" : tensor<2xf32>
  %w = dp.parameter "output.weight" : tensor<2x2xf32>
  %b = dp.parameter "output.bias" : tensor<2xf32>
  %a = dp.dense %x, %w, %b : (tensor<2xf32>, tensor<2x2xf32>, tensor<2xf32>) -> tensor<2xf32>
  %output = dp.layer "output" identity %a : tensor<2xf32>
  dp.compartment "high" state minimize
  dp.compartment "low" state maximize
  dp.potential {
    %high = dp.form %output ["high"] ["1"] : tensor<2xf32>
    %low = dp.form %output ["low"] ["1"] : tensor<2xf32>
    %gap = dp.form %output ["high", "low"] ["1", "-1"] : tensor<2xf32>
    %given = dp.form %x ["given"] ["1"] : tensor<2xf32>
    %pre = dp.affine %output reads(%given) : (tensor<2xf32>, tensor<2xf32>) -> tensor<2xf32>
    dp.loss "share" %high at exact : tensor<2xf32>
    dp.loss "1 - share" %low at exact : tensor<2xf32>
    dp.energy "1/strength" %high : tensor<2xf32>
    dp.energy "-1/strength" %low : tensor<2xf32>
    dp.pair "-1/strength" %gap, %pre : tensor<2xf32>
  }
})mlir";

Tensor row(std::vector<double> values) {
  Tensor result({1, static_cast<int64_t>(values.size())});
  result.values = std::move(values);
  return result;
}

class Potential : public testing::Test {
protected:
  Potential() {
    DialectRegistry registry;
    registerDialects(registry);
    context.appendDialectRegistry(registry);
    module = parseSourceString<ModuleOp>(text, &context);
    if (module)
      model = *module->getOps<dp::ModelOp>().begin();
    point = {{"x", row({1, 0.5})}, {"y", row({0, 1})}};
    point["output.weight"] = Tensor({2, 2});
    point["output.weight"].values = {0.5, -0.2, 0.3, 0.4};
    point["output.bias"] = Tensor({2});
    point["output.bias"].values = {0.1, -0.1};
    // a = (0.5, 0.4), y = (0, 1), share * strength = 1/4: (a + y/4)/(5/4) and (a - y/4)/(3/4).
    point["output#0"] = row({0.4, 0.52});
    point["output#1"] = row({2.0 / 3, 0.2});
  }
  static Tensor get(llvm::Expected<Tensor> value) {
    if (!value) {
      ADD_FAILURE() << llvm::toString(value.takeError());
      return Tensor({0});
    }
    return *value;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  dp::ModelOp model;
  Point point;
};

TEST_F(Potential, byHand) {
  ASSERT_TRUE(model);
  // 1/2 l(high): (0.16 + 0.2304)/4; 1/2 l(low): (4/9 + 0.64)/4; 2 G(high): 0.16 + 0.2704;
  // -2 G(low): -(4/9 + 0.04); -2 <gap, a>: -2 (0.5 (0.4 - 2/3) + 0.4 * 0.32).
  double expected = 0.0976 + (4.0 / 9 + 0.64) / 4 + 0.4304 - (4.0 / 9 + 0.04) -
                    2 * (0.5 * (0.4 - 2.0 / 3) + 0.4 * 0.32);
  EXPECT_NEAR(get(evaluatePotential(model, point, point)).values[0], expected, 1e-14);
}

TEST_F(Potential, isStationaryAtTheProximalStates) {
  ASSERT_TRUE(model);
  for (const char *cell : {"output#0", "output#1"})
    for (double slope : get(differenceByState(model, point, cell)).values)
      EXPECT_NEAR(slope, 0, 1e-9);
  point["output#0"].values[0] += 0.1; // curvature 1/strength + share
  EXPECT_NEAR(get(differenceByState(model, point, "output#0")).values[0], 0.25, 1e-9);
}

TEST_F(Potential, differenceByWeightIsTheProduct) {
  ASSERT_TRUE(model);
  Tensor slope = get(differenceByParameter(model, point, "output.weight"));
  double gap = 0.4 - 2.0 / 3;
  EXPECT_NEAR(slope.values[0], -2 * gap * 1, 1e-9);
  EXPECT_NEAR(slope.values[1], -2 * gap * 0.5, 1e-9);
  EXPECT_NEAR(slope.values[2], -2 * 0.32 * 1, 1e-9);
  EXPECT_NEAR(get(differenceByParameter(model, point, "output.bias")).values[1], -0.64, 1e-9);
}

TEST_F(Potential, forwardIsPlain) {
  ASSERT_TRUE(model);
  auto cells = runForward(model, point);
  ASSERT_TRUE(static_cast<bool>(cells));
  EXPECT_NEAR((*cells)["output#forward"].values[0], 0.5, 1e-15);
  EXPECT_NEAR((*cells)["output#preactivation"].values[1], 0.4, 1e-15);
}

TEST_F(Potential, saysWhatIsMissing) {
  ASSERT_TRUE(model);
  point.erase("output#1");
  EXPECT_EQ(llvm::toString(evaluatePotential(model, point, point).takeError()),
            "reference: `output#1` is missing or has the wrong shape");
}

} // namespace
