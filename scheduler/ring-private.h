/* ring-private.h - when each node ran and where: a ring of events per worker, allocated before the run.
 *
 * Reading the time stamp counter waits for what runs before it and holds up what comes after: it costs 7 ns by itself, but some 40
 * of overlap between two nodes (bench/NOTES.md). So a worker that goes straight on reads it once between two nodes, and not
 * at all between nodes that are short by what they took before: these share the time between two readings in proportion to
 * their costs. Where a group takes much longer than its costs say these are not to be trusted, and of the next nodes each is
 * timed by itself. */
#ifndef LEAT_RING_PRIVATE_H
#define LEAT_RING_PRIVATE_H

#include "base/base-private.h"

/* What takes longer than `ticks` can say, about a second, has an event before it that only says when it began. */
typedef struct leat_ring_event {
    uint64_t end;        /* of leat_ticks() */
    uint32_t ticks;      /* it took; LEAT_RING_LONG: since the end of the event before */
    uint32_t node : 31;  /* LEAT_RING_BEGIN: no node */
    uint32_t helper : 1; /* a tile of another worker's node */
} leat_ring_event;
#define LEAT_RING_LONG UINT32_MAX
#define LEAT_RING_BEGIN UINT32_C(0x7fffffff)

#define LEAT_RING_SHARE_NS 2000.0f  /* nodes that share a time cost less together */
#define LEAT_RING_ALONE_NS 10000.0f /* of a longer node the beginning is read too */
#define LEAT_RING_SHARED 32u        /* nodes that share a time, at most */

/* One worker's; written by its thread alone. */
typedef struct leat_ring {
    leat_ring_event *events;
    uint64_t n; /* appended, kept or not */
    size_t mask;
    float ticks_ns;   /* ticks a nanosecond; 0: each node is timed by itself */
    uint32_t n_alone; /* as are so many to come */
    uint32_t n_shared;
    float shared_ns; /* cost of the shared */
    uint32_t shared[LEAT_RING_SHARED];
    float cost_ns[LEAT_RING_SHARED];
    char apart[80]; /* each is written by another thread */
} leat_ring;

static inline void leat_ring_put(leat_ring *r, uint32_t node, bool helper, uint64_t start, uint64_t end)
{
    uint64_t ticks = end - start;
    if (__builtin_expect(ticks >= LEAT_RING_LONG, 0)) {
        r->events[r->n++ & r->mask] = (leat_ring_event){start, 0, LEAT_RING_BEGIN, 0};
        ticks = LEAT_RING_LONG;
    }
    r->events[r->n++ & r->mask] = (leat_ring_event){end, (uint32_t)ticks, node, helper};
}

/* The node need not be timed by itself: it waits for the next leat_ring_add or leat_ring_close, which say until when. */
static inline bool leat_ring_share(leat_ring *r, uint32_t node, float cost_ns)
{
    if (r->n_alone > 0) {
        r->n_alone--;
        return false;
    }
    if (r->ticks_ns == 0 || r->n_shared == LEAT_RING_SHARED || r->shared_ns + cost_ns >= LEAT_RING_SHARE_NS)
        return false;
    r->shared_ns += cost_ns;
    r->shared[r->n_shared] = node;
    r->cost_ns[r->n_shared++] = cost_ns;
    return true;
}

/* From `start` to `end` ran the nodes that share, if any. */
void leat_ring_close(leat_ring *r, uint64_t start, uint64_t end);
/* ... and then this one. */
static inline void leat_ring_add(leat_ring *r, uint32_t node, float cost_ns, uint64_t start, uint64_t end)
{
    if (r->n_shared == 0) {
        leat_ring_put(r, node, false, start, end);
        return;
    }
    float share = cost_ns > 0 ? cost_ns / (r->shared_ns + cost_ns) : 0;
    uint64_t own = (uint64_t)((float)(end - start) * share);
    own = LEAT_MIN(own, end - start); /* by rounding */
    leat_ring_close(r, start, end - own);
    leat_ring_put(r, node, false, end - own, end);
}

typedef struct leat_rings leat_rings;

/* Each of n_workers rings keeps its latest `capacity` events (rounded up to a power of two). */
leat_status leat_rings_new(leat_rings **out, uint32_t n_workers, size_t capacity) LEAT_MUST_CHECK;
void leat_rings_free(leat_rings *p);
leat_ring *leat_rings_of(leat_rings *p, uint32_t worker);

/* Around a run; the executor calls them for parallel runs, a serial loop calls them itself. begin forgets the events
 * of the run before. exact: costs are not known yet, every node is timed by itself. */
void leat_rings_begin(leat_rings *p, bool exact);
void leat_rings_end(leat_rings *p);

/* ---- after a run ---- */

/* Takes the counter's frequency; before any of what follows. */
void leat_rings_calibrate(leat_rings *p);

typedef struct leat_ring_span {
    int64_t start_ns, end_ns; /* from leat_rings_begin */
    uint32_t node;
    bool helper;
} leat_ring_span;

/* At most so many spans of this worker are kept. *lost (may be NULL): events that were overwritten. */
size_t leat_rings_count(const leat_rings *p, uint32_t worker, uint64_t *lost);

/* Goes over a worker's spans, oldest first: start from {0}, false at the end. Spans of one worker do not overlap. */
typedef struct leat_ring_walk {
    uint64_t next;
    int64_t end_ns; /* of the event before */
} leat_ring_walk;
bool leat_rings_next(const leat_rings *p, uint32_t worker, leat_ring_walk *walk, leat_ring_span *span);

/* The wall time (leat_wall_time) of begin; nanoseconds from begin to end. */
double leat_rings_wall(const leat_rings *p);
int64_t leat_rings_duration(const leat_rings *p);

/* A cheap monotonic counter of unspecified frequency, the same on all CPUs; never 0. */
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
