#include "config.h"
#include "pool-private.h"
#include "base/cpus-private.h"
#include "team-private.h"

#include <omp.h>
#include <sys/types.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

/* ---- the state of a thread that runs kernels ---- */

/* x86's MXCSR: all exceptions masked, round to nearest, flush to zero (0x8000), denormals are zero (0x40). */
#define MXCSR_KERNELS 0x9FC0u
/* ARM's FPCR: flush to zero (bit 24), everything else zero. */
#define FPCR_KERNELS (UINT64_C(1) << 24)

static uint64_t swap_fp(uint64_t to)
{
#if defined(__x86_64__)
    uint64_t old = _mm_getcsr();
    _mm_setcsr((unsigned)to);
    return old;
#elif defined(__aarch64__)
    uint64_t old;
    __asm__ volatile("mrs %0, fpcr" : "=r"(old));
    __asm__ volatile("msr fpcr, %0" ::"r"(to));
    return old;
#else
    return to;
#endif
}

void leat_kernel_scope_enter(leat_kernel_scope *scope)
{
#if defined(__aarch64__)
    scope->fp = swap_fp(FPCR_KERNELS);
#else
    scope->fp = swap_fp(MXCSR_KERNELS);
#endif
    scope->omp_threads = omp_get_max_threads();
    omp_set_num_threads(1);
}

void leat_kernel_scope_leave(const leat_kernel_scope *scope)
{
    omp_set_num_threads(scope->omp_threads);
    swap_fp(scope->fp);
}

/* ---- the pool ---- */

struct leat_pool {
    uint32_t n_workers;
    pid_t pid; /* of the process that made it: threads do not survive a fork */
};

leat_status leat_pool_new(leat_pool **out, uint32_t n_workers)
{
    *out = NULL;
    if (n_workers > LEAT_POOL_MAX)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%u threads: at most %u are possible", n_workers,
                         LEAT_POOL_MAX);
    leat_pool *pool = leat_alloc(sizeof *pool);
    if (pool == NULL)
        return leat_fail_memory(sizeof *pool);
    uint32_t cpus = leat_cpu_count();
    pool->n_workers = n_workers > 0 ? n_workers : LEAT_MIN(cpus, (uint32_t)LEAT_POOL_MAX);
    pool->pid = getpid();
    if (!leat_check_runtimes())
        pool->n_workers = 1;
    *out = pool;
    return LEAT_OK;
}

void leat_pool_free(leat_pool *pool)
{
    leat_free(pool);
}

uint32_t leat_pool_size(const leat_pool *pool)
{
    return pool->n_workers;
}

leat_status leat_pool_run(leat_pool *pool, uint32_t n_workers, leat_pool_fn *fn, void *arg)
{
    leat_team_job job = {.fn = fn, .arg = arg, .n = n_workers > 0 ? n_workers : pool->n_workers};
    if (job.n > LEAT_POOL_MAX)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "%u threads: at most %u are possible", job.n,
                         LEAT_POOL_MAX);
    if (job.n == 1) {
        leat_kernel_scope scope;
        leat_kernel_scope_enter(&scope);
        fn(0, 1, arg);
        leat_kernel_scope_leave(&scope);
        return LEAT_OK;
    }
    pid_t pid = getpid();
    if (pool->pid != pid || !leat_team_usable(pid))
        return leat_fail(LEAT_ERR_FORKED,
                         "this process was forked from the one that made the threads; only runs on one "
                         "thread are possible in it");
    return leat_team_run(&job, pid);
}
