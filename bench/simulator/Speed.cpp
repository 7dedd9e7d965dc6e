//===- Speed.cpp - how fast the PTX simulator is on one core ----------------------------------===//
//
// dpc-bench-simulator [--rounds N] [--only NAME] KERNELS: runs the kernels of that folder with
// checkers off and on, in turns with a scalar triple loop of the same size, and prints a table of
// the medians. The exit code is 1 if a kernel computes something wrong or is reported.
//
//===------------------------------------------------------------------------------------------===//
#include "ScalarProduct.h"
#include "simulator/Machine/Launch.h"

#include <algorithm>
#include <bit>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace {

constexpr int n = 256;

struct Failure {
  std::string text;
};

/// Seconds that this thread has run: others on the machine do not count.
double now() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) * 1e-9;
}

double wallClock() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

/// One kernel with its memory on a simulated device.
class Kernel {
public:
  Kernel(const std::string &path, const std::string &name) : memory(1ull << 30) {
    std::ifstream file(path);
    std::ostringstream text;
    text << file.rdbuf();
    if (!file)
      throw Failure{fmt::format("cannot read `{}`", path)};
    ptx::ParseResult parsed = ptx::parseModule(text.str(), path);
    if (!parsed.module)
      throw Failure{fmt::format("{}:{}: {}", path, parsed.error.line, parsed.error.message)};
    auto module = std::make_shared<const ptx::Module>(std::move(*parsed.module));
    sim::DecodeResult decoded = sim::decode(module, 80);
    if (!decoded.program)
      throw Failure{fmt::format("{}:{}: {}", path, decoded.error.line, decoded.error.message)};
    loaded = sim::load(decoded.program, memory);
    function = static_cast<ptx::FunctionId>(module->find(name) - module->functions.data());
  }

  sim::Allocation &allocate(uint64_t bytes) { return *memory.allocate(bytes, "buffer", true); }

  template <class T> void pass(T value) {
    auto &block = shape.parameters;
    block.resize((block.size() + sizeof(T) - 1) / sizeof(T) * sizeof(T) + sizeof(T));
    std::memcpy(block.data() + block.size() - sizeof(T), &value, sizeof(T));
  }

  /// Seconds of one launch.
  double run(bool check, unsigned cores = 1, double (*clock)() = now) {
    sim::LaunchOptions options;
    options.check = check;
    options.cores = cores;
    double begin = clock();
    sim::LaunchResult result = sim::launch(*loaded, function, shape, memory, options);
    double seconds = clock() - begin;
    if (!result.reports.empty())
      throw Failure{result.reports.all()[0].message};
    instructions = result.counters.warpInstructions;
    return seconds;
  }

  sim::Memory memory;
  std::unique_ptr<sim::LoadedModule> loaded;
  ptx::FunctionId function = 0;
  sim::LaunchShape shape;
  uint64_t instructions = 0;
};

/// Whole numbers, so that every order of summation gives the same.
float element(int matrix, int row, int column) {
  return static_cast<float>((row * 7 + column * 3 + matrix * 5) % 9 - 4);
}

/// A product of n x n matrices; checks its result.
struct Product {
  Product(const std::string &folder, const std::string &name, bool isBf16)
      : kernel(folder + "/product-" + name + ".ptx", "product_" + name), isBf16(isBf16) {
    unsigned bytes = isBf16 ? 2 : 4;
    sim::Allocation *inputs[2];
    for (int m = 0; m < 2; ++m) {
      inputs[m] = &kernel.allocate(uint64_t(n) * n * bytes);
      for (int row = 0; row < n; ++row)
        for (int column = 0; column < n; ++column) {
          uint32_t bits = std::bit_cast<uint32_t>(element(m, row, column));
          uint16_t half = static_cast<uint16_t>(bits >> 16);
          std::memcpy(inputs[m]->data + (size_t(row) * n + column) * bytes,
                      isBf16 ? static_cast<void *>(&half) : &bits, bytes);
        }
      kernel.pass(inputs[m]->base);
    }
    output = &kernel.allocate(uint64_t(n) * n * 4);
    kernel.pass(output->base);
    kernel.pass(n);
    unsigned tile = isBf16 ? 64 : 16;
    kernel.shape.grid[0] = kernel.shape.grid[1] = n / tile;
    kernel.shape.block[0] = isBf16 ? 128 : 16;
    kernel.shape.block[1] = isBf16 ? 1 : 16;
  }

  void check() const {
    for (int row = 0; row < n; row += 5)
      for (int column = 0; column < n; column += 3) {
        float expected = 0, found;
        for (int k = 0; k < n; ++k)
          expected += element(0, row, k) * (isBf16 ? element(1, column, k) : element(1, k, column));
        std::memcpy(&found, output->data + (size_t(row) * n + column) * 4, 4);
        if (found != expected)
          throw Failure{fmt::format("c[{}][{}] is {}, expected {}", row, column, found, expected)};
      }
  }

  Kernel kernel;
  bool isBf16;
  sim::Allocation *output;
};

double median(std::vector<double> values) {
  std::nth_element(values.begin(), values.begin() + values.size() / 2, values.end());
  return values[values.size() / 2];
}

struct Row {
  const char *what;
  double limit; ///< times the scalar loop
  std::vector<double> seconds, ratios;
  uint64_t instructions = 0;
};

double scalarSeconds() {
  static std::vector<float> a(n * n), b(n * n), c(n * n);
  for (int i = 0; i < n * n; ++i) {
    a[i] = element(0, i / n, i % n);
    b[i] = element(1, i / n, i % n);
  }
  double begin = now();
  scalarProduct(a.data(), b.data(), c.data(), n);
  return now() - begin;
}

int measure(const std::string &folder, int rounds, const std::string &only) {
  Product f32(folder, "f32", false), bf16(folder, "bf16", true);
  Row rows[] = {{"f32, shared memory tiles of 16 x 16, checkers off", 5, {}, {}},
                {"f32, shared memory tiles of 16 x 16, checkers on", 20, {}, {}},
                {"bf16, mma.sync, checkers off", 0.7, {}, {}},
                {"bf16, mma.sync, checkers on", 1.7, {}, {}}};
  const char *names[] = {"f32", "f32-check", "bf16", "bf16-check"};
  std::vector<double> scalar;
  for (int round = 0; round < rounds; ++round) {
    scalar.push_back(scalarSeconds());
    for (int i = 0; i < 4; ++i) {
      if (!only.empty() && only != names[i])
        continue;
      Product &product = i < 2 ? f32 : bf16;
      std::memset(product.output->data, 0xff, product.output->bytes);
      double seconds = product.kernel.run(i % 2 == 1);
      product.check();
      rows[i].seconds.push_back(seconds);
      rows[i].ratios.push_back(seconds / scalar.back());
      rows[i].instructions = product.kernel.instructions;
    }
  }
  fmt::print("| product of 256 x 256 matrices, one core | ms | ns per warp instruction | times the "
             "scalar loop | limit |\n| --- | --- | --- | --- | --- |\n");
  fmt::print("| f32, scalar triple loop, -O2 | {:.2f} | | 1 | |\n", median(scalar) * 1e3);
  for (Row &row : rows)
    if (!row.seconds.empty())
      fmt::print("| {} | {:.2f} | {:.1f} | {:.2f} | {} |\n", row.what, median(row.seconds) * 1e3,
                 median(row.seconds) * 1e9 / static_cast<double>(row.instructions),
                 median(row.ratios), row.limit);
  if (!only.empty())
    return 0;

  // A launch of nothing, while the device holds the 16 buffers of a training step.
  fmt::print("\n| launch of an empty kernel | us | limit |\n| --- | --- | --- |\n");
  Kernel empty(folder + "/empty.ptx", "empty");
  for (int i = 0; i < 16; ++i)
    empty.allocate(4 << 20);
  for (bool check : {false, true})
    for (unsigned cores : {1u, 0u}) {
      std::vector<double> seconds;
      for (int i = 0; i < 200; ++i)
        seconds.push_back(empty.run(check, cores, wallClock));
      fmt::print("| checkers {}, {} | {:.1f} | 50 |\n", check ? "on" : "off",
                 cores ? "one core" : "all cores", median(seconds) * 1e6);
    }
  return 0;
}

} // namespace

int main(int count, char **arguments) {
  int rounds = 15;
  std::string only, folder;
  for (int i = 1; i < count; ++i) {
    std::string argument = arguments[i];
    if (argument == "--rounds" && i + 1 < count)
      rounds = std::max(1, std::atoi(arguments[++i]));
    else if (argument == "--only" && i + 1 < count)
      only = arguments[++i];
    else
      folder = argument;
  }
  if (folder.empty()) {
    fmt::print(stderr, "usage: dpc-bench-simulator [--rounds N] [--only NAME] KERNELS\n");
    return 2;
  }
  try {
    return measure(folder, rounds, only);
  } catch (const Failure &failure) {
    fmt::print(stderr, "error: {}\n", failure.text);
    return 1;
  }
}
