//===- RandomModel.cpp - DAGs with residual sums and shared weights ---------------------------===//
#include "test/property/RandomModel.h"

#include <fmt/format.h>

using namespace dpc::property;

namespace {
/// A value of the network that later layers may read.
struct Readable {
  std::string text;
  int width;
};

/// Writes a network line by line.
class Writer {
public:
  Writer(Random &random, const NetworkOptions &options) : random(random), options(options) {}

  std::string write() {
    int layers = between(options.minLayers, options.maxLayers),
        inputs = between(1, options.maxWidth);
    values.push_back({"x", inputs});
    for (int made = 1; made < layers;)
      made += hidden(layers - made);
    Readable last = values.back();
    int outputs = between(2, 5);
    std::string result = dense(last, outputs, "");
    if (options.graphs && chance(5))
      result += " + " + dense(choose(random, values), outputs, "");
    return fmt::format("{}network net(x: f32[{}]) {{\n{}  return {};\n}}\n", blocks, inputs, body,
                       result);
  }

private:
  int between(int low, int high) { return low + static_cast<int>(random() % (high - low + 1)); }
  bool chance(int oneIn) { return random() % oneIn == 0; }

  std::string activate(const std::string &argument) {
    std::string name = choose(random, options.activations);
    if (name == "leaky_relu(slope)")
      return fmt::format("leaky_relu({}, slope = {})", argument,
                         choose<std::string>(random, {"0.1", "0.25", "1/2"}));
    return name + "(" + argument + ")";
  }

  /// A dense map of `from`, sharing the weights of an earlier value now and then.
  std::string dense(const Readable &from, int width, const std::string &owner) {
    if (options.graphs && !owner.empty())
      for (const auto &[name, shape] : weights)
        if (shape == std::pair(from.width, width) && chance(2))
          return fmt::format("dense({}, {}, weights = {})", from.text, width, name);
    if (!owner.empty())
      weights.emplace_back(owner, std::pair(from.width, width));
    // A shared map has its owner's bias, so only maps that nobody shares go without.
    bool bias = !owner.empty() || !chance(4);
    return fmt::format("dense({}, {}{})", from.text, width, bias ? "" : ", bias = false");
  }

  /// Adds a hidden value of one or two layers; returns how many.
  int hidden(int room) {
    std::string name = fmt::format("h{}", ++count);
    const Readable from = chance(3) ? choose(random, values) : values.back();
    const Readable other = choose(random, values);
    int width = between(1, options.maxWidth), kind = options.graphs ? between(0, 7) : 0;
    std::string value;
    int layers = 1;
    if (kind <= 2) {
      value = activate(dense(from, width, name));
    } else if (kind == 3) { // a residual sum
      width = other.width;
      value = activate(fmt::format("{} {} {}{}", dense(from, width, name), chance(2) ? "+" : "-",
                                   chance(2) ? "1/2 * " : "", other.text));
    } else if (kind == 4) { // two inputs
      std::string first = dense(from, width, name);
      value = activate(first + " - " + dense(other, width, ""));
    } else if (kind == 5 || room < 2) { // of a sum that has no weights
      width = from.width;
      value = activate(fmt::format("{} * 2/3 + {}", from.text, dense(other, width, "")));
    } else if (kind == 6) { // a nested activation
      int inner = between(1, options.maxWidth);
      std::string first = activate(dense(from, inner, ""));
      value = activate(dense({first, inner}, width, ""));
      layers = 2;
    } else { // a residual block
      width = from.width;
      std::string first = activate(fmt::format("dense(v, {})", width));
      blocks += fmt::format("block b{0}(v) {{\n  inside = {1};\n  return {2};\n}}\n", count, first,
                            activate(fmt::format("dense(inside, {}) + v", width)));
      value = fmt::format("b{}({})", count, from.text);
      layers = 2;
    }
    body += fmt::format("  {} = {};\n", name, value);
    values.push_back({name, width});
    return layers;
  }

  Random &random;
  const NetworkOptions &options;
  std::string blocks, body;
  std::vector<Readable> values;
  std::vector<std::pair<std::string, std::pair<int, int>>> weights; // owner, (in, out)
  int count = 0;
};
} // namespace

std::string dpc::property::randomNetwork(Random &random, const NetworkOptions &options) {
  return Writer(random, options).write();
}

std::string dpc::property::trainBlock(const std::string &objective, const std::string &loss,
                                      const std::string &inference) {
  return fmt::format("train {{\n  objective {};\n  loss {};\n  inference {};\n}}\n", objective,
                     loss, inference);
}

std::string dpc::property::randomInference(Random &random, int passes) {
  std::string name = choose<std::string>(
      random, {"forward", "forward_backward", "backward", "odd_even", "even_odd", "jacobi"});
  return fmt::format("{}(passes = {})", name, passes + random() % 2);
}

std::string dpc::property::randomLoss(Random &random) {
  return choose<std::string>(random,
                             {"softmax_cross_entropy", "half_squared_error", "squared_error"});
}
