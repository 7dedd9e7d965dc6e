//===- Locate.cpp - places and addresses in words ---------------------------------------------===//
#include "simulator/Machine/Locate.h"

#include "simulator/Machine/Machine.h"

#include <bit>
#include <fmt/format.h>

using namespace sim;

const ptx::Instruction &sim::instructionOf(const Warp &warp, const Op &op) {
  return warp.control->active->code->source->instructions[op.instruction];
}

Report sim::locate(const Warp &warp, const Op &op, LaneMask lanes) {
  const Launch &launch = *warp.block->launch;
  Report report;
  report.kernel = launch.program.functions[launch.kernel].source->name;
  const ptx::Function &function = *warp.control->active->code->source;
  if (op.instruction < function.instructions.size()) {
    const ptx::Line &line = function.instructions[op.instruction].line;
    report.line = line.ptx;
    const std::vector<std::string> &files = launch.program.module->files;
    if (line.source && line.file < files.size() && !files[line.file].empty())
      report.source = fmt::format("{}:{}", files[line.file], line.source);
  }
  report.block = warp.block->linear;
  report.thread = warp.index * warpSize + (lanes ? std::countr_zero(lanes) : 0);
  return report;
}

std::string sim::describeShared(const Block &block, uint64_t offset) {
  const Program &program = block.launch->program;
  const std::vector<ptx::Variable> &variables = program.module->variables;
  const ptx::Variable *best = nullptr;
  uint64_t base = 0;
  for (size_t i = 0; i < variables.size(); ++i) {
    if (variables[i].space != ptx::Space::Shared)
      continue;
    uint64_t at = program.sharedOffset[i];
    uint64_t bytes = variables[i].bytes ? variables[i].bytes : block.shared.size() - at;
    if (offset >= at && offset - at < bytes && (!best || at >= base)) {
      best = &variables[i];
      base = at;
    }
  }
  if (!best)
    return fmt::format("shared+{:#x}", offset);
  return fmt::format("{}+{:#x} (shared)", best->name, offset - base);
}

std::string sim::describeGlobal(const Allocation *allocation, uint64_t address) {
  if (!allocation)
    return fmt::format("{:#x} (no buffer)", address);
  return fmt::format("{}+{:#x}", allocation->name, address - allocation->base);
}
