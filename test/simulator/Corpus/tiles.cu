//===- tiles.cu - what goes through tiles of shared memory ------------------------------------===//
//
// BROKEN=1: no barrier between writing and reading a tile.  BROKEN=2: the bins are not cleared.
// BROKEN=3: a halo that is one column too wide.  BROKEN=4: threads outside leave before a barrier.
//
//===------------------------------------------------------------------------------------------===//

constexpr unsigned side = 32, rows = 8;

template <unsigned pitch>
static __device__ void transpose(const float *in, float *out, unsigned width, unsigned height) {
  __shared__ float tile[side][pitch];
  unsigned x = blockIdx.x * side + threadIdx.x, y = blockIdx.y * side + threadIdx.y;
  for (unsigned row = 0; row < side; row += rows)
    if (x < width && y + row < height)
      tile[threadIdx.y + row][threadIdx.x] = in[(y + row) * width + x];
#if BROKEN != 1
  __syncthreads();
#endif
  x = blockIdx.y * side + threadIdx.x;
  y = blockIdx.x * side + threadIdx.y;
  for (unsigned row = 0; row < side; row += rows)
    if (x < height && y + row < width)
      out[(y + row) * height + x] = tile[threadIdx.x][threadIdx.y + row]; // race
}

extern "C" __global__ void padded(const float *in, float *out, unsigned width, unsigned height) {
  transpose<side + 1>(in, out, width, height);
}

extern "C" __global__ void unpadded(const float *in, float *out, unsigned width, unsigned height) {
  transpose<side>(in, out, width, height);
}

extern "C" __global__ void histogram(const unsigned char *in, unsigned *out, unsigned n) {
  __shared__ unsigned bins[256];
#if BROKEN != 2
  for (unsigned bin = threadIdx.x; bin < 256; bin += blockDim.x)
    bins[bin] = 0;
#endif
  __syncthreads();
  for (unsigned i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x)
    atomicAdd(&bins[in[i]], 1);
  __syncthreads();
  for (unsigned bin = threadIdx.x; bin < 256; bin += blockDim.x)
    if (bins[bin] != 0) // uninitialised
      atomicAdd(&out[bin], bins[bin]);
}

/// Mean of a point and its four neighbours, zeros around.
extern "C" __global__ void stencil(const float *in, float *out, unsigned width, unsigned height) {
  constexpr int edge = 16;
  __shared__ float tile[edge + 2][edge + 2];
  int left = blockIdx.x * edge - 1, top = blockIdx.y * edge - 1;
  int right = width, bottom = height;
#if BROKEN == 3
  ++right;
#endif
  for (int i = threadIdx.y * edge + threadIdx.x; i < (edge + 2) * (edge + 2); i += edge * edge) {
    int x = left + i % (edge + 2), y = top + i / (edge + 2);
    bool inside = x >= 0 && x < right && y >= 0 && y < bottom;
    tile[i / (edge + 2)][i % (edge + 2)] = inside ? in[y * int(width) + x] : 0; // bounds
  }
  int u = threadIdx.x + 1, v = threadIdx.y + 1, x = left + u, y = top + v;
#if BROKEN == 4
  if (x >= int(width) || y >= int(height))
    return;
  asm volatile("barrier.sync.aligned 0, 256;"); // deadlock
#else
  __syncthreads();
#endif
  if (x < int(width) && y < int(height))
    out[y * width + x] =
        (tile[v][u] + (tile[v][u - 1] + tile[v][u + 1]) + (tile[v - 1][u] + tile[v + 1][u])) * 0.2f;
}
