//===- optimizer.h - initial weights, rates, updates (language.md T5-T7) ------------*- C++ -*-===//
#ifndef DPRT_OPTIMIZER_H
#define DPRT_OPTIMIZER_H

#include "dprt/status.h"
#include "dprt/tensor.h"

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <variant>
#include <vector>

namespace dprt {

//===--- initial weights (T7) -----------------------------------------------------------------===//

enum class InitialKind { LecunNormal, HeNormal, GlorotNormal };

struct InitialOptions {
  InitialKind kind = InitialKind::LecunNormal;
  double gain = 1;
  std::map<std::string, double> gains; ///< by parameter name; overrides `gain`
};

/// Weights for all parameters in the order given, which is the model's: parameter number p draws
/// from sub-stream p (Philox.md). Rank 1 is a bias: 0. Weights are [out, in] or [out, in, h, w].
Result<std::vector<Tensor>> initialWeights(std::span<const TensorType> parameters,
                                           const InitialOptions &options, uint64_t seed);

//===--- rate (T6) ----------------------------------------------------------------------------===//

struct ConstantRate {
  double rate = 1e-3;
};
/// Linear from start to peak over `warmup` epochs, cosine to `end` at epoch `decay`, then `end`.
struct WarmupCosine {
  double peak = 0, start = 0, end = 0, warmup = 0, decay = 0;
};
using RateOptions = std::variant<ConstantRate, WarmupCosine>;

/// `epoch` is t / ceil(n / batch) for step t counted from 0.
double rateAt(const RateOptions &rate, double epoch);

//===--- updates (T5) -------------------------------------------------------------------------===//

struct Sgd {
  double momentum = 0, weightDecay = 0;
  bool nesterov = false;
};
struct Adam {
  double beta1 = 0.9, beta2 = 0.999, epsilon = 1e-8;
};
using OptimizerOptions = std::variant<Sgd, Adam>;

/// Updates contiguous parameters in one pass, bit-identical for any number of threads and on every
/// machine. Its own state starts at zero.
class Optimizer {
public:
  /// Code::Machine if the state does not fit into memory.
  static Result<Optimizer> create(const OptimizerOptions &options, int64_t elements);

  /// One step. `gradients` hold the mean over the batch and are left as they are. False if a
  /// gradient or an updated parameter is not finite.
  [[nodiscard]] bool step(float *parameters, const float *gradients, double rate);

private:
  OptimizerOptions options;
  int64_t elements = 0;
  int64_t steps = 0;
  std::vector<float> first, second;
};

} // namespace dprt
#endif
