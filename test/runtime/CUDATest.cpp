//===- CUDATest.cpp - the CUDA runtime on every device at hand --------------------------------===//
//
// One suite for all devices: the mock driver always, the real one where it has a device. Drivers
// read the environment once, so everything that opens one happens in a child process.
//
//===------------------------------------------------------------------------------------------===//
#include "dprt/cuda.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <map>
#include <string>
#include <sys/wait.h>
#include <unistd.h>
#include <vector>

namespace {

/// c[i] = a[i] + b[i] for i < n; `wide` only asks for dynamic shared memory.
const char *const addPtx = R"(
.version 7.0
.target sm_52
.address_size 64
.extern .shared .align 16 .b8 scratch[];
.visible .entry vector_add(.param .u64 a, .param .u64 b, .param .u64 c, .param .u32 n)
{
  .reg .pred %p;
  .reg .b32 %r<5>;
  .reg .b64 %rd<8>;
  .reg .f32 %f<3>;
  ld.param.u64 %rd0, [a];
  ld.param.u64 %rd1, [b];
  ld.param.u64 %rd2, [c];
  ld.param.u32 %r0, [n];
  mov.u32 %r1, %ctaid.x;
  mov.u32 %r2, %ntid.x;
  mov.u32 %r3, %tid.x;
  mad.lo.u32 %r4, %r1, %r2, %r3;
  setp.ge.u32 %p, %r4, %r0;
  @%p ret;
  mul.wide.u32 %rd3, %r4, 4;
  add.u64 %rd4, %rd0, %rd3;
  add.u64 %rd5, %rd1, %rd3;
  add.u64 %rd6, %rd2, %rd3;
  ld.global.f32 %f0, [%rd4];
  ld.global.f32 %f1, [%rd5];
  add.f32 %f2, %f0, %f1;
  st.global.f32 [%rd6], %f2;
  ret;
}
.visible .entry wide(.param .u64 to)
{
  .reg .b32 %r<2>;
  .reg .b64 %rd;
  ld.param.u64 %rd, [to];
  mov.u32 %r0, 7;
  st.shared.u32 [scratch+60000], %r0;
  ld.shared.u32 %r1, [scratch+60000];
  st.global.u32 [%rd], %r1;
  ret;
}
)";

constexpr unsigned n = 1000;

using Environment = std::map<std::string, std::string>;

/// What `body` returns, run in a process of its own that ends through exit(), so that a driver can
/// list what leaks. "died" if it does not get there.
std::string inChild(const Environment &environment, const std::function<std::string()> &body) {
  int ends[2];
  if (pipe(ends) != 0)
    return "no pipe";
  std::fflush(nullptr);
  pid_t child = fork();
  if (child == 0) {
    close(ends[0]);
    // The mock lists leaks there too; the log has them.
    int nowhere = open("/dev/null", O_WRONLY);
    dup2(nowhere, 2);
    for (const auto &[name, value] : environment)
      setenv(name.c_str(), value.c_str(), 1);
    std::string text = body();
    bool written = write(ends[1], text.data(), text.size()) == static_cast<ssize_t>(text.size());
    std::exit(written ? 0 : 1);
  }
  close(ends[1]);
  std::string text;
  char buffer[4096];
  for (ssize_t got; (got = read(ends[0], buffer, sizeof(buffer))) > 0;)
    text.append(buffer, static_cast<size_t>(got));
  close(ends[0]);
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0 ? text : "died: " + text;
}

std::string openFailure(const std::string &library, int ordinal = 0, int capability = 0) {
  dprt_cuda_options options{library.c_str(), ordinal, capability};
  dprt_cuda *device = nullptr;
  char message[1000];
  int code = dprt_cuda_open(&options, &device, message, sizeof(message));
  std::string text = code ? std::to_string(code) + " " + message : "";
  if ((code == 0) != (device != nullptr))
    text += " (device and code disagree)";
  dprt_cuda_close(device);
  return text;
}

/// Everything that a training step does. Goes on after failures, as compiled code does. Returns
/// "", or the code and text of the first failure.
std::string everything(const std::string &library) {
  dprt_cuda_options options{library.c_str(), 0, 52};
  dprt_cuda *device = nullptr;
  char message[1000];
  if (int code = dprt_cuda_open(&options, &device, message, sizeof(message)))
    return std::to_string(code) + " " + message;
  dprt_cuda_module *module = nullptr;
  dprt_cuda_kernel *add = nullptr, *wide = nullptr;
  dprt_cuda_load(device, addPtx, std::strlen(addPtx), &module);
  dprt_cuda_get_kernel(device, module, "vector_add", 0, &add);
  dprt_cuda_get_kernel(device, module, "wide", 64000, &wide);
  dprt_cuda_address a = 0, b = 0, c = 0;
  constexpr size_t bytes = n * sizeof(float);
  for (dprt_cuda_address *address : {&a, &b, &c})
    dprt_cuda_allocate(device, bytes, address);
  void *host = nullptr;
  dprt_cuda_allocate_host(device, bytes, &host);
  dprt_cuda_event *begin = nullptr, *end = nullptr;
  dprt_cuda_create_event(device, &begin);
  dprt_cuda_create_event(device, &end);
  auto *values = static_cast<float *>(host);
  for (unsigned i = 0; values && i < n; ++i)
    values[i] = static_cast<float>(i);
  dprt_cuda_record(device, begin);
  if (values)
    dprt_cuda_copy_to_device(device, a, values, bytes);
  dprt_cuda_copy(device, b, a, bytes);
  dprt_cuda_fill(device, c, 0, bytes);
  uint32_t count = n, grid[3] = {(n + 127) / 128, 1, 1}, block[3] = {128, 1, 1};
  uint32_t one[3] = {1, 1, 1};
  void *addArguments[] = {&a, &b, &c, &count}, *again[] = {&c, &a, &c, &count}, *only[] = {&b};
  dprt_cuda_launch(device, add, grid, block, addArguments); // c = 2 i
  dprt_cuda_capture_begin(device);
  dprt_cuda_launch(device, add, grid, block, again); // c += i, not yet
  dprt_cuda_graph *graph = nullptr;
  dprt_cuda_capture_end(device, &graph);
  dprt_cuda_replay(device, graph);
  dprt_cuda_replay(device, graph);
  dprt_cuda_launch(device, wide, one, one, only);
  dprt_cuda_record(device, end);
  if (values)
    dprt_cuda_copy_to_host(device, values, c, bytes);
  float milliseconds = -1;
  dprt_cuda_elapsed(device, begin, end, &milliseconds);
  dprt_cuda_synchronize(device);
  std::string wrong;
  for (unsigned i = 0; values && i < n; ++i)
    if (values[i] != 4 * static_cast<float>(i) && wrong.empty())
      wrong = "c[" + std::to_string(i) + "] is " + std::to_string(values[i]);
  uint32_t seven = 0;
  dprt_cuda_copy_to_host(device, &seven, b, sizeof(seven));
  dprt_cuda_synchronize(device);
  if (seven != 7)
    wrong += " shared memory gave " + std::to_string(seven);
  if (milliseconds < 0)
    wrong += " no time";
  dprt_cuda_free_graph(device, graph);
  dprt_cuda_free_event(device, begin);
  dprt_cuda_free_event(device, end);
  dprt_cuda_free(device, a);
  dprt_cuda_free(device, b);
  dprt_cuda_free(device, c);
  dprt_cuda_free_host(device, host);
  dprt_cuda_unload(device, module);
  const char *text = nullptr;
  int code = dprt_cuda_failure(device, &text);
  std::string result = code ? std::to_string(code) + " " + text : wrong;
  int closed = dprt_cuda_close(device);
  if (closed && !code)
    result = std::to_string(closed) + " close";
  return result;
}

/// The calls of a log, and its lines about leaks.
struct Log {
  std::map<std::string, unsigned> calls;
  std::string leaks, reports;
  explicit Log(const std::string &path) {
    std::ifstream file(path);
    for (std::string line; std::getline(file, line);) {
      const std::string key = "{\"call\":\"";
      if (line.rfind(key, 0) == 0)
        ++calls[line.substr(key.size(), line.find('"', key.size()) - key.size())];
      else if (line.find("\"leak\"") != line.npos)
        leaks += line + "\n";
      else
        reports += line + "\n";
    }
  }
};

std::string logPath() { return testing::TempDir() + "cuda-" + std::to_string(getpid()) + ".log"; }

class CUDA : public testing::TestWithParam<const char *> {
protected:
  std::string library = GetParam();
  void SetUp() override {
    std::string failure = inChild({}, [&] { return openFailure(library); });
    if (!failure.empty() && library == "libcuda.so.1")
      GTEST_SKIP() << "no CUDA device here: " << failure;
    ASSERT_EQ(failure, "");
  }
};

} // namespace

INSTANTIATE_TEST_SUITE_P(Devices, CUDA, testing::Values(DPC_MOCK_CUDA, "libcuda.so.1"),
                         [](const auto &info) {
                           return std::string(info.index == 0 ? "mock" : "real");
                         });

TEST_P(CUDA, TrainsAStep) {
  EXPECT_EQ(inChild({}, [&] { return everything(library); }), "");
}

TEST_P(CUDA, SaysWhyNot) {
  std::string none = inChild({}, [&] { return openFailure(library, 64); });
  EXPECT_NE(none.find("3 there is no CUDA device 64"), none.npos) << none;
  std::string old = inChild({}, [&] { return openFailure(library, 0, 999); });
  EXPECT_NE(old.find("the code needs 99.9"), old.npos) << old;
}

TEST_P(CUDA, BadCodeIsAFailure) {
  auto load = [&](const std::string &image, const char *kernel) {
    return inChild({}, [&]() -> std::string {
      dprt_cuda_options options{library.c_str(), 0, 0};
      dprt_cuda *device = nullptr;
      if (dprt_cuda_open(&options, &device, nullptr, 0) != 0)
        return "not open";
      dprt_cuda_module *module = nullptr;
      dprt_cuda_kernel *found = nullptr;
      dprt_cuda_load(device, image.data(), image.size(), &module);
      if (module)
        dprt_cuda_get_kernel(device, module, kernel, 0, &found);
      dprt::Status status = dprt::cudaStatus(device);
      bool closed = dprt_cuda_close(device) == 0;
      return std::to_string(static_cast<int>(status.code())) + (closed ? " " : " close ") +
             status.text();
    });
  };
  EXPECT_EQ(load(addPtx, "vector_add"), "0 ");
  std::string text = load(addPtx, "subtract");
  EXPECT_NE(text.find("kernel `subtract`: cuModuleGetFunction returned CUDA_ERROR_NOT_FOUND"),
            text.npos)
      << text;
  EXPECT_EQ(load("", "vector_add").substr(0, 3), "70 ");
  EXPECT_NE(load("no ptx at all", "vector_add").substr(0, 2), "0 ");
  EXPECT_EQ(load(std::string("\x7f"
                             "ELF\2\1\1\0\0\0",
                             10),
                 "vector_add")
                .substr(0, 3),
            "70 ");
  std::string fatbin("\x50\xed\x55\xba\1\0\x10\0\xff\xff\0\0\0\0\0\0", 16);
  EXPECT_EQ(load(fatbin + std::string(100, 'x'), "vector_add").substr(0, 3), "70 ");
}

TEST(CUDALibrary, MissingSaysWhatToInstall) {
  std::string text = inChild({}, [] { return openFailure("/nowhere/libcuda.so.1"); });
  EXPECT_EQ(text.rfind("3 there is no CUDA driver: ", 0), 0u) << text;
  EXPECT_NE(text.find("Install NVIDIA's driver"), text.npos) << text;
}

TEST(CUDALibrary, AnotherLibraryIsNoDriver) {
  std::string text = inChild({}, [] { return openFailure("libz.so.1"); });
  EXPECT_NE(text.find("has no cuInit: install one for at least CUDA 11.4"), text.npos) << text;
}

TEST(CUDALibrary, StubIsNamed) {
  std::string stub = "/usr/local/cuda/lib64/stubs/libcuda.so";
  if (access(stub.c_str(), R_OK) != 0)
    GTEST_SKIP() << "no CUDA toolkit here, so no stub";
  std::string text = inChild({}, [&] { return openFailure(stub); });
  EXPECT_NE(text.find("CUDA_ERROR_STUB_LIBRARY"), text.npos) << text;
  EXPECT_NE(text.find("LD_LIBRARY_PATH"), text.npos) << text;
}

TEST(CUDALibrary, CloseFreesWhatIsLeft) {
  std::string log = logPath();
  std::string text = inChild({{"DPC_MOCK_LOG", log}, {"DPC_MOCK_LEAKS", "1"}}, [] {
    dprt_cuda_options options{DPC_MOCK_CUDA, 0, 0};
    dprt_cuda *device = nullptr;
    dprt_cuda_open(&options, &device, nullptr, 0);
    dprt_cuda_module *module;
    dprt_cuda_address address;
    void *host;
    dprt_cuda_event *event;
    dprt_cuda_load(device, addPtx, std::strlen(addPtx), &module);
    dprt_cuda_allocate(device, 0, &address);
    dprt_cuda_allocate_host(device, 1, &host);
    dprt_cuda_create_event(device, &event);
    dprt_cuda_capture_begin(device);
    return std::to_string(dprt_cuda_close(device));
  });
  EXPECT_EQ(text, "0");
  EXPECT_EQ(Log(log).leaks, "");
  std::remove(log.c_str());
}

TEST(CUDALibrary, DescribesTheDevice) {
  std::string text =
      inChild({{"DPC_MOCK_CC", "90"}, {"DPC_MOCK_MEMORY", "1000000000"}}, []() -> std::string {
        dprt_cuda_options options{DPC_MOCK_CUDA, 0, 0};
        dprt_cuda *device = nullptr;
        dprt_cuda_open(&options, &device, nullptr, 0);
        dprt_cuda_properties its, none;
        dprt_cuda_describe(device, &its);
        dprt_cuda_describe(nullptr, &none);
        dprt_cuda_close(device);
        return (its.name[0] && !none.name[0] ? "named " : "") + std::to_string(its.capability) +
               " " + std::to_string(its.multiprocessors) + " " + std::to_string(its.memory) + " " +
               std::to_string(its.sharedPerBlock) + " " + std::to_string(its.driver);
      });
  EXPECT_EQ(text, "named 90 132 1000000000 232448 13000");
}

TEST(CUDALibrary, MisuseIsAFailure) {
  std::string text = inChild({}, []() -> std::string {
    dprt_cuda_options options{DPC_MOCK_CUDA, 0, 0};
    dprt_cuda *device = nullptr;
    dprt_cuda_open(&options, &device, nullptr, 0);
    uint32_t one[3] = {1, 1, 1};
    dprt_cuda_graph *graph;
    bool refused = dprt_cuda_launch(device, nullptr, one, one, nullptr) == 70 &&
                   dprt_cuda_replay(device, nullptr) == 70 &&
                   dprt_cuda_capture_end(device, &graph) == 70 &&
                   dprt_cuda_free(device, 12345) == 70 && dprt_cuda_synchronize(nullptr) == 70;
    const char *text;
    bool first = dprt_cuda_failure(device, &text) == 70 && std::strstr(text, "dprt_cuda_launch");
    bool forgotten = dprt_cuda_failure(device, &text) == 0 && !*text;
    bool closed = dprt_cuda_close(device) == 0 && dprt_cuda_close(nullptr) == 0;
    return std::string(refused ? "" : "accepted ") + (first ? "" : "no text ") +
           (forgotten ? "" : "kept ") + (closed ? "" : "close");
  });
  EXPECT_EQ(text, "");
}

/// Every call of a step fails in turn: each failure is told, and nothing leaks.
TEST(CUDALibrary, EveryCallMayFail) {
  std::string log = logPath();
  Environment environment = {{"DPC_MOCK_LOG", log}, {"DPC_MOCK_LEAKS", "1"}};
  auto run = [] { return everything(DPC_MOCK_CUDA); };
  ASSERT_EQ(inChild(environment, run), "");
  Log clean(log);
  EXPECT_EQ(clean.leaks, "");
  EXPECT_EQ(clean.reports, "");
  EXPECT_GE(clean.calls.size(), 30u);
  for (const auto &[call, times] : clean.calls) {
    for (unsigned number = 1; number <= times; ++number) {
      std::string plan = call + ":" + std::to_string(number) + ":999";
      environment["DPC_MOCK_FAIL"] = plan;
      std::string text = inChild(environment, run);
      Log found(log);
      if (call == "cuDriverGetVersion") { // only for messages
        EXPECT_EQ(text, "") << plan;
      } else {
        EXPECT_TRUE(text == "3 close" ||
                    text.find(call + " returned CUDA_ERROR_UNKNOWN (999)") != text.npos)
            << plan << ": " << text;
      }
      // What could not be released cannot but leak.
      if (call.find("cuStreamDestroy") != 0 && call.find("cuDevicePrimaryCtxRelease") != 0)
        EXPECT_EQ(found.leaks, "") << plan;
    }
  }
  std::remove(log.c_str());
}
