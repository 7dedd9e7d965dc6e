//===- step-server.cpp - runs training steps on demand, for interleaved timing ----------------===//
//
// dpc-step-server MODEL.dp THREADS [KEY=VALUE ...]
//
// Compiles the model, fills one resident batch with fixed pseudo-random data and answers each
// number n on standard input by running n whole steps (gradients, divergence check, parameter
// update) and printing the microseconds that one took. Waits without spinning in between, so that
// servers can take turns.
//
//===------------------------------------------------------------------------------------------===//
#include "lib/Driver/Executable.h"
#include "lib/Driver/Runtime.h"

#include "Train/Divergence.h"
#include "dprt/optimizer.h"

#include <chrono>
#include <iostream>
#include <random>

using namespace dpc;
using namespace dpc::driver;

namespace {

class StandardError : public Console {
public:
  bool out(llvm::StringRef) override { return true; }
  void err(llvm::StringRef text) override { std::cerr << text.str(); }
  void progress(llvm::StringRef) override {}
  bool colour() const override { return false; }
};

void fill(dprt::Model &model, const dprt::TensorPlace &place, bool oneHot) {
  std::mt19937 random(1);
  std::vector<float> values(place.elements());
  if (oneHot) {
    int64_t classes = place.shape.back();
    for (int64_t row = 0; row < place.shape.front(); ++row)
      values[row * classes + random() % classes] = 1;
  } else {
    std::normal_distribution<float> normal;
    for (float &value : values)
      value = normal(random);
  }
  model.write(place, values);
}

} // namespace

int main(int argc, char **argv) {
  if (argc < 3) {
    std::cerr << "usage: dpc-step-server MODEL.dp THREADS [KEY=VALUE ...]\n";
    return 2;
  }
  StandardError console;
  ModelOptions options;
  options.file = argv[1];
  options.settings.assign(argv + 3, argv + argc);
  MachineOptions machine;
  machine.threads = std::atoi(argv[2]);
  Compiler compiler(options, console);
  if (!compiler.load())
    return 1;
  std::unique_ptr<Executable> executable =
      Executable::make(compiler, machine, {"train_step", "infer"});
  auto weights = startWeights(compiler.model(), std::nullopt);
  if (!executable || !weights.ok())
    return 1;
  dprt::Model &model = executable->model();
  model.writeParameters(*weights);
  auto optimizer = dprt::Optimizer::create(optimizerOptions(compiler.model().settings),
                                           model.parameterElements());
  if (!optimizer.ok())
    return 1;
  fill(model, *model.description().find("train_step", "x"), false);
  fill(model, *model.description().find("train_step", "y"), true);

  // A small rate keeps the weights finite however long the server runs.
  dprt::DivergenceCheck check(model, {});
  auto step = [&] {
    model.run("train_step", model.batch());
    if (!check.states(model.batch()).empty())
      std::cerr << "dpc-step-server: diverged\n";
    (void)optimizer->step(model.parameterData(), model.gradientData(), 1e-6);
  };
  step();
  std::cout << "ready" << std::endl;
  for (std::string line; std::getline(std::cin, line);) {
    long count = std::atol(line.c_str());
    auto start = std::chrono::steady_clock::now();
    for (long i = 0; i < count; ++i)
      step();
    double seconds =
        std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
    std::cout << 1e6 * seconds / std::max(count, 1L) << std::endl;
  }
}
