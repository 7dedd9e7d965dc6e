// The worked example of spec.md 10: a 2-3-3-2 relu network, one sample.
#include "test/property/RandomModel.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dpc::property;

namespace {

const char *const network = R"(network net(x: f32[2]) -> f32[2] {
  h1 = relu(dense(x, 3));
  h2 = relu(dense(h1, 3));
  return dense(h2, 2);
}
)";

using Values = std::vector<double>;

Tensor tensor(std::vector<int64_t> shape, Values values) {
  Tensor result(std::move(shape));
  result.values = std::move(values);
  return result;
}

Environment arguments() {
  return {{"x", tensor({1, 2}, {1, 0.5})},
          {"y", tensor({1, 2}, {0, 1})},
          {"rows", Tensor::number(1)},
          {"h1.weight", tensor({3, 2}, {.5, -.3, .8, .2, -.6, .9})},
          {"h1.bias", tensor({3}, {.1, -.2, .05})},
          {"h2.weight", tensor({3, 3}, {.4, -.7, .2, .3, .5, -.1, -.2, .6, .8})},
          {"h2.bias", tensor({3}, {.3, .1, 0})},
          {"output.weight", tensor({2, 3}, {.7, -.4, .3, -.2, .6, .5})},
          {"output.bias", tensor({2}, {.05, -.1})}};
}

const std::vector<std::string> all = {
    "forward(passes = 3)",  "forward_backward",     "backward",
    "odd_even(passes = 3)", "even_odd(passes = 3)", "jacobi(passes = 4)"};
const std::vector<std::string> settled = {"forward_backward(passes = 40)", "jacobi(passes = 80)",
                                          "forward(passes = 60)"};

/// Runs in every inference, literally and scheduled; the table is rounded to six digits.
void expectRow(const std::string &objective, const std::string &loss,
               const std::vector<std::string> &inferences,
               const std::map<std::string, Values> &expected) {
  for (const std::string &inference : inferences) {
    SCOPED_TRACE(objective + " " + inference);
    Compiled compiled(network + trainBlock(objective, loss, inference), 1);
    ASSERT_TRUE(compiled.valid()) << compiled.errors;
    for (Environment cells :
         {compiled.runUnrolled(arguments()), compiled.runScheduled(arguments())})
      for (const auto &[name, values] : expected) {
        ASSERT_EQ(cells[name].values.size(), values.size()) << name;
        for (size_t i = 0; i < values.size(); ++i)
          EXPECT_NEAR(cells[name].values[i], values[i], 6e-7) << name;
      }
  }
}

const std::map<std::string, Values> backpropGradients = {
    {"h1.weight#gradient", {-.098099, -.049050, -.233930, -.116965, 0, 0}},
    {"h2.weight#gradient", {0, 0, 0, -.169788, -.264114, 0, -.033958, -.052823, 0}},
    {"output.weight#gradient", {0, .220724, .124511, 0, -.220724, -.124511}}};

TEST(Golden, forward) {
  expectRow("backprop", "half_squared_error", all,
            {{"h1#forward", {.45, .7, 0}},
             {"h2#forward", {0, .585, .33}},
             {"output#forward", {-.085, .416}},
             {"#loss", {.174140}}}); // 0.0072250 / 2 + 0.341056 / 2
  expectRow("backprop", "softmax_cross_entropy", all, {{"#loss", {.473700}}});
}

TEST(Golden, backprop) { expectRow("backprop", "softmax_cross_entropy", all, backpropGradients); }

TEST(Golden, transposeZero) {
  expectRow("dp_transpose(alpha = 0, beta = 0.5)", "softmax_cross_entropy", all,
            {{"h1#0", {.499050, .816965, 0}},
             {"h1#1", {.45, .7, 0}},
             {"h2#0", {0, .773653, .367731}},
             {"h2#1", {0, .585, .33}},
             {"output#0", {-.273653, .604653}},
             {"output#1", {-.085, .416}}});
  expectRow("dp_transpose(alpha = 0, beta = 0.5)", "softmax_cross_entropy", all, backpropGradients);
}

TEST(Golden, transposeOne) {
  expectRow(
      "dp_transpose(alpha = 1, beta = 0.5)", "softmax_cross_entropy", all,
      {{"h1#0", {.45, .7, 0}},
       {"h1#1", {.464865, .471184, 0}},
       {"h2#0", {0, .585, .33}},
       {"h2#1", {.159788, .396347, .292269}},
       {"output#0", {-.085, .416}},
       {"output#1", {.103653, .227347}},
       {"h1.weight#gradient", {.029731, .014865, -.457632, -.228816, 0, 0}},
       {"h2.weight#gradient", {.143809, .223703, 0, -.169788, -.264114, 0, -.033958, -.052823, 0}},
       {"output.weight#gradient", {0, .220724, .124511, 0, -.220724, -.124511}}});
}

TEST(Golden, half) {
  for (const char *objective :
       {"dp_transpose(alpha = 1/2, beta = 0.5)", "dp(alpha = 1/2, beta = 0.5, point = initial)"})
    expectRow(objective, "softmax_cross_entropy", settled,
              {{"h1#0", {.459546, .784695, 0}},
               {"h1#1", {.440454, .615305, 0}},
               {"h2#0", {0, .679326, .348865}},
               {"h2#1", {.074894, .490674, .311135}},
               {"output#0", {-.153114, .502837}},
               {"output#1", {.035539, .314184}}});
}

TEST(Golden, halfProximal) {
  expectRow("dp(alpha = 1/2, beta = 0.5, point = exact)", "half_squared_error", settled,
            {{"h1#0", {.457350, .795077, 0}},
             {"h1#1", {.442650, .604923, 0}},
             {"h2#0", {0, .669676, .414583}},
             {"h2#1", {.005681, .500324, .245417}},
             {"output#0", {-.066409, .532345}},
             {"output#1", {-.110682, .220576}}});
}

TEST(Golden, oneProximal) {
  for (const char *objective :
       {"dp(alpha = 1, beta = 0.5, point = exact)", "lpom(beta = 0.5, point = exact)"})
    expectRow(objective, "half_squared_error", settled,
              {{"h1#0", {.456218, .788044, 0}},
               {"h1#1", {.45, .7, 0}},
               {"h2#0", {0, .707101, .464811}},
               {"h2#1", {0, .630888, .381583}},
               {"output#0", {-.062265, .704444}},
               {"output#1", {-.093397, .556666}}});
}

TEST(Golden, oneCurrent) {
  expectRow("dp(alpha = 1, beta = 0.5, point = current)", "softmax_cross_entropy", settled,
            {{"h1#0", {.491943, .800017, 0}},
             {"h1#1", {.45, .7, 0}},
             {"h2#0", {0, .808909, .413885}},
             {"h2#1", {0, .647591, .381622}},
             {"output#0", {-.310716, .753606}},
             {"output#1", {-.149398, .592288}}});
}

} // namespace
