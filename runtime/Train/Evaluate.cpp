//===- Evaluate.cpp - loss and accuracy over samples ------------------------------------------===//
#include "Core/Guard.h"
#include "Train/Batch.h"

#include <algorithm>

using namespace dprt;

Result<Evaluation> dprt::evaluate(Model &model, const Samples &samples) {
  return guard([&]() -> Result<Evaluation> {
    Result<Batcher> batch = Batcher::create(model, "infer", samples);
    if (!batch.ok())
      return batch.status();
    std::vector<uint32_t> order = fileOrder(samples.count());
    Evaluation sum;
    for (int64_t first = 0; first < samples.count(); first += model.batch())
      batch->run(order.data() + first, std::min(model.batch(), samples.count() - first), sum);
    sum.loss /= double(std::max<int64_t>(1, sum.count));
    return sum;
  });
}
