// Tiny programs against values worked by hand.
#include "lib/Reference/Interpreter.h"
#include "dialect/Register.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/DialectRegistry.h"
#include "mlir/Parser/Parser.h"

#include <gtest/gtest.h>

using namespace mlir;
using namespace dpc;
using namespace dpc::reference;

namespace {

Tensor tensor(std::vector<int64_t> shape, std::vector<double> values) {
  Tensor result(std::move(shape));
  result.values = std::move(values);
  return result;
}

class Interpreter : public testing::Test {
protected:
  Interpreter() {
    DialectRegistry registry;
    registerDialects(registry);
    registry.insert<func::FuncDialect>();
    context.appendDialectRegistry(registry);
  }
  template <typename Op> Op parse(const std::string &text) {
    module = parseSourceString<ModuleOp>(text, &context);
    return module ? *module->getOps<Op>().begin() : Op();
  }
  /// The values of a result, or the text of the error.
  static std::vector<double> valuesOf(llvm::Expected<Environment> results, const char *name) {
    if (!results) {
      ADD_FAILURE() << llvm::toString(results.takeError());
      return {};
    }
    return (*results)[name].values;
  }

  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

using Values = std::vector<double>;

TEST_F(Interpreter, runsAFunction) {
  auto function = parse<func::FuncOp>(R"mlir(
    func.func @step(%x: tensor<2x2xf32> {dyad.name = "x"}, %rows: index {dyad.name = "rows"},
                    %w: tensor<1x2xf32> {dyad.name = "w"}, %b: tensor<1xf32> {dyad.name = "b"})
        -> (tensor<2x1xf32> {dyad.name = "s"}, tensor<1x2xf32> {dyad.name = "dw"},
            tensor<1xf32> {dyad.name = "db"}, tensor<2x2xf32> {dyad.name = "back"}) {
      %a = dyad.linear %x, %w, %b
         : (tensor<2x2xf32>, tensor<1x2xf32>, tensor<1xf32>) -> tensor<2x1xf32>
      %s = dyad.activate relu %a : tensor<2x1xf32>
      %d = dyad.combine ["1/2", "-1"] %s, %a : tensor<2x1xf32>
      %dw = dyad.weight_gradient %d, %x rows %rows
          : (tensor<2x1xf32>, tensor<2x2xf32>, index) -> tensor<1x2xf32>
      %db = dyad.bias_gradient %d rows %rows : (tensor<2x1xf32>, index) -> tensor<1xf32>
      %back = dyad.linear_transpose %d, %w
            : (tensor<2x1xf32>, tensor<1x2xf32>) -> tensor<2x2xf32>
      return %s, %dw, %db, %back
           : tensor<2x1xf32>, tensor<1x2xf32>, tensor<1xf32>, tensor<2x2xf32>
    })mlir");
  ASSERT_TRUE(function);
  Environment arguments = {{"x", tensor({2, 2}, {1, 2, 3, -4})},
                           {"rows", Tensor::number(2)},
                           {"w", tensor({1, 2}, {2, 1})},
                           {"b", tensor({1}, {-1})}};
  // a = (2 + 2 - 1, 6 - 4 - 1) = (3, 1), s = a, d = (-3/2, -1/2)
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "s"), (Values{3, 1}));
  // (-3/2 * (1, 2) - 1/2 * (3, -4)) / 2
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "dw"), (Values{-1.5, -0.5}));
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "db"), (Values{-1}));
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "back"), (Values{-3, -1.5, -1, -0.5}));

  // The second sample as padding: neither summed nor counted.
  arguments["rows"] = Tensor::number(1);
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "dw"), (Values{-1.5, -3}));
  EXPECT_EQ(valuesOf(runFunction(function, arguments), "db"), (Values{-1.5}));
}

TEST_F(Interpreter, saysWhatIsWrong) {
  auto function = parse<func::FuncOp>(R"mlir(
    func.func @step(%x: tensor<2x2xf32> {dyad.name = "x"})
        -> (tensor<2x2xf32> {dyad.name = "x"}) {
      return %x : tensor<2x2xf32>
    })mlir");
  ASSERT_TRUE(function);
  EXPECT_EQ(llvm::toString(runFunction(function, {}).takeError()), "reference: no value for `x`");
  EXPECT_EQ(llvm::toString(runFunction(function, {{"x", tensor({1}, {1})}}).takeError()),
            "reference: `x` has the wrong shape: expected [2, 2], found [1]");
}

/// Two layers that only count: 1 becomes 10 * itself + the other, 2 adds the other.
std::string counting(const std::string &inference, int passes) {
  return "dyad.program @p inference " + inference + " passes " + std::to_string(passes) + R"mlir( {
    %x = dyad.input : tensor<1x1xf32>
    %y = dyad.target : tensor<1x1xf32>
    %rows = dyad.rows : index
    dyad.initial {
      dyad.set "a#0" %x : tensor<1x1xf32>
      dyad.set "b#0" %x : tensor<1x1xf32>
    }
    dyad.update "a" {
      %a = dyad.get "a#0" : tensor<1x1xf32>
      %b = dyad.get "b#0" : tensor<1x1xf32>
      %n = dyad.combine ["10", "1"] %a, %b : tensor<1x1xf32>
      dyad.set "a#0" %n : tensor<1x1xf32>
    }
    dyad.update "b" {
      %a = dyad.get "a#0" : tensor<1x1xf32>
      %b = dyad.get "b#0" : tensor<1x1xf32>
      %n = dyad.combine ["1", "1"] %a, %b : tensor<1x1xf32>
      dyad.set "b#0" %n : tensor<1x1xf32>
    }
    dyad.gradients {
      %a = dyad.get "a#0" : tensor<1x1xf32>
      dyad.set "p#gradient" %a : tensor<1x1xf32>
    }
  })mlir";
}

TEST_F(Interpreter, runsAProgramInOrder) {
  Environment arguments = {
      {"x", tensor({1, 1}, {1})}, {"y", tensor({1, 1}, {0})}, {"rows", Tensor::number(1)}};
  auto run = [&](const std::string &inference, int passes) {
    auto program = parse<dyad::ProgramOp>(counting(inference, passes));
    if (!program)
      return Values{};
    auto results = runProgram(program, arguments);
    if (!results) {
      ADD_FAILURE() << llvm::toString(results.takeError());
      return Values{};
    }
    return Values{(*results)["a#0"].values[0], (*results)["b#0"].values[0],
                  (*results)["p#gradient"].values[0]};
  };
  // (a, b) from (1, 1): a -> 10a + b, b -> a + b.
  EXPECT_EQ(run("forward", 1), (Values{11, 12, 11}));
  EXPECT_EQ(run("backward", 7), (Values{12, 2, 12}));
  EXPECT_EQ(run("jacobi", 1), (Values{11, 2, 11}));
  EXPECT_EQ(run("forward_backward", 1), (Values{12, 2, 12}));
  EXPECT_EQ(run("odd_even", 2), (Values{122, 134, 122}));
  EXPECT_EQ(run("even_odd", 1), (Values{12, 2, 12}));
}

TEST(UpdateSequence, followsTheTable) {
  using Sequence = std::vector<std::vector<int64_t>>;
  EXPECT_EQ(updateSequence(Inference::forward_backward, 2, 3),
            (Sequence{{3}, {2}, {1}, {2}, {3}, {2}, {1}, {1}}));
  EXPECT_EQ(updateSequence(Inference::odd_even, 1, 5), (Sequence{{1}, {3}, {5}, {2}, {4}}));
  EXPECT_EQ(updateSequence(Inference::even_odd, 2, 3), (Sequence{{2}, {1}, {3}, {2}, {1}, {3}}));
  EXPECT_EQ(updateSequence(Inference::backward, 9, 3), (Sequence{{3}, {2}, {1}}));
  EXPECT_EQ(updateSequence(Inference::jacobi, 2, 2), (Sequence{{1, 2}, {1, 2}}));
  EXPECT_EQ(updateSequence(Inference::forward_backward, 3, 1), (Sequence{{1}, {1}, {1}}));
}

} // namespace
