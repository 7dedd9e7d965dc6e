//===- Messages.h - the catalogue of messages ---------------------------------------*- C++ -*-===//
#pragma once

#include "mlir/IR/Diagnostics.h"

#include <fmt/format.h>
#include <string>

namespace dpc {

/// One entry of Messages.def: a stable id (`DP3001`), the text with `{}` places, and a paragraph
/// that explains it to a user.
struct Message {
  const char *id;
  const char *text;
  const char *explanation;
};

namespace message {
#define DPC_MESSAGE(id, name, text, explanation)                                                   \
  inline constexpr Message name{id, text, explanation};
#include "lib/Support/Messages.def"
} // namespace message

/// The text of a message with its places filled, followed by its id in brackets.
template <typename... Arguments>
std::string formatMessage(const Message &message, const Arguments &...arguments) {
  return fmt::format(fmt::runtime(message.text), arguments...) + " [" + message.id + "]";
}

/// Emits `message` at `location` through MLIR's diagnostics. Attach `help: …` as a note for what to
/// do, and further notes for other places.
template <typename... Arguments>
mlir::InFlightDiagnostic emitError(mlir::Location location, const Message &message,
                                   const Arguments &...arguments) {
  return mlir::emitError(location) << formatMessage(message, arguments...);
}

/// The message with this id, or null.
const Message *findMessage(llvm::StringRef id);

} // namespace dpc
