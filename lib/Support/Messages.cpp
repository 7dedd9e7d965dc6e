//===- Messages.cpp - the catalogue, searched by id -------------------------------------------===//
#include "lib/Support/Messages.h"

const dpc::Message *dpc::findMessage(llvm::StringRef id) {
  static constexpr const Message *all[] = {
#define DPC_MESSAGE(id, name, text, explanation) &message::name,
#include "lib/Support/Messages.def"
  };
  for (const Message *message : all)
    if (id == message->id)
      return message;
  return nullptr;
}
