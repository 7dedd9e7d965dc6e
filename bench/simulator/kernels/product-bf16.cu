// c = a b^T of n x n matrices, bf16 with f32 sums, n a multiple of 64: blocks of 64 x 64 outputs,
// four warps of 32 x 32, two stages of cp.async, ldmatrix, mma.sync m16n8k16.
// product-bf16.ptx: nvcc -ptx -arch=sm_80 product-bf16.cu
#include <cstdint>

constexpr int tile = 64, depth = 32, stages = 2;

/// Byte of 16-byte chunk `chunk` of row `row` in a tile of 64-byte rows; without bank conflicts for
/// eight rows at a time.
static __device__ uint32_t chunkAt(int row, int chunk) {
  return row * 64 + ((chunk ^ ((row >> 1) & 3)) << 4);
}

static __device__ void copy(uint32_t shared, const uint16_t *global) {
  asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared), "l"(global) : "memory");
}

static __device__ void load(uint32_t (&to)[4], uint32_t shared) {
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3])
               : "r"(shared)
               : "memory");
}

static __device__ void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1) {
  asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, "
               "{%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
               : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

extern "C" __global__ void __launch_bounds__(128)
    product_bf16(const uint16_t *a, const uint16_t *b, float *c, int n) {
  __shared__ __align__(128) uint16_t tiles[stages][2][tile * depth];
  int thread = threadIdx.x, lane = thread % 32, warp = thread / 32;
  int firstRow = blockIdx.y * tile, firstColumn = blockIdx.x * tile;
  uint32_t base = static_cast<uint32_t>(__cvta_generic_to_shared(&tiles[0][0][0]));
  constexpr uint32_t tileBytes = tile * depth * 2;

  auto fetch = [&](int stage, int k) {
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      int chunk = thread + i * 128, row = chunk / 4, part = chunk % 4;
      uint32_t to = base + stage * 2 * tileBytes + chunkAt(row, part);
      copy(to, a + (firstRow + row) * n + k + part * 8);
      copy(to + tileBytes, b + (firstColumn + row) * n + k + part * 8);
    }
    asm volatile("cp.async.commit_group;" ::: "memory");
  };

  float sums[2][4][4] = {};
  int rowBase = warp / 2 * 32, columnBase = warp % 2 * 32;
  fetch(0, 0);
  for (int k = 0, stage = 0; k < n; k += depth, stage ^= 1) {
    asm volatile("cp.async.wait_group 0;" ::: "memory");
    __syncthreads();
    if (k + depth < n)
      fetch(stage ^ 1, k + depth);
    uint32_t at = base + stage * 2 * tileBytes;
#pragma unroll
    for (int part = 0; part < 2; ++part) {
      uint32_t left[2][4], right[2][4];
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        load(left[i], at + chunkAt(rowBase + i * 16 + lane % 16, part * 2 + lane / 16));
        load(right[i], at + tileBytes +
                           chunkAt(columnBase + i * 16 + lane % 8 + lane / 16 * 8,
                                   part * 2 + lane / 8 % 2));
      }
#pragma unroll
      for (int i = 0; i < 2; ++i)
#pragma unroll
        for (int j = 0; j < 4; ++j)
          multiply(sums[i][j], left[i], right[j / 2][j % 2 * 2], right[j / 2][j % 2 * 2 + 1]);
    }
  }
#pragma unroll
  for (int i = 0; i < 2; ++i)
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      int row = firstRow + rowBase + i * 16 + lane / 4;
      int column = firstColumn + columnBase + j * 8 + lane % 4 * 2;
      float *to = c + row * n + column;
      *reinterpret_cast<float2 *>(to) = make_float2(sums[i][j][0], sums[i][j][1]);
      *reinterpret_cast<float2 *>(to + 8 * n) = make_float2(sums[i][j][2], sums[i][j][3]);
    }
}
