/* parallel-private.h - a loop whose turns run on several threads: enough for loading files. (The scheduler's pool
 * is made for graphs, and belongs to the engine.) */
#ifndef LEAT_PARALLEL_PRIVATE_H
#define LEAT_PARALLEL_PRIVATE_H

#include "base/base-private.h"

typedef leat_status leat_parallel_fn(void *argument, size_t turn, unsigned worker);

/* CPUs that this process may use, at least 1 and at most LEAT_PARALLEL_MOST. */
unsigned leat_parallel_cpus(void) LEAT_PRIV(parallel_cpus);
#define LEAT_PARALLEL_MOST 64

/* Calls fn(argument, turn, worker) once for each turn below n, in any order, on up to `threads` threads, the caller
 * among them; worker is below `threads`. After a failure no new turns are begun; its status and detail are returned.
 * Where threads cannot be made, those that exist do the work. */
leat_status leat_parallel(size_t n, unsigned threads, leat_parallel_fn *fn, void *argument)
    LEAT_PRIV(parallel) LEAT_MUST_CHECK;

#endif
