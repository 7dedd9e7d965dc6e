//===- sort.cu - one step of a radix sort -----------------------------------------------------===//
//
// BROKEN=1: no barrier before the places are read.
//
//===------------------------------------------------------------------------------------------===//

constexpr unsigned digits = 16, warps = 8, keys = 32 * warps;

/// Each block sorts its keys by four bits; equal digits keep their order.
extern "C" __global__ void sortDigit(const unsigned *in, unsigned *out, unsigned shift,
                                     unsigned n) {
  __shared__ unsigned places[digits][warps];
  unsigned t = threadIdx.x, lane = t % 32, warp = t / 32, i = blockIdx.x * keys + t;
  unsigned key = i < n ? in[i] : ~0u; // what is no key comes last
  unsigned digit = key >> shift & (digits - 1);
  if (t < digits * warps)
    places[t / warps][t % warps] = 0;
  __syncthreads();
  unsigned peers = __match_any_sync(~0u, digit);
  unsigned rank = __popc(peers & ((1u << lane) - 1));
  if (rank == 0)
    places[digit][warp] = __popc(peers);
  __syncthreads();
  // The first warp: where in the block the keys of each digit and warp begin.
  if (warp == 0) {
    unsigned counts[digits * warps / 32], sum = 0;
    for (unsigned k = 0; k < digits * warps / 32; ++k) {
      unsigned at = lane * (digits * warps / 32) + k;
      counts[k] = places[at / warps][at % warps];
      sum += counts[k];
    }
    unsigned upTo = sum;
    for (unsigned distance = 1; distance < 32; distance *= 2) {
      unsigned before = __shfl_up_sync(~0u, upTo, distance);
      if (lane >= distance)
        upTo += before;
    }
    unsigned begin = upTo - sum;
    for (unsigned k = 0; k < digits * warps / 32; ++k) {
      unsigned at = lane * (digits * warps / 32) + k;
      places[at / warps][at % warps] = begin;
      begin += counts[k];
    }
  }
#if BROKEN != 1
  __syncthreads();
#endif
  unsigned place = places[digit][warp] + rank; // race
  if (blockIdx.x * keys + place < n)
    out[blockIdx.x * keys + place] = key;
}
