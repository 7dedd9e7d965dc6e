//===- Layout.cpp - pitches and sizes of buffers ----------------------------------------------===//
#include "lib/Lower/Layout.h"

#include "llvm/Support/MathExtras.h"

using namespace mlir;

int64_t dpc::pitchOf(int64_t width) {
  int64_t pitch = llvm::alignTo(width, 16);
  return pitch % 256 == 0 ? pitch + 16 : pitch;
}

MemRefType dpc::bufferOf(RankedTensorType type) {
  if (type.getRank() < 2)
    return MemRefType::get(type.getShape(), type.getElementType());
  auto layout = StridedLayoutAttr::get(type.getContext(), 0, {pitchOf(type.getDimSize(1)), 1});
  return MemRefType::get(type.getShape(), type.getElementType(), layout);
}

MemRefType dpc::paddedBufferOf(RankedTensorType type) {
  if (type.getRank() < 2)
    return bufferOf(type);
  return MemRefType::get({type.getDimSize(0), pitchOf(type.getDimSize(1))}, type.getElementType());
}

int64_t dpc::bytesOf(RankedTensorType type) {
  int64_t elements =
      type.getRank() < 2 ? type.getNumElements() : type.getDimSize(0) * pitchOf(type.getDimSize(1));
  return llvm::alignTo(elements * type.getElementType().getIntOrFloatBitWidth() / 8, 64);
}
