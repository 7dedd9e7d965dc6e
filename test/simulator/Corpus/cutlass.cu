//===- cutlass.cu - NVIDIA's products and convolutions as kernels for the simulator -----------===//
//
// Compiled with one -DCONFIG_<NAME> each. The program launches nothing: it prints, as JSON, the
// launch and the parameter block that CUTLASS's host code would have made. `split` is the number of
// serial K slices. usage: program M N K split | program N H W C K R S P(ad) stride
//
//===------------------------------------------------------------------------------------------===//
#include "cutlass/conv/kernel/default_conv2d_dgrad.h"
#include "cutlass/conv/kernel/default_conv2d_fprop.h"
#include "cutlass/conv/kernel/default_conv2d_wgrad.h"
#include "cutlass/device_kernel.h"
#include "cutlass/gemm/device/gemm.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

using cutlass::gemm::GemmShape;
using Rows = cutlass::layout::RowMajor;
using Columns = cutlass::layout::ColumnMajor;
using Swizzle = cutlass::gemm::threadblock::GemmIdentityThreadblockSwizzle<>;
using TensorOp = cutlass::arch::OpClassTensorOp;
using Simt = cutlass::arch::OpClassSimt;
using Ampere = cutlass::arch::Sm80;

template <class T, int width>
using Epilogue = cutlass::epilogue::thread::LinearCombination<T, width, float, float>;

template <class In, class LayoutA, class LayoutB, class Out, class Operation, class Block,
          class Warp, class Instruction, int stages, int align, int width>
using Product = cutlass::gemm::device::Gemm<In, LayoutA, In, LayoutB, Out, Rows, float, Operation,
                                            Ampere, Block, Warp, Instruction, Epilogue<Out, width>,
                                            Swizzle, stages, align, align, /*SplitKSerial=*/true>;

using bf16 = cutlass::bfloat16_t;
using tf32 = cutlass::tfloat32_t;
using f16 = cutlass::half_t;
using I16816 = GemmShape<16, 8, 16>;
using I1688 = GemmShape<16, 8, 8>;
using I1 = GemmShape<1, 1, 1>;

#if defined(CONFIG_BF16_64_3)
using Gemm = Product<bf16, Rows, Columns, float, TensorOp, GemmShape<64, 64, 32>,
                     GemmShape<32, 32, 32>, I16816, 3, 8, 4>;
#elif defined(CONFIG_BF16_64_4)
using Gemm = Product<bf16, Rows, Rows, bf16, TensorOp, GemmShape<64, 64, 32>, GemmShape<32, 32, 32>,
                     I16816, 4, 8, 8>;
#elif defined(CONFIG_BF16_128_3)
using Gemm = Product<bf16, Rows, Rows, float, TensorOp, GemmShape<128, 128, 32>,
                     GemmShape<64, 64, 32>, I16816, 3, 8, 4>;
#elif defined(CONFIG_BF16_ODD)
using Gemm = Product<bf16, Rows, Columns, float, TensorOp, GemmShape<64, 64, 32>,
                     GemmShape<32, 32, 32>, I16816, 2, 1, 1>;
#elif defined(CONFIG_BF16_EVEN)
using Gemm = Product<bf16, Columns, Rows, float, TensorOp, GemmShape<64, 64, 32>,
                     GemmShape<32, 32, 32>, I16816, 3, 2, 1>;
#elif defined(CONFIG_TF32_64_3)
using Gemm = Product<tf32, Rows, Columns, float, TensorOp, GemmShape<64, 64, 32>,
                     GemmShape<32, 32, 32>, I1688, 3, 4, 4>;
#elif defined(CONFIG_TF32_128_4)
using Gemm = Product<tf32, Rows, Rows, float, TensorOp, GemmShape<128, 128, 32>,
                     GemmShape<64, 64, 32>, I1688, 4, 4, 4>;
#elif defined(CONFIG_TF32_ODD)
using Gemm = Product<tf32, Columns, Columns, float, TensorOp, GemmShape<64, 64, 16>,
                     GemmShape<32, 32, 16>, I1688, 3, 1, 1>;
#elif defined(CONFIG_F16_64_5)
using Gemm = Product<f16, Rows, Columns, f16, TensorOp, GemmShape<64, 64, 32>,
                     GemmShape<32, 32, 32>, I16816, 5, 8, 8>;
#elif defined(CONFIG_SIMT)
using Gemm = Product<float, Rows, Rows, float, Simt, GemmShape<64, 64, 8>, GemmShape<32, 32, 8>, I1,
                     2, 1, 1>;
#elif defined(CONFIG_SIMT_3)
using Gemm = Product<float, Rows, Columns, float, Simt, GemmShape<128, 64, 8>, GemmShape<64, 32, 8>,
                     I1, 3, 1, 1>;
#else
#define CONVOLUTION
#if defined(CONFIG_WGRAD_TF32) || defined(CONFIG_FPROP_TF32)
using In = tf32;
using Instruction = I1688;
using Block = GemmShape<64, 64, 16>;
using Warp = GemmShape<32, 32, 16>;
constexpr int align = 4;
#elif defined(CONFIG_FPROP_SIMT)
using In = float;
using Instruction = I1;
using Block = GemmShape<64, 64, 8>;
using Warp = GemmShape<32, 32, 8>;
constexpr int align = 1;
#else
using In = bf16;
using Instruction = I16816;
using Block = GemmShape<64, 64, 32>;
using Warp = GemmShape<32, 32, 32>;
constexpr int align = 8;
#endif
#if defined(CONFIG_FPROP_SIMT)
using Operation = Simt;
constexpr int stages = 2;
#else
using Operation = TensorOp;
constexpr int stages = 3;
#endif
using NHWC = cutlass::layout::TensorNHWC;
constexpr auto optimized = cutlass::conv::IteratorAlgorithm::kOptimized;
constexpr auto analytic = cutlass::conv::IteratorAlgorithm::kAnalytic;
using Add = cutlass::arch::OpMultiplyAdd;
#if defined(CONFIG_FPROP) || defined(CONFIG_FPROP_TF32)
using ConvKernel = cutlass::conv::kernel::DefaultConv2dFprop<
    In, NHWC, In, NHWC, float, NHWC, float, Operation, Ampere, Block, Warp, Instruction,
    Epilogue<float, 4>, Swizzle, stages, Add, optimized, cutlass::conv::StrideSupport::kStrided,
    align, align>::Kernel;
#elif defined(CONFIG_FPROP_SIMT)
using ConvKernel = cutlass::conv::kernel::DefaultConv2dFprop<
    In, NHWC, In, NHWC, float, NHWC, float, Operation, Ampere, Block, Warp, Instruction,
    Epilogue<float, 1>, Swizzle, stages, Add, analytic, cutlass::conv::StrideSupport::kStrided,
    align, align>::Kernel;
#elif defined(CONFIG_DGRAD)
using ConvKernel = cutlass::conv::kernel::DefaultConv2dDgrad<
    In, NHWC, In, NHWC, float, NHWC, float, Operation, Ampere, Block, Warp, Instruction,
    Epilogue<float, 4>, Swizzle, stages, Add, optimized, cutlass::conv::StrideSupport::kUnity,
    align, align>::Kernel;
#else
using ConvKernel = cutlass::conv::kernel::DefaultConv2dWgrad<
    In, NHWC, In, NHWC, float, NHWC, float, Operation, Ampere, Block, Warp, Instruction,
    Epilogue<float, 4>, Swizzle, stages, Add, analytic, cutlass::conv::StrideSupport::kStrided,
    align, align>::Kernel;
#endif
#endif

// Addresses that no offset or stride is mistaken for; `variant` moves each by another distance.
static char *base(int buffer, int variant) {
  return reinterpret_cast<char *>(0x7000000000ull + 0x100000000ull * buffer +
                                  0x10000ull * variant * (buffer + 1));
}
static const char *const names[] = {"A", "B", "C", "D", "W"};

template <class Params>
static void print(dim3 grid, unsigned threads, size_t shared, size_t workspace, const Params &first,
                  const Params &second) {
  std::string hex, pointers;
  const auto *a = reinterpret_cast<const unsigned char *>(&first);
  const auto *b = reinterpret_cast<const unsigned char *>(&second);
  for (size_t at = 0; at < sizeof(Params); ++at) {
    char text[3];
    std::snprintf(text, sizeof(text), "%02x", a[at]);
    hex += text;
  }
  for (size_t at = 0; at + 8 <= sizeof(Params); at += 8) {
    unsigned long long x, y;
    std::memcpy(&x, a + at, 8);
    std::memcpy(&y, b + at, 8);
    for (int buffer = 0; buffer < 5; ++buffer)
      if (y - x == 0x10000ull * (buffer + 1)) {
        pointers += pointers.empty() ? "" : ", ";
        pointers += "{\"at\": " + std::to_string(at) + ", \"buffer\": \"" + names[buffer] +
                    "\", \"offset\": " +
                    std::to_string(x - reinterpret_cast<unsigned long long>(base(buffer, 0))) + "}";
      }
  }
  std::printf("{\"grid\": [%u, %u, %u], \"block\": %u, \"shared\": %zu, \"workspace\": %zu,\n"
              " \"bytes\": \"%s\",\n \"pointers\": [%s]}\n",
              grid.x, grid.y, grid.z, threads, shared, workspace, hex.c_str(), pointers.c_str());
}

#ifndef CONVOLUTION
using Kernel = Gemm::GemmKernel;
static void parameters(void *memory, const int *n, float alpha, float beta, int variant) {
  cutlass::gemm::GemmCoord problem(n[0], n[1], n[2]);
  Swizzle swizzle;
  auto shape = swizzle.get_tiled_shape(
      problem, {Gemm::ThreadblockShape::kM, Gemm::ThreadblockShape::kN, Gemm::ThreadblockShape::kK},
      n[3]);
  auto stride = [](auto layout, int rows, int columns) {
    return std::is_same_v<decltype(layout), Rows> ? columns : rows;
  };
  using A = Gemm::ElementA;
  using B = Gemm::ElementB;
  using D = Gemm::ElementC;
  // Padding between the members is zero.
  std::memset(memory, 0, sizeof(Kernel::Params));
  new (memory)
      Kernel::Params(problem, shape,
                     {reinterpret_cast<A *>(base(0, variant)), stride(Gemm::LayoutA(), n[0], n[2])},
                     {reinterpret_cast<B *>(base(1, variant)), stride(Gemm::LayoutB(), n[2], n[1])},
                     {reinterpret_cast<D *>(base(2, variant)), n[1]},
                     {reinterpret_cast<D *>(base(3, variant)), n[1]}, {alpha, beta},
                     reinterpret_cast<int *>(base(4, variant)));
}
template __global__ void cutlass::Kernel<Kernel>(Kernel::Params);

int main(int, char **words) {
  int n[4];
  for (int i = 0; i < 4; ++i)
    n[i] = std::atoi(words[i + 1]);
  alignas(16) static char memory[2][sizeof(Kernel::Params)];
  auto *first = reinterpret_cast<Kernel::Params *>(memory[0]);
  auto *second = reinterpret_cast<Kernel::Params *>(memory[1]);
  parameters(first, n, 1.5f, 0.5f, 0);
  parameters(second, n, 1.5f, 0.5f, 1);
  Swizzle swizzle;
  size_t flags = 4 * size_t(first->grid_tiled_shape.m()) * first->grid_tiled_shape.n();
  print(swizzle.get_grid_shape(first->grid_tiled_shape), Kernel::kThreadCount,
        sizeof(Kernel::SharedStorage), flags, *first, *second);
}
#else
using Kernel = ConvKernel;
template __global__ void cutlass::Kernel<Kernel>(Kernel::Params);

int main(int, char **words) {
  int n[9];
  for (int i = 0; i < 9; ++i)
    n[i] = std::atoi(words[i + 1]);
  int P = (n[1] + 2 * n[7] - n[5]) / n[8] + 1, Q = (n[2] + 2 * n[7] - n[6]) / n[8] + 1;
  cutlass::conv::Conv2dProblemSize problem(
      {n[0], n[1], n[2], n[3]}, {n[4], n[5], n[6], n[3]}, {n[7], n[7], n[7], n[7]}, {n[8], n[8]},
      {1, 1}, {n[0], P, Q, n[4]}, cutlass::conv::Mode::kCrossCorrelation, 1);
  NHWC x = NHWC::packed({n[0], n[1], n[2], n[3]}), w = NHWC::packed({n[4], n[5], n[6], n[3]});
  NHWC y = NHWC::packed({n[0], P, Q, n[4]});
  alignas(16) static char memory[2][sizeof(Kernel::Params)];
#if defined(CONFIG_DGRAD)
  NHWC a = y, b = w, c = x;
#elif defined(CONFIG_WGRAD) || defined(CONFIG_WGRAD_TF32)
  NHWC a = y, b = x, c = w;
#else
  NHWC a = x, b = w, c = y;
#endif
  for (int variant = 0; variant < 2; ++variant) {
    std::memset(memory[variant], 0, sizeof(Kernel::Params));
    Kernel::Arguments arguments(problem, {reinterpret_cast<In *>(base(0, variant)), a},
                                {reinterpret_cast<In *>(base(1, variant)), b},
                                {reinterpret_cast<float *>(base(2, variant)), c},
                                {reinterpret_cast<float *>(base(3, variant)), c}, {1.5f, 0.5f});
    new (memory[variant]) Kernel::Params(arguments, reinterpret_cast<int *>(base(4, variant)));
  }
  auto *first = reinterpret_cast<Kernel::Params *>(memory[0]);
  auto *second = reinterpret_cast<Kernel::Params *>(memory[1]);
  Kernel::ThreadblockSwizzle swizzle;
  print(swizzle.get_grid_shape(first->grid_tiled_shape), 32 * Kernel::WarpCount::kCount,
        sizeof(Kernel::SharedStorage), 4, *first, *second);
}
#endif
