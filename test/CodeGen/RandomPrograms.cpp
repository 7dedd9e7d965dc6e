//===- RandomPrograms.cpp - straight-line dyad of every op and odd sizes ----------------------===//
#include "test/CodeGen/RandomPrograms.h"

#include <fmt/format.h>

#include <random>

using namespace dpc::test;

namespace {

struct Batch {
  std::string name;
  int width;
  bool smooth; // away from kinks: the slope of an activation may be taken here
};
struct Weight {
  std::string name;
  int out, in;
  bool hasGradient;
};

class Program {
public:
  explicit Program(unsigned seed) : random(seed) {}
  std::string text();

private:
  int number(int low, int high) { return std::uniform_int_distribution<>(low, high)(random); }
  template <typename T> const T &pick(const std::vector<T> &from) {
    return from[number(0, from.size() - 1)];
  }
  std::string batchType(int width) const { return fmt::format("tensor<{}x{}xf32>", batch, width); }
  static std::string weightType(const Weight &w) {
    return fmt::format("tensor<{}x{}xf32>", w.out, w.in);
  }

  Batch add(int width, bool smooth, const std::string &op) {
    Batch value{fmt::format("%v{}", values.size()), width, smooth};
    body += fmt::format("  {} = {}\n", value.name, op);
    values.push_back(value);
    return value;
  }
  /// Another batch of the same width.
  Batch like(const Batch &value) {
    std::vector<Batch> same;
    for (const Batch &other : values)
      if (other.width == value.width)
        same.push_back(other);
    return pick(same);
  }
  std::string activation(bool withSlope = true) {
    std::string name =
        pick<std::string>({"identity", "relu", "leaky_relu", "clip", "tanh", "sigmoid"});
    return name == "leaky_relu" && withSlope ? "leaky_relu slope \"1/10\"" : name;
  }

  void linear();
  void linearTranspose();
  void combine();
  void activate();
  void slopeTimes();
  void difference();
  void gradients();
  void loss(int out);

  std::mt19937 random;
  int batch = 1;
  std::vector<Batch> values;
  std::vector<Weight> weights;
  std::string arguments, body, results, resultTypes, returned;
};

} // namespace

void Program::linear() {
  Batch x = pick(values);
  std::vector<Weight> fitting;
  for (const Weight &w : weights)
    if (w.in == x.width)
      fitting.push_back(w);
  Weight w;
  if (!fitting.empty() && number(0, 2) == 0) {
    w = pick(fitting);
  } else {
    int out = number(0, 1) ? number(1, 130) : pick(values).width;
    w = {fmt::format("p{}", weights.size()), out, x.width, false};
    weights.push_back(w);
    arguments +=
        fmt::format(", %{0}w: {1} {{dyad.name = \"{0}.weight\", dyad.parameter}}"
                    ", %{0}b: tensor<{2}xf32> {{dyad.name = \"{0}.bias\", dyad.parameter}}",
                    w.name, weightType(w), w.out);
  }
  if (number(0, 3) == 0)
    add(w.out, true,
        fmt::format("dyad.linear {}, %{}w : ({}, {}) -> {}", x.name, w.name, batchType(x.width),
                    weightType(w), batchType(w.out)));
  else
    add(w.out, true,
        fmt::format("dyad.linear {0}, %{1}w, %{1}b : ({2}, {3}, tensor<{4}xf32>) -> {5}", x.name,
                    w.name, batchType(x.width), weightType(w), w.out, batchType(w.out)));
}

void Program::linearTranspose() {
  Batch d = pick(values);
  for (const Weight &w : weights)
    if (w.out == d.width) {
      add(w.in, true,
          fmt::format("dyad.linear_transpose {}, %{}w : ({}, {}) -> {}", d.name, w.name,
                      batchType(d.width), weightType(w), batchType(w.in)));
      return;
    }
}

void Program::combine() {
  Batch first = pick(values);
  std::string coefficients, operands;
  for (int i = number(1, 3); i > 0; --i) {
    std::string coefficient = pick<std::string>({"1", "-1", "1/3", "-1/3", "-1/10", "1/2", "2"});
    coefficients += fmt::format("{}\"{}\"", coefficients.empty() ? "" : ", ", coefficient);
    operands += (operands.empty() ? "" : ", ") + (operands.empty() ? first : like(first)).name;
  }
  add(first.width, false,
      fmt::format("dyad.combine [{}] {} : {}", coefficients, operands, batchType(first.width)));
}

void Program::activate() {
  Batch b = pick(values);
  std::string f = activation();
  bool curved = f == "tanh" || f == "sigmoid";
  std::string rho = !curved && number(0, 2) == 0 ? " rho \"1/2\"" : "";
  add(b.width, false,
      fmt::format("dyad.activate {}{} {} : {}", f, rho, b.name, batchType(b.width)));
}

void Program::slopeTimes() {
  Batch z = pick(values);
  if (!z.smooth)
    return;
  add(z.width, false,
      fmt::format("dyad.slope_times {} {}, {} : {}", activation(), z.name, like(z).name,
                  batchType(z.width)));
}

void Program::difference() {
  Batch q = pick(values), d = like(q);
  Batch p = add(
      q.width, false,
      fmt::format("dyad.combine [\"1\", \"1\"] {}, {} : {}", q.name, d.name, batchType(q.width)));
  add(q.width, false,
      fmt::format("dyad.activation_difference {} {}, {} by {} : {}", activation(), p.name, q.name,
                  d.name, batchType(q.width)));
}

void Program::loss(int out) {
  std::string kind =
      pick<std::string>({"softmax_cross_entropy", "half_squared_error", "squared_error"});
  Batch z = values[0];
  for (const Batch &value : values)
    if (value.width == out)
      z = value;
  body += fmt::format("  %loss = dyad.loss {0} {1}, %y : ({2}, {2}) -> tensor<{3}xf32>\n", kind,
                      z.name, batchType(out), batch);
  returned += "%loss, ";
  results += fmt::format("tensor<{}xf32> {{dyad.name = \"#loss\"}}, ", batch);
  resultTypes += fmt::format("tensor<{}xf32>, ", batch);
  add(out, false, fmt::format("dyad.loss_gradient {} {}, %y : {}", kind, z.name, batchType(out)));
}

void Program::gradients() {
  for (const Weight &w : weights) {
    std::vector<Batch> ds, xs;
    for (const Batch &value : values) {
      if (value.width == w.out)
        ds.push_back(value);
      if (value.width == w.in)
        xs.push_back(value);
    }
    Batch d = pick(ds), x = pick(xs);
    std::string type = weightType(w);
    body += fmt::format(
        "  %{0}g = dyad.weight_gradient {1}, {2} rows %rows : ({3}, {4}, index) -> {5}\n", w.name,
        d.name, x.name, batchType(d.width), batchType(x.width), type);
    std::string result = fmt::format("%{}g", w.name);
    if (number(0, 1)) {
      Batch d2 = pick(ds), x2 = pick(xs);
      body += fmt::format(
          "  %{0}h = dyad.weight_gradient {1}, {2} rows %rows : ({3}, {4}, index) -> {5}\n"
          "  %{0}s = dyad.combine [\"-10\", \"1/3\"] %{0}g, %{0}h : {5}\n",
          w.name, d2.name, x2.name, batchType(d.width), batchType(x.width), type);
      result = fmt::format("%{}s", w.name);
    }
    body += fmt::format(
        "  %{0}c = dyad.bias_gradient {1} rows %rows : ({2}, index) -> tensor<{3}xf32>\n", w.name,
        d.name, batchType(d.width), d.width);
    returned += fmt::format("{}, %{}c, ", result, w.name);
    results += fmt::format("{0} {{dyad.name = \"{1}.weight#gradient\"}}, tensor<{2}xf32> "
                           "{{dyad.name = \"{1}.bias#gradient\"}}, ",
                           type, w.name, w.out);
    resultTypes += fmt::format("{}, tensor<{}xf32>, ", type, w.out);
  }
}

std::string Program::text() {
  batch = number(1, 130);
  int in = number(1, 97), out = number(1, 20);
  values.push_back({"%x", in, true});
  linear();
  for (int i = number(4, 16); i > 0; --i) {
    switch (number(0, 7)) {
    case 0:
    case 1:
      linear();
      break;
    case 2:
      linearTranspose();
      break;
    case 3:
      combine();
      break;
    case 4:
      slopeTimes();
      break;
    case 5:
      difference();
      break;
    default:
      activate();
    }
  }
  Batch last = values.back();
  Weight w{fmt::format("p{}", weights.size()), out, last.width, false};
  weights.push_back(w);
  arguments += fmt::format(", %{0}w: {1} {{dyad.name = \"{0}.weight\", dyad.parameter}}"
                           ", %{0}b: tensor<{2}xf32> {{dyad.name = \"{0}.bias\", dyad.parameter}}",
                           w.name, weightType(w), w.out);
  add(out, true,
      fmt::format("dyad.linear {0}, %{1}w, %{1}b : ({2}, {3}, tensor<{4}xf32>) -> {5}", last.name,
                  w.name, batchType(last.width), weightType(w), out, batchType(out)));
  loss(out);
  for (int i = number(0, 4); i > 0; --i)
    number(0, 1) ? difference() : linearTranspose();
  body += fmt::format("  %zero = dyad.zero : {}\n", batchType(3));
  gradients();
  for (size_t i = 1; i < values.size(); ++i) {
    returned += values[i].name + ", ";
    results += fmt::format("{} {{dyad.name = \"v#{}\"}}, ", batchType(values[i].width), i);
    resultTypes += batchType(values[i].width) + ", ";
  }
  return fmt::format(
      "func.func @train_step(%x: {} {{dyad.name = \"x\"}}, %y: {} {{dyad.name = \"y\"}}, "
      "%rows: index {{dyad.name = \"rows\"}}{}) -> ({}{} {{dyad.name = \"zero#0\"}}) {{\n{}"
      "  return {}%zero : {}{}\n}}\n",
      batchType(in), batchType(out), arguments, results, batchType(3), body, returned, resultTypes,
      batchType(3));
}

std::string dpc::test::randomProgram(unsigned seed) { return Program(seed).text(); }

std::string dpc::test::chainProgram(const std::vector<int> &widths, int batch,
                                    const std::string &activation, const std::string &loss) {
  std::string f = activation == "leaky_relu" ? "leaky_relu slope \"1/10\"" : activation;
  int layers = widths.size() - 1;
  auto batchType = [&](int width) { return fmt::format("tensor<{}x{}xf32>", batch, width); };
  std::string arguments, forward, backward, gradients, gradientTypes, gradientNames;
  std::string state = "%x", output = batchType(widths.back());
  for (int k = 0; k < layers; ++k) {
    std::string weight = fmt::format("tensor<{}x{}xf32>", widths[k + 1], widths[k]);
    std::string bias = fmt::format("tensor<{}xf32>", widths[k + 1]);
    std::string name = k + 1 == layers ? "output" : fmt::format("h{}", k + 1);
    arguments += fmt::format(", %w{0}: {1} {{dyad.name = \"{3}.weight\", dyad.parameter}}, %b{0}: "
                             "{2} {{dyad.name = \"{3}.bias\", dyad.parameter}}",
                             k, weight, bias, name);
    forward += fmt::format("  %a{0} = dyad.linear {1}, %w{0}, %b{0} : ({2}, {3}, {4}) -> {5}\n", k,
                           state, batchType(widths[k]), weight, bias, batchType(widths[k + 1]));
    std::string step = fmt::format(
        "  %g{0} = dyad.weight_gradient %d{0}, {1} rows %rows : ({2}, {3}, index) -> {4}\n"
        "  %c{0} = dyad.bias_gradient %d{0} rows %rows : ({2}, index) -> {5}\n",
        k, state, batchType(widths[k + 1]), batchType(widths[k]), weight, bias);
    if (k > 0)
      step += fmt::format("  %v{0} = dyad.linear_transpose %d{1}, %w{1} : ({2}, {3}) -> {4}\n"
                          "  %p{0} = dyad.combine [\"1\", \"1\"] %a{0}, %v{0} : {4}\n"
                          "  %d{0} = dyad.activation_difference {5} %p{0}, %a{0} by %v{0} : {4}\n",
                          k - 1, k, batchType(widths[k + 1]), weight, batchType(widths[k]), f);
    backward = step + backward;
    gradients += fmt::format("%g{0}, %c{0}, ", k);
    gradientTypes += weight + ", " + bias + ", ";
    gradientNames += fmt::format("{0} {{dyad.name = \"{2}.weight#gradient\"}}, {1} {{dyad.name = "
                                 "\"{2}.bias#gradient\"}}, ",
                                 weight, bias, name);
    state = fmt::format("%a{}", k);
    if (k + 1 < layers) {
      state = fmt::format("%s{}", k);
      forward +=
          fmt::format("  {} = dyad.activate {} %a{} : {}\n", state, f, k, batchType(widths[k + 1]));
    }
  }
  forward += fmt::format("  %loss = dyad.loss {0} {1}, %y : ({2}, {2}) -> tensor<{3}xf32>\n", loss,
                         state, output, batch);
  std::string nudge = fmt::format("  %nudge = dyad.loss_gradient {0} {1}, %y : {2}\n"
                                  "  %d{3} = dyad.combine [\"-1/10\"] %nudge : {2}\n",
                                  loss, state, output, layers - 1);
  auto function = [&](const char *name, const std::string &body, const std::string &values,
                      const std::string &types, const std::string &names) {
    return fmt::format(
        "func.func @{0}(%x: {1} {{dyad.name = \"x\"}}, %y: {2} {{dyad.name = \"y\"}}, %rows: index "
        "{{dyad.name = \"rows\"}}{3}) -> ({4}tensor<{5}xf32> {{dyad.name = \"#loss\"}}, {2} "
        "{{dyad.name = \"output#forward\"}}) {{\n{6}  return {7}%loss, {8} : {9}tensor<{5}xf32>, "
        "{2}\n}}\n",
        name, batchType(widths[0]), output, arguments, names, batch, body, values, state, types);
  };
  return function("train_step", forward + nudge + backward, gradients, gradientTypes,
                  gradientNames) +
         function("infer", forward, "", "", "");
}
