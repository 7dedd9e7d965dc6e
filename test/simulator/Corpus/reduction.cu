//===- reduction.cu - sums by a tree, by groups of threads, and over the grid -----------------===//
//
// BROKEN=1: the tree without its barrier.  BROKEN=2: partial sums published without a fence.
// A broken variant is reported in a line that ends with the name of the report's kind.
//
//===------------------------------------------------------------------------------------------===//
#include <cooperative_groups.h>
#include <cooperative_groups/reduce.h>

namespace cg = cooperative_groups;

constexpr unsigned most = 256;

/// The sum of the block's values, for thread 0.
template <class T> static __device__ T sumOfBlock(T value) {
  __shared__ T sums[most];
  unsigned t = threadIdx.x;
  __syncthreads(); // of an earlier call
  sums[t] = value;
  for (unsigned half = blockDim.x / 2; half; half /= 2) {
#if BROKEN != 1
    __syncthreads();
#endif
    if (t < half)
      sums[t] += sums[t + half]; // race
  }
  return sums[t];
}

template <class T> static __device__ T sumOfStrides(const T *in, unsigned n) {
  T sum = 0;
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    sum += in[i];
  return sum;
}

extern "C" __global__ void tree(const float *in, float *out, unsigned n) {
  float sum = sumOfBlock(sumOfStrides(in, n));
  if (threadIdx.x == 0)
    out[blockIdx.x] = sum;
}

/// The block that comes last adds up what all have left.
extern "C" __global__ void lastBlock(const unsigned *in, unsigned *partial, unsigned *arrived,
                                     unsigned *out, unsigned n) {
  __shared__ bool isLast;
  unsigned sum = sumOfBlock(sumOfStrides(in, n));
  if (threadIdx.x == 0) {
    partial[blockIdx.x] = sum;
#if BROKEN != 2
    __threadfence();
#endif
    isLast = atomicAdd(arrived, 1) == gridDim.x - 1;
    __threadfence();
  }
  __syncthreads();
  if (!isLast)
    return;
  sum = sumOfBlock(threadIdx.x < gridDim.x ? partial[threadIdx.x] : 0u); // race
  if (threadIdx.x == 0)
    *out = sum;
}

/// Sums of groups of 16, 32 and 64 threads; the last are more than a warp.
extern "C" __global__ void groups(const int *in, int *out16, int *out32, int *out64, unsigned n) {
  __shared__ int mirrored[most];
  cg::thread_block block = cg::this_thread_block();
  unsigned t = block.thread_rank(), i = blockIdx.x * blockDim.x + t;
  mirrored[blockDim.x - 1 - t] = i < n ? in[i] : 0;
  block.sync();
  int own = mirrored[blockDim.x - 1 - t];
  block.sync();
  auto narrow = cg::tiled_partition<16>(block);
  auto warp = cg::tiled_partition<32>(block);
  auto wide = cg::tiled_partition<64>(block);
  int sum16 = cg::reduce(narrow, own, cg::plus<int>());
  int sum32 = cg::reduce(warp, own, cg::plus<int>());
  mirrored[t] = sum32;
  wide.sync();
  int sum64 = mirrored[t / 64 * 64] + mirrored[t / 64 * 64 + 32];
  if (narrow.thread_rank() == 0)
    out16[i / 16] = sum16;
  if (warp.thread_rank() == 0)
    out32[i / 32] = sum32;
  if (wide.thread_rank() == 0)
    out64[i / 64] = sum64;
}

/// All blocks meet, twice; then each knows the sum of all.
extern "C" __global__ void gridWide(const unsigned *in, unsigned *partial, unsigned *out,
                                    unsigned n) {
  cg::grid_group grid = cg::this_grid();
  unsigned sum = sumOfBlock(sumOfStrides(in, n));
  if (threadIdx.x == 0)
    partial[blockIdx.x] = sum;
  grid.sync();
  sum = 0;
  for (unsigned block = 0; block < gridDim.x; ++block)
    sum += partial[block];
  grid.sync();
  if (threadIdx.x == 0)
    partial[blockIdx.x] = 0;
  out[grid.thread_rank()] = sum;
}
