//===- ScalarProduct.cpp - the yardstick of the simulator's speed -----------------------------===//
#include "ScalarProduct.h"

void scalarProduct(const float *a, const float *b, float *c, int n) {
  for (int row = 0; row < n; ++row)
    for (int column = 0; column < n; ++column) {
      float sum = 0;
      for (int k = 0; k < n; ++k)
        sum += a[row * n + k] * b[k * n + column];
      c[row * n + column] = sum;
    }
}
