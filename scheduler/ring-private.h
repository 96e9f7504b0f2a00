/* ring-private.h - when each node ran and where: a ring of events per worker, allocated before the run. */
#ifndef LEAT_RING_PRIVATE_H
#define LEAT_RING_PRIVATE_H

#include "base/base-private.h"

/* Times are ticks of leat_ticks(); leat_rings_seconds converts. */
typedef struct leat_ring_event {
    uint64_t start, end;
    uint32_t node;
    uint16_t worker;
    uint16_t tiles; /* 0: the node as a whole; else a helper's share of it: so many tiles */
} leat_ring_event;

typedef struct leat_rings leat_rings;

/* Each of n_workers rings keeps its latest `capacity` events (rounded up to a power of two). */
leat_status leat_rings_new(leat_rings **out, uint32_t n_workers, size_t capacity) LEAT_MUST_CHECK;
void leat_rings_free(leat_rings *p);

/* Around a run; the executor calls them for parallel runs, a serial loop calls them itself. begin forgets the events
 * of the run before. */
void leat_rings_begin(leat_rings *p);
void leat_rings_end(leat_rings *p);

/* Appends to worker's ring; one thread a ring. */
void leat_rings_add(leat_rings *p, uint32_t worker, uint32_t node, uint32_t tiles, uint64_t start,
                    uint64_t end);

/* After a run: the number of kept events of a worker, *lost (may be NULL) of overwritten ones; and the i-th kept,
 * oldest first. */
size_t leat_rings_count(const leat_rings *p, uint32_t worker, uint64_t *lost);
leat_ring_event leat_rings_get(const leat_rings *p, uint32_t worker, size_t i);

/* The same without copying: *n events in order, the older part (0) or the newer one (1) of the ring. */
const leat_ring_event *leat_rings_part(const leat_rings *p, uint32_t worker, int part, size_t *n);
/* Of leat_rings_begin, and nanoseconds a tick: for whoever converts many. */
uint64_t leat_rings_start(const leat_rings *p);
double leat_rings_tick_ns(const leat_rings *p);

/* Seconds from leat_rings_begin to a tick; the wall time (leat_wall_time) of begin; the seconds from begin to end. */
double leat_rings_seconds(const leat_rings *p, uint64_t ticks);
double leat_rings_wall(const leat_rings *p);
double leat_rings_duration(const leat_rings *p);

/* A cheap monotonic counter of unspecified frequency, the same on all CPUs. */
#if defined(__x86_64__)
#include <x86intrin.h>
static inline uint64_t leat_ticks(void)
{
    return __rdtsc();
}
#else
#include <time.h>
static inline uint64_t leat_ticks(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}
#endif

#endif
