//===- Divergence.cpp - when training has diverged (language.md T9) ---------------------------===//
#include "Train/Divergence.h"

#include "Core/Parallel.h"
#include "Train/Kernels.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

using namespace dprt;

static constexpr std::string_view forwardSuffix = "#forward";

/// Length of the layer's name in a state's cell `layer#3` or `layer#forward`; 0 for other cells.
static size_t layerLength(std::string_view cell) {
  size_t mark = cell.rfind('#');
  if (mark == cell.npos || mark + 1 == cell.size())
    return 0;
  std::string_view kind = cell.substr(mark);
  bool number =
      std::all_of(kind.begin() + 1, kind.end(), [](char c) { return c >= '0' && c <= '9'; });
  return number || kind == forwardSuffix ? mark : 0;
}

DivergenceCheck::DivergenceCheck(Model &model, const std::vector<StateName> &names)
    : model(&model) {
  for (const TensorPlace &place : model.description().tensors)
    if (place.role == Role::Value && (place.scope == "train_step" || place.scope == "*") &&
        !place.shape.empty() && layerLength(place.name) > 0)
      add(model, place, names);
  for (State &state : list)
    for (size_t i = 0; i < list.size(); ++i)
      if (state.comparable && list[i].forward == int64_t(i) && list[i].layer == state.layer)
        state.forward = int64_t(i);
  planTasks();
}

void DivergenceCheck::add(Model &model, const TensorPlace &place,
                          const std::vector<StateName> &names) {
  std::string_view cell = place.name;
  size_t length = layerLength(cell);
  bool forward = cell.ends_with(forwardSuffix);
  State state{View(model, place), std::string(cell.substr(0, length)), {}};
  state.title = fmt::format("layer `{}`, {}", state.layer,
                            forward ? "forward activation"
                                    : fmt::format("compartment {}", cell.substr(length + 1)));
  for (const StateName &name : names)
    if (name.cell == cell) {
      state.title = fmt::format("layer `{}`, compartment `{}`", name.layer, name.compartment);
      state.comparable = !name.multiplier;
    }
  if (forward)
    state.forward = int64_t(list.size());
  list.push_back(std::move(state));
}

/// Rows where they lie together, so that each task reads a stretch of memory. The pieces depend on
/// shapes only, hence so do the sums.
void DivergenceCheck::planTasks() {
  int64_t batch = model->batch(), total = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    State &state = list[i];
    state.firstTask = int64_t(work.size());
    int64_t rows = std::max<int64_t>(1, 16384 / state.view.features);
    for (int64_t row = 0; row < batch; row += rows)
      work.push_back({int64_t(i), row, std::min(batch, row + rows), 0});
    state.tasks = int64_t(work.size()) - state.firstTask;
    total += batch * state.view.features;
  }
  parallelWork = total > 65536; // below, starting threads costs more than it saves
}

static double sumOfRows(const View &view, int64_t first, int64_t end) {
  double sum = 0;
  if (end <= first)
    return sum;
  if (view.length == 1 && view.rowStride == 1) { // the batch is innermost
    for (int64_t start : view.starts)
      sum += sumOfSquares(view.base + start + first, end - first);
    return sum;
  }
  if (view.starts.size() == 1 && view.rowStride == view.length)
    return sumOfSquares(view.base + first * view.rowStride, (end - first) * view.length);
  for (int64_t row = first; row < end; ++row)
    for (int64_t start : view.starts)
      sum += sumOfSquares(view.base + row * view.rowStride + start, view.length);
  return sum;
}

std::string DivergenceCheck::states(int64_t rows) {
  auto measure = [&](int64_t index) {
    Task &task = work[size_t(index)];
    task.sum = sumOfRows(list[size_t(task.state)].view, task.firstRow, std::min(task.endRow, rows));
  };
  if (parallelWork)
    parallel(int64_t(work.size()), measure);
  else
    for (size_t i = 0; i < work.size(); ++i)
      measure(int64_t(i));
  for (State &state : list) {
    state.sum = 0;
    for (int64_t i = 0; i < state.tasks; ++i)
      state.sum += work[size_t(state.firstTask + i)].sum;
  }
  for (const State &state : list) {
    double reference = floor * floor * double(rows * state.view.features);
    if (state.forward >= 0)
      reference = std::max(reference, list[size_t(state.forward)].sum);
    bool suspect =
        !std::isfinite(state.sum) || (state.forward >= 0 && state.sum > limit * limit * reference);
    if (!suspect)
      continue;
    if (std::string text = complaint(state, rows); !text.empty())
      return text;
  }
  return {};
}

/// Judges again in double: the quick sum may have left the range of f32.
std::string DivergenceCheck::complaint(const State &state, int64_t rows) const {
  auto rootMeanSquare = [&](const View &view, auto visit) {
    std::vector<int64_t> offsets = view.offsets();
    double sum = 0;
    for (int64_t row = 0; row < rows; ++row)
      for (size_t i = 0; i < offsets.size(); ++i) {
        float value = view.base[row * view.rowStride + offsets[i]];
        visit(row, i, value);
        sum += double(value) * double(value);
      }
    return std::sqrt(sum / double(rows * view.features));
  };
  std::string text;
  double size = rootMeanSquare(state.view, [&](int64_t row, size_t unit, float value) {
    if (text.empty() && !std::isfinite(value))
      text = fmt::format("{}: {} in row {} of the batch, unit {}", state.title, value, row, unit);
  });
  if (!text.empty() || state.forward < 0)
    return text;
  double forward = rootMeanSquare(list[size_t(state.forward)].view, [](auto...) {});
  // Not finite: that layer's forward activation is the one to blame, at its own turn.
  if (!std::isfinite(forward) || size <= limit * std::max(forward, floor))
    return {};
  return fmt::format("{}: RMS {:.4g}, more than {:g} times that of the layer's forward "
                     "activation, {:.4g}",
                     state.title, size, limit, forward);
}

std::string DivergenceCheck::losses(const Batcher &batch, int64_t rows) const {
  for (int64_t row = 0; row < rows; ++row)
    if (!std::isfinite(batch.loss(row)))
      return fmt::format("layer `output`: the loss is {} in row {} of the batch", batch.loss(row),
                         row);
  return {};
}

std::string DivergenceCheck::parameters() const {
  for (Role role : {Role::Gradient, Role::Parameter})
    for (const TensorPlace &place : model->description().tensors) {
      if (place.role != role)
        continue;
      std::vector<float> values = model->read(place);
      auto bad = std::find_if(values.begin(), values.end(),
                              [](float value) { return !std::isfinite(value); });
      if (bad == values.end())
        continue;
      if (role == Role::Parameter)
        return fmt::format("parameter `{}`: element {} is {}", place.name, bad - values.begin(),
                           *bad);
      return fmt::format("gradient of parameter `{}`: element {} is {}",
                         place.name.substr(0, place.name.rfind('#')), bad - values.begin(), *bad);
    }
  return "a gradient or parameter is not finite";
}
