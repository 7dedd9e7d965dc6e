//===- ScalarProduct.h - the yardstick of the simulator's speed ---------------------*- C++ -*-===//
#ifndef DPC_BENCH_SIMULATOR_SCALARPRODUCT_H
#define DPC_BENCH_SIMULATOR_SCALARPRODUCT_H

/// c = a b of n x n row-major matrices by a plain triple loop, compiled with -O2.
void scalarProduct(const float *a, const float *b, float *c, int n);

#endif
