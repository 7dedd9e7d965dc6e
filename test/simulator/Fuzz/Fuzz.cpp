//===- Fuzz.cpp - garbage in, an error or a report out ----------------------------------------===//
//
// dpc-ptx-fuzz [--seed S] [--count N] [--input I] FILE.ptx ...: damages the files in N ways, parses
// and decodes what comes out, and launches every kernel of what is legal, with and without
// checkers. Input number I of seed S is the same in every run; --input prints it and runs it alone.
// An input that crashes or takes more than 10 s (ten times that under sanitizers) ends the run with
// its number and code 1.
//
//===------------------------------------------------------------------------------------------===//
#include "Mutate.h"
#include "simulator/Machine/Launch.h"

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fmt/format.h>
#include <fstream>
#include <sstream>
#include <sys/time.h>
#include <unistd.h>

extern "C" [[gnu::weak]] void __sanitizer_set_death_callback(void (*callback)());

namespace {

volatile uint64_t currentInput = 0;

struct Tally {
  uint64_t inputs = 0, parsed = 0, decoded = 0, launches = 0, reported = 0;
};

void tellInput() {
  char line[64];
  int length = std::snprintf(line, sizeof(line), "at input %llu\n",
                             static_cast<unsigned long long>(currentInput));
  if (write(2, line, static_cast<size_t>(length)) < 0)
    _exit(1);
}

void onSignal(int signal) {
  const char *text = signal == SIGALRM ? "hang " : "crash ";
  if (write(2, text, std::strlen(text)) >= 0)
    tellInput();
  _exit(1);
}

void watch() {
  std::signal(SIGALRM, onSignal);
  if (__sanitizer_set_death_callback) {
    __sanitizer_set_death_callback(tellInput);
    return;
  }
  for (int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT})
    std::signal(signal, onSignal);
}

void startTimer() {
  itimerval time{};
  time.it_value.tv_sec = __sanitizer_set_death_callback ? 100 : 10;
  setitimer(ITIMER_REAL, &time, nullptr);
}

/// Launches a kernel once, on arguments that make some sense.
void launch(const sim::LoadedModule &loaded, sim::Memory &memory,
            const std::vector<uint64_t> &buffers, ptx::FunctionId kernel, Random &random,
            Tally &tally) {
  const ptx::Function &function = loaded.program->module->functions[kernel];
  sim::LaunchShape shape;
  static const uint32_t blocks[] = {1, 32, 33, 64, 128};
  shape.grid[0] = static_cast<uint32_t>(1 + random.below(3));
  shape.block[0] = blocks[random.below(std::size(blocks))];
  if (random.oneIn(4))
    shape.block[1] = static_cast<uint32_t>(1 + random.below(4));
  if (function.requiredThreads[0] && !random.oneIn(10))
    for (unsigned axis = 0; axis < 3; ++axis)
      shape.block[axis] = std::max(1u, function.requiredThreads[axis]);
  shape.dynamicShared = random.oneIn(2) ? 4096 : 0;
  if (function.parameterBytes > 1 << 16)
    return;
  shape.parameters.resize(function.parameterBytes);
  for (const ptx::Parameter &parameter : function.parameters) {
    uint64_t value = parameter.bytes == 8 && !random.oneIn(10)
                         ? buffers[random.below(buffers.size())]
                     : random.oneIn(10) ? random()
                                        : random.below(65);
    if (parameter.offset + parameter.bytes <= shape.parameters.size())
      std::memcpy(shape.parameters.data() + parameter.offset, &value,
                  std::min<uint64_t>(parameter.bytes, sizeof(value)));
  }
  sim::LaunchOptions options;
  options.check = !random.oneIn(3);
  options.count = random.oneIn(2);
  options.seed = random.below(4);
  options.maximumSteps = 2000;
  options.cores = random.oneIn(8) ? 2 : 1;
  sim::LaunchResult result = sim::launch(loaded, kernel, shape, memory, options);
  ++tally.launches;
  tally.reported += !result.reports.empty();
}

void run(const std::string &text, Random &random, Tally &tally) {
  ++tally.inputs;
  ptx::ParseResult parsed = ptx::parseModule(text, "fuzz.ptx");
  if (!parsed.module) {
    if (parsed.error.message.empty() || !parsed.error.line) {
      std::fputs("an error without text or line ", stderr);
      tellInput();
      std::_Exit(1);
    }
    return;
  }
  ++tally.parsed;
  auto module = std::make_shared<const ptx::Module>(std::move(*parsed.module));
  sim::DecodeResult decoded = sim::decode(module, 80);
  if (!decoded.program)
    return;
  ++tally.decoded;
  sim::Memory memory(64 << 20);
  std::unique_ptr<sim::LoadedModule> loaded = sim::load(decoded.program, memory);
  if (!loaded)
    return;
  std::vector<uint64_t> buffers;
  for (int i = 0; i < 3; ++i)
    if (sim::Allocation *buffer = memory.allocate(4096 << i, "buffer", i != 1))
      buffers.push_back(buffer->base);
  buffers.push_back(0);
  for (ptx::FunctionId kernel = 0; kernel < module->functions.size(); ++kernel)
    if (module->functions[kernel].isKernel && !module->functions[kernel].isDeclaration)
      launch(*loaded, memory, buffers, kernel, random, tally);
}

} // namespace

int main(int count, char **arguments) {
  uint64_t seed = 1, inputs = 10000, only = ~0ull;
  std::vector<std::string> corpus;
  for (int i = 1; i < count; ++i) {
    std::string argument = arguments[i];
    uint64_t *number = argument == "--seed"    ? &seed
                       : argument == "--count" ? &inputs
                       : argument == "--input" ? &only
                                               : nullptr;
    if (number && i + 1 < count) {
      *number = std::strtoull(arguments[++i], nullptr, 10);
      continue;
    }
    std::ifstream file(argument, std::ios::binary);
    std::ostringstream text;
    if (!file || !(text << file.rdbuf())) {
      fmt::print(stderr, "error: cannot read `{}`\n", argument);
      return 2;
    }
    corpus.push_back(std::move(text).str());
  }
  if (corpus.empty()) {
    fmt::print(stderr, "usage: dpc-ptx-fuzz [--seed S] [--count N] [--input I] FILE.ptx ...\n");
    return 2;
  }
  watch();
  Tally tally;
  bool alone = only != ~0ull;
  for (uint64_t input = alone ? only : 0; input < (alone ? only + 1 : inputs); ++input) {
    currentInput = input;
    startTimer();
    Random random(seed * 0x100000000ull + input);
    std::string text = mutant(corpus, random);
    if (alone) {
      std::fwrite(text.data(), 1, text.size(), stdout);
      std::fflush(stdout);
    }
    run(text, random, tally);
  }
  fmt::print("{} inputs, {} parsed, {} decoded, {} launches, {} reported\n", tally.inputs,
             tally.parsed, tally.decoded, tally.launches, tally.reported);
  return 0;
}
