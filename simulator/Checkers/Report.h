//===- Report.h - what the simulator found wrong with a running kernel --------------*- C++ -*-===//
#ifndef DPC_SIMULATOR_CHECKERS_REPORT_H
#define DPC_SIMULATOR_CHECKERS_REPORT_H

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace sim {

/// What is wrong; the names are what `--report` writes.
enum class Fault : uint8_t {
  Race,          ///< "race": two accesses to a byte, one a write, neither ordered before the other
  Uninitialised, ///< "uninitialised": garbage reaches global memory, an address, a predicate or a
                 ///< branch
  Bounds,        ///< "bounds": outside of every allocation, of shared or of local memory
  UseAfterFree,  ///< "use-after-free"
  ReadOnly,      ///< "read-only": a write to constant memory
  Alignment,     ///< "alignment"
  Barrier,       ///< "barrier": divergent, with wrong counts, or lanes of a collective missing
  Async,         ///< "async": bytes of a cp.async in flight touched, or groups pending at exit
  Deadlock,      ///< "deadlock": every warp waits
  Limits,        ///< "limits": .reqntid, .maxntid, shared memory or registers of the architecture
  Steps,         ///< "steps": more than --max-steps warp instructions
  Trap,          ///< "trap": the program executed trap
};
std::string_view name(Fault fault);

struct Report {
  Fault fault = Fault::Race;
  std::string kernel;
  uint32_t line = 0;        ///< of the PTX text; 0 for launch-wide ones
  std::string source;       ///< "k.cu:17" where `.loc` has it, else empty
  uint64_t block = 0;       ///< linear
  uint32_t thread = 0;      ///< linear in its block
  std::string message;      ///< one sentence; addresses as buffer+offset
  uint64_t occurrences = 1; ///< further reports of the same fault at the same line are only counted
};

/// The reports of one block (or of the launch), one for each fault and line, in order of discovery.
class Reports {
public:
  void add(Report report);
  void
  merge(const Reports &other); ///< call in order of blocks for results that do not depend on cores
  const std::vector<Report> &all() const { return list; }
  bool empty() const { return list.empty(); }

private:
  std::vector<Report> list;
};

} // namespace sim
#endif
