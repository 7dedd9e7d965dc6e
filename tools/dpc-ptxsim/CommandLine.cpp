//===- CommandLine.cpp - the flags of dpc-ptxsim ----------------------------------------------===//
#include "tools/dpc-ptxsim/CommandLine.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fmt/format.h>
#include <vector>

using namespace ptxsim;

const char *const ptxsim::helpText =
    R"(usage: dpc-ptxsim FILE.ptx --kernel K --grid X[,Y[,Z]] --block X[,Y[,Z]] --args A.json [...]
       dpc-ptxsim FILE.ptx --list
       dpc-ptxsim --instructions

Runs a CUDA kernel without a GPU, from the PTX text that a driver would get, and reports races,
uninitialised values, accesses outside of buffers and other faults with their PTX line.

  --kernel K              the kernel to run, by its name in the PTX
  --grid X[,Y[,Z]]        blocks of the grid
  --block X[,Y[,Z]]       threads of a block
  --shared BYTES          dynamic shared memory (default 0)
  --args A.json           a list with one entry per parameter:
                            {"buffer": NAME, "offset": BYTES}   a tensor of the inputs
                            {"buffer": NAME, "bytes": N}        a fresh, uninitialised buffer
                            {"i32": V}, i64, u32, u64, f32, f64 a number
                            {"bytes": "HEX", "pointers":
                               [{"at": BYTE, "buffer": NAME, "offset": BYTES}]}
                                                                a struct
  --inputs I.safetensors  the input buffers, of any type
  --dump O.safetensors    where to write all buffers after the run
  --report R.json         where to write faults and counters
  --order SEED            order of blocks and warps, and when asynchronous copies land (default 0)
  --no-check              only accesses outside of memory are reported
  --max-steps N           warp instructions after which the run is stopped (default 100000000)
  --cores N               cores to use (default 0: all); results and reports do not depend on it
  --arch sm_80            the architecture to be (default sm_80)
  --list                  print the kernels and their parameters
  --instructions          print the table of supported instructions (Markdown)
  --help

exit codes: 0 clean, 1 the PTX, the arguments or the inputs are wrong, 2 the command line is wrong,
            3 an output cannot be written or memory does not suffice, 5 a checker reported a fault,
            70 internal error
)";

template <class T> static bool parse(std::string_view text, T &value) {
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() && !text.empty();
}

template <class T> static void parseCount(std::string_view flag, std::string_view text, T &value) {
  if (!parse(text, value))
    throw UsageError(fmt::format("{} takes a whole number, found `{}`", flag, text));
}

static void parseExtents(std::string_view flag, std::string_view text, uint32_t (&extents)[3]) {
  std::string_view rest = text;
  for (unsigned i = 0; i < 3; ++i) {
    size_t comma = i < 2 ? rest.find(',') : std::string_view::npos;
    if (!parse(rest.substr(0, comma), extents[i]) || extents[i] == 0)
      throw UsageError(fmt::format(
          "{} takes one to three positive numbers such as 16,16, found `{}`", flag, text));
    if (comma == std::string_view::npos)
      return;
    rest.remove_prefix(comma + 1);
  }
}

static unsigned parseArchitecture(std::string_view text) {
  unsigned number = 0;
  std::string_view digits = text.starts_with("sm_") ? text.substr(3) : std::string_view();
  if (!parse(digits, number) || number < 50 || number > 129)
    throw UsageError(fmt::format("--arch takes an architecture such as sm_80, found `{}`", text));
  return number;
}

static const std::vector<std::string_view> valueFlags = {
    "--kernel", "--grid",  "--block",     "--shared", "--args", "--inputs",
    "--dump",   "--order", "--max-steps", "--report", "--arch", "--cores"};

static void setFlag(CommandLine &line, std::string_view flag, const std::string &value) {
  if (flag == "--kernel")
    line.kernel = value;
  else if (flag == "--grid")
    parseExtents(flag, value, line.shape.grid);
  else if (flag == "--block")
    parseExtents(flag, value, line.shape.block);
  else if (flag == "--shared")
    parseCount(flag, value, line.shape.dynamicShared);
  else if (flag == "--args")
    line.arguments = value;
  else if (flag == "--inputs")
    line.inputs = value;
  else if (flag == "--dump")
    line.dump = value;
  else if (flag == "--order")
    parseCount(flag, value, line.options.seed);
  else if (flag == "--max-steps")
    parseCount(flag, value, line.options.maximumSteps);
  else if (flag == "--report")
    line.report = value;
  else if (flag == "--cores")
    parseCount(flag, value, line.options.cores);
  else
    line.options.architecture = parseArchitecture(value);
}

/// Links are followed where the files exist; an output may not exist yet.
static bool isSameFile(const std::string &a, const std::string &b) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (fs::exists(a, error) && fs::exists(b, error))
    return fs::is_regular_file(a, error) && fs::equivalent(a, b, error);
  fs::path first = fs::weakly_canonical(a, error), second = fs::weakly_canonical(b, error);
  return a != "-" && !first.empty() && first == second;
}

/// No output may overwrite an input or the other output.
static void keepApart(const CommandLine &line) {
  auto check = [](std::string_view output, const std::string &path, std::string_view other,
                  const std::string &otherPath) {
    if (!path.empty() && !otherPath.empty() && isSameFile(path, otherPath))
      throw UsageError(fmt::format("{} would overwrite {}: `{}`", output, other, path));
  };
  for (auto [output, path] : {std::pair{"--dump", &line.dump}, {"--report", &line.report}}) {
    check(output, *path, "the PTX file", line.file);
    check(output, *path, "--args", line.arguments);
    check(output, *path, "--inputs", line.inputs);
  }
  check("--report", line.report, "--dump", line.dump);
}

CommandLine ptxsim::parseCommandLine(std::span<char *const> words) {
  CommandLine line;
  line.options.maximumSteps = 100'000'000;
  std::vector<std::string_view> given;
  for (size_t i = 0; i < words.size(); ++i) {
    std::string_view word = words[i];
    if (word == "--help" || word == "-h") {
      line.help = true;
      return line;
    }
    if (word == "--list") {
      line.list = true;
    } else if (word == "--instructions") {
      line.instructions = true;
    } else if (word == "--no-check") {
      line.options.check = false;
    } else if (word.starts_with("--")) {
      std::string_view flag = word.substr(0, word.find('='));
      if (std::find(valueFlags.begin(), valueFlags.end(), flag) == valueFlags.end())
        throw UsageError(fmt::format("unknown option `{}`; `dpc-ptxsim --help` lists them", word));
      if (std::find(given.begin(), given.end(), flag) != given.end())
        throw UsageError(fmt::format("{} is given twice", flag));
      given.push_back(flag);
      if (flag.size() == word.size() && i + 1 == words.size())
        throw UsageError(fmt::format("{} needs a value", flag));
      std::string value(flag.size() < word.size() ? word.substr(flag.size() + 1) : words[++i]);
      if (value.empty())
        throw UsageError(fmt::format("{} needs a value", flag));
      setFlag(line, flag, value);
    } else if (word.starts_with("-") && word != "-") {
      throw UsageError(fmt::format("unknown option `{}`; `dpc-ptxsim --help` lists them", word));
    } else if (line.file.empty()) {
      line.file = word;
    } else {
      throw UsageError(fmt::format("one PTX file at a time, found `{}` and `{}`", line.file, word));
    }
  }
  if (line.instructions)
    return line;
  if (line.file.empty())
    throw UsageError("no PTX file given; `dpc-ptxsim --help` says how");
  if (line.list)
    return line;
  for (std::string_view needed : {"--kernel", "--grid", "--block", "--args"})
    if (std::find(given.begin(), given.end(), needed) == given.end())
      throw UsageError(fmt::format("{} is missing; `dpc-ptxsim --help` says how", needed));
  keepApart(line);
  line.options.count = !line.report.empty();
  return line;
}
