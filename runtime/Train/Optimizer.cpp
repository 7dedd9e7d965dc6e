//===- Optimizer.cpp - updates of all parameters (language.md T5) -----------------------------===//
#include "dprt/optimizer.h"

#include "Core/Guard.h"
#include "Core/Parallel.h"
#include "Train/Kernels.h"

#include <atomic>
#include <cmath>

using namespace dprt;

Result<Optimizer> Optimizer::create(const OptimizerOptions &options, int64_t elements) {
  return guard([&]() -> Result<Optimizer> {
    Optimizer optimizer;
    optimizer.options = options;
    optimizer.elements = elements;
    const Sgd *sgd = std::get_if<Sgd>(&options);
    if (!sgd || sgd->momentum != 0)
      optimizer.first.resize(size_t(elements));
    if (!sgd)
      optimizer.second.resize(size_t(elements));
    return optimizer;
  });
}

bool Optimizer::step(float *parameters, const float *gradients, double rate) {
  ++steps;
  std::atomic<bool> good = true;
  auto each = [&](auto kernel) {
    parallelPieces(elements, 16384, [&](int64_t begin, int64_t end) {
      if (!kernel(begin, end - begin))
        good.store(false, std::memory_order_relaxed);
    });
  };
  if (const Sgd *sgd = std::get_if<Sgd>(&options)) {
    SgdStep step = {float(rate), float(sgd->momentum), float(sgd->weightDecay), sgd->nesterov};
    each([&](int64_t at, int64_t count) {
      return sgdStep(step, count, parameters + at, gradients + at,
                     first.empty() ? nullptr : first.data() + at);
    });
  } else {
    const Adam &adam = std::get<Adam>(options);
    AdamStep step = {float(rate),
                     float(adam.beta1),
                     float(adam.beta2),
                     float(1 - adam.beta1),
                     float(1 - adam.beta2),
                     float(1 / (1 - std::pow(adam.beta1, double(steps)))),
                     float(1 / (1 - std::pow(adam.beta2, double(steps)))),
                     float(adam.epsilon)};
    each([&](int64_t at, int64_t count) {
      return adamStep(step, count, parameters + at, gradients + at, first.data() + at,
                      second.data() + at);
    });
  }
  return good;
}
