/* profile-private.h - when each node ran and where: a ring of events per worker, allocated before the run. */
#ifndef LEAT_PROFILE_PRIVATE_H
#define LEAT_PROFILE_PRIVATE_H

#include "base/base-private.h"

/* Times are ticks of leat_ticks(); leat_profile_seconds converts. */
typedef struct leat_profile_event {
    uint64_t start, end;
    uint32_t node;
    uint16_t worker;
    uint16_t tiles; /* 0: the node as a whole; else a helper's share of it: so many tiles */
} leat_profile_event;

typedef struct leat_profile leat_profile;

/* Each of n_workers rings keeps its latest `capacity` events (rounded up to a power of two). */
leat_status leat_profile_new(leat_profile **out, uint32_t n_workers, size_t capacity) LEAT_MUST_CHECK;
void leat_profile_free(leat_profile *p);
uint32_t leat_profile_workers(const leat_profile *p);

/* Around a run; the executor calls them for parallel runs, a serial loop calls them itself. begin forgets the events
 * of the run before. */
void leat_profile_begin(leat_profile *p);
void leat_profile_end(leat_profile *p);

/* Appends to worker's ring; one thread a ring. */
void leat_profile_add(leat_profile *p, uint32_t worker, uint32_t node, uint32_t tiles, uint64_t start,
                      uint64_t end);

/* After a run: the number of kept events of a worker, *lost (may be NULL) of overwritten ones; and the i-th kept,
 * oldest first. */
size_t leat_profile_count(const leat_profile *p, uint32_t worker, uint64_t *lost);
leat_profile_event leat_profile_get(const leat_profile *p, uint32_t worker, size_t i);

/* Seconds from leat_profile_begin to a tick; the wall time (leat_wall_time) of begin; the seconds from begin to end. */
double leat_profile_seconds(const leat_profile *p, uint64_t ticks);
double leat_profile_wall(const leat_profile *p);
double leat_profile_duration(const leat_profile *p);

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
