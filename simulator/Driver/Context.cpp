//===- Context.cpp - contexts -----------------------------------------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Queue.h"

using namespace sim::driver;

static void requireDevice(Device device) { require(device == 0, Result::InvalidDevice); }

static std::shared_ptr<Context> makeContext(bool primary) {
  State &state = State::get();
  auto context = std::make_shared<Context>();
  context->primary = primary;
  state.add(context);
  static uint64_t contexts = 0;
  context->id = ++contexts;
  return context;
}

static std::shared_ptr<Context> primaryContext() {
  State &state = State::get();
  if (!state.primary)
    state.primary = makeContext(true);
  return state.primary;
}

Result sim::driver::primaryRetain(Handle *context, Device device) {
  requireDevice(device);
  State &state = State::get();
  Handle &handle = required(context);
  std::shared_ptr<Context> primary = primaryContext();
  if (!state.primaryCount++)
    primary->flags = state.primaryFlags;
  handle = primary->handle;
  return Result::Success;
}

Result sim::driver::primaryRelease(Device device) {
  requireDevice(device);
  State &state = State::get();
  require(state.primaryCount > 0, Result::InvalidContext);
  if (!--state.primaryCount)
    clearContext(*state.primary);
  return Result::Success;
}

Result sim::driver::primaryReset(Device device) {
  requireDevice(device);
  clearContext(*primaryContext());
  return Result::Success;
}

Result sim::driver::primarySetFlags(Device device, unsigned flags) {
  requireDevice(device);
  require(flags <= 0xff);
  State &state = State::get();
  state.primaryFlags = flags;
  if (state.primaryCount)
    state.primary->flags = flags;
  return Result::Success;
}

Result sim::driver::primaryState(Device device, unsigned *flags, int *active) {
  requireDevice(device);
  State &state = State::get();
  required(flags) = state.primaryFlags;
  required(active) = state.primaryCount > 0;
  return Result::Success;
}

Result sim::driver::contextCreate(Handle *handle, unsigned flags, Device device) {
  requireDevice(device);
  require(flags <= 0xff);
  Handle &to = required(handle);
  std::shared_ptr<Context> context = makeContext(false);
  context->flags = flags;
  contextStack().push_back(to = context->handle);
  return Result::Success;
}

Result sim::driver::contextCreateAffinity(Handle *handle, const void *, int count, unsigned flags,
                                          Device device) {
  require(count == 0, Result::UnsupportedExecAffinity);
  return contextCreate(handle, flags, device);
}

Result sim::driver::contextCreateWith(Handle *handle, const void *parameters, unsigned flags,
                                      Device device) {
  // CUctxCreateParams: affinities, their number, a graphics context.
  struct Parameters {
    const void *affinities;
    int count;
    const void *graphics;
  };
  auto *given = static_cast<const Parameters *>(parameters);
  require(!given || (!given->count && !given->graphics), Result::NotSupported);
  return contextCreate(handle, flags, device);
}

static std::shared_ptr<Context> findContext(Handle handle) {
  return State::get().find<Context>(handle, Result::InvalidContext);
}

Result sim::driver::contextDestroy(Handle handle) {
  std::shared_ptr<Context> context = findContext(handle);
  require(!context->primary, Result::InvalidContext);
  clearContext(*context);
  State::get().remove(handle);
  std::vector<Handle> &stack = contextStack();
  if (!stack.empty() && stack.back() == handle)
    stack.pop_back();
  return Result::Success;
}

Result sim::driver::contextPush(Handle handle) {
  findContext(handle);
  contextStack().push_back(handle);
  return Result::Success;
}

Result sim::driver::contextPop(Handle *handle) {
  std::vector<Handle> &stack = contextStack();
  require(!stack.empty(), Result::InvalidContext);
  if (handle)
    *handle = stack.back();
  stack.pop_back();
  return Result::Success;
}

Result sim::driver::contextSet(Handle handle) {
  std::vector<Handle> &stack = contextStack();
  if (handle)
    findContext(handle);
  if (!stack.empty())
    stack.pop_back();
  if (handle)
    stack.push_back(handle);
  return Result::Success;
}

Result sim::driver::contextGet(Handle *handle) {
  required(handle) = contextStack().empty() ? 0 : contextStack().back();
  return Result::Success;
}

static std::shared_ptr<Context> requireAny() {
  std::shared_ptr<Context> context = anyContext();
  require(context != nullptr, Result::InvalidContext);
  return context;
}

Result sim::driver::contextDevice(Device *device) {
  requireAny();
  required(device) = 0;
  return Result::Success;
}

Result sim::driver::contextDeviceOf(Device *device, Handle handle) {
  if (handle)
    findContext(handle);
  return handle ? (required(device) = 0, Result::Success) : contextDevice(device);
}

Result sim::driver::contextFlags(unsigned *flags) {
  required(flags) = requireAny()->flags;
  return Result::Success;
}

Result sim::driver::contextSetFlags(unsigned flags) {
  require(flags <= 0xff);
  requireAny()->flags = flags;
  return Result::Success;
}

Result sim::driver::contextId(Handle handle, uint64_t *id) {
  required(id) = (handle ? findContext(handle) : requireAny())->id;
  return Result::Success;
}

Result sim::driver::contextSynchronize() { return contextSynchronizeOf(0); }

Result sim::driver::contextSynchronizeOf(Handle handle) {
  std::shared_ptr<Context> context = handle ? findContext(handle) : currentContext();
  State &state = State::get();
  requireNoCapture();
  state.queue->finish(*context);
  state.queue->settle(*context);
  return Result::Success;
}

/// CUlimit: defaults of the driver, and the most that may be set.
static size_t defaultLimit(unsigned limit) {
  constexpr size_t defaults[] = {1024, 1 << 20, 8 << 20, 2, 2048, 128, 0};
  require(limit < std::size(defaults), Result::UnsupportedLimit);
  return defaults[limit];
}

Result sim::driver::contextSetLimit(unsigned limit, size_t value) {
  std::shared_ptr<Context> context = currentContext();
  defaultLimit(limit);
  context->limits[limit] = value;
  return Result::Success;
}

Result sim::driver::contextLimit(size_t *value, unsigned limit) {
  std::shared_ptr<Context> context = currentContext();
  size_t otherwise = defaultLimit(limit);
  auto set = context->limits.find(limit);
  required(value) = set == context->limits.end() ? otherwise : set->second;
  return Result::Success;
}

Result sim::driver::contextCache(unsigned *configuration) {
  required(configuration) = currentContext()->cacheConfiguration;
  return Result::Success;
}

Result sim::driver::contextSetCache(unsigned configuration) {
  require(configuration <= 3);
  currentContext()->cacheConfiguration = configuration;
  return Result::Success;
}

Result sim::driver::contextIgnoreShared(unsigned configuration) {
  currentContext();
  require(configuration <= 2);
  return Result::Success;
}

Result sim::driver::contextVersion(Handle handle, unsigned *version) {
  handle ? findContext(handle) : requireAny();
  required(version) = 3020; // of contexts, since CUDA 3.2
  return Result::Success;
}

Result sim::driver::contextPriorities(int *least, int *greatest) {
  currentContext();
  if (least)
    *least = 0;
  if (greatest)
    *greatest = -5;
  return Result::Success;
}

Result sim::driver::contextResetCache() {
  currentContext();
  return Result::Success;
}

Result sim::driver::contextPeer(Handle peer, unsigned) {
  currentContext();
  findContext(peer);
  return Result::PeerAccessUnsupported;
}
