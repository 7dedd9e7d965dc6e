//===- HostPages.cpp - who touches host memory that a copy is using ---------------------------===//
#include "simulator/Driver/HostPages.h"

#include <algorithm>
#include <atomic>
#include <csignal>
#include <sys/mman.h>
#include <ucontext.h>
#include <unistd.h>

using namespace sim::driver;

namespace {

/// The fault handler may run at any time in any thread: everything it reads is in fixed places and
/// atomic.
struct Watch {
  std::atomic<bool> active = false;
  std::atomic<uint64_t> begin = 0, end = 0;          ///< what the copy uses
  std::atomic<uint64_t> firstPage = 0, pagesEnd = 0; ///< what is protected
  std::atomic<bool> written = false;
};

constexpr size_t mostWatches = 1024, mostTouches = 256;
Watch watches[mostWatches];
std::atomic<size_t> usedWatches = 0; // none from here on has ever been active
HostPages::Touch touches[mostTouches];
std::atomic<size_t> touchCount = 0, touchesTaken = 0;
struct sigaction previous;
bool suspended = false;

uint64_t pageBytes() {
  static const uint64_t bytes = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return bytes;
}

} // namespace

static void setProtection(uint64_t from, uint64_t to, int protection) {
  if (from < to)
    mprotect(reinterpret_cast<void *>(from), to - from, protection);
}

static int protectionOf(const Watch &watch) { return watch.written ? PROT_NONE : PROT_READ; }

static void passOn(int signal, siginfo_t *info, void *context) {
  if (previous.sa_flags & SA_SIGINFO) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler != SIG_DFL && previous.sa_handler != SIG_IGN) {
    previous.sa_handler(signal);
  } else {
    // The access is repeated and ends the process as if we had never been here.
    std::signal(SIGSEGV, SIG_DFL);
  }
}

static void onFault(int signal, siginfo_t *info, void *context) {
  uint64_t address = reinterpret_cast<uintptr_t>(info->si_addr);
  bool ours = false, blamed = false, copyWrites = false;
  for (size_t i = 0; i < usedWatches; ++i) {
    const Watch &watch = watches[i];
    if (!watch.active || address < watch.firstPage || address >= watch.pagesEnd)
      continue;
    ours = true;
    if (address >= watch.begin && address < watch.end) {
      blamed = true;
      copyWrites |= watch.written;
    }
  }
  if (!ours || info->si_code != SEGV_ACCERR)
    return passOn(signal, info, context);
  uint64_t page = address / pageBytes() * pageBytes();
  setProtection(page, page + pageBytes(), PROT_READ | PROT_WRITE);
  if (!blamed)
    return;
  size_t number = touchCount.fetch_add(1);
  if (number - touchesTaken >= mostTouches)
    return;
  bool write = false;
#ifdef __x86_64__
  // Bit 1 of the page fault's error code: the access was a write.
  write = static_cast<ucontext_t *>(context)->uc_mcontext.gregs[REG_ERR] & 2;
#endif
  touches[number % mostTouches] = {address, write, copyWrites};
}

/// Clients may install handlers of their own at any time, so this is done before each watch.
static void installHandler() {
  struct sigaction current;
  sigaction(SIGSEGV, nullptr, &current);
  if ((current.sa_flags & SA_SIGINFO) && current.sa_sigaction == onFault)
    return;
  previous = current;
  struct sigaction ours = {};
  ours.sa_sigaction = onFault;
  ours.sa_flags = SA_SIGINFO | SA_ONSTACK;
  sigemptyset(&ours.sa_mask);
  sigaction(SIGSEGV, &ours, nullptr);
}

std::byte *HostPages::map(size_t bytes) {
  static uint64_t hint = base;
  uint64_t span = (bytes + pageBytes() - 1) / pageBytes() * pageBytes();
  if (bytes > (1ull << 40))
    return nullptr;
  void *at = mmap(reinterpret_cast<void *>(hint), span, PROT_READ | PROT_WRITE,
                  MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (at == MAP_FAILED)
    return nullptr;
  hint += span + pageBytes(); // a hole catches accesses beyond the end
  return static_cast<std::byte *>(at);
}

void HostPages::unmap(std::byte *pages, size_t bytes) {
  munmap(pages, (bytes + pageBytes() - 1) / pageBytes() * pageBytes());
}

bool HostPages::areMapped(uint64_t begin, size_t bytes) {
  uint64_t first = begin / pageBytes() * pageBytes();
  // Does nothing to pages that are no file's, but fails with ENOMEM where there are none.
  return bytes <= ~begin &&
         msync(reinterpret_cast<void *>(first), begin + bytes - first, MS_ASYNC) == 0;
}

HostPages::Token HostPages::watch(uint64_t begin, size_t bytes, bool written, uint64_t first,
                                  size_t all) {
  uint64_t page = pageBytes();
  uint64_t firstWhole = (first + page - 1) / page * page, endWhole = (first + all) / page * page;
  uint64_t from = std::max(begin / page * page, firstWhole);
  uint64_t to = std::min((begin + bytes + page - 1) / page * page, endWhole);
  if (from >= to)
    return none;
  for (size_t i = 0; i < mostWatches; ++i) {
    Watch &watch = watches[i];
    if (watch.active)
      continue;
    watch.begin = begin;
    watch.end = begin + bytes;
    watch.firstPage = from;
    watch.pagesEnd = to;
    watch.written = written;
    if (i >= usedWatches)
      usedWatches = i + 1;
    installHandler();
    watch.active = true;
    if (!suspended)
      resume();
    return static_cast<Token>(i);
  }
  return none;
}

void HostPages::unwatch(Token token) {
  if (token == none)
    return;
  Watch &watch = watches[token];
  setProtection(watch.firstPage, watch.pagesEnd, PROT_READ | PROT_WRITE);
  watch.active = false;
  if (!suspended)
    resume(); // another copy may use the same pages
}

void HostPages::suspend() {
  suspended = true;
  for (size_t i = 0; i < usedWatches; ++i)
    if (watches[i].active)
      setProtection(watches[i].firstPage, watches[i].pagesEnd, PROT_READ | PROT_WRITE);
}

void HostPages::resume() {
  suspended = false;
  // The stronger protection comes last.
  for (bool written : {false, true})
    for (size_t i = 0; i < usedWatches; ++i)
      if (watches[i].active && watches[i].written == written)
        setProtection(watches[i].firstPage, watches[i].pagesEnd, protectionOf(watches[i]));
}

std::vector<HostPages::Touch> HostPages::takeTouches() {
  std::vector<Touch> taken;
  size_t count = touchCount, from = touchesTaken;
  for (size_t i = from; i < count && i - from < mostTouches; ++i)
    taken.push_back(touches[i % mostTouches]);
  touchesTaken = count;
  return taken;
}
