//===- Launch.cpp - load a module, run a kernel over a grid -----------------------------------===//
#include "simulator/Machine/Launch.h"

#include "simulator/Machine/Journal.h"
#include "simulator/Machine/Machine.h"

#include <algorithm>
#include <chrono>
#include <cstring>
#include <fmt/format.h>
#include <thread>

using namespace sim;

static uint64_t addressOf(const LoadedModule &loaded, const ptx::Variable::Relocation &relocation) {
  if (relocation.isFunction)
    return functionBase + relocation.target * functionPitch;
  if (const Allocation *variable = loaded.variables[relocation.target])
    return variable->base;
  uint64_t offset = loaded.program->sharedOffset[relocation.target];
  return relocation.generic ? sharedWindow + offset : offset;
}

std::unique_ptr<LoadedModule> sim::load(std::shared_ptr<const Program> program, Memory &memory) {
  auto loaded = std::make_unique<LoadedModule>();
  loaded->program = std::move(program);
  const std::vector<ptx::Variable> &variables = loaded->program->module->variables;
  loaded->variables.resize(variables.size());
  for (size_t i = 0; i < variables.size(); ++i) {
    const ptx::Variable &variable = variables[i];
    bool isConstant = variable.space == ptx::Space::Constant;
    if (!isConstant && variable.space != ptx::Space::Global)
      continue;
    Allocation *allocation = memory.allocate(variable.bytes, variable.name, true);
    if (!allocation) {
      unload(*loaded, memory);
      return nullptr;
    }
    allocation->isConstant = isConstant;
    std::copy_n(reinterpret_cast<const std::byte *>(variable.initial.data()),
                std::min<uint64_t>(variable.initial.size(), variable.bytes), allocation->data);
    loaded->variables[i] = allocation;
  }
  for (size_t i = 0; i < variables.size(); ++i) {
    for (const ptx::Variable::Relocation &relocation : variables[i].relocations) {
      Allocation *to = loaded->variables[i];
      if (!to || relocation.at > to->bytes || relocation.bytes > to->bytes - relocation.at)
        continue;
      uint64_t value = addressOf(*loaded, relocation) + static_cast<uint64_t>(relocation.addend);
      value >>= relocation.shift;
      std::memcpy(to->data + relocation.at, &value, std::min<size_t>(relocation.bytes, 8));
    }
  }
  return loaded;
}

void sim::unload(LoadedModule &module, Memory &memory) {
  for (Allocation *&variable : module.variables) {
    if (variable)
      memory.free(variable->base);
    variable = nullptr;
  }
}

/// Puts a journal into every allocation that the launch may write, while it lives.
namespace {
class Journals {
public:
  explicit Journals(Memory &memory) : memory(memory) {
    for (auto &[base, allocation] : memory.all())
      if (allocation->live && allocation->data && allocation->bytes && !allocation->isConstant)
        allocation->journal = std::make_unique<Journal>(*allocation);
  }
  ~Journals() {
    for (auto &[base, allocation] : memory.all())
      allocation->journal.reset();
  }
  void restore() {
    for (auto &[base, allocation] : memory.all())
      if (allocation->journal)
        allocation->journal->restore();
  }

private:
  Memory &memory;
};
} // namespace

static std::unique_ptr<Core> makeCore(Launch &launch) {
  auto core = std::make_unique<Core>(Core{launch, nullptr, {}, {}, {}, {}});
  if (launch.options.check)
    core->checker =
        std::make_unique<GridChecker>(launch.threadsPerBlock, launch.program.barriersOnly);
  if (launch.options.count)
    for (const FunctionCode &code : launch.program.functions)
      core->opCounts.push_back(
          {std::vector<uint64_t>(code.ops.size()), std::vector<uint64_t>(code.ops.size())});
  return core;
}

/// The mix and the flops of what `core` ran.
static void countOps(Core &core) {
  for (size_t f = 0; f < core.opCounts.size(); ++f) {
    const FunctionCode &code = core.launch.program.functions[f];
    for (size_t i = 0; i < code.ops.size(); ++i) {
      uint64_t executions = core.opCounts[f].executions[i];
      if (!executions)
        continue;
      const Op &op = code.ops[i];
      core.counters.mix[code.source->instructions[op.instruction].fullName()] += executions;
      core.counters.flops += core.opCounts[f].activeLanes[i] * op.flopsPerLane;
    }
  }
}

static LaunchResult gather(Launch &launch, std::vector<std::unique_ptr<Core>> &cores) {
  LaunchResult result;
  std::vector<std::pair<uint64_t, const Reports *>> reports;
  for (std::unique_ptr<Core> &core : cores) {
    countOps(*core);
    result.counters.add(core->counters);
    if (launch.options.footprint && core->checker)
      core->checker->collect(result.footprint);
    for (auto &[position, found] : core->reports)
      reports.push_back({position, &found});
  }
  std::sort(reports.begin(), reports.end(),
            [](const auto &a, const auto &b) { return a.first < b.first; });
  for (auto [position, found] : reports)
    result.reports.merge(*found);
  result.output = std::move(launch.output);
  if (launch.outOfSteps) {
    Report report;
    report.fault = Fault::Steps;
    report.kernel = launch.program.functions[launch.kernel].source->name;
    report.message =
        fmt::format("the launch takes more than {} warp instructions", launch.options.maximumSteps);
    result.reports.add(std::move(report));
  }
  return result;
}

static bool conflict(const std::vector<std::unique_ptr<Core>> &cores) {
  for (size_t a = 0; a < cores.size(); ++a)
    for (size_t b = a + 1; b < cores.size(); ++b)
      if (cores[a]->checker && cores[a]->checker->conflictsWith(*cores[b]->checker))
        return true;
  return false;
}

static LaunchResult runAlone(Launch &launch) {
  std::vector<std::unique_ptr<Core>> cores;
  cores.push_back(makeCore(launch));
  std::atomic<uint64_t> take = 0;
  runBlocks(*cores[0], take, true, nullptr);
  return gather(launch, cores);
}

/// On several threads. False if the result may depend on which of them ran which block.
static bool runSpread(Launch &launch, unsigned count, LaunchResult &result) {
  using Clock = std::chrono::steady_clock;
  std::vector<std::unique_ptr<Core>> cores;
  for (unsigned i = 0; i < count; ++i)
    cores.push_back(makeCore(launch));
  std::atomic<uint64_t> take = 0;
  // Threads cost time to start: short launches do without.
  Clock::time_point begin = Clock::now();
  runBlocks(*cores[0], take, false,
            [&] { return Clock::now() - begin > std::chrono::microseconds(200); });
  if (take < launch.blocks && !launch.stop) {
    std::vector<std::thread> threads;
    for (unsigned i = 1; i < count; ++i)
      threads.emplace_back([&, i] { runBlocks(*cores[i], take, false, nullptr); });
    runBlocks(*cores[0], take, false, nullptr);
    for (std::thread &thread : threads)
      thread.join();
  }
  if (launch.stop || conflict(cores))
    return false;
  result = gather(launch, cores);
  return true;
}

/// What a cooperative launch needs in device memory while it runs.
namespace {
class GridWorkspace {
public:
  explicit GridWorkspace(const Launch &launch) : memory(launch.memory) {
    constexpr uint32_t words[2] = {8, 0};
    if (!launch.shape.cooperative)
      return;
    allocation = memory.allocate(sizeof(words), "barrier of the grid", true);
    if (allocation)
      std::memcpy(allocation->data, words, sizeof(words));
  }
  ~GridWorkspace() {
    if (allocation)
      memory.free(allocation->base);
  }
  uint64_t address() const { return allocation ? allocation->base : 0; }

private:
  Memory &memory;
  Allocation *allocation = nullptr;
};
} // namespace

LaunchResult sim::launch(const LoadedModule &module, ptx::FunctionId kernel,
                         const LaunchShape &shape, Memory &memory, const LaunchOptions &options) {
  if (std::string wrong = checkShape(module, kernel, shape, options.architecture); !wrong.empty()) {
    LaunchResult result;
    Report report;
    report.fault = Fault::Limits;
    if (kernel < module.program->functions.size())
      report.kernel = module.program->functions[kernel].source->name;
    report.message = wrong;
    result.reports.add(std::move(report));
    return result;
  }
  const Program &program = *module.program;
  Launch launch{module, program, kernel, shape, memory, options, limits(options.architecture)};
  launch.threadsPerBlock = shape.block[0] * shape.block[1] * shape.block[2];
  launch.blocks = uint64_t(shape.grid[0]) * shape.grid[1] * shape.grid[2];
  launch.sharedBytes = program.functions[kernel].dynamicShared + shape.dynamicShared;
  GridWorkspace workspace(launch);
  launch.gridWorkspace = workspace.address();
  struct Running {
    Memory &memory;
    explicit Running(Memory &memory) : memory(memory) { memory.setRunning(true); }
    ~Running() { memory.setRunning(false); }
  } running(memory);
  static const unsigned processors = std::thread::hardware_concurrency(); // a system call
  unsigned cores = options.cores ? options.cores : processors;
  cores = static_cast<unsigned>(std::min<uint64_t>(std::max(cores, 1u), launch.blocks));
  if (cores > 1 && !program.communicates) {
    Journals journals(memory);
    LaunchResult result;
    if (runSpread(launch, cores, result))
      return result;
    journals.restore();
    launch.steps = 0;
    launch.stop = launch.outOfSteps = false;
  }
  return runAlone(launch);
}
