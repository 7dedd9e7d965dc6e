//===- Target.h - what a machine looks like to code generation ----------------------*- C++ -*-===//
#pragma once

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>

namespace dpc {

/// A CPU as the register tiles see it, and as LLVM is told about it.
struct CpuTarget {
  std::string name; // as given: "native", "avx512", "avx2", "baseline"
  std::string triple, cpu, features;
  int64_t lanes = 4;                               // f32 elements of one vector register
  int64_t registers = 16;                          // vector registers
  bool fma = false;                                // fused multiply-add in one instruction
  int64_t l1Bytes = 32 << 10, l2Bytes = 512 << 10; // per core

  /// The record of a name; fails for unknown names with a text that lists the known ones, and for
  /// instruction sets that this build of LLVM cannot emit.
  static llvm::Expected<CpuTarget> get(llvm::StringRef name = "native");
};

} // namespace dpc
