//===- Layout.h - how matrices lie in the arena -------------------------------------*- C++ -*-===//
#pragma once

#include "mlir/IR/BuiltinTypes.h"

namespace dpc {

/// Elements from one row of a matrix of this width to the next: whole 64-byte lines, and not a
/// multiple of 1 KiB, where rows would compete for the same cache sets.
int64_t pitchOf(int64_t width);

/// The buffer of a vector or matrix: `memref<100x10xf32, strided<[16, 1]>>`.
mlir::MemRefType bufferOf(mlir::RankedTensorType type);
/// The same with its padding: `memref<100x16xf32>`.
mlir::MemRefType paddedBufferOf(mlir::RankedTensorType type);
/// Its size, a multiple of 64.
int64_t bytesOf(mlir::RankedTensorType type);

} // namespace dpc
