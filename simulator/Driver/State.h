//===- State.h - everything that the mock driver knows ------------------------------*- C++ -*-===//
//
// The driver's interface has no handle of its own, so its state is the process's: one object, made
// at the first call, never destroyed (clients may call from destructors of statics). One lock
// protects it (Call.h takes it). Handles are keys of a table and are never dereferenced.
//
//===------------------------------------------------------------------------------------------===//
#ifndef DPC_SIMULATOR_DRIVER_STATE_H
#define DPC_SIMULATOR_DRIVER_STATE_H

#include "simulator/Driver/Configuration.h"
#include "simulator/Driver/Log.h"
#include "simulator/Machine/Launch.h"

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <unordered_map>

namespace sim::driver {

/// Thrown by implementations of calls; becomes the call's result.
struct Failure {
  Result result;
};

/// What a handle stands for.
struct Object {
  virtual ~Object() = default;
  virtual const char *what() const = 0; ///< "stream", for lists of leaks
  Handle handle = 0;
  Handle context = 0; ///< that it belongs to and dies with; 0: none
};

struct Stream;
struct Kernel;

struct Context : Object {
  const char *what() const override { return "context"; }
  bool primary = false;
  uint64_t id = 0;
  unsigned flags = 0;
  unsigned cacheConfiguration = 0;
  /// After a fault of a kernel every call that needs the context returns this.
  Result fault = Result::Success;
  std::map<unsigned, size_t> limits;
  std::shared_ptr<Stream> legacy;
  std::vector<std::weak_ptr<Stream>> streams; ///< all but the legacy one
  std::vector<uint64_t> orphans;              ///< last work of destroyed blocking streams
};

/// A module or a library; with one device they are the same.
struct Module : Object {
  const char *what() const override { return isLibrary ? "library" : "module"; }
  ~Module() override;
  bool isLibrary = false;
  std::unique_ptr<LoadedModule> loaded;
  std::map<ptx::FunctionId, Handle> kernels; ///< that have been asked for
};

struct Kernel : Object {
  const char *what() const override { return "kernel"; }
  std::weak_ptr<Module> module;
  ptx::FunctionId function = 0;
  uint64_t dynamicSharedLimit = 0; ///< set by cuFuncSetAttribute
  int carveout = -1;
  unsigned cacheConfiguration = 0;
};

struct Pool : Object {
  const char *what() const override { return "memory pool"; }
  uint64_t threshold = 0, used = 0, mostUsed = 0;
  std::map<unsigned, int> reuse;
  bool isDefault = false;
};

/// Memory that the client has asked for. Variables of modules are in no Buffer.
struct Buffer {
  enum class Kind : uint8_t { Device, Pinned, Registered, Managed, Pooled };
  Kind kind = Kind::Device;
  Allocation *allocation = nullptr;
  Handle context = 0;
  unsigned flags = 0;
  uint64_t id = 0;
  std::weak_ptr<Pool> pool;
  bool freeQueued = false; ///< by cuMemFreeAsync
  bool isHost() const { return kind == Kind::Pinned || kind == Kind::Registered; }
};

class Queue;

class State {
public:
  static State &get();

  Configuration configuration;
  Log log;
  Memory memory;
  bool initialised = false;
  /// A report came and DPC_MOCK_STRICT is set: the next synchronisation fails.
  bool strictFailure = false;
  std::unordered_map<Handle, std::shared_ptr<Object>> objects;
  std::map<uint64_t, Buffer> buffers; ///< by address
  std::vector<std::string> doubleFrees;
  std::shared_ptr<Context> primary; ///< made at first use, keeps its handle
  unsigned primaryCount = 0;
  unsigned primaryFlags = 0;
  std::shared_ptr<Pool> defaultPool, currentPool;
  std::unique_ptr<Queue> queue;
  /// Code of the client that runs when the call in progress is done.
  std::vector<std::function<void()>> deferred;
  std::mutex mutex;

  /// Garbage for the client; null when the device is full.
  sim::Allocation *allocate(size_t bytes, const char *name) {
    // Without checkers nobody follows what kernels initialise.
    return memory.allocate(bytes, name, !configuration.check);
  }

  /// Gives `object` a handle.
  Handle add(std::shared_ptr<Object> object);
  /// Throws InvalidHandle for what is no handle of a T.
  template <class T> std::shared_ptr<T> find(Handle handle, Result otherwise) {
    auto at = objects.find(handle);
    std::shared_ptr<T> found;
    if (at != objects.end())
      found = std::dynamic_pointer_cast<T>(at->second);
    if (!found)
      throw Failure{otherwise};
    return found;
  }
  template <class T> std::shared_ptr<T> find(Handle handle) {
    return find<T>(handle, Result::InvalidHandle);
  }
  void remove(Handle handle);

  /// Adds to the log and to stderr: what the client should know.
  void note(const std::string &kind, const std::string &message);
  /// As a note; what the client does wrong.
  void report(const std::string &kind, const std::string &message);
  void report(const sim::Report &report);
  void reportDoubleFree(const std::string &name);
  /// The same if memory that began at `base`, where no buffer is, has been freed.
  void reportFreedAgain(uint64_t base);
  /// Formats what the fault handler of HostPages has seen since.
  void reportTouches();

  /// The live buffer or module variable that holds all of [address, address + bytes); else null.
  Allocation *findLive(uint64_t address, uint64_t bytes);
  /// Null if the allocation is a module's variable.
  Buffer *bufferOf(const Allocation &allocation);
  Buffer &addBuffer(Buffer buffer);
  /// Memory of the host that the device sees at the same address. Throws OutOfMemory.
  Buffer &addHostPages(Buffer::Kind kind, size_t bytes, unsigned flags, Handle context,
                       const char *name);
  /// Frees without asking whether work is queued. Unmaps what the driver has mapped.
  void release(uint64_t base);

private:
  State();
  Handle nextHandle = 0xd0c0'0000;
  uint64_t nextBuffer = 0;
};

/// The thread's current context. Throws InvalidContext without one, and the context's fault.
std::shared_ptr<Context> currentContext();
/// As above, but null without one, and whatever its state.
std::shared_ptr<Context> anyContext();
std::vector<Handle> &contextStack(); ///< of this thread
/// Ends everything that belongs to `context`.
void clearContext(Context &context);

/// Calls code of the client, without the lock.
void callOut(const std::function<void()> &code);
/// Whether the thread is in a host function, where no calls are allowed.
bool &inHostFunction();
/// Set by entry points for per-thread default streams, during a call.
bool &defaultStreamIsPerThread();
/// Whether the process is a child of one that had called cuInit: drivers do not outlive fork().
bool isForkedChild();
/// The lock that the call in progress on this thread holds.
std::unique_lock<std::mutex> *&heldLock();

/// Throws InvalidValue.
template <class T> T &required(T *pointer) {
  if (!pointer)
    throw Failure{Result::InvalidValue};
  return *pointer;
}
inline void *required(void *pointer) {
  if (!pointer)
    throw Failure{Result::InvalidValue};
  return pointer;
}
inline void require(bool holds, Result otherwise = Result::InvalidValue) {
  if (!holds)
    throw Failure{otherwise};
}

} // namespace sim::driver
#endif
