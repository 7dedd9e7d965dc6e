//===- Initial.cpp - initial weights (language.md T7, Philox.md) ------------------------------===//
#include "Core/Guard.h"
#include "Core/Memory.h"
#include "dprt/optimizer.h"
#include "dprt/philox.h"

#include <fmt/format.h>

#include <cmath>

using namespace dprt;

static double variance(InitialKind kind, double fanIn, double fanOut) {
  switch (kind) {
  case InitialKind::LecunNormal:
    return 1 / fanIn;
  case InitialKind::HeNormal:
    return 2 / fanIn;
  case InitialKind::GlorotNormal:
    return 2 / (fanIn + fanOut);
  }
  return 0;
}

Result<std::vector<Tensor>> dprt::initialWeights(std::span<const TensorType> parameters,
                                                 const InitialOptions &options, uint64_t seed) {
  return guard([&]() -> Result<std::vector<Tensor>> {
    std::vector<Tensor> tensors;
    int64_t bytes = 0;
    for (uint32_t number = 0; number < parameters.size(); ++number) {
      const TensorType &type = parameters[number];
      int64_t elements = 1, places = 1;
      for (int64_t size : type.shape)
        if (__builtin_mul_overflow(elements, size, &elements))
          return Status::noMemory();
      if (!fitsIntoMemory(elements) || !fitsIntoMemory(bytes += 4 * elements))
        return Status::noMemory();
      std::vector<float> values(static_cast<size_t>(elements), 0.0f);
      if (type.shape.size() >= 2) {
        for (size_t i = 2; i < type.shape.size(); ++i)
          places *= type.shape[i];
        auto gain = options.gains.find(type.name);
        double factor = gain == options.gains.end() ? options.gain : gain->second;
        double deviation = factor * std::sqrt(variance(options.kind, double(type.shape[1] * places),
                                                       double(type.shape[0] * places)));
        fillNormal(values, 0, deviation, seed, Stream::Initialization, number);
      }
      tensors.push_back({type.name, type.shape, std::move(values)});
    }
    return tensors;
  });
}
