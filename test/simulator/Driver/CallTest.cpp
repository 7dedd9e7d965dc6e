//===- CallTest.cpp - names, handles, memory, modules, limits ---------------------------------===//
#include "Client.h"

#include <cstring>
#include <fstream>
#include <sstream>

using namespace mock;

TEST(MockCall, NamesAndVersions) {
  run({}, "", [](Client &c) {
    void *function = nullptr;
    unsigned status = 9;
    auto look = [&](const char *name, int version) {
      return c.call("cuGetProcAddress_v2", name, &function, version, uint64_t(0), &status);
    };
    expect(look("cuMemAlloc", 3020) == success && status == 0 && function, "found");
    expect(look("cuMemAlloc", 3010) == notFound && status == 2 && !function, "too old");
    expect(look("cuTexRefCreate", 13000) == notFound && status == 1, "unknown");
    expect(look("cuCtxCreate", 3020) == success, "old");
    void *old = function;
    expect(look("cuCtxCreate", 13000) == success && function != old, "the newest that fits");
    const char *name = nullptr;
    c.ok("cuGetErrorName", 700, &name);
    expect(std::strcmp(name, "CUDA_ERROR_ILLEGAL_ADDRESS") == 0, name);
    c.fails(invalidValue, "cuGetErrorName", 12345, &name);
  });
}

/// No call may touch what a wrong handle points to.
TEST(MockCall, GarbageHandles) {
  run({}, "", [](Client &c) {
    c.open();
    size_t count = 0;
    Handle out = 0;
    for (Handle garbage : {Handle(8), Handle(0xdeadbeefcafe), ~Handle(0), c.module, c.context}) {
      c.fails(invalidHandle, "cuStreamSynchronize", garbage);
      c.fails(invalidHandle, "cuEventRecord", garbage, Handle(0));
      c.fails(invalidHandle, "cuEventDestroy_v2", garbage);
      c.fails(invalidValue, "cuGraphGetNodes", garbage, static_cast<Handle *>(nullptr), &count);
      c.fails(invalidValue, "cuGraphLaunch", garbage, Handle(0));
      c.fails(invalidValue, "cuMemFree_v2", garbage);
      c.fails(invalidHandle, "cuLaunchKernel", garbage, 1u, 1u, 1u, 1u, 1u, 1u, 0u, Handle(0),
              static_cast<void **>(nullptr), static_cast<void **>(nullptr));
    }
    c.fails(invalidHandle, "cuModuleGetFunction", &out, c.context, "affine");
    c.fails(invalidHandle, "cuModuleUnload", c.kernel);
    c.fails(invalidValue, "cuMemAlloc_v2", static_cast<Handle *>(nullptr), size_t(4));
    c.fails(invalidValue, "cuMemcpyDtoH_v2", static_cast<void *>(&out), Handle(4096), size_t(4));
  });
}

TEST(MockCall, MemoryHasASize) {
  run({{"DPC_MOCK_MEMORY", "1000000"}}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(900000), q = 0;
    c.fails(outOfMemory, "cuMemAlloc_v2", &q, size_t(200000));
    c.ok("cuMemFree_v2", p);
    c.ok("cuMemAlloc_v2", &q, size_t(200000));
    size_t free = 0, total = 0;
    c.ok("cuMemGetInfo_v2", &free, &total);
    expect(total == 1000000 && free < 800001, "free and total");
    uint64_t base = 0;
    size_t bytes = 0;
    c.ok("cuMemGetAddressRange_v2", &base, &bytes, q + 100);
    expect(base == q && bytes == 200000, "range");
  });
}

TEST(MockCall, CopiesOfRectangles) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t p = 0;
    size_t pitch = 0;
    c.ok("cuMemAllocPitch_v2", &p, &pitch, size_t(12), size_t(3), 4u);
    int host[9] = {1, 2, 3, 4, 5, 6, 7, 8, 9}, back[4] = {};
    // CUDA_MEMCPY2D, in words of 8 bytes.
    uint64_t copy[16] = {0,     0,  1, reinterpret_cast<uint64_t>(host), 0, 0, 12, 0, 0, 2, 0, p, 0,
                         pitch, 12, 3};
    c.ok("cuMemcpy2D_v2", static_cast<const void *>(copy));
    uint64_t part[16] = {4, 1, 2, 0, p, 0, pitch, 0, 0, 1, reinterpret_cast<uint64_t>(back),
                         0, 0, 8, 8, 2};
    c.ok("cuMemcpy2D_v2", static_cast<const void *>(part));
    expect(back[0] == 5 && back[1] == 6 && back[2] == 8 && back[3] == 9, "the lower right corner");
    part[15] = 3; // a row too many
    c.fails(invalidValue, "cuMemcpy2D_v2", static_cast<const void *>(part));
  });
}

TEST(MockCall, ManagedAndMappedMemory) {
  run({}, "", [](Client &c) {
    c.open();
    uint64_t managed = 0, mapped = 0;
    c.ok("cuMemAllocManaged", &managed, size_t(40), 1u);
    reinterpret_cast<int *>(managed)[9] = 5;
    c.affine(managed, 2, 0, 10, 0);
    int *host = c.pinned(10);
    host[9] = 6;
    c.ok("cuMemHostGetDevicePointer_v2", &mapped, static_cast<void *>(host), 0u);
    c.affine(mapped, 2, 0, 10, 0);
    c.ok("cuCtxSynchronize");
    expect(reinterpret_cast<int *>(managed)[9] == 10 && host[9] == 12, "both sides see it");
    unsigned type = 0;
    c.ok("cuPointerGetAttribute", static_cast<void *>(&type), 2, mapped);
    expect(type == 1, "pinned memory is the host's");
    c.ok("cuMemFreeHost", static_cast<void *>(host));
    c.ok("cuMemFree_v2", managed);
  });
}

TEST(MockCall, MemoryInStreamOrder) {
  run({}, "use-after-free: kernel affine", [](Client &c) {
    c.open();
    uint64_t p = 0;
    Handle s = c.stream();
    c.ok("cuMemAllocAsync", &p, size_t(4), s);
    c.fill(p, 1, 1, s);
    c.ok("cuMemFreeAsync", p, s);
    c.affine(p, 1, 1, 1, s);
    c.fails(illegalAddress, "cuStreamSynchronize", s);
  });
}

TEST(MockCall, LimitsOfTheArchitecture) {
  run({{"DPC_MOCK_CC", "86"}}, "", [](Client &c) {
    c.open();
    int value = 0;
    c.ok("cuDeviceGetAttribute", &value, 97, 0);
    expect(value == 99 * 1024, "shared memory");
    c.ok("cuFuncSetAttribute", c.kernel, 8, 99 * 1024);
    c.fails(invalidValue, "cuFuncSetAttribute", c.kernel, 8, 100 * 1024);
    c.ok("cuOccupancyMaxActiveBlocksPerMultiprocessor", &value, c.kernel, 1024, size_t(0));
    expect(value == 1, "1536 threads hold one block of 1024");
    uint64_t p = c.memory(4);
    int one = 1;
    unsigned count = 0;
    void *arguments[] = {&p, &one, &one, &count};
    c.fails(cooperativeTooLarge, "cuLaunchCooperativeKernel", c.kernel, 1u << 20, 1u, 1u, 1024u, 1u,
            1u, 0u, Handle(0), static_cast<void **>(arguments));
    std::string newer = ptx;
    newer.replace(newer.find("sm_80"), 5, "sm_90");
    Handle module = 0;
    c.fails(invalidPtx, "cuModuleLoadData", &module, newer.c_str());
  });
}

static std::string readFile(const std::string &path) {
  std::ifstream file(path, std::ios::binary);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// Fatbins as NVIDIA's `fatbinary` packs them, where that is installed.
TEST(MockCall, FatBinaries) {
  const std::string fatbinary = "/usr/local/cuda/bin/fatbinary";
  if (!std::ifstream(fatbinary))
    GTEST_SKIP() << "fatbinary is not installed";
  std::string folder = testing::TempDir();
  std::ofstream(folder + "mock.ptx") << ptx;
  std::string newer = ptx;
  newer.replace(newer.find("sm_80"), 5, "sm_90");
  std::ofstream(folder + "mock90.ptx") << newer;
  for (const char *mode : {"none", "speed", "size"}) {
    std::string command = fmt::format("{0} -64 --compress-mode={1} --create={2}mock.fatbin "
                                      "--image3=kind=ptx,sm=90,file={2}mock90.ptx "
                                      "--image3=kind=ptx,sm=80,file={2}mock.ptx",
                                      fatbinary, mode, folder);
    ASSERT_EQ(std::system(command.c_str()), 0) << command;
    std::string image = readFile(folder + "mock.fatbin");
    run({}, "", [&](Client &c) {
      c.open();
      Handle module = 0, kernel = 0;
      c.ok("cuModuleLoadFatBinary", &module, image.c_str());
      c.ok("cuModuleGetFunction", &kernel, module, "affine");
    });
    run({{"DPC_MOCK_CC", "75"}}, "", [&](Client &c) {
      c.ok("cuInit", 0u);
      Handle context = 0, library = 0;
      c.ok("cuDevicePrimaryCtxRetain", &context, 0);
      c.ok("cuCtxSetCurrent", context);
      c.fails(noBinary, "cuModuleLoadFatBinary", &library, image.c_str());
    });
  }
}

TEST(MockCall, FilesOfModules) {
  std::string path = testing::TempDir() + "mock-cuda-module";
  auto write = [&](const std::string &text) { std::ofstream(path, std::ios::binary) << text; };
  auto fails = [&](int result) {
    run({}, "", [&](Client &c) {
      c.open();
      Handle module = 0;
      c.fails(result, "cuModuleLoad", &module, path.c_str());
    });
  };
  write(ptx);
  fails(success);
  write("");
  fails(invalidImage);
  // A fatbin's header that promises more than there is, and the wrapper of programs, which holds an
  // address.
  const unsigned char fat[] = {0x50, 0xed, 0x55, 0xba, 1, 0, 16, 0, 0, 1, 0, 0, 0, 0, 0, 0};
  write(std::string(reinterpret_cast<const char *>(fat), sizeof(fat)));
  fails(invalidImage);
  write(std::string("\xb1\x43\x62\x46\1\0\0\0\1\1\1\1\1\1\1\1", 16));
  fails(invalidImage);
  path = testing::TempDir();
  fails(fileNotFound);
  path = "/no/such/file";
  fails(fileNotFound);
}

TEST(MockCall, RegisteredRangesMustExist) {
  run({}, "", [](Client &c) {
    c.open();
    std::vector<char> host(10000);
    void *at = host.data(), *device = reinterpret_cast<void *>(c.memory(4));
    c.fails(invalidValue, "cuMemHostRegister_v2", at, ~size_t(0), 0u);
    c.fails(invalidValue, "cuMemHostRegister_v2", at, size_t(1) << 46, 0u);
    c.fails(invalidValue, "cuMemHostRegister_v2", device, size_t(4), 0u);
    c.ok("cuMemHostRegister_v2", at, host.size(), 0u);
    c.ok("cuMemHostUnregister", at);
  });
}

TEST(MockCall, CallsThatAreMissing) {
  run({}, "not supported: the mock driver has no cuTexObjectCreate", [](Client &c) {
    c.fails(notSupported, "cuTexObjectCreate", static_cast<void *>(nullptr),
            static_cast<const void *>(nullptr));
  });
}

TEST(MockCall, VersionOfTheDriver) {
  std::string newer = ptx;
  newer.replace(newer.find("7.0"), 3, "9.2");
  for (auto [version, result] : {std::pair{13000, unsupportedPtx}, {13020, success}})
    run({{"DPC_MOCK_VERSION", std::to_string(version)}}, "", [&](Client &c) {
      c.open();
      Handle module = 0;
      c.fails(result, "cuModuleLoadData", &module, newer.c_str());
      int found = 0;
      c.ok("cuDriverGetVersion", &found);
      expect(found == version, "version");
    });
}

TEST(MockCall, TheCudaRuntimeIsToldWhy) {
  run({}, "not supported: the CUDA runtime", [](Client &c) {
    const unsigned char id[] = {0x6b, 0xd5, 0xfb, 0x6c, 0x5b, 0xf4, 0xe7, 0x4a,
                                0x89, 0x87, 0xd9, 0x39, 0x12, 0xfd, 0x9d, 0xf9};
    const void *table = id;
    c.fails(notFound, "cuGetExportTable", &table, &id);
    expect(!table, "no table");
  });
}
