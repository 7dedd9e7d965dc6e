//===- products.cu - matrix products: tiled, on tensor cores, through a pipeline of copies ----===//
//
// BROKEN=1: one copy group less is waited for.  BROKEN=2: the tile is overwritten while others read
// it.
//
//===------------------------------------------------------------------------------------------===//
#include <cuda_bf16.h>
#include <cuda_pipeline.h>
#include <mma.h>

namespace wmma = nvcuda::wmma;

/// C = A B of any sizes.
extern "C" __global__ void tiled(const float *a, const float *b, float *c, unsigned m, unsigned n,
                                 unsigned k) {
  constexpr unsigned side = 16;
  __shared__ float as[side][side], bs[side][side];
  unsigned u = threadIdx.x, v = threadIdx.y;
  unsigned row = blockIdx.y * side + v, column = blockIdx.x * side + u;
  float sum = 0;
  for (unsigned at = 0; at < k; at += side) {
    as[v][u] = row < m && at + u < k ? a[row * k + at + u] : 0; // race
    bs[v][u] = column < n && at + v < k ? b[(at + v) * n + column] : 0;
    __syncthreads();
    for (unsigned i = 0; i < side; ++i)
      sum += as[v][i] * bs[i][u];
#if BROKEN != 2
    __syncthreads();
#endif
  }
  if (row < m && column < n)
    c[row * n + column] = sum;
}

/// C = A B in tiles of 16 by 16, one per warp.
template <class T, class Stored, unsigned depth>
static __device__ void tensor(const Stored *a, const Stored *b, float *c, unsigned n, unsigned k) {
  wmma::fragment<wmma::matrix_a, 16, 16, depth, T, wmma::row_major> x;
  wmma::fragment<wmma::matrix_b, 16, 16, depth, T, wmma::col_major> y;
  wmma::fragment<wmma::accumulator, 16, 16, depth, float> sum;
  wmma::fill_fragment(sum, 0.0f);
  unsigned row = 16 * blockIdx.y, column = 16 * (blockIdx.x * blockDim.y + threadIdx.y);
  if (column >= n)
    return;
  for (unsigned at = 0; at < k; at += depth) {
    wmma::load_matrix_sync(x, a + row * k + at, k);
    wmma::load_matrix_sync(y, b + column * k + at, k);
    wmma::mma_sync(sum, x, y, sum);
  }
  wmma::store_matrix_sync(c + row * n + column, sum, n, wmma::mem_row_major);
}

extern "C" __global__ void tensorBf16(const __nv_bfloat16 *a, const __nv_bfloat16 *b, float *c,
                                      unsigned n, unsigned k) {
  tensor<__nv_bfloat16, __nv_bfloat16, 16>(a, b, c, n, k);
}

extern "C" __global__ void tensorTf32(const float *a, const float *b, float *c, unsigned n,
                                      unsigned k) {
  tensor<wmma::precision::tf32, float, 8>(a, b, c, n, k);
}

/// out[i] = sum over j of a[j * pitch + i] b[j]: rows come through a ring of stages; where a row
/// ends, the copy fills up with zeros.
extern "C" __global__ void pipeline(const float *a, const float *b, float *out, unsigned height,
                                    unsigned width, unsigned pitch) {
  constexpr unsigned stages = 4, part = 4;
  __shared__ __align__(16) float ring[stages][64 * part];
  unsigned t = threadIdx.x, first = blockIdx.x * 64 * part + t * part;
  float sums[part] = {};
  auto fetch = [&](unsigned row) {
    if (row < height) {
      unsigned valid = first < width ? min(part, width - first) : 0;
      const float *from = valid ? a + size_t(row) * pitch + first : a;
      __pipeline_memcpy_async(&ring[row % stages][t * part], from, 16, 4 * (part - valid));
    }
    __pipeline_commit();
  };
  for (unsigned row = 0; row < stages - 1; ++row)
    fetch(row);
  for (unsigned row = 0; row < height; ++row) {
#if BROKEN == 1
    __pipeline_wait_prior(stages - 1);
#else
    __pipeline_wait_prior(stages - 2);
#endif
    __syncthreads(); // others read what this thread has copied
    for (unsigned i = 0; i < part; ++i)
      sums[i] += ring[row % stages][64 * i + t] * b[row]; // async
    fetch(row + stages - 1);
  }
  __pipeline_wait_prior(0);
  for (unsigned i = 0; i < part; ++i)
    if (blockIdx.x * 64 * part + 64 * i + t < width)
      out[blockIdx.x * 64 * part + 64 * i + t] = sums[i];
}
