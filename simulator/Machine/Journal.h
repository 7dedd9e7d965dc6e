//===- Journal.h - what a launch has overwritten ------------------------------------*- C++ -*-===//
//
// A launch on several cores may turn out to depend on the order of its blocks; then memory is put
// back and the launch run again on one core. Chunks are saved when they are first written.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_JOURNAL_H
#define DPC_SIMULATOR_MACHINE_JOURNAL_H

#include "simulator/Machine/Memory.h"

#include <atomic>

namespace sim {

class Journal {
public:
  static constexpr uint64_t chunkBytes = 1 << 16;

  explicit Journal(Allocation &of);
  /// Called before bytes [offset, offset + bytes) are written, by any thread.
  void beforeWrite(uint64_t offset, uint64_t bytes) {
    for (uint64_t chunk = offset / chunkBytes; chunk <= (offset + bytes - 1) / chunkBytes; ++chunk)
      if (chunks[chunk].state.load(std::memory_order_acquire) != State::Saved)
        save(chunk);
  }
  void restore();

private:
  enum class State : uint8_t { Fresh, Saving, Saved };
  struct Chunk {
    std::atomic<State> state = State::Fresh;
    std::unique_ptr<std::byte[]> data, poison;
  };
  void save(uint64_t chunk);
  uint64_t sizeOf(uint64_t chunk) const;

  Allocation &of;
  uint64_t count;
  std::unique_ptr<Chunk[]> chunks;
};

} // namespace sim
#endif
