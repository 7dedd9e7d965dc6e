//===- Diagnostics.cpp - messages with place, source line and caret ---------------------------===//
#include "lib/Support/Diagnostics.h"

#include "llvm/ADT/TypeSwitch.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>

using namespace dpc;
using llvm::StringRef;

ExitCode dpc::exitCodeOf(StringRef id) {
  unsigned number = 0;
  if (!id.consume_front("DP") || id.getAsInteger(10, number))
    return ExitCode::internal;
  switch (number / 1000) {
  case 5:
    return number < 5500 ? ExitCode::commandLine : ExitCode::machine;
  case 6:
    return ExitCode::diverged;
  case 7:
    return ExitCode::check;
  case 9:
    return ExitCode::internal;
  default:
    return ExitCode::model;
  }
}

//===------------------------------------------------------------------------------------------===//
// Text
//===------------------------------------------------------------------------------------------===//

/// A source line as printable characters of UTF-8, one string per column: bytes that are no text
/// must not reach a terminal.
static std::vector<std::string> printableColumns(StringRef line) {
  std::vector<std::string> columns;
  while (!line.empty()) {
    unsigned length = llvm::getNumBytesForUTF8(static_cast<unsigned char>(line.front()));
    const auto *begin = reinterpret_cast<const llvm::UTF8 *>(line.begin());
    bool whole = length <= line.size() && llvm::isLegalUTF8Sequence(begin, begin + length);
    unsigned char first = line.front();
    if (!whole)
      length = 1;
    if (!whole || (first < 0x20 && first != '\t') || first == 0x7F)
      columns.push_back("?");
    else
      columns.push_back(line.take_front(length).str());
    // Stray continuation bytes have no column of their own; see SourceFile::place.
    if (!whole && (first & 0xC0) == 0x80 && !line.empty())
      columns.pop_back();
    line = line.drop_front(length);
  }
  return columns;
}

void DiagnosticEngine::renderSource(std::string &out, const Place &place) const {
  auto source = sources.find(place.file);
  if (source == sources.end() || place.line == 0)
    return;
  StringRef line = source->second.line(place.line);
  size_t size = std::count_if(line.begin(), line.end(), startsCharacter);
  if (size == 0)
    return;
  // A line that is too long for a terminal is cut around the caret, before it is taken apart.
  constexpr size_t width = 160;
  size_t caret = std::min<size_t>(place.column - 1, size);
  if (size > width && caret > width / 2) {
    size_t before = caret - width / 2;
    caret = width / 2;
    line = line.drop_until([&](char c) { return startsCharacter(c) && before-- == 0; });
  }
  std::vector<std::string> columns = printableColumns(line.take_front(4 * width));
  columns.resize(std::min(columns.size(), width));
  std::string text = fmt::format("{}", fmt::join(columns, "")), pad;
  for (const std::string &column : llvm::ArrayRef(columns).take_front(caret))
    pad += column == "\t" ? "\t" : " ";
  out += "  " + text + "\n  " + pad + (colour ? "\x1b[1;32m^\x1b[0m" : "^") + "\n";
}

std::string DiagnosticEngine::render(const Diagnostic &diagnostic) const {
  std::string out;
  if (colour)
    out += "\x1b[1m";
  if (diagnostic.place.known())
    out += diagnostic.place.str() + ": ";
  const char *kind = diagnostic.isWarning ? "warning: " : "error: ";
  out += colour ? fmt::format("\x1b[{}m{}\x1b[0m\x1b[1m{}\x1b[0m\n",
                              diagnostic.isWarning ? "1;35" : "1;31", kind, diagnostic.text)
                : fmt::format("{}{}\n", kind, diagnostic.text);
  renderSource(out, diagnostic.place);
  for (const Note &note : diagnostic.notes) {
    if (!note.place.known()) {
      out += StringRef(note.text).starts_with("help: ") ? "  " + note.text + "\n"
                                                        : "  note: " + note.text + "\n";
      continue;
    }
    out += fmt::format("{}: note: {}\n", note.place.str(), note.text);
    renderSource(out, note.place);
  }
  return out;
}

//===------------------------------------------------------------------------------------------===//
// Engine
//===------------------------------------------------------------------------------------------===//

DiagnosticEngine::~DiagnosticEngine() {
  if (sink && errorCount > mostErrors)
    sink(fmt::format("error: {}\n", formatMessage(message::moreErrors, errorCount - mostErrors)));
}

void DiagnosticEngine::addSource(const SourceFile &source) {
  std::lock_guard<std::recursive_mutex> lock(mutex);
  sources[source.name()] = source;
}

/// The prelude is not the user's text: the error is where it was asked for.
void DiagnosticEngine::redirectPrelude(Diagnostic &diagnostic) const {
  if (diagnostic.place.file != preludeName || !preludeUser.known())
    return;
  Note origin{diagnostic.place, "in this text of the prelude"};
  diagnostic.place = preludeUser;
  diagnostic.notes.insert(diagnostic.notes.begin(), std::move(origin));
}

void DiagnosticEngine::report(Diagnostic diagnostic) {
  std::lock_guard<std::recursive_mutex> lock(mutex);
  if (ignored && llvm::StringRef(diagnostic.text).ends_with(std::string("[") + ignored->id + "]"))
    return;
  if (!diagnostic.isWarning && errorCount >= mostErrors) {
    ++errorCount;
    ++counts[diagnostic.code];
    return;
  }
  redirectPrelude(diagnostic);
  if (!seen.insert(diagnostic.place.str() + "\n" + diagnostic.text).second)
    return;
  if (!diagnostic.isWarning) {
    ++errorCount;
    ++counts[diagnostic.code];
  }
  if (holding != 0)
    held.push_back(std::move(diagnostic));
  else if (sink)
    sink(render(diagnostic));
}

void DiagnosticEngine::hold() {
  std::lock_guard<std::recursive_mutex> lock(mutex);
  ++holding;
}

void DiagnosticEngine::release() {
  std::lock_guard<std::recursive_mutex> lock(mutex);
  if (--holding != 0)
    return;
  // A map of places keeps those of one place in the order of their emission.
  std::multimap<std::tuple<std::string, unsigned, unsigned>, const Diagnostic *> ordered;
  for (const Diagnostic &diagnostic : held)
    ordered.insert(
        {{std::string(diagnostic.place.file), diagnostic.place.line, diagnostic.place.column},
         &diagnostic});
  for (const auto &[place, diagnostic] : ordered)
    if (sink)
      sink(render(*diagnostic));
  held.clear();
}

ExitCode DiagnosticEngine::exitCode() const {
  for (ExitCode code : {ExitCode::commandLine, ExitCode::model, ExitCode::machine,
                        ExitCode::diverged, ExitCode::check, ExitCode::internal})
    if (counts.count(code))
      return code;
  return ExitCode::done;
}

//===------------------------------------------------------------------------------------------===//
// MLIR
//===------------------------------------------------------------------------------------------===//

static Place placeOfRange(mlir::FileLineColLoc location) {
  return {location.getFilename().str(), location.getLine(), location.getColumn()};
}

Place dpc::placeOf(mlir::Location location) {
  if (auto file = mlir::dyn_cast<mlir::FileLineColLoc>(location))
    return placeOfRange(file);
  if (auto call = mlir::dyn_cast<mlir::CallSiteLoc>(location)) {
    Place use = placeOf(call.getCaller());
    return use.known() ? use : placeOf(call.getCallee());
  }
  if (auto name = mlir::dyn_cast<mlir::NameLoc>(location))
    return placeOf(name.getChildLoc());
  if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(location))
    for (mlir::Location part : fused.getLocations())
      if (Place place = placeOf(part); place.known())
        return place;
  if (auto opaque = mlir::dyn_cast<mlir::OpaqueLoc>(location))
    return placeOf(opaque.getFallbackLocation());
  return {};
}

/// A note at every definition through which the text at `location` was used.
static void addDefinitionNotes(mlir::Location location, std::vector<Note> &notes) {
  if (auto call = mlir::dyn_cast<mlir::CallSiteLoc>(location)) {
    addDefinitionNotes(call.getCallee(), notes);
    if (Place place = placeOf(call.getCallee()); place.known())
      notes.push_back({place, "in this definition"});
    addDefinitionNotes(call.getCaller(), notes);
  } else if (auto name = mlir::dyn_cast<mlir::NameLoc>(location)) {
    addDefinitionNotes(name.getChildLoc(), notes);
  } else if (auto fused = mlir::dyn_cast<mlir::FusedLoc>(location)) {
    for (mlir::Location part : fused.getLocations())
      if (placeOf(part).known())
        return addDefinitionNotes(part, notes);
  }
}

/// The `DPnnnn` that ends a message of ours, or "".
static StringRef idOf(StringRef text) {
  text = text.rtrim();
  if (!text.consume_back("]"))
    return "";
  size_t open = text.rfind('[');
  if (open == StringRef::npos)
    return "";
  StringRef id = text.drop_front(open + 1);
  return findMessage(id) ? id : "";
}

DiagnosticBridge::DiagnosticBridge(mlir::MLIRContext *context, DiagnosticEngine &engine,
                                   ExitCode withoutId)
    : ScopedDiagnosticHandler(context) {
  setHandler([&engine, withoutId](mlir::Diagnostic &given) -> mlir::LogicalResult {
    if (given.getSeverity() == mlir::DiagnosticSeverity::Remark ||
        given.getSeverity() == mlir::DiagnosticSeverity::Note)
      return mlir::success();
    Diagnostic diagnostic;
    diagnostic.isWarning = given.getSeverity() == mlir::DiagnosticSeverity::Warning;
    diagnostic.place = placeOf(given.getLocation());
    std::string text = given.str();
    if (StringRef id = idOf(text); !id.empty()) {
      diagnostic.text = text;
      diagnostic.code = exitCodeOf(id);
    } else if (diagnostic.isWarning) {
      diagnostic.text = text;
    } else {
      diagnostic.text = withoutId == ExitCode::internal
                            ? formatMessage(message::internalError, text)
                            : formatMessage(message::wrongDump, text);
      diagnostic.code = withoutId;
    }
    addDefinitionNotes(given.getLocation(), diagnostic.notes);
    for (mlir::Diagnostic &note : given.getNotes()) {
      std::string noteText = note.str();
      if (StringRef(noteText).starts_with("see current operation") ||
          StringRef(noteText).starts_with("diagnostic emitted with trace"))
        continue; // users never see IR
      bool help = StringRef(noteText).starts_with("help: ");
      Place place = help ? Place() : placeOf(note.getLocation());
      if (place == diagnostic.place)
        place = {};
      diagnostic.notes.push_back({place, noteText});
    }
    // Help comes last, after the places.
    std::vector<Note> ordered;
    for (bool known : {true, false})
      for (const Note &note : diagnostic.notes)
        if (note.place.known() == known)
          ordered.push_back(note);
    diagnostic.notes = std::move(ordered);
    engine.report(std::move(diagnostic));
    return mlir::success();
  });
}
