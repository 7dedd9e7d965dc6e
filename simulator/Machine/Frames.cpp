//===- Frames.cpp - registers of kernels and calls --------------------------------------------===//
#include "simulator/Machine/Machine.h"

#include <algorithm>
#include <bit>
#include <cstring>

using namespace sim;

Warp::Warp() = default;
Warp::Warp(Warp &&) noexcept = default;
Warp::~Warp() = default;

LaneMask Warp::Control::parked() const {
  LaneMask result = 0;
  for (const Join &join : joins)
    if (join.open)
      result |= join.arrived;
  return result;
}

static constexpr unsigned mostFrames = 4096;

void LocalMemory::reserve(uint64_t bytesPerLane, bool withPoison) {
  if (bytesPerLane <= capacity)
    return;
  uint64_t larger = std::max(bytesPerLane, 2 * capacity);
  std::vector<std::byte> moved(larger * warpSize);
  std::vector<uint8_t> movedPoison(withPoison ? larger * warpSize : 0);
  for (unsigned lane = 0; lane < warpSize && capacity; ++lane) {
    std::memcpy(moved.data() + lane * larger, bytes.data() + lane * capacity, capacity);
    if (withPoison)
      std::memcpy(movedPoison.data() + lane * larger, poison.data() + lane * capacity, capacity);
  }
  bytes = std::move(moved);
  poison = std::move(movedPoison);
  capacity = larger;
}

static uint32_t coordinate(const uint32_t *size, uint64_t linear, unsigned axis) {
  for (unsigned i = 0; i < axis; ++i)
    linear /= size[i];
  return static_cast<uint32_t>(axis == 2 ? linear : linear % size[axis]);
}

uint64_t sim::specialValue(const Warp &warp, ptx::Special special, uint64_t which, unsigned lane) {
  using ptx::Special;
  const Block &block = *warp.block;
  const Launch &launch = *block.launch;
  auto offset = [&](Special first) { return unsigned(special) - unsigned(first); };
  switch (special) {
  case Special::TidX:
  case Special::TidY:
  case Special::TidZ:
    return coordinate(launch.shape.block, warp.index * warpSize + lane, offset(Special::TidX));
  case Special::NtidX:
  case Special::NtidY:
  case Special::NtidZ:
    return launch.shape.block[offset(Special::NtidX)];
  case Special::CtaidX:
  case Special::CtaidY:
  case Special::CtaidZ:
    return block.coordinates[offset(Special::CtaidX)];
  case Special::NctaidX:
  case Special::NctaidY:
  case Special::NctaidZ:
    return launch.shape.grid[offset(Special::NctaidX)];
  case Special::LaneId:
    return lane;
  case Special::WarpId:
    return warp.index;
  case Special::NwarpId:
    return launch.limits.warpsPerMultiprocessor;
  case Special::SmId:
    return block.linear % launch.limits.multiprocessors;
  case Special::NsmId:
    return launch.limits.multiprocessors;
  case Special::GridId:
    return 1;
  case Special::LanemaskEq:
    return 1u << lane;
  case Special::LanemaskLe:
    return (2u << lane) - 1u;
  case Special::LanemaskLt:
    return (1u << lane) - 1;
  case Special::LanemaskGe:
    return ~((1u << lane) - 1);
  case Special::LanemaskGt:
    return ~((2u << lane) - 1u);
  case Special::Clock:
  case Special::Clock64:
  case Special::GlobalTimer:
  case Special::GlobalTimerLo:
    return warp.executed;
  case Special::ClockHi:
  case Special::GlobalTimerHi:
    return warp.executed >> 32;
  case Special::DynamicSmemSize:
    return launch.shape.dynamicShared;
  case Special::TotalSmemSize:
    return launch.sharedBytes;
  case Special::ReservedSmem: {
    // Begin, end and size of the part; where in it the two objects of the system software are.
    constexpr uint64_t values[] = {0, reservedSharedBytes, reservedSharedBytes, 0,
                                   reservedSharedBytes / 2};
    return values[which];
  }
  case Special::EnvReg:
    // The driver's: of those only the pointer to what a cooperative launch has for its grid.
    return which == 1   ? launch.gridWorkspace >> 32
           : which == 2 ? launch.gridWorkspace & 0xffffffff
                        : 0;
  // Without clusters every block is a cluster of its own.
  case Special::ClusterIdX:
  case Special::ClusterIdY:
  case Special::ClusterIdZ:
    return block.coordinates[offset(Special::ClusterIdX)];
  case Special::NclusterIdX:
  case Special::NclusterIdY:
  case Special::NclusterIdZ:
    return launch.shape.grid[offset(Special::NclusterIdX)];
  case Special::ClusterNctaidX:
  case Special::ClusterNctaidY:
  case Special::ClusterNctaidZ:
  case Special::ClusterNctarank:
    return 1;
  case Special::ClusterCtaidX:
  case Special::ClusterCtaidY:
  case Special::ClusterCtaidZ:
  case Special::ClusterCtarank:
  case Special::IsExplicitCluster:
    return 0;
  // "The fourth element is unused and always returns zero"; the others are for tools, and there are
  // none.
  case Special::TidW:
  case Special::NtidW:
  case Special::CtaidW:
  case Special::NctaidW:
  case Special::Pm:
  case Special::Pm64:
    return 0;
  }
  return 0;
}

static void fill(const Warp &warp, Frame &frame, const Preset &preset) {
  const Launch &launch = *warp.block->launch;
  std::byte *slot = frame.slots + size_t(preset.slot) * slotBytes;
  auto put = [&](unsigned lane, uint64_t value) {
    if (preset.bytes < 8) {
      auto narrow = static_cast<uint32_t>(value);
      if (preset.bytes < 4)
        narrow &= (1u << 8 * preset.bytes) - 1;
      std::memcpy(slot + lane * sizeof(narrow), &narrow, sizeof(narrow));
    } else {
      std::memcpy(slot + lane * sizeof(value), &value, sizeof(value));
    }
  };
  uint64_t value = preset.value;
  switch (preset.kind) {
  case Preset::Kind::Special:
    for (unsigned lane = 0; lane < warpSize; ++lane)
      put(lane, specialValue(warp, preset.special, preset.value, lane));
    return;
  case Preset::Kind::Constant:
    break;
  case Preset::Kind::Parameter:
    value = 0;
    std::memcpy(&value, launch.shape.parameters.data() + preset.offset, preset.bytes);
    break;
  case Preset::Kind::Variable:
    if (const Allocation *variable = launch.module.variables[preset.offset])
      value += variable->base;
    break;
  case Preset::Kind::Local:
    value += frame.localBase;
    break;
  }
  for (unsigned lane = 0; lane < warpSize; ++lane)
    put(lane, value);
}

static bool changes(const Preset &preset) {
  return preset.kind == Preset::Kind::Special || preset.kind == Preset::Kind::Local;
}

Frame *sim::enterFrame(Warp &warp, uint32_t function, Frame *caller, LaneMask lanes) {
  Warp::Control &control = *warp.control;
  const FunctionCode &code = warp.block->launch->program.functions[function];
  uint64_t localBase = 0;
  for (unsigned lane = 0; lane < warpSize && caller; ++lane)
    localBase = std::max(localBase, (caller->localEnd(lane) + 15) / 16 * 16);
  unsigned depth = caller ? caller->depth + 1 : 0;
  if (localBase + code.localBytes > mostLocalBytes || depth > mostFrames)
    return nullptr;
  bool checks = warp.block->checker != nullptr;
  auto &spare = control.spare[function];
  bool fresh = spare.empty();
  std::unique_ptr<Frame> frame;
  if (fresh) {
    constexpr size_t alignment = 64;
    frame = std::make_unique<Frame>();
    frame->storage =
        std::make_unique_for_overwrite<std::byte[]>(size_t(code.slotCount) * slotBytes + alignment);
    auto at = reinterpret_cast<uintptr_t>(frame->storage.get());
    frame->slots = frame->storage.get() + (alignment - at % alignment) % alignment;
    std::memset(frame->slots, 0, size_t(code.slotCount) * slotBytes);
    frame->predicates.resize(code.predicateCount);
    if (checks) {
      frame->poison.resize(code.slotCount);
      for (Poison &poison : frame->poison)
        std::memset(poison.bytes, 0xff, sizeof(poison.bytes));
      frame->predicatePoison.resize(code.predicateCount);
    }
  } else {
    frame = std::move(spare.back());
    spare.pop_back();
    std::memset(frame->slots, 0, size_t(code.registerSlots) * slotBytes);
    std::fill(frame->predicates.begin(), frame->predicates.end(), 0);
  }
  frame->function = function;
  frame->code = &code;
  frame->caller = caller;
  frame->inside = lanes;
  frame->localBase = localBase;
  std::fill(std::begin(frame->allocated), std::end(frame->allocated), 0);
  frame->depth = depth;
  frame->returnJoin = noJoin;
  for (const Preset &preset : code.presets)
    if (fresh || changes(preset))
      fill(warp, *frame, preset);
  if (checks) {
    for (uint32_t slot = 0; slot < code.registerSlots; ++slot) {
      frame->poison[slot].any = lanes;
      if (!fresh)
        std::memset(frame->poison[slot].bytes, 0xff, sizeof(frame->poison[slot].bytes));
    }
    std::fill(frame->predicatePoison.begin(), frame->predicatePoison.end(), lanes);
  }
  if (code.localBytes) {
    LocalMemory &local = control.local;
    local.reserve(localBase + code.localBytes, checks);
    for (LaneMask left = lanes; left; left &= left - 1) {
      unsigned lane = std::countr_zero(left);
      std::memset(local.at(lane, localBase), 0, code.localBytes);
      if (checks)
        std::memset(local.poison.data() + lane * local.capacity + localBase, 0xff, code.localBytes);
    }
  }
  control.frames.push_back(std::move(frame));
  return control.frames.back().get();
}

void sim::leaveFrame(Warp &warp, Frame *frame) {
  Warp::Control &control = *warp.control;
  auto at = std::find_if(control.frames.rbegin(), control.frames.rend(),
                         [&](const std::unique_ptr<Frame> &each) { return each.get() == frame; });
  control.spare[frame->function].push_back(std::move(*at));
  control.frames.erase(std::next(at).base());
}

void sim::useFrame(Warp &warp, Frame &frame) {
  warp.control->active = &frame;
  warp.slots = frame.slots;
  warp.predicates = frame.predicates.data();
  warp.poison = frame.poison.data();
  warp.predicatePoison = frame.predicatePoison.data();
}

void sim::startBlock(Core &core, Block &block, std::unique_ptr<BlockChecker> &checker,
                     uint64_t linear) {
  Launch &launch = core.launch;
  block.launch = &launch;
  block.linear = linear;
  uint64_t rest = linear;
  for (unsigned axis = 0; axis < 3; ++axis) {
    block.coordinates[axis] = static_cast<uint32_t>(rest % launch.shape.grid[axis]);
    rest /= launch.shape.grid[axis];
  }
  uint64_t state = launch.options.seed ^ (linear * 0x9e3779b97f4a7c15ull);
  block.random = nextRandom(state);
  block.liveThreads = launch.threadsPerBlock;
  block.lastWarp = 0;
  for (NamedBarrier &barrier : block.barriers)
    barrier = {};
  block.counters = launch.options.count ? &core.counters : nullptr;
  // Shared memory begins as garbage: NaN as any floating-point type, -1 as an integer.
  uint64_t reserved = launch.program.reservedShared;
  block.shared.assign(reserved + launch.sharedBytes, std::byte(0xff));
  if (core.checker) {
    block.sharedPoison.assign(reserved + launch.sharedBytes, 0xff);
    // Its user masks what it has not written bit by bit (cooperative_groups/details/sync.h).
    std::fill_n(block.sharedPoison.begin(), reserved, uint8_t(0));
    checker = std::make_unique<BlockChecker>(block, *core.checker, launch.threadsPerBlock);
    block.checker = checker.get();
  }
  unsigned warps = (launch.threadsPerBlock + warpSize - 1) / warpSize;
  if (block.warps.empty())
    block.warps.resize(warps);
  for (unsigned index = 0; index < warps; ++index) {
    Warp &warp = block.warps[index];
    warp.block = &block;
    warp.index = index;
    unsigned threads = std::min(launch.threadsPerBlock - index * warpSize, warpSize);
    warp.existing = threads == warpSize ? allLanes : (1u << threads) - 1;
    warp.exited = 0;
    warp.executed = warp.polls = 0;
    warp.carry = 0;
    warp.observed = core.checker || launch.options.count;
    if (!warp.control) {
      warp.control = std::make_unique<Warp::Control>();
      warp.control->spare.resize(launch.program.functions.size());
    }
    Warp::Control &control = *warp.control;
    control.fragments.clear();
    control.joins.clear();
    control.copies.clear();
    control.current = 0;
    control.rotate = false;
    control.progressAt = control.progressPolls = 0;
    std::fill(std::begin(control.committed), std::end(control.committed), 0);
    control.random = nextRandom(state);
    // A kernel's own frame fits: the decoder has bounded its local memory.
    Frame *frame = enterFrame(warp, launch.kernel, nullptr, warp.existing);
    control.fragments.push_back({.lanes = warp.existing, .pc = 0, .frame = frame});
  }
}
