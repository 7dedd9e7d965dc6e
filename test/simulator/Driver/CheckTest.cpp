//===- CheckTest.cpp - what the mock driver finds wrong with a program ------------------------===//
#include "Client.h"

#include <fstream>
#include <sstream>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace mock;

TEST(MockCheck, HostBufferTouchedTooEarly) {
  auto body = [](bool write) {
    return [write](Client &c) {
      c.open();
      uint64_t p = c.memory(4000);
      int *host = c.pinned(1000);
      Handle s = c.stream();
      host[999] = 1;
      if (write) {
        c.ok("cuMemcpyHtoDAsync_v2", p, static_cast<void *>(host), size_t(4000), s);
        expect(host[10] == 0, "reading a source is allowed");
        host[10] = 1;
      } else {
        c.fill(p, 3, 1000, s);
        c.ok("cuMemcpyDtoHAsync_v2", static_cast<void *>(host), p, size_t(4000), s);
        expect(host[999] == 1, "the copy has not happened yet");
      }
      c.ok("cuStreamSynchronize", s);
      expect(write || host[999] == 3, "the copy has happened");
      host[5] = 5; // now this is allowed
    };
  };
  run({}, "host buffer read before synchronising", body(false));
  run({}, "host buffer written before synchronising", body(true));
  run({{"DPC_MOCK_CHECK", "0"}}, "^$", body(false));
}

TEST(MockCheck, NeighboursOfACopyAreNotBlamed) {
  run({}, "^$", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    int *host = c.pinned(1000);
    c.fill(p, 3, 1);
    c.ok("cuMemcpyDtoHAsync_v2", static_cast<void *>(host), p, size_t(4), Handle(0));
    host[1] = 7;
    c.ok("cuCtxSynchronize");
    expect(host[0] == 3 && host[1] == 7, "both");
  });
}

TEST(MockCheck, HostMemoryMayLieAnywhere) {
  // Where a process's mappings begin is random; these places are possible ones.
  for (uintptr_t place : {0x7e00'0000'0000, 0x7eff'ffff'0000, 0x7f00'0000'0000, 0x7f00'0200'0000})
    run({}, "^$", [place](Client &c) {
      c.open();
      void *at = mmap(reinterpret_cast<void *>(place), 4096, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);
      if (at != reinterpret_cast<void *>(place))
        return; // something of this process is there already
      int *host = static_cast<int *>(at);
      uint64_t p = c.memory(4);
      c.fill(p, 3, 1);
      c.ok("cuMemcpyDtoH_v2", at, p, size_t(4));
      expect(host[0] == 3, "the copy");
      c.ok("cuMemHostRegister_v2", at, size_t(4096), 0u);
      uint64_t pinned = 0;
      c.ok("cuMemHostGetDevicePointer_v2", &pinned, at, 0u);
      expect(c.affine(pinned, 2, 1, 1, 0) == success, "launch");
      c.ok("cuCtxSynchronize");
      expect(host[0] == 7, "the kernel's result");
      c.ok("cuMemHostUnregister", at);
    });
}

TEST(MockCheck, StrictReportsFailTheNextSynchronisation) {
  run({{"DPC_MOCK_STRICT", "1"}}, "uninitialised: kernel affine, line", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    c.affine(p, 1, 1, 1, 0);
    c.fails(launchFailed, "cuCtxSynchronize");
    c.ok("cuCtxSynchronize");
  });
}

TEST(MockCheck, FaultsKillTheContext) {
  run({}, "bounds: kernel affine, line 20.*cuMemAlloc#1", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4), q = 0;
    c.fill(p, 1, 1);
    c.ok("cuCtxSynchronize");
    expect(c.affine(p, 1, 1, 2, 0) == success, "launch");
    c.fails(illegalAddress, "cuCtxSynchronize");
    c.fails(illegalAddress, "cuMemAlloc_v2", &q, size_t(4));
    expect(c.affine(p, 1, 1, 1, 0) == illegalAddress, "launch after the fault");
    c.ok("cuDevicePrimaryCtxReset_v2", 0);
    c.ok("cuMemAlloc_v2", &q, size_t(4));
  });
}

TEST(MockCheck, LeaksAndDoubleFrees) {
  run({{"DPC_MOCK_LEAKS", "1"}},
      "double free: cuMemAlloc#1(.|\n)*leak: cuMemAlloc#2 of 8 bytes|leak: memory cuMemAlloc#2",
      [](Client &c) {
        c.open();
        uint64_t p = c.memory(4);
        c.memory(8);
        c.ok("cuMemFree_v2", p);
        c.fails(invalidValue, "cuMemFree_v2", p);
      });
  run({{"DPC_MOCK_LEAKS", "1"}}, "^$", [](Client &c) {
    c.open();
    c.ok("cuMemFree_v2", c.memory(8));
    c.ok("cuStreamDestroy_v2", c.stream());
    c.ok("cuModuleUnload", c.module);
    c.ok("cuDevicePrimaryCtxRelease_v2", 0);
  });
}

TEST(MockCheck, FreedWhileQueued) {
  run({}, "freed before synchronising: cuMemAlloc#1", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    c.fill(p, 1, 1, c.stream());
    c.ok("cuMemFree_v2", p);
  });
}

TEST(MockCheck, UninitialisedMemoryCopiedToTheHost) {
  auto body = [](unsigned written) {
    return [written](Client &c) {
      c.open();
      uint64_t p = c.memory(400);
      c.fill(p, 1, written);
      c.read(p, 100);
    };
  };
  run({},
      "uninitialised: a copy of 400 bytes from cuMemAlloc#1.0x0 takes 40 that nobody has "
      "written, the first at cuMemAlloc#1.0x168",
      body(90));
  run({}, "^$", body(97));                        // what is missing may be padding
  run({{"DPC_MOCK_CHECK", "0"}}, "^$", body(90)); // kernels do not say what they initialise
  run({}, "^$", [](Client &c) {
    // Between copies on the device it is only passed on; rows are taken one by one.
    c.open();
    uint64_t p = c.memory(400), q = c.memory(400);
    c.ok("cuMemsetD2D8_v2", p, size_t(100), static_cast<unsigned char>(1), size_t(40), size_t(4));
    c.ok("cuMemcpyDtoD_v2", q, p, size_t(400));
    std::vector<std::byte> host(160);
    struct {
      size_t sourceX, sourceY;
      unsigned sourceType;
      void *sourceHost;
      uint64_t source, sourceArray;
      size_t sourcePitch, targetX, targetY;
      unsigned targetType;
      void *target;
      uint64_t targetDevice, targetArray;
      size_t targetPitch, width, height;
    } copy = {0, 0, 2, nullptr, q, 0, 100, 0, 0, 1, host.data(), 0, 0, 40, 40, 4};
    c.ok("cuMemcpy2D_v2", &copy);
  });
}

TEST(MockCheck, ContextDestroyedWithWorkInFlight) {
  auto body = [](bool wait) {
    return [wait](Client &c) {
      c.ok("cuInit", 0u);
      Handle context = 0;
      c.ok("cuCtxCreate_v2", &context, 0u, 0);
      Handle s = c.stream();
      c.fill(c.memory(4), 1, 1, s);
      c.ok("cuEventRecord", c.event(), s);
      if (wait)
        c.ok("cuStreamSynchronize", s);
      c.ok("cuCtxDestroy_v2", context);
    };
  };
  run({}, "context destroyed before synchronising: 1 ", body(false));
  run({}, "^$", body(true));
}

TEST(MockCheck, WorkThatNothingWaitsForIsListedAtExit) {
  run({{"DPC_MOCK_LEAKS", "1"}}, "leak: 2 copies, fills, launches", [](Client &c) {
    c.open();
    uint64_t p = c.memory(4);
    c.fill(p, 1, 1);
    c.affine(p, 1, 1, 1, 0);
  });
}

TEST(MockCheck, RefusedModulesSayWhy) {
  run({}, "module not loaded: the image is a cubin", [](Client &c) {
    c.open();
    Handle module = 0;
    c.fails(noBinary, "cuModuleLoadData", &module,
            "\x7f"
            "ELF");
  });
}

TEST(MockCheck, ChildrenCannotUseTheDriver) {
  run({}, "call after fork: cuMemAlloc_v2", [](Client &c) {
    c.open();
    pid_t child = fork();
    if (!child) {
      uint64_t p = 0;
      c.fails(notInitialised, "cuMemAlloc_v2", &p, size_t(4));
      c.fails(notInitialised, "cuInit", 0u);
      std::_Exit(0);
    }
    int status = 1;
    waitpid(child, &status, 0);
    expect(status == 0, "the child");
    c.memory(4);
  });
}

TEST(MockCheck, PlannedFailures) {
  run({{"DPC_MOCK_FAIL", "cuMemAlloc:2:CUDA_ERROR_OUT_OF_MEMORY,cuStreamCreate:1:46"}}, "",
      [](Client &c) {
        c.open();
        uint64_t p = c.memory(4);
        c.fails(outOfMemory, "cuMemAlloc_v2", &p, size_t(4));
        c.ok("cuMemAlloc_v2", &p, size_t(4));
        Handle s = 0;
        c.fails(46, "cuStreamCreate", &s, 0u);
        c.ok("cuStreamCreate", &s, 0u);
      });
}

TEST(MockCheck, WrongVariables) {
  for (auto [name, value] : {std::pair{"DPC_MOCK_CC", "eighty"},
                             {"DPC_MOCK_MEMORY", "-1"},
                             {"DPC_MOCK_FAIL", "cuMemAlloc:2"},
                             {"DPC_MOCK_FAIL", "cuMemAloc:2:2"},
                             {"DPC_MOCK_LOG", "/no/such/file"}})
    run({{name, value}}, name, [](Client &c) {
      c.fails(invalidValue, "cuInit", 0u);
      int count = 0;
      c.fails(notInitialised, "cuDeviceGetCount", &count);
    });
}

TEST(MockCheck, Log) {
  std::string path = testing::TempDir() + "mock-cuda-log.jsonl";
  run({{"DPC_MOCK_LOG", path}}, "", [](Client &c) {
    c.open();
    uint64_t p = c.memory(12);
    c.affine(p, 1, 1, 1, 0);
    c.ok("cuCtxSynchronize");
  });
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  for (const char *line :
       {R"({"call":"cuInit","arguments":{"flags":0},"result":"CUDA_SUCCESS"})", R"("bytes":12)",
        R"("blockX":32)", R"({"report":"uninitialised","kernel":"affine","line":)"})
    EXPECT_NE(text.str().find(line), std::string::npos) << line << " in\n" << text.str();
}
