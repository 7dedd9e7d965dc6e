//===- mathematics.cu - packed halves, and functions of NVIDIA's device library ---------------===//
#include <cuda_bf16.h>
#include <cuda_fp16.h>

/// Per element: fma(a, b, c), its positive part, the larger of a and b, and a - b in halves.
template <class Pair>
static __device__ void packed(const Pair *a, const Pair *b, const Pair *c, Pair *out, unsigned n) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  out[i] = __hfma2(a[i], b[i], c[i]);
  out[n + i] = __hfma2_relu(a[i], b[i], c[i]);
  out[2 * n + i] = __hmax2(a[i], b[i]);
  out[3 * n + i] = __hsub2(a[i], __habs2(b[i]));
}

extern "C" __global__ void halves(const __half2 *a, const __half2 *b, const __half2 *c,
                                  __half2 *out, unsigned n) {
  packed(a, b, c, out, n);
}

extern "C" __global__ void bfloats(const __nv_bfloat162 *a, const __nv_bfloat162 *b,
                                   const __nv_bfloat162 *c, __nv_bfloat162 *out, unsigned n) {
  packed(a, b, c, out, n);
}

/// Functions of the device library, of f32 or f64; `far` is a large angle.
template <class T>
static __device__ void functions(const T *in, T *out, unsigned n, T far) {
  unsigned i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= n)
    return;
  T x = in[i];
  const T results[] = {sin(far * x), exp(20 * x),         log(fabs(x)),  erf(3 * x),
                       tanh(2 * x),  pow(T(3), T(10 * x)), lgamma(3 + x), cbrt(x)};
  for (unsigned k = 0; k < sizeof(results) / sizeof(T); ++k)
    out[k * n + i] = results[k];
}

extern "C" __global__ void single(const float *in, float *out, unsigned n) {
  functions(in, out, n, 40000.0f);
}

extern "C" __global__ void twice(const double *in, double *out, unsigned n) {
  functions(in, out, n, 1e9);
}
