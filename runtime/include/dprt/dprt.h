/*===- dprt.h - the C ABI between compiled models and the runtime -----------------*- C -*-===
 *
 * The only header that compiled models and lib/Execution may see. Version 1.
 *
 * A compiled model is an object that exports
 *   - `dprt_description`: a zero-terminated text that describes its memory (see below);
 *   - one function of type dprt_entry per entry that the description names;
 * and calls nothing but dprt_parallel and the C mathematics library.
 *
 * Description, one item a line, words separated by one space:
 *   dprt 1                                      version of this format
 *   batch N                                     samples of one step
 *   arena BYTES                                 memory that every entry works in, 64-byte aligned,
 *                                               all zero before the first call
 *   entry NAME SYMBOL                           train_step, infer or probe
 *   tensor SCOPE ROLE NAME RANK DIM... STRIDE... OFFSET
 *                                               f32 tensor: dimensions as in files, strides in
 *                                               elements, offset into the arena in bytes; SCOPE is
 *                                               an entry or `*` (valid across all entries); ROLE is
 *                                               input, target, parameter, gradient or value
 *   region NAME OFFSET BYTES                    `parameters` and `gradients`: equal sizes, equal
 *                                               relative layouts; what no tensor covers stays zero
 *   end
 *
 * What the runtime reads and writes, by name: `x`, `y` before every call; after train_step the
 * region `gradients` (means over the valid rows), `#loss` [batch], `output#forward` and, for the
 * divergence check, every state `L#0`, `L#1`, ... and `L#forward`; after infer `#loss` and
 * `output#forward`.
 *===------------------------------------------------------------------------------------------===*/
#ifndef DPRT_H
#define DPRT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define DPRT_ABI_VERSION 1

/* One entry of a compiled model: works on the arena for the first `rows` samples (1 <= rows <=
 * batch; the rest is padding that contributes nothing). Not reentrant for one arena. */
typedef void (*dprt_entry)(void *arena, int64_t rows);

/* Runs body(arguments, task) for every task in [0, tasks), on as many threads as
 * dprt_set_threads allows, and returns when all are done. Tasks write disjoint memory, so results
 * do not depend on the number of threads. */
void dprt_parallel(void (*body)(void *arguments, int64_t task), void *arguments, int64_t tasks);

/* Threads of all later calls; 0 means one per core. */
void dprt_set_threads(int threads);

#ifdef __cplusplus
}
#endif
#endif
