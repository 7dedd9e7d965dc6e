//===- main.cpp - dpc-ptxsim: run a CUDA kernel without a GPU ---------------------------------===//
#include "dprt/file.h"
#include "simulator/Machine/Launch.h"
#include "simulator/Parse/Forms.h"
#include "tools/dpc-ptxsim/Arguments.h"
#include "tools/dpc-ptxsim/CommandLine.h"

#include <cstdio>
#include <cstring>
#include <fmt/format.h>
#include <nlohmann/json.hpp>

using namespace ptxsim;

namespace {
enum ExitCode { clean = 0, wrongInput = 1, wrongUsage = 2, machine = 3, faults = 5, internal = 70 };

/// An output cannot be written: exit code 3.
struct OutputError : std::runtime_error {
  using std::runtime_error::runtime_error;
};
} // namespace

static InputError wrongPtx(const CommandLine &line, const ptx::ParseError &error) {
  // The decoder knows lines only.
  std::string column = error.column ? fmt::format(":{}", error.column) : "";
  return InputError(
      fmt::format("{}:{}{}: error: {}", line.file, error.line, column, error.message));
}

static std::shared_ptr<const ptx::Module> parse(const CommandLine &line) {
  ptx::ParseResult result = ptx::parseModule(readFile(line.file), line.file);
  if (!result.module)
    throw wrongPtx(line, result.error);
  return std::make_shared<ptx::Module>(std::move(*result.module));
}

static void list(const ptx::Module &module) {
  for (const ptx::Function &function : module.functions) {
    if (!function.isKernel || function.isDeclaration)
      continue;
    fmt::print("{}\n", function.name);
    for (const ptx::Parameter &parameter : function.parameters)
      fmt::print("  {} .{} bytes {} align {} offset {}\n", parameter.name, name(parameter.type),
                 parameter.bytes, parameter.alignment, parameter.offset);
  }
}

static const ptx::Function &findKernel(const ptx::Module &module, const CommandLine &line) {
  const ptx::Function *function = module.find(line.kernel);
  if (function && function->isKernel && !function->isDeclaration)
    return *function;
  std::string known;
  for (const ptx::Function &other : module.functions)
    if (other.isKernel && !other.isDeclaration)
      known += (known.empty() ? "" : ", ") + other.name;
  throw InputError(fmt::format("`{}` has no kernel `{}`; it has: {}", line.file, line.kernel,
                               known.empty() ? "none" : known));
}

static void write(const std::string &path, const std::string &text) {
  if (dprt::Status status = dprt::writeFile(path, text); !status.ok())
    throw OutputError(status.text());
}

static std::string reportText(const sim::LaunchResult &result) {
  const sim::Counters &counters = result.counters;
  nlohmann::ordered_json json;
  json["errors"] = nlohmann::json::array();
  for (const sim::Report &report : result.reports.all())
    json["errors"].push_back({{"kind", name(report.fault)},
                              {"line", report.line},
                              {"source", report.source},
                              {"kernel", report.kernel},
                              {"block", report.block},
                              {"thread", report.thread},
                              {"occurrences", report.occurrences},
                              {"message", report.message}});
  json["warp_instructions"] = counters.warpInstructions;
  json["mix"] = counters.mix;
  json["flops"] = counters.flops;
  json["global"] = {{"requests", counters.globalRequests},
                    {"sectors", counters.globalSectors},
                    {"ideal_sectors", counters.globalIdealSectors}};
  json["shared"] = {{"requests", counters.sharedRequests}, {"ways", counters.sharedWays}};
  json["barriers"] = counters.barriers;
  return json.dump(2) + "\n";
}

static void print(const CommandLine &line, const sim::Reports &reports) {
  for (const sim::Report &report : reports.all()) {
    std::string place = report.line ? fmt::format("{}:{}", line.file, report.line) : line.file;
    fmt::print(stderr, "{}: {}: {} (kernel {}, block {}, thread {}{}{})\n", place,
               name(report.fault), report.message, report.kernel, report.block, report.thread,
               report.source.empty() ? "" : ", " + report.source,
               report.occurrences > 1 ? fmt::format("; {} times", report.occurrences) : "");
  }
}

/// Puts the buffers into device memory and their addresses into the parameter block.
static std::vector<sim::Allocation *> upload(const std::vector<Buffer> &buffers,
                                             Arguments &arguments, sim::Memory &memory) {
  std::vector<sim::Allocation *> allocations;
  for (const Buffer &buffer : buffers) {
    sim::Allocation *allocation =
        memory.allocate(buffer.bytes.size(), buffer.name, buffer.initialised);
    if (!allocation)
      throw OutputError(fmt::format("not enough memory for buffer `{}`", buffer.name));
    if (buffer.initialised)
      std::memcpy(allocation->data, buffer.bytes.data(), buffer.bytes.size());
    allocations.push_back(allocation);
  }
  for (const Arguments::Pointer &pointer : arguments.pointers) {
    uint64_t address = allocations[pointer.buffer]->base + pointer.offset;
    std::memcpy(arguments.block.data() + pointer.at, &address, sizeof(address));
  }
  return allocations;
}

static ExitCode run(const CommandLine &line) {
  for (const std::string &output : {line.dump, line.report})
    if (!output.empty())
      if (dprt::Status status = dprt::checkWritable(output); !status.ok())
        throw OutputError(status.text());
  std::shared_ptr<const ptx::Module> module = parse(line);
  if (line.list) {
    list(*module);
    return clean;
  }
  const ptx::Function &kernel = findKernel(*module, line);
  std::vector<Buffer> buffers;
  if (!line.inputs.empty())
    buffers = readSafetensors(line.inputs);
  Arguments arguments = readArguments(readFile(line.arguments), line.arguments, kernel, buffers);
  sim::DecodeResult decoded = sim::decode(module, line.options.architecture);
  if (!decoded.program)
    throw wrongPtx(line, decoded.error);

  sim::Memory memory(~0ull);
  std::unique_ptr<sim::LoadedModule> loaded = sim::load(decoded.program, memory);
  if (!loaded)
    throw OutputError("not enough memory for the variables of the module");
  std::vector<sim::Allocation *> allocations = upload(buffers, arguments, memory);
  auto index = static_cast<ptx::FunctionId>(&kernel - module->functions.data());
  sim::LaunchShape shape = line.shape;
  shape.parameters = arguments.block;
  shape.cooperative = true; // nobody says; it only gives kernels that ask for one a barrier
  sim::LaunchResult result = sim::launch(*loaded, index, shape, memory, line.options);
  fmt::print("{}", result.output);

  for (size_t i = 0; i < buffers.size(); ++i)
    std::memcpy(buffers[i].bytes.data(), allocations[i]->data, buffers[i].bytes.size());
  if (!line.dump.empty())
    write(line.dump, writeSafetensors(buffers));
  if (!line.report.empty())
    write(line.report, reportText(result));
  print(line, result.reports);
  return result.reports.empty() ? clean : faults;
}

int main(int argc, char **argv) {
  auto fail = [](ExitCode code, std::string_view text) {
    bool placed = text.find(": error: ") != std::string_view::npos;
    fmt::print(stderr, "{}{}\n", placed ? "" : "dpc-ptxsim: error: ", text);
    return code;
  };
  try {
    CommandLine line = parseCommandLine(std::span<char *const>(argv + 1, argc - 1));
    if (line.help) {
      fmt::print("{}", helpText);
      return clean;
    }
    if (line.instructions) {
      fmt::print("{}", ptx::instructionTable());
      return clean;
    }
    return run(line);
  } catch (const UsageError &error) {
    return fail(wrongUsage, error.what());
  } catch (const InputError &error) {
    return fail(wrongInput, error.what());
  } catch (const OutputError &error) {
    return fail(machine, error.what());
  } catch (const std::bad_alloc &) {
    return fail(machine, "not enough memory");
  } catch (const std::exception &error) {
    return fail(internal, fmt::format("internal error: {}", error.what()));
  }
}
