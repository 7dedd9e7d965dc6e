// c = a b of n x n matrices in f32, n a multiple of 16: tiles of 16 x 16 in shared memory, one
// output a thread. product-f32.ptx: nvcc -ptx -arch=sm_80 product-f32.cu
constexpr int tile = 16;

extern "C" __global__ void product_f32(const float *a, const float *b, float *c, int n) {
  __shared__ float aTile[tile][tile], bTile[tile][tile];
  int x = threadIdx.x, y = threadIdx.y;
  int row = blockIdx.y * tile + y, column = blockIdx.x * tile + x;
  float sum = 0;
  for (int k = 0; k < n; k += tile) {
    aTile[y][x] = a[row * n + k + x];
    bTile[y][x] = b[(k + y) * n + column];
    __syncthreads();
#pragma unroll
    for (int i = 0; i < tile; ++i)
      sum += aTile[y][i] * bTile[i][x];
    __syncthreads();
  }
  c[row * n + column] = sum;
}
