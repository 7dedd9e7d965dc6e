/*===- cuda.h - the C ABI between compiled models and a CUDA device ----------------*- C -*-===
 *
 * A thin layer over the CUDA driver (libcuda.so.1, opened at run time): one device, one stream. No
 * CUDA header or library is needed to build or to start a program that uses it.
 *
 * Every function that can fail returns a code of dprt::Code: 0, 3 (the machine cannot: no driver,
 * no device, no memory) or 70 (the caller is wrong). The device keeps the first failure until
 * dprt_cuda_failure is asked, so that compiled code may enqueue a whole step and ask once. What a
 * failed function was to give is null or 0, and using it fails in turn, without harm.
 *
 * Copies, fills, launches and replays are asynchronous: they run in the order of their calls, and
 * what a kernel does wrong shows at a later call, at the latest in dprt_cuda_synchronize.
 *
 * A device may be used from any thread, but from one at a time; calls make its context current in
 * the calling thread.
 *===--------------------------------------------------------------------------------------===*/
#ifndef DPRT_CUDA_H
#define DPRT_CUDA_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct dprt_cuda dprt_cuda;               /* an open device */
typedef struct dprt_cuda_module dprt_cuda_module; /* loaded code */
typedef struct dprt_cuda_kernel dprt_cuda_kernel; /* lives as long as its module */
typedef struct dprt_cuda_graph dprt_cuda_graph;   /* captured work, ready for replay */
typedef struct dprt_cuda_event dprt_cuda_event;   /* a point in the stream, for timing */
typedef uint64_t dprt_cuda_address;               /* in device memory; 0 is none */

/*===--- device ---------------------------------------------------------------------------===*/

typedef struct dprt_cuda_options {
  const char *library;   /* null: libcuda.so.1, found as the system finds libraries */
  int ordinal;           /* number of the device, from 0 */
  int minimumCapability; /* 10 * major + minor that the code needs, e.g. 80; 0: any */
} dprt_cuda_options;

typedef struct dprt_cuda_properties {
  char name[256];
  int capability; /* 10 * major + minor */
  int multiprocessors;
  uint64_t memory;         /* bytes */
  uint64_t sharedPerBlock; /* bytes of shared memory that a block may have by opting in */
  int driver;              /* 1000 * major + 10 * minor of the newest CUDA it knows; 0: unknown */
} dprt_cuda_properties;

/* `options` may be null. On failure `*device` is null, and `message` (if not null, `bytes` > 0) is
 * the reason and what to do, cut to `bytes` with its final zero. */
int dprt_cuda_open(const dprt_cuda_options *options, dprt_cuda **device, char *message,
                   size_t bytes);
/* Waits for enqueued work and frees all that was made with the device and not freed. Null is
 * allowed. The code is that of the first failure; nothing else can be asked any more. */
int dprt_cuda_close(dprt_cuda *device);
void dprt_cuda_describe(const dprt_cuda *device, dprt_cuda_properties *properties);

/* The first failure since the last call, which forgets it: its code (0: none), and, where `text`
 * is not null, its text, which stays until the next failure or close. */
int dprt_cuda_failure(dprt_cuda *device, const char **text);

/*===--- code -----------------------------------------------------------------------------===*/

/* PTX (text, with or without a final zero), a cubin or a fatbin. */
int dprt_cuda_load(dprt_cuda *device, const void *image, size_t bytes, dprt_cuda_module **module);
/* Frees its kernels too. Null is allowed. */
int dprt_cuda_unload(dprt_cuda *device, dprt_cuda_module *module);
/* `dynamicShared`: bytes that launches of the kernel will have; beyond 48 KiB the kernel is
 * prepared for it. */
int dprt_cuda_get_kernel(dprt_cuda *device, dprt_cuda_module *module, const char *name,
                         size_t dynamicShared, dprt_cuda_kernel **kernel);
/* `arguments[i]` points to the value of parameter i, which is copied before the call returns. */
int dprt_cuda_launch(dprt_cuda *device, dprt_cuda_kernel *kernel, const uint32_t grid[3],
                     const uint32_t block[3], void **arguments);

/*===--- memory ---------------------------------------------------------------------------===*/

/* At least 256-byte aligned, contents undefined. 0 bytes give a valid address of no use. */
int dprt_cuda_allocate(dprt_cuda *device, size_t bytes, dprt_cuda_address *address);
/* 0 is allowed. */
int dprt_cuda_free(dprt_cuda *device, dprt_cuda_address address);
/* Page-locked host memory: the only one that copies are asynchronous with. */
int dprt_cuda_allocate_host(dprt_cuda *device, size_t bytes, void **host);
int dprt_cuda_free_host(dprt_cuda *device, void *host);
/* `host` must stay as it is (resp. must not be read) until dprt_cuda_synchronize. */
int dprt_cuda_copy_to_device(dprt_cuda *device, dprt_cuda_address to, const void *host,
                             size_t bytes);
int dprt_cuda_copy_to_host(dprt_cuda *device, void *host, dprt_cuda_address from, size_t bytes);
int dprt_cuda_copy(dprt_cuda *device, dprt_cuda_address to, dprt_cuda_address from, size_t bytes);
int dprt_cuda_fill(dprt_cuda *device, dprt_cuda_address to, uint8_t value, size_t bytes);
/* Waits for all that is enqueued. Not while capturing. */
int dprt_cuda_synchronize(dprt_cuda *device);

/*===--- graphs ---------------------------------------------------------------------------===*/

/* Until capture_end, copies, fills, launches and event records are recorded instead of run. */
int dprt_cuda_capture_begin(dprt_cuda *device);
/* Ends the capture also when it fails, so that the stream can be used again. */
int dprt_cuda_capture_end(dprt_cuda *device, dprt_cuda_graph **graph);
/* Enqueues all that was recorded. */
int dprt_cuda_replay(dprt_cuda *device, dprt_cuda_graph *graph);
/* Null is allowed. */
int dprt_cuda_free_graph(dprt_cuda *device, dprt_cuda_graph *graph);

/*===--- timing ---------------------------------------------------------------------------===*/

int dprt_cuda_create_event(dprt_cuda *device, dprt_cuda_event **event);
int dprt_cuda_free_event(dprt_cuda *device, dprt_cuda_event *event);
int dprt_cuda_record(dprt_cuda *device, dprt_cuda_event *event);
/* Waits for `end` and gives the milliseconds since `begin`, with a resolution of about 0.5 us. */
int dprt_cuda_elapsed(dprt_cuda *device, dprt_cuda_event *begin, dprt_cuda_event *end,
                      float *milliseconds);

#ifdef __cplusplus
}

#include "dprt/status.h"

namespace dprt {
/// dprt_cuda_failure as a Status.
Status cudaStatus(dprt_cuda *device);
} // namespace dprt
#endif
#endif
