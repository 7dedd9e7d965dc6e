//===- Diagnostics.h - what users read when something is wrong ----------------------*- C++ -*-===//
//
//   model.dp:9:50: error: `plas` is not a name here [DP1204]
//             + sum over layers (E(plas));
//                                  ^
//     help: did you mean `plus`?
//
// An engine collects errors of all stages: of our own code through `error`, of MLIR through a
// DiagnosticBridge. It writes to a sink and never exits.
//
//===------------------------------------------------------------------------------------------===//
#pragma once

#include "lib/Support/Messages.h"
#include "lib/Support/SourceFile.h"

#include "mlir/IR/Diagnostics.h"

#include <functional>
#include <map>
#include <mutex>
#include <set>

namespace dpc {

/// What the command returns. The numbers are fixed by the interface of `dpc`.
enum class ExitCode : int {
  done = 0,
  model = 1,       // model, data or weights wrong or unreadable
  commandLine = 2, // a malformed or unknown option or `--set`
  machine = 3,     // output not writable, disk full, no memory
  diverged = 4,
  check = 5,
  internal = 70,
};

/// The exit code that belongs to a message's id: DP50xx-DP54xx command line, DP55xx-DP59xx machine,
/// DP6xxx divergence, DP7xxx a failed check, DP9xxx internal, all others the model.
ExitCode exitCodeOf(llvm::StringRef id);

struct Note {
  Place place;      // unknown for help lines
  std::string text; // `help: ...` is printed without a place
};

struct Diagnostic {
  Place place;
  std::string text; // ends with ` [DPnnnn]`
  std::vector<Note> notes;
  ExitCode code = ExitCode::model;
  bool isWarning = false;
};

class DiagnosticEngine {
public:
  using Sink = std::function<void(llvm::StringRef)>;

  /// `sink` gets one finished text per diagnostic, or nothing is written if it is empty.
  explicit DiagnosticEngine(Sink sink = {}, bool colour = false)
      : sink(std::move(sink)), colour(colour) {}
  /// Says how many errors were not written.
  ~DiagnosticEngine();

  /// Errors beyond this many are only counted.
  static constexpr unsigned mostErrors = 100;

  /// Makes the lines of `source` known by its name.
  void addSource(const SourceFile &source);
  /// Errors in the prelude's text are reported here: at the `objective` setting or the `--set`
  /// (language.md 9).
  void setPreludeUser(Place place) { preludeUser = std::move(place); }

  /// A diagnostic under construction, reported when it goes out of scope.
  class Builder {
  public:
    Builder(DiagnosticEngine &engine, Diagnostic diagnostic)
        : engine(&engine), diagnostic(std::move(diagnostic)) {}
    Builder(Builder &&other) : engine(other.engine), diagnostic(std::move(other.diagnostic)) {
      other.engine = nullptr;
    }
    ~Builder() {
      if (engine)
        engine->report(std::move(diagnostic));
    }
    Builder &note(Place place, std::string text) {
      diagnostic.notes.push_back({std::move(place), std::move(text)});
      return *this;
    }
    template <typename... Arguments>
    Builder &help(fmt::format_string<Arguments...> text, Arguments &&...arguments) {
      return note({}, "help: " + fmt::format(text, std::forward<Arguments>(arguments)...));
    }
    /// Overrides the exit code of the message's id.
    Builder &code(ExitCode code) {
      diagnostic.code = code;
      return *this;
    }

  private:
    DiagnosticEngine *engine;
    Diagnostic diagnostic;
  };

  /// Reports `message` at `place` (nowhere if unknown): `engine.error(place, message::x,
  /// a).help(…)`.
  template <typename... Arguments>
  Builder error(Place place, const Message &message, const Arguments &...arguments) {
    Diagnostic diagnostic;
    diagnostic.place = std::move(place);
    diagnostic.text = formatMessage(message, arguments...);
    diagnostic.code = exitCodeOf(message.id);
    return Builder(*this, std::move(diagnostic));
  }

  /// Prints and counts; one that was already reported at this place is ignored.
  void report(Diagnostic diagnostic);

  /// Drops errors of this message until the next call; null drops none.
  void ignore(const Message *message) { ignored = message; }

  /// While held, diagnostics are collected; `release` writes them in the order of their places.
  void hold();
  void release();

  bool hasErrors() const { return errorCount != 0; }
  unsigned getErrorCount() const { return errorCount; }
  /// The code to return: that of the first error class met in the order command line, model,
  /// machine, diverged, check, internal; `done` without errors.
  ExitCode exitCode() const;

  /// The text of a diagnostic as it is written.
  std::string render(const Diagnostic &diagnostic) const;

private:
  void renderSource(std::string &out, const Place &place) const;
  void redirectPrelude(Diagnostic &diagnostic) const;

  Sink sink;
  bool colour;
  std::map<std::string, SourceFile> sources;
  Place preludeUser;
  std::vector<Diagnostic> held;
  unsigned holding = 0;
  const Message *ignored = nullptr;
  std::set<std::string> seen;
  std::map<ExitCode, unsigned> counts;
  unsigned errorCount = 0;
  std::recursive_mutex mutex; // passes may run on several threads
};

/// The place that a location means to a user: of a call-site location the place of the use, of a
/// fused location the first that is known.
Place placeOf(mlir::Location location);

/// While it lives, MLIR's diagnostics of `context` go to `engine`, rendered like our own and
/// without any IR. Errors without an id of ours are internal errors, or, with ExitCode::model,
/// errors in a dump that a user handed in.
class DiagnosticBridge : public mlir::ScopedDiagnosticHandler {
public:
  DiagnosticBridge(mlir::MLIRContext *context, DiagnosticEngine &engine,
                   ExitCode withoutId = ExitCode::internal);
};

} // namespace dpc
