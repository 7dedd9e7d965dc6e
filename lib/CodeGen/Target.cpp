//===- Target.cpp - lanes, registers and features by the name of a CPU ------------------------===//
#include "lib/CodeGen/Target.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/TargetParser/Host.h"
#include "llvm/TargetParser/Triple.h"

#include <fmt/format.h>

using namespace dpc;

/// Registers of an x86 with or without AVX; lanes and fused arithmetic from its features.
static void setX86(CpuTarget &target, bool avx512, bool avx2) {
  target.lanes = avx512 ? 16 : avx2 ? 8 : 4;
  target.registers = avx512 ? 32 : 16;
  target.fma = avx512 || avx2;
}

static void setHost(CpuTarget &target) {
  target.cpu = llvm::sys::getHostCPUName().str();
  llvm::StringMap<bool> features = llvm::sys::getHostCPUFeatures();
  for (const auto &feature : features)
    target.features += (target.features.empty() ? "" : ",") +
                       std::string(feature.getValue() ? "+" : "-") + feature.getKey().str();
  llvm::Triple triple(target.triple);
  if (triple.isX86()) {
    auto has = [&](llvm::StringRef name) { return features.lookup(name); };
    setX86(target, has("avx512f") && has("avx512vl"), has("avx2") && has("fma"));
  } else if (triple.isAArch64()) {
    target.lanes = 4, target.registers = 32, target.fma = true;
  }
}

llvm::Expected<CpuTarget> CpuTarget::get(llvm::StringRef name) {
  CpuTarget target;
  target.name = name.str();
  target.triple = llvm::sys::getDefaultTargetTriple();
  if (name == "native") {
    setHost(target);
    return target;
  }
  const char *cpu = llvm::StringSwitch<const char *>(name)
                        .Case("avx512", "x86-64-v4")
                        .Case("avx2", "x86-64-v3")
                        .Case("baseline", "x86-64")
                        .Default(nullptr);
  if (!cpu)
    return llvm::createStringError(
        fmt::format("unknown CPU '{}': expected native, avx512, avx2 or baseline", name.str()));
  if (!llvm::Triple(target.triple).isX86()) {
    if (name != "baseline")
      return llvm::createStringError(
          fmt::format("'{}' is a CPU of x86-64, not of {}", name.str(), target.triple));
    return target;
  }
  target.cpu = cpu;
  setX86(target, name == "avx512", name == "avx2");
  return target;
}
