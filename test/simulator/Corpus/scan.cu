//===- scan.cu - prefix sums over many blocks in one pass -------------------------------------===//
//
// BROKEN=1: a block's sum is published without a fence.  BROKEN=2: no barrier before the sums of
// the warps are read.
//
//===------------------------------------------------------------------------------------------===//

constexpr unsigned warps = 4;
constexpr unsigned allLanes = 0xffffffff;

/// Inclusive, over the lanes of a warp.
static __device__ unsigned scanWarp(unsigned value) {
  for (unsigned distance = 1; distance < 32; distance *= 2) {
    unsigned before = __shfl_up_sync(allLanes, value, distance);
    if (threadIdx.x % 32 >= distance)
      value += before;
  }
  return value;
}

/// Inclusive, over blocks in the order in which they started: each looks back at the blocks before
/// it, for a sum of one block (state 1) or of all up to there (state 2).
extern "C" __global__ void lookBack(const unsigned *in, unsigned *out, unsigned *ticket,
                                    unsigned *state, unsigned *own, unsigned *upTo, unsigned n) {
  __shared__ unsigned sums[warps], tile, before;
  unsigned t = threadIdx.x, warp = t / 32;
  if (t == 0)
    tile = atomicAdd(ticket, 1);
  __syncthreads();
  unsigned i = tile * blockDim.x + t;
  unsigned value = scanWarp(i < n ? in[i] : 0);
  if (t % 32 == 31)
    sums[warp] = value;
#if BROKEN != 2
  __syncthreads();
#endif
  for (unsigned w = 0; w < warp; ++w)
    value += sums[w]; // race
  if (t == blockDim.x - 1) {
    own[tile] = value;
    upTo[tile] = value; // for tile 0
#if BROKEN != 1
    __threadfence();
#endif
    atomicExch(&state[tile], tile ? 1 : 2);
    unsigned sum = 0;
    for (unsigned back = tile; back-- > 0;) {
      unsigned found;
      while (!(found = atomicAdd(&state[back], 0)))
        ;
      __threadfence();
      if (found == 2) {
        sum += upTo[back]; // race
        break;
      }
      sum += own[back]; // race
    }
    if (tile) {
      upTo[tile] = sum + value;
      __threadfence();
      atomicExch(&state[tile], 2);
    }
    before = sum;
  }
  __syncthreads();
  if (i < n)
    out[i] = value + before;
}
