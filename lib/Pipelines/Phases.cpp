//===- Phases.cpp - the passes of each phase, and what may be left after it -------------------===//
#include "lib/Pipelines/Phases.h"

#include "lib/CodeGen/CPU/Backend.h"
#include "lib/CodeGen/CPU/Passes.h"
#include "lib/Derive/Passes.h"
#include "lib/Lower/Passes.h"
#include "lib/Schedule/Passes.h"
#include "lib/Support/Messages.h"

#include "llvm/ADT/StringSet.h"

using namespace mlir;
using namespace dpc;

//===------------------------------------------------------------------------------------------===//
// One straight list of passes per phase
//===------------------------------------------------------------------------------------------===//

static void buildDyad(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createDeriveUpdates());
}

static void buildSchedule(OpPassManager &pm, const PipelineOptions &options) {
  UnrollInferenceOptions unroll;
  for (const std::string &entry : options.schedule.entries)
    unroll.entries.push_back(entry);
  unroll.fold = options.schedule.fold;
  pm.addPass(createUnrollInference(unroll));
  if (options.schedule.fold)
    pm.addNestedPass<func::FuncOp>(createRaiseDifferences());
}

static void buildTensor(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createConvertDyadToLinalg());
  pm.addPass(createFormKernels());
}

static void buildBuffer(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createPlanMemory());
  pm.addPass(createEntryPoints());
}

static void buildTarget(OpPassManager &pm, const PipelineOptions &options) {
  if (options.cpu.optLevel == 0) {
    pm.addPass(createCpuPlainLoops());
    return;
  }
  const CpuTarget &target = options.cpu.target;
  pm.addPass(createCpuEmitKernels({target.lanes, target.registers, target.fma}));
}

static void buildLLVM(OpPassManager &pm, const PipelineOptions &) {
  pm.addPass(createCpuOutlineTasks());
  pm.addPass(createCpuConvertToLLVM());
}

//===------------------------------------------------------------------------------------------===//
// The table
//===------------------------------------------------------------------------------------------===//

static constexpr StringRef inDP[] = {"dp"};
static constexpr StringRef inDyad[] = {"dyad"};
static constexpr StringRef inSchedule[] = {"func", "dyad"};
static constexpr StringRef inTensor[] = {"func", "linalg", "tensor", "arith", "math"};
static constexpr StringRef inBuffer[] = {"func", "linalg", "memref", "arith", "math"};
static constexpr StringRef inTarget[] = {"func", "scf", "vector", "memref", "arith", "math"};
static constexpr StringRef inLLVM[] = {"llvm"};

static constexpr PhaseInfo table[] = {
    {Phase::Ast, "ast", "syntax tree of the file", {}, nullptr},
    {Phase::DP, "dp", "network and potential, per sample", inDP, nullptr},
    {Phase::Dyad, "dyad", "derived updates, no order yet", inDyad, buildDyad},
    {Phase::Schedule, "schedule", "updates in order, nothing computed twice", inSchedule,
     buildSchedule},
    {Phase::Tensor, "tensor", "kernels as functions on matrices", inTensor, buildTensor},
    {Phase::Buffer, "buffer", "the same on one planned arena", inBuffer, buildBuffer},
    {Phase::Target, "target", "loops, vectors and tasks of the CPU", inTarget, buildTarget},
    {Phase::LLVM, "llvm", "the llvm dialect", inLLVM, buildLLVM},
    {Phase::Asm, "asm", "assembly text", {}, nullptr},
    {Phase::Obj, "obj", "object file with the runtime's C ABI", {}, nullptr},
};

ArrayRef<PhaseInfo> dpc::phases() { return table; }
const PhaseInfo &dpc::info(Phase phase) { return table[static_cast<int>(phase)]; }

const PhaseInfo *dpc::findPhase(StringRef name) {
  const PhaseInfo *found = llvm::find_if(table, [&](const PhaseInfo &p) { return p.name == name; });
  return found == std::end(table) ? nullptr : found;
}

/// Reports what a phase should have replaced.
static LogicalResult checkDialects(ModuleOp module, const PhaseInfo &phase) {
  llvm::StringSet<> reported;
  module.walk([&](Operation *op) {
    StringRef dialect = op->getName().getDialectNamespace();
    if (dialect == "builtin" || llvm::is_contained(phase.dialects, dialect))
      return;
    if (reported.insert(op->getName().getStringRef()).second)
      dpc::emitError(
          op->getLoc(), message::phaseNotSupported,
          fmt::format("{} after phase {}", op->getName().getStringRef().str(), phase.name.str()));
  });
  return success(reported.empty());
}

LogicalResult dpc::runPhases(ModuleOp module, Phase from, Phase to, const PipelineOptions &options,
                             llvm::function_ref<LogicalResult(const PhaseInfo &)> after) {
  for (const PhaseInfo &phase : table) {
    if (phase.phase <= from || phase.phase > to || !phase.build)
      continue;
    PassManager pm(module.getContext());
    phase.build(pm, options);
    if (failed(pm.run(module)) || failed(checkDialects(module, phase)))
      return failure();
    if (after && failed(after(phase)))
      return failure();
  }
  return success();
}

llvm::Expected<llvm::SmallVector<char, 0>> dpc::emitCode(ModuleOp module, Phase to,
                                                         const PipelineOptions &options) {
  return emitMachineCode(module, options.cpu.target, options.cpu.optLevel,
                         to == Phase::Asm ? MachineCode::Assembly : MachineCode::Object);
}
