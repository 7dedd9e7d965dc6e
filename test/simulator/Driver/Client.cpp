//===- Client.cpp - a program that uses the mock driver ---------------------------------------===//
#include "Client.h"

using namespace mock;

const char *const mock::ptx = R"(
.version 7.0
.target sm_80
.address_size 64
.visible .global .align 4 .u32 counter = 5;
.visible .entry affine(.param .u64 p, .param .u32 factor, .param .u32 summand, .param .u32 n) {
  .reg .pred %q; .reg .b32 %r<9>; .reg .b64 %rd<4>;
  ld.param.u64 %rd1, [p];
  ld.param.u32 %r1, [factor];
  ld.param.u32 %r2, [summand];
  ld.param.u32 %r3, [n];
  mov.u32 %r4, %ctaid.x;
  mov.u32 %r5, %ntid.x;
  mov.u32 %r6, %tid.x;
  mad.lo.u32 %r7, %r4, %r5, %r6;
  setp.ge.u32 %q, %r7, %r3;
  @%q bra done;
  mul.wide.u32 %rd2, %r7, 4;
  add.s64 %rd3, %rd1, %rd2;
  ld.global.u32 %r8, [%rd3];
  mad.lo.u32 %r8, %r8, %r1, %r2;
  st.global.u32 [%rd3], %r8;
done:
  ret;
}
)";

void Client::open() {
  ok("cuInit", 0u);
  ok("cuDevicePrimaryCtxRetain", &context, 0);
  ok("cuCtxSetCurrent", context);
  ok("cuModuleLoadData", &module, ptx);
  ok("cuModuleGetFunction", &kernel, module, "affine");
}

Handle Client::stream(unsigned flags) {
  Handle handle = 0;
  ok("cuStreamCreate", &handle, flags);
  return handle;
}

Handle Client::event(unsigned flags) {
  Handle handle = 0;
  ok("cuEventCreate", &handle, flags);
  return handle;
}

uint64_t Client::memory(size_t bytes) {
  uint64_t pointer = 0;
  ok("cuMemAlloc_v2", &pointer, bytes);
  return pointer;
}

int *Client::pinned(size_t count) {
  int *pointer = nullptr;
  ok("cuMemHostAlloc", &pointer, 4 * count, 0u);
  return pointer;
}

void Client::fill(uint64_t pointer, unsigned value, unsigned count, Handle stream) {
  ok("cuMemsetD32Async", pointer, value, size_t(count), stream);
}

int Client::affine(uint64_t pointer, int factor, int summand, unsigned count, Handle stream) {
  void *arguments[] = {&pointer, &factor, &summand, &count};
  return call("cuLaunchKernel", kernel, (count + 31) / 32, 1u, 1u, 32u, 1u, 1u, 0u, stream,
              static_cast<void **>(arguments), static_cast<void **>(nullptr));
}

std::vector<int> Client::read(uint64_t pointer, size_t count) {
  std::vector<int> host(count);
  ok("cuMemcpyDtoH_v2", static_cast<void *>(host.data()), pointer, 4 * count);
  return host;
}

void Client::holds(uint64_t pointer, size_t count, int value) {
  for (int element : read(pointer, count))
    expect(element == value, fmt::format("an element is {}, not {}", element, value));
}

void mock::run(const Environment &environment, const std::string &text,
               const std::function<void(Client &)> &body) {
  auto child = [&] {
    for (const auto &[name, value] : environment)
      setenv(name.c_str(), value.c_str(), 1);
    Client client;
    body(client);
    std::exit(0);
  };
  EXPECT_EXIT(child(), testing::ExitedWithCode(0), text);
}
