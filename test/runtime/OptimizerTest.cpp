//===- OptimizerTest.cpp - updates and rates against their formulas (language.md T5, T6) ------===//
#include "dprt/optimizer.h"
#include "dprt/dprt.h"
#include "dprt/philox.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <limits>
#include <numbers>

using namespace dprt;

static std::vector<float> randomNumbers(size_t count, uint32_t index) {
  std::vector<float> values(count);
  fillNormal(values, 0, 1, 77, Stream::Augmentation, index);
  return values;
}

/// T5 in double.
static std::vector<double> plainFormula(const OptimizerOptions &options, std::vector<double> w,
                                        int steps, double rate) {
  std::vector<double> v(w.size()), u(w.size());
  for (int t = 1; t <= steps; ++t) {
    std::vector<float> gradient = randomNumbers(w.size(), uint32_t(t));
    for (size_t i = 0; i < w.size(); ++i) {
      double g = gradient[i];
      if (const Sgd *sgd = std::get_if<Sgd>(&options)) {
        g += sgd->weightDecay * w[i];
        v[i] = sgd->momentum * v[i] + g;
        w[i] -= rate * (sgd->nesterov ? g + sgd->momentum * v[i] : v[i]);
      } else {
        const Adam &adam = std::get<Adam>(options);
        v[i] = adam.beta1 * v[i] + (1 - adam.beta1) * g;
        u[i] = adam.beta2 * u[i] + (1 - adam.beta2) * g * g;
        double m = v[i] / (1 - std::pow(adam.beta1, t)), s = u[i] / (1 - std::pow(adam.beta2, t));
        w[i] -= rate * m / (std::sqrt(s) + adam.epsilon);
      }
    }
  }
  return w;
}

TEST(Optimizer, FollowsTheFormulas) {
  for (const OptimizerOptions &options : std::vector<OptimizerOptions>{
           Sgd{}, Sgd{0, 0.1, false}, Sgd{0.9, 0, false}, Sgd{0.9, 5e-4, false},
           Sgd{0.9, 5e-4, true}, Adam{}, Adam{0.5, 0.9, 1e-3}}) {
    for (size_t count : {1, 7, 129, 5000}) {
      std::vector<float> w = randomNumbers(count, 0);
      std::vector<double> expected = plainFormula(options, {w.begin(), w.end()}, 6, 0.01);
      Result<Optimizer> optimizer = Optimizer::create(options, int64_t(count));
      ASSERT_TRUE(optimizer.ok());
      for (uint32_t t = 1; t <= 6; ++t)
        ASSERT_TRUE(optimizer->step(w.data(), randomNumbers(count, t).data(), 0.01));
      for (size_t i = 0; i < count; ++i)
        ASSERT_NEAR(w[i], expected[i], 2e-6 * std::max(1.0, std::abs(expected[i])))
            << options.index() << " " << i;
    }
  }
}

TEST(Optimizer, SameBitsForAnyNumberOfThreads) {
  for (const OptimizerOptions &options :
       std::vector<OptimizerOptions>{Sgd{}, Sgd{0.9, 5e-4, true}, Adam{}}) {
    std::vector<std::vector<float>> results;
    for (int threads : {1, 2, 3}) {
      dprt_set_threads(threads);
      std::vector<float> w = randomNumbers(200001, 0);
      Result<Optimizer> optimizer = Optimizer::create(options, int64_t(w.size()));
      for (uint32_t t = 1; t <= 3; ++t)
        ASSERT_TRUE(optimizer->step(w.data(), randomNumbers(w.size(), t).data(), 0.01));
      results.push_back(w);
    }
    for (size_t i = 1; i < results.size(); ++i)
      EXPECT_EQ(std::memcmp(results[0].data(), results[i].data(), 200001 * sizeof(float)), 0);
  }
}

TEST(Optimizer, ZeroStaysZero) {
  // The padding of the parameter region: no parameter, no gradient.
  for (const OptimizerOptions &options :
       std::vector<OptimizerOptions>{Sgd{0.9, 0.1, true}, Adam{}}) {
    std::vector<float> w(40, 0.0f), g(40, 0.0f);
    Result<Optimizer> optimizer = Optimizer::create(options, 40);
    ASSERT_TRUE(optimizer->step(w.data(), g.data(), 1));
    EXPECT_EQ(w, g);
  }
}

TEST(Optimizer, ReportsWhatIsNotFinite) {
  float infinity = std::numeric_limits<float>::infinity(), nan = std::nanf("");
  for (const OptimizerOptions &options :
       std::vector<OptimizerOptions>{Sgd{}, Sgd{0.9, 0, false}, Adam{}})
    for (float bad : {infinity, -infinity, nan})
      for (size_t place : {size_t(0), size_t(50), size_t(40000)}) {
        std::vector<float> w(40001, 1.0f), g(40001, 0.5f);
        Result<Optimizer> optimizer = Optimizer::create(options, 40001);
        g[place] = bad;
        EXPECT_FALSE(optimizer->step(w.data(), g.data(), 0.1));
      }
  std::vector<float> w(10, 3e38f), g(10, -3e38f);
  EXPECT_FALSE(Optimizer::create(Sgd{}, 10)->step(w.data(), g.data(), 1)) << "overflow";
}

TEST(Optimizer, NoMemory) {
  EXPECT_EQ(Optimizer::create(Adam{}, int64_t{1} << 62).status().code(), Code::Machine);
}

TEST(Rate, Constant) { EXPECT_EQ(rateAt(ConstantRate{0.5}, 7), 0.5); }

TEST(Rate, WarmupCosine) {
  WarmupCosine curve = {0.025, 1e-3, 2e-6, 10, 120};
  EXPECT_DOUBLE_EQ(rateAt(curve, 0), 1e-3);
  EXPECT_DOUBLE_EQ(rateAt(curve, 5), 0.013);
  EXPECT_DOUBLE_EQ(rateAt(curve, 10), 0.025);
  EXPECT_NEAR(rateAt(curve, 65), (0.025 + 2e-6) / 2, 1e-15);
  double quarter = 2e-6 + (0.025 - 2e-6) * (1 + std::cos(std::numbers::pi / 4)) / 2;
  EXPECT_DOUBLE_EQ(rateAt(curve, 37.5), quarter);
  EXPECT_EQ(rateAt(curve, 120), 2e-6);
  EXPECT_EQ(rateAt(curve, 129.5), 2e-6);
}

TEST(Rate, WithoutWarmupOrDecay) {
  EXPECT_EQ(rateAt(WarmupCosine{1, 0.5, 0.1, 0, 10}, 0), 1);
  EXPECT_EQ(rateAt(WarmupCosine{1, 0.5, 0.1, 0, 0}, 0), 0.1);
  EXPECT_EQ(rateAt(WarmupCosine{1, 0.5, 0.1, 4, 4}, 2), 0.75);
  EXPECT_EQ(rateAt(WarmupCosine{1, 0.5, 0.1, 4, 4}, 4), 0.1);
}
