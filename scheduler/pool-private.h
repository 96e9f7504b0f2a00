/* pool-private.h - the threads, and the state of a thread that runs kernels.
 *
 * One interface over two builds. Normally a run is one `omp parallel` region: libgomp keeps the calling
 * thread's team hot, entering it costs half a microsecond. With LEAT_POOL_PTHREAD (configure --enable-tsan)
 * every run makes and joins plain threads, which ThreadSanitizer understands. */
#ifndef LEAT_POOL_PRIVATE_H
#define LEAT_POOL_PRIVATE_H

#include "base/base-private.h"

/* ---- the state of a thread that runs kernels ---- */

/* What leat_kernel_scope_enter changed on this thread, to be given back by leat_kernel_scope_leave. */
typedef struct leat_kernel_scope {
    uint64_t fp;
    int omp_threads;
} leat_kernel_scope;

/* Makes the calling thread fit to run kernels. Every thread that runs one is inside such a scope: workers, the
 * serial caller, and constant folding, so that a value has the same bits wherever it is computed.
 * - Floating point: round to nearest, exceptions masked, denormals flushed to zero as inputs and as results,
 *   which is what TensorFlow's kernel threads do.
 * - OpenMP: omp_set_num_threads(1), so that oneDNN and OpenBLAS start no team of their own and take the same
 *   code path in a team of one as inside a team of many.
 * Scopes nest and are left in reverse order on the same thread. A few nanoseconds. */
void leat_kernel_scope_enter(leat_kernel_scope *scope);
void leat_kernel_scope_leave(const leat_kernel_scope *scope);

/* ---- the pool ---- */

typedef struct leat_pool leat_pool;

/* n_workers 0: leat_cpu_count(). No thread is made before the first run. */
leat_status leat_pool_new(leat_pool **out, uint32_t n_workers) LEAT_MUST_CHECK;
void leat_pool_free(leat_pool *pool); /* NULL is fine; no run may be going on */
uint32_t leat_pool_size(const leat_pool *pool);

#define LEAT_POOL_MAX 1024 /* workers */

/* Runs fn(index, n, arg) on n = `n_workers` threads at once (0: the pool's size); the caller is index 0. Returns when
 * all have returned. Each is inside a kernel scope; the others have all signals blocked.
 * Any number of threads may run one pool: in the OpenMP build each calling thread has a team of its own.
 * fn must not rely on how many threads came: where the runtime gives fewer (OMP_THREAD_LIMIT, no memory for a
 * stack), or where the caller is itself inside a parallel region (never nest: libgomp would make its threads
 * anew each time), n is less. Index 0 is always there.
 * LEAT_ERR_FORKED: in a child of the process that made the pool, or of one whose calling thread had a team.
 * A run of one worker needs no thread and works in a forked child too. */
typedef void leat_pool_fn(uint32_t index, uint32_t n, void *arg);
leat_status leat_pool_run(leat_pool *pool, uint32_t n_workers, leat_pool_fn *fn, void *arg) LEAT_MUST_CHECK;

/* ---- the libraries below (runtimes.c) ---- */

typedef enum leat_openmp {
    LEAT_OPENMP_ONE,    /* one OpenMP runtime answers all calls */
    LEAT_OPENMP_OTHERS, /* one answers ours, another those of OpenBLAS and oneDNN */
    LEAT_OPENMP_SPLIT,  /* regions are made by one and known to another: only one thread is safe */
} leat_openmp;
/* *names: of the runtimes that are loaded, for people. */
leat_openmp leat_check_openmp(char *names, size_t size);

/* Warns (once in a process) of an OpenBLAS that is not its OpenMP build, whose threads would fight with the pool's, and puts
 * it on one thread; and of two OpenMP runtimes that do not act as one. False: only one thread is safe. leat_pool_new calls
 * it. */
bool leat_check_runtimes(void);

#endif
