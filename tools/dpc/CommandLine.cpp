//===- CommandLine.cpp - options by Opts.td, each mistake a message of ours -------------------===//
#include "tools/dpc/CommandLine.h"

#include "lib/Support/Messages.h"
#include "lib/Support/Suggest.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Option/ArgList.h"
#include "llvm/Option/OptTable.h"

using namespace dpc;
using namespace dpc::tool;
using namespace llvm::opt;

namespace {

#define OPTTABLE_STR_TABLE_CODE
#include "tools/dpc/Opts.inc"
#undef OPTTABLE_STR_TABLE_CODE

#define OPTTABLE_PREFIXES_TABLE_CODE
#include "tools/dpc/Opts.inc"
#undef OPTTABLE_PREFIXES_TABLE_CODE

#define OPTTABLE_SUBCOMMAND_IDS_TABLE_CODE
#include "tools/dpc/Opts.inc"
#undef OPTTABLE_SUBCOMMAND_IDS_TABLE_CODE

#define OPTTABLE_SUBCOMMANDS_CODE
#include "tools/dpc/Opts.inc"
#undef OPTTABLE_SUBCOMMANDS_CODE

enum Id {
  OPT_INVALID = 0,
#define OPTION(...) LLVM_MAKE_OPT_ID(__VA_ARGS__),
#include "tools/dpc/Opts.inc"
#undef OPTION
};

constexpr OptTable::Info infos[] = {
#define OPTION(...) LLVM_CONSTRUCT_OPT_INFO(__VA_ARGS__),
#include "tools/dpc/Opts.inc"
#undef OPTION
};

class Table : public GenericOptTable {
public:
  Table()
      : GenericOptTable(OptionStrTable, OptionPrefixesTable, infos, false, OptionSubCommands,
                        OptionSubCommandIDsTable) {}

  /// Options without a list of subcommands belong to all.
  bool knows(const OptTable::Info &info, llvm::StringRef command) const {
    return !info.hasSubCommands() || isValidForSubCommand(&info, command);
  }
};

/// More than any one machine runs at once.
constexpr int64_t mostThreads = 4096;

constexpr llvm::StringLiteral exitCodes = R"(
Exit codes:
  0   done
  1   the model, its data or its weights are wrong or unreadable
  2   the command line is wrong
  3   the machine cannot: output not writable, disk full, no memory
  4   training diverged
  5   a check failed
  70  internal error
)";

std::string overview() {
  std::string text = "dpc compiles networks that are trained by dual propagation.\n\n"
                     "Usage: dpc COMMAND FILE [options]\n\nCommands:\n";
  for (const OptTable::SubCommand &command : OptionSubCommands)
    text += fmt::format("  {:<9}{}\n", command.Name, command.HelpText);
  text += "\n`dpc COMMAND --help` lists the options of a command; `dpc --version` prints the "
          "version.\n";
  return text + exitCodes.str();
}

std::string commandHelp(const Table &table, const OptTable::SubCommand &command) {
  std::string text = fmt::format("dpc {0}: {1}\n\nUsage: dpc {0} {2}\n", command.Name,
                                 command.HelpText, command.Usage);
  for (Id id : {OPT_g_model, OPT_g_files, OPT_g_run, OPT_g_other}) {
    const OptTable::Info &group = infos[id - 1];
    std::string lines;
    for (const OptTable::Info &info : infos) {
      if (info.GroupID != group.ID || !info.HelpText || !table.knows(info, command.Name))
        continue;
      std::string name = info.getPrefixedName(OptionStrTable).str();
      if (info.MetaVar)
        name += fmt::format(" {}", info.MetaVar);
      lines += fmt::format("  {:<28}{}\n", name, info.HelpText);
    }
    if (!lines.empty())
      text += fmt::format("\n{} options:\n{}", group.HelpText, lines);
  }
  return text + exitCodes.str();
}

std::string didYouMean(llvm::StringRef word, llvm::ArrayRef<std::string> candidates) {
  std::string near = nearestName(word, candidates);
  return near.empty() ? "" : fmt::format(", did you mean '{}'?", near);
}

template <typename... Arguments>
Mistake mistake(const OptTable::SubCommand *command, const Message &message,
                const Arguments &...arguments) {
  return {fmt::format("dpc: error: {}\n  help: `dpc{}{} --help` lists what there is\n",
                      formatMessage(message, arguments...), command ? " " : "",
                      command ? command->Name : "")};
}

/// Reads the values of one command, remembering the first mistake.
class Reader {
public:
  Reader(const InputArgList &arguments, const OptTable::SubCommand &command)
      : arguments(arguments), command(command) {}

  bool given(Id id) { return arguments.hasArg(id); }

  std::optional<std::string> text(Id id) {
    if (Arg *given = arguments.getLastArg(id))
      return std::string(given->getValue());
    return std::nullopt;
  }

  std::string required(Id id, llvm::StringRef spelling) {
    std::optional<std::string> value = text(id);
    if (!value)
      fail(mistake(&command, message::missingOption, spelling.str(), command.Name));
    return value.value_or("");
  }

  /// Weights and dumps are no text, and metrics would mix with the progress.
  void refuseStandardOutput(Id id) {
    if (text(id) == "-")
      fail(mistake(&command, message::badOptionValue, spelling(id), "-",
                   "a file, as standard output is for people"));
  }

  std::optional<int64_t> number(Id id, int64_t least,
                                int64_t most = std::numeric_limits<int64_t>::max()) {
    std::optional<std::string> value = text(id);
    int64_t result = 0;
    if (!value)
      return std::nullopt;
    if (llvm::StringRef(*value).getAsInteger(10, result) || result < least || result > most)
      fail(mistake(&command, message::badOptionValue, spelling(id), *value,
                   fmt::format("an integer between {} and {}", least, most)));
    return result;
  }

  /// The index of the value in `words`.
  std::optional<unsigned> choice(Id id, std::vector<std::string> words) {
    std::optional<std::string> value = text(id);
    if (!value)
      return std::nullopt;
    auto found = llvm::find(words, *value);
    if (found == words.end())
      fail(mistake(&command, message::badOptionValue, spelling(id), *value,
                   llvm::join(words, " or ")));
    return found - words.begin();
  }

  std::string file() {
    std::vector<std::string> files = arguments.getAllArgValues(OPT_INPUT);
    if (files.empty())
      fail(mistake(&command, message::missingFile, command.Name));
    else if (files.size() > 1)
      fail(mistake(&command, message::extraArgument, files[1]));
    return files.empty() ? "" : files.front();
  }

  driver::ModelOptions model() {
    return {file(), arguments.getAllArgValues(OPT_set), text(OPT_prelude)};
  }

  driver::MachineOptions machine() {
    driver::MachineOptions result;
    result.optLevel = choice(OPT_opt_level, {"0", "2"}).value_or(1) == 0 ? 0 : 2;
    result.threads = number(OPT_threads, 1, mostThreads).value_or(0);
    result.cpu = text(OPT_cpu).value_or(result.cpu);
    return result;
  }

  void fail(Mistake found) {
    if (!failure)
      failure = std::move(found);
  }
  std::optional<Mistake> failure;

private:
  static std::string spelling(Id id) { return infos[id - 1].getPrefixedName(OptionStrTable).str(); }

  const InputArgList &arguments;
  const OptTable::SubCommand &command;
};

Command makeCommand(llvm::StringRef name, const InputArgList &parsed, Reader &read) {
  for (Id id : {OPT_out, OPT_metrics, OPT_dump_file})
    read.refuseStandardOutput(id);
  if (name == "train") {
    driver::TrainOptions options{read.model(),
                                 read.machine(),
                                 read.text(OPT_data),
                                 read.text(OPT_init),
                                 read.text(OPT_out),
                                 read.text(OPT_metrics),
                                 read.number(OPT_max_steps, 0)};
    return [options](driver::Console &console) { return driver::train(options, console); };
  }
  if (name == "eval") {
    driver::EvalOptions options{read.model(), read.machine(), read.text(OPT_data),
                                read.required(OPT_weights, "--weights W")};
    return [options](driver::Console &console) { return driver::eval(options, console); };
  }
  if (name == "probe") {
    driver::ProbeOptions options{
        read.model(), read.machine(), read.required(OPT_weights, "--weights W"),
        read.required(OPT_inputs, "--inputs X"), read.required(OPT_dump_file, "--dump OUT")};
    options.steps = read.number(OPT_steps, 0).value_or(1);
    options.reference = read.choice(OPT_target, {"cpu", "reference"}) == 1u;
    return [options](driver::Console &console) { return driver::probe(options, console); };
  }
  if (name == "info") {
    driver::InfoOptions options{read.model(), read.given(OPT_json)};
    return [options](driver::Console &console) { return driver::info(options, console); };
  }
  if (name == "explain") {
    driver::ExplainOptions options{read.model()};
    return [options](driver::Console &console) { return driver::explain(options, console); };
  }
  if (name == "compile") {
    driver::CompileOptions options{read.model(),
                                   read.machine(),
                                   read.text(OPT_emit),
                                   read.text(OPT_from),
                                   read.text(OPT_dump_phases),
                                   read.text(OPT_o),
                                   parsed.hasArg(OPT_locations)};
    return [options](driver::Console &console) { return driver::compile(options, console); };
  }
  driver::PreludeOptions options{read.text(OPT_prelude)};
  return [options](driver::Console &console) { return driver::prelude(options, console); };
}

} // namespace

std::variant<Help, Mistake, Command>
dpc::tool::parseCommandLine(llvm::ArrayRef<const char *> arguments) {
  Table table;
  if (arguments.empty())
    return mistake(nullptr, message::missingCommand);
  llvm::StringRef first = arguments.front();
  if (first == "--help" || first == "-h" || first == "help")
    return Help{overview()};
  if (first == "--version")
    return Help{fmt::format("dpc {}\n", DPC_VERSION)};

  const OptTable::SubCommand *command =
      llvm::find_if(OptionSubCommands, [&](auto &known) { return first == known.Name; });
  if (command == std::end(OptionSubCommands)) {
    std::vector<std::string> names;
    for (const OptTable::SubCommand &known : OptionSubCommands)
      names.push_back(known.Name);
    return mistake(nullptr,
                   first.starts_with("-") ? message::unknownOption : message::unknownCommand,
                   first.str(), didYouMean(first, names));
  }

  unsigned missingIndex = 0, missingCount = 0;
  InputArgList parsed = table.ParseArgs(arguments.drop_front(), missingIndex, missingCount);
  if (parsed.hasArg(OPT_help))
    return Help{commandHelp(table, *command)};
  if (missingCount)
    return mistake(command, message::missingValue, arguments[missingIndex + 1]);

  std::vector<std::string> names;
  for (const OptTable::Info &info : infos)
    if (info.HelpText && info.Kind != Option::GroupClass && table.knows(info, command->Name))
      names.push_back(info.getPrefixedName(OptionStrTable).str());

  llvm::DenseSet<unsigned> seen;
  for (const Arg *argument : parsed) {
    const Option option = argument->getOption();
    if (option.matches(OPT_INPUT))
      continue;
    llvm::StringRef spelling = option.matches(OPT_UNKNOWN)
                                   ? llvm::StringRef(argument->getSpelling()).split('=').first
                                   : option.getUnaliasedOption().getPrefixedName();
    // `--json=1`: `--json` alone would be known.
    if (option.matches(OPT_UNKNOWN) && llvm::is_contained(names, spelling))
      return mistake(command, message::unexpectedValue, spelling.str());
    if (option.matches(OPT_UNKNOWN) ||
        !table.knows(infos[option.getUnaliasedOption().getID() - 1], command->Name))
      return mistake(command, message::unknownOption, spelling.str(), didYouMean(spelling, names));
    // `--out --metrics m` forgot the value of --out: no value starts with two dashes.
    if (option.getKind() == Option::SeparateClass &&
        llvm::StringRef(argument->getValue()).starts_with("--"))
      return mistake(command, message::missingValue, spelling.str());
    if (argument->getNumValues() && llvm::StringRef(argument->getValue()).empty())
      return mistake(command, message::missingValue, spelling.str());
    unsigned id = option.getUnaliasedOption().getID();
    if (id != OPT_set && !seen.insert(id).second)
      return mistake(command, message::repeatedOption, spelling.str());
  }

  Reader read(parsed, *command);
  if (first == "prelude" && parsed.hasArg(OPT_INPUT))
    read.fail(mistake(command, message::extraArgument, parsed.getLastArgValue(OPT_INPUT).str()));
  Command result = makeCommand(first, parsed, read);
  if (read.failure)
    return *read.failure;
  return result;
}
