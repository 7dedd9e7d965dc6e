//===- UserObject.cpp - what graphs keep alive for the client ---------------------------------===//
#include "simulator/Driver/Calls.h"
#include "simulator/Driver/Graph.h"

using namespace sim::driver;

static void release(const std::shared_ptr<UserObject> &object, uint64_t count) {
  object->references -= count;
  if (object->references)
    return;
  State &state = State::get();
  // No calls are allowed in the destructor, and the state is not to change under this one.
  state.deferred.push_back([destroy = object->destroy, data = object->data] { destroy(data); });
  state.remove(object->handle);
}

void UserReferences::take(const std::shared_ptr<UserObject> &object, uint64_t count) {
  held[object] += count;
}

void UserReferences::add(const UserReferences &other) {
  for (const auto &[object, count] : other.held) {
    object->references += count;
    take(object, count);
  }
}

void UserReferences::giveBack(const std::shared_ptr<UserObject> &object, uint64_t count) {
  auto at = held.find(object);
  require(at != held.end() && at->second >= count);
  if (!(at->second -= count))
    held.erase(at);
  release(object, count);
}

UserReferences::~UserReferences() {
  for (const auto &[object, count] : held)
    release(object, count);
}

static std::shared_ptr<UserObject> findUserObject(Handle handle) {
  return State::get().find<UserObject>(handle, Result::InvalidValue);
}

Result sim::driver::userObjectCreate(Handle *handle, void *data, HostFunction destroy,
                                     unsigned count, unsigned flags) {
  Handle &to = required(handle);
  require(destroy && count && flags == 1); // CU_USER_OBJECT_NO_DESTRUCTOR_SYNC
  auto object = std::make_shared<UserObject>();
  object->destroy = destroy;
  object->data = data;
  object->references = count;
  to = State::get().add(object);
  return Result::Success;
}

Result sim::driver::userObjectRetain(Handle handle, unsigned count) {
  require(count > 0);
  findUserObject(handle)->references += count;
  return Result::Success;
}

Result sim::driver::userObjectRelease(Handle handle, unsigned count) {
  std::shared_ptr<UserObject> object = findUserObject(handle);
  require(count && count <= object->references);
  release(object, count);
  return Result::Success;
}

Result sim::driver::graphRetain(Handle graph, Handle handle, unsigned count, unsigned flags) {
  std::shared_ptr<UserObject> object = findUserObject(handle);
  auto found = State::get().find<Graph>(graph, Result::InvalidValue);
  require(count && flags <= 1);
  if (!(flags & 1)) // CU_GRAPH_USER_OBJECT_MOVE: the caller's references
    object->references += count;
  found->userObjects.take(object, count);
  return Result::Success;
}

Result sim::driver::graphRelease(Handle graph, Handle handle, unsigned count) {
  std::shared_ptr<UserObject> object = findUserObject(handle);
  require(count > 0);
  State::get().find<Graph>(graph, Result::InvalidValue)->userObjects.giveBack(object, count);
  return Result::Success;
}
