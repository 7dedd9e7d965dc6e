//===- Compile.cpp - the program after a phase ------------------------------------------------===//

#include "lib/Driver/Actions/Actions.h"

#include "lib/Driver/Compiler.h"
#include "lib/Driver/Files.h"
#include "lib/Driver/Runtime.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace dpc;
using namespace dpc::driver;

namespace {

class Compilation {
public:
  Compilation(const CompileOptions &options, Console &console)
      : options(options), console(console), compiler(options.model, console) {}

  ExitCode run();

private:
  bool readPhases();
  bool syntaxTree();
  bool writePhase(const PhaseInfo &phase);
  bool write(const std::string &path, llvm::StringRef content);
  std::string dumpPath(const PhaseInfo &phase) const;
  std::string print();

  DiagnosticEngine &engine() { return compiler.engine(); }

  const CompileOptions &options;
  Console &console;
  Compiler compiler;
  std::optional<Phase> emit, from;
  PipelineOptions pipeline;
};

} // namespace

/// What --emit and --from say, and whether it makes sense.
bool Compilation::readPhases() {
  auto parse = [&](const std::optional<std::string> &name) -> std::optional<Phase> {
    if (!name)
      return std::nullopt;
    if (const PhaseInfo *found = findPhase(*name))
      return found->phase;
    std::vector<std::string> names;
    for (const PhaseInfo &phase : phases())
      names.push_back(phase.name.str());
    engine().error({}, message::unknownPhase, *name, listOfNames(names));
    return std::nullopt;
  };
  emit = parse(options.emit);
  from = parse(options.from);
  if (engine().hasErrors())
    return false;
  auto contradict = [&](llvm::StringRef a, llvm::StringRef b, llvm::StringRef why) {
    engine().error({}, message::contradictoryOptions, a.str(), b.str(), why.str());
  };
  if (!emit && !options.dumpPhases)
    engine().error({}, message::missingOutput, "say --emit=PHASE or --dump-phases=DIR");
  else if (emit == Phase::Obj && !options.out)
    engine().error({}, message::missingOutput, "say where the object goes with -o OUT");
  else if (!emit && options.out)
    contradict("-o", "--dump-phases", "without --emit there is nothing to write there");
  else if (from == Phase::Ast || from == Phase::Asm || from == Phase::Obj)
    engine().error({}, message::unknownPhase, *options.from, "a phase from dp to llvm");
  else if (from && emit && *emit < *from)
    contradict("--from", "--emit", fmt::format("{} comes before {}", *options.emit, *options.from));
  else if (from && (!options.model.settings.empty() || options.model.prelude))
    contradict("--from", options.model.prelude ? "--prelude" : "--set",
               "a dump has its settings and its objective inside");
  return !engine().hasErrors();
}

bool Compilation::write(const std::string &path, llvm::StringRef content) {
  if (path == "-")
    return console.out(content);
  dprt::Status written = dprt::writeFile(path, {content.data(), content.size()});
  if (!written.ok())
    report(engine(), written);
  return written.ok();
}

std::string Compilation::dumpPath(const PhaseInfo &phase) const {
  const char *suffix = phase.phase == Phase::Ast   ? "txt"
                       : phase.phase == Phase::Asm ? "s"
                       : phase.phase == Phase::Obj ? "o"
                                                   : "mlir";
  llvm::SmallString<128> path(*options.dumpPhases);
  llvm::sys::path::append(
      path, fmt::format("{:02}-{}.{}", static_cast<int>(phase.phase), phase.name.str(), suffix));
  return path.str().str();
}

/// Without places unless they are asked for: two programs that differ only in names print alike.
std::string Compilation::print() {
  std::string text;
  llvm::raw_string_ostream stream(text);
  mlir::OpPrintingFlags flags;
  if (options.locations)
    flags.enableDebugInfo(true, /*prettyForm=*/false);
  compiler.module().print(stream, flags);
  stream << "\n";
  return text;
}

/// Writes the module as it is now, if this phase is asked for.
bool Compilation::writePhase(const PhaseInfo &phase) {
  bool wanted = emit == phase.phase;
  if (!wanted && !options.dumpPhases)
    return true;
  std::string content;
  if (phase.phase == Phase::Asm || phase.phase == Phase::Obj) {
    std::optional<llvm::SmallVector<char, 0>> bytes = compiler.code(phase.phase, pipeline);
    if (!bytes)
      return false;
    content.assign(bytes->begin(), bytes->end());
  } else {
    content = print();
  }
  if (options.dumpPhases && !write(dumpPath(phase), content))
    return false;
  return !wanted || write(options.out.value_or("-"), content);
}

bool Compilation::syntaxTree() {
  if (from || (emit != Phase::Ast && !options.dumpPhases))
    return true;
  std::optional<std::string> text = compiler.syntaxTree();
  if (!text || (options.dumpPhases && !write(dumpPath(info(Phase::Ast)), *text)))
    return false;
  return emit != Phase::Ast || write(options.out.value_or("-"), *text);
}

ExitCode Compilation::run() {
  if (!readPhases())
    return compiler.exitCode();
  if (options.out && !keepApart(engine(), {{"-o", *options.out}}, modelFiles(options.model)))
    return compiler.exitCode();
  std::optional<CpuOptions> cpu = compiler.cpu(options.machine);
  if (!cpu)
    return compiler.exitCode();
  pipeline.cpu = *cpu;
  if (options.dumpPhases)
    if (std::error_code error = llvm::sys::fs::create_directories(*options.dumpPhases)) {
      engine().error({}, message::outputFailed, *options.dumpPhases, error.message());
      return compiler.exitCode();
    }

  Phase last = emit.value_or(Phase::Obj);
  if (last == Phase::Ast) {
    syntaxTree();
    return compiler.exitCode();
  }
  if (!(from ? compiler.loadDump(*from) : compiler.load()) || !syntaxTree())
    return compiler.exitCode();
  if (!writePhase(info(from.value_or(Phase::DP))))
    return compiler.exitCode();
  if (!compiler.runTo(std::min(last, Phase::LLVM), pipeline,
                      [&](const PhaseInfo &phase) { return writePhase(phase); }))
    return compiler.exitCode();
  for (Phase code : {Phase::Asm, Phase::Obj})
    if (last >= code && !writePhase(info(code)))
      return compiler.exitCode();
  return compiler.exitCode();
}

ExitCode driver::compile(const CompileOptions &options, Console &console) {
  return Compilation(options, console).run();
}
