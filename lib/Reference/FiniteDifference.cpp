//===- FiniteDifference.cpp - slopes of a potential without any calculus ----------------------===//
#include "lib/Reference/Evaluator.h"
#include "lib/Reference/Potential.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>

using namespace dpc;
using namespace dpc::reference;

/// The central difference of each sample's potential while the elements `moved` of `name` move
/// together. Term by term, so that a term that does not move contributes exactly nothing, whatever
/// its value.
static llvm::Expected<Tensor> centralDifference(dp::ModelOp model, const Point &point,
                                                const std::string &name,
                                                const std::vector<int64_t> &moved, double step) {
  auto shifted = [&](double by) {
    Point result = point;
    for (int64_t element : moved)
      result[name].values[element] += by;
    return evaluateTerms(model, result, /*held=*/point);
  };
  auto above = shifted(step);
  if (!above)
    return above.takeError();
  auto below = shifted(-step);
  if (!below)
    return below.takeError();

  Tensor slope(std::vector<int64_t>{point.at("x").rows()});
  for (auto [a, b] : llvm::zip(*above, *below))
    for (int64_t sample = 0; sample < slope.size(); ++sample) {
      double high = a.values[sample], low = b.values[sample];
      bool still = high == low || (std::isnan(high) && std::isnan(low));
      slope.values[sample] += still ? 0 : (high - low) / (2 * step);
    }
  return slope;
}

/// The tensor that is to move, if it and the datum are there.
static llvm::Expected<Tensor> movable(const Point &point, const std::string &name) {
  auto found = point.find(name);
  if (found == point.end() || !point.count("x"))
    return failure(fmt::format("reference: no value for `{}` or `x`", name));
  return Tensor(found->second.shape);
}

/// A step that survives being added to numbers of this size.
static double scaled(double step, const Tensor &x) {
  double largest = 1;
  for (double value : x.values)
    largest = std::max(largest, std::abs(value));
  return step * largest;
}

llvm::Expected<Tensor> reference::differenceByState(dp::ModelOp model, const Point &point,
                                                    const std::string &cell, double step) {
  auto result = movable(point, cell);
  if (!result)
    return result.takeError();
  for (int64_t unit = 0; unit < result->columns(); ++unit) {
    // Samples do not meet in a potential: the same unit of all of them moves at once.
    std::vector<int64_t> moved;
    for (int64_t sample = 0; sample < result->rows(); ++sample)
      moved.push_back(sample * result->columns() + unit);
    auto slope = centralDifference(model, point, cell, moved, scaled(step, point.at(cell)));
    if (!slope)
      return slope.takeError();
    for (int64_t sample = 0; sample < result->rows(); ++sample)
      result->at(sample, unit) = slope->values[sample];
  }
  return result;
}

llvm::Expected<Tensor> reference::differenceByParameter(dp::ModelOp model, const Point &point,
                                                        const std::string &parameter, double step) {
  auto result = movable(point, parameter);
  if (!result)
    return result.takeError();
  for (int64_t element = 0; element < result->size(); ++element) {
    auto slope =
        centralDifference(model, point, parameter, {element}, scaled(step, point.at(parameter)));
    if (!slope)
      return slope.takeError();
    for (double value : slope->values)
      result->values[element] += value / slope->size();
  }
  return result;
}
