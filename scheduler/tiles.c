#include "config.h"
#include "worker-private.h"

#include <sched.h>

static void run_serial(size_t n_tiles, leat_tile_fn *fn, void *arg)
{
    for (size_t i = 0; i < n_tiles; i++)
        fn(i, arg);
}

/* A tile's scratch is its own; a tile within a tile is run by run_serial, on the outer one's. */
static void run_tile(leat_worker *w, size_t tile, leat_tile_fn *fn, void *arg)
{
    leat_scratch_mark mark = leat_scratch_here(&w->scratch);
    w->in_tile = true;
    fn(tile, arg);
    w->in_tile = false;
    leat_scratch_release(&w->scratch, mark);
}

static void wake_for_tiles(leat_worker *w, uint32_t n)
{
    leat_exec *x = w->x;
    if (x->node[w->node].cost_ns >= LEAT_EXEC_WAKE_NS && leat_eventcount_has_waiters(&x->idle))
        leat_eventcount_notify(&x->idle, (int)n - 1);
}

/* The claimed tiles are being run by workers that are awake, unless the system has more threads than CPUs. */
static void wait_for_helpers(leat_tile_job *j, uint32_t n, uint32_t own)
{
    for (uint32_t spins = 0; !leat_tile_job_finished(j, n, own); spins++) {
        if (spins < 4096)
            leat_pause();
        else
            sched_yield();
    }
}

static void run_job(leat_worker *w, uint32_t n, leat_tile_fn *fn, void *arg, size_t first)
{
    leat_tile_job *j = &w->job;
    uint32_t own = 0;
    leat_tile_job_open(j, n, (uintptr_t)fn, (uintptr_t)arg, first, w->node);
    wake_for_tiles(w, n);
    for (uint32_t tile; (tile = leat_tile_job_next(j, n)) != LEAT_NO_TILE; own++)
        run_tile(w, first + tile, fn, arg);
    wait_for_helpers(j, n, own);
    leat_tile_job_close(j);
}

void leat_tiles_run(size_t n_tiles, leat_tile_fn *fn, void *arg)
{
    leat_worker *w = leat_worker_current();
    if (w == NULL || w->in_tile) {
        run_serial(n_tiles, fn, arg);
        return;
    }
    if (w->alone || n_tiles < 2) {
        for (size_t i = 0; i < n_tiles; i++)
            run_tile(w, i, fn, arg);
        return;
    }
    for (size_t first = 0; first < n_tiles; first += LEAT_TILES_MAX)
        run_job(w, (uint32_t)LEAT_MIN(n_tiles - first, LEAT_TILES_MAX), fn, arg, first);
}

/* Runs one claimed tile; `ticks` of it go to the owner, whose node it belongs to, where costs are measured. */
static void help_with(leat_worker *w, leat_worker *owner, const leat_tile_claim *claim)
{
    const leat_exec_args *args = w->x->args;
    uint64_t start = w->clock != 0 || !w->timed ? w->clock : leat_ticks();
    run_tile(w, claim->first + claim->tile, (leat_tile_fn *)(uintptr_t)claim->fn,
             (void *)(uintptr_t)claim->arg);
    uint64_t end = w->timed ? leat_ticks() : 0;
    w->clock = end;
    if (w->ring != NULL)
        leat_ring_put(w->ring, claim->node, true, start, end);
    if (args->node_ns != NULL)
        atomic_fetch_add_explicit(&owner->helpers_ticks, end - start, memory_order_relaxed);
    leat_tile_job_done(&owner->job);
}

bool leat_tiles_help(leat_worker *w)
{
    leat_exec *x = w->x;
    bool helped = false;
    for (uint32_t k = 1; k < w->n_team; k++) {
        leat_worker *owner = &x->workers[(w->index + k) % w->n_team];
        leat_tile_claim claim;
        if (!leat_tile_job_is_open(&owner->job))
            continue;
        w->clock = 0;
        for (; leat_tile_job_claim(&owner->job, &claim); helped = true)
            help_with(w, owner, &claim);
        w->clock = 0;
    }
    return helped;
}
