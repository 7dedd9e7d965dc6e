//===- Control.h - program counters, divergence and frames of a warp ----------------*- C++ -*-===//
//
// Lanes of a warp that are at the same place run together as a fragment. A branch on which they
// disagree splits the fragment and opens a join at the branch's immediate post-dominator: lanes
// that arrive there are parked until the others come, leave the kernel, or turn out to wait for the
// parked ones (a lock that one lane holds while the others spin). Then the parked ones go on, since
// on devices of compute capability 7.0 and later every lane makes progress by itself. A call opens
// a join at its return address in the same way.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_MACHINE_CONTROL_H
#define DPC_SIMULATOR_MACHINE_CONTROL_H

#include "simulator/Machine/Warp.h"

namespace sim {

constexpr int noJoin = -1;

/// The registers of one call.
struct Frame {
  uint32_t function = 0;
  const FunctionCode *code = nullptr;
  std::byte *slots = nullptr; ///< slotCount * slotBytes, 64-byte aligned
  std::vector<LaneMask> predicates;
  std::vector<Poison> poison; ///< per slot; empty with checkers off
  std::vector<LaneMask> predicatePoison;
  Frame *caller = nullptr;
  uint32_t callOp = 0; ///< in the caller
  int returnJoin = noJoin;
  LaneMask inside = 0;               ///< lanes that have not returned or exited
  uint64_t localBase = 0;            ///< of its part of the lanes' local memory
  uint64_t allocated[warpSize] = {}; ///< bytes of alloca behind code->localBytes
  unsigned depth = 0;
  std::unique_ptr<std::byte[]> storage;

  /// Where the local memory of a lane ends.
  uint64_t localEnd(unsigned lane) const { return localBase + code->localBytes + allocated[lane]; }
};

struct Join {
  bool open = false;
  uint32_t pc = 0;
  Frame *frame = nullptr;
  LaneMask expected = 0; ///< lanes that will come unless they exit
  LaneMask arrived = 0;
  int outer = noJoin; ///< what the lanes belong to once they have met
};

struct Fragment {
  enum class State : uint8_t { Ready, AtBarrier, AtCollective };
  LaneMask lanes = 0;
  State state = State::Ready;
  uint8_t barrier = 0; ///< number of the barrier waited for
  uint32_t pc = 0;
  Frame *frame = nullptr;
  int join = noJoin;
};

/// Local memory of all lanes: one stretch of `capacity` bytes for each.
struct LocalMemory {
  uint64_t capacity = 0;
  std::vector<std::byte> bytes;
  std::vector<uint8_t> poison; ///< empty with checkers off
  void reserve(uint64_t bytesPerLane, bool withPoison);
  std::byte *at(unsigned lane, uint64_t offset) { return bytes.data() + lane * capacity + offset; }
};

/// cp.async instructions whose bytes are still on their way.
struct AsyncCopy {
  LaneMask lanes = 0;
  uint8_t bytes = 0;
  bool landed = false;       ///< the bytes are there, but the program cannot know it yet
  uint32_t group[warpSize];  ///< per lane: number of the group that it is or will be in
  uint64_t shared[warpSize]; ///< destination
  const std::byte *from[warpSize];
  const uint8_t *poison[warpSize]; ///< null: initialised
  uint8_t copied[warpSize];        ///< bytes that are copied; the rest are zeros
};

struct Warp::Control {
  std::vector<Fragment> fragments;
  size_t current = 0;
  bool rotate = false;     ///< it is another fragment's turn
  Frame *active = nullptr; ///< whose registers the warp shows
  std::vector<Join> joins;
  std::vector<std::unique_ptr<Frame>> frames;             ///< in use
  std::vector<std::vector<std::unique_ptr<Frame>>> spare; ///< by function
  LocalMemory local;
  std::vector<AsyncCopy> copies;
  uint32_t committed[warpSize] = {}; ///< cp.async groups of each lane so far
  /// `executed` and `polls` when lanes last met, parted, left or were released.
  uint64_t progressAt = 0, progressPolls = 0;
  uint64_t random = 0;
  LaneMask parked() const;
};

} // namespace sim
#endif
