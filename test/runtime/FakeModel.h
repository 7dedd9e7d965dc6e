//===- FakeModel.h - a compiled model written by hand -------------------------------*- C++ -*-===//
//
// Softmax regression of 3 inputs onto 2 classes, batch 4, with the layouts that planners like: the
// weight transposed and pitched, a state with the batch innermost. Faults are planted by step.
//
//===--------------------------------------------------------------------------------------------===//
#ifndef DPC_TEST_RUNTIME_FAKEMODEL_H
#define DPC_TEST_RUNTIME_FAKEMODEL_H

#include "dprt/model.h"

#include <cmath>
#include <cstdint>
#include <functional>

namespace fake {

constexpr int batch = 4, inputs = 3, outputs = 2;

struct Arena {
  float x[batch][inputs];       // 0
  float y[batch][outputs];      // 48
  float pad0[12];               // 80
  float weight[inputs][4];      // 128, element [out][in] at [in][out]
  float bias[4];                // 176
  float weightGradient[3][4];   // 192
  float biasGradient[4];        // 240
  float loss[batch];            // 256
  float output[batch][outputs]; // 272
  float state[outputs][batch];  // 304, batch innermost
  float hidden[batch][8];       // 336, pitched: 3 of 8
  float nudged[batch][inputs];  // 464
  float inferLoss[batch];       // 512
  float inferOutput[batch][2];  // 528
  float pad1[8];                // 560
};
static_assert(sizeof(Arena) == 592);

inline const char *const description = "dprt 1\n"
                                       "batch 4\n"
                                       "arena 592\n"
                                       "entry train_step fake_train\n"
                                       "entry infer fake_infer\n"
                                       "tensor * input x 2 4 3 3 1 0\n"
                                       "tensor * target y 2 4 2 2 1 48\n"
                                       "tensor * parameter output.weight 2 2 3 1 4 128\n"
                                       "tensor * parameter output.bias 1 2 1 176\n"
                                       "tensor * gradient output.weight#gradient 2 2 3 1 4 192\n"
                                       "tensor * gradient output.bias#gradient 1 2 1 240\n"
                                       "tensor train_step value #loss 1 4 1 256\n"
                                       "tensor train_step value output#forward 2 4 2 2 1 272\n"
                                       "tensor train_step value output#0 2 4 2 1 4 304\n"
                                       "tensor train_step value h1#forward 2 4 3 8 1 336\n"
                                       "tensor train_step value h1#0 2 4 3 3 1 464\n"
                                       "tensor infer value #loss 1 4 1 512\n"
                                       "tensor infer value output#forward 2 4 2 2 1 528\n"
                                       "region parameters 128 64\n"
                                       "region gradients 192 64\n"
                                       "end\n";

/// Called at the end of every training step with its number from 0.
inline std::function<void(Arena &, int)> fault;
inline int steps = 0, evaluations = 0;

inline void forward(Arena &arena, int64_t rows, float *loss, float (*output)[outputs]) {
  for (int64_t r = 0; r < rows; ++r) {
    double sum = 0, dot = 0;
    for (int o = 0; o < outputs; ++o) {
      float z = arena.bias[o];
      for (int i = 0; i < inputs; ++i)
        z += arena.weight[i][o] * arena.x[r][i];
      output[r][o] = z;
      sum += std::exp(double(z));
      dot += double(z) * arena.y[r][o];
    }
    loss[r] = float(std::log(sum) - dot);
  }
}

inline void trainStep(void *memory, int64_t rows) {
  Arena &arena = *static_cast<Arena *>(memory);
  forward(arena, rows, arena.loss, arena.output);
  for (auto &row : arena.weightGradient)
    row[0] = row[1] = 0;
  arena.biasGradient[0] = arena.biasGradient[1] = 0;
  for (int64_t r = 0; r < rows; ++r) {
    double sum = std::exp(double(arena.output[r][0])) + std::exp(double(arena.output[r][1]));
    for (int o = 0; o < outputs; ++o) {
      float error =
          float((std::exp(double(arena.output[r][o])) / sum - arena.y[r][o]) / double(rows));
      arena.biasGradient[o] += error;
      for (int i = 0; i < inputs; ++i)
        arena.weightGradient[i][o] += error * arena.x[r][i];
      arena.state[o][r] = arena.output[r][o] - error;
    }
    for (int i = 0; i < inputs; ++i)
      arena.hidden[r][i] = arena.nudged[r][i] = arena.x[r][i];
  }
  if (fault)
    fault(arena, steps);
  ++steps;
}

inline void infer(void *memory, int64_t rows) {
  Arena &arena = *static_cast<Arena *>(memory);
  forward(arena, rows, arena.inferLoss, arena.inferOutput);
  ++evaluations;
}

inline dprt_entry resolve(const std::string &symbol) {
  return symbol == "fake_train" ? trainStep : symbol == "fake_infer" ? infer : nullptr;
}

inline dprt::Model model() {
  fault = nullptr;
  steps = evaluations = 0;
  return std::move(*dprt::Model::create(description, resolve));
}

inline Arena &arena(dprt::Model &model) { return *static_cast<Arena *>(model.arena()); }

} // namespace fake

#endif
