#include "config.h"
#include "ring-private.h"

#include <string.h>

#define CALIBRATION 1e-3 /* seconds */

/* A group of nodes that takes longer than this times its costs and so much more was not what it was when it was measured. */
#define TRUSTED_FACTOR 2.0f
#define TRUSTED_NS 500.0f
#define TIMED_ALONE 64u /* nodes after such a group: what another program's turn has cost is soon over */

struct leat_rings {
    uint32_t n_workers;
    leat_ring_event *events;
    uint64_t made_ticks, start_ticks, end_ticks;
    double made, wall, tick_ns;
    leat_ring rings[];
};

leat_status leat_rings_new(leat_rings **out, uint32_t n_workers, size_t capacity)
{
    size_t size = 1;
    *out = NULL;
    while (size < capacity && size < SIZE_MAX / 4096)
        size *= 2;
    size_t bytes = sizeof(leat_rings) + n_workers * sizeof(leat_ring);
    leat_rings *p = leat_alloc_zero(1, bytes);
    if (p == NULL)
        return leat_fail_memory(bytes);
    p->events = leat_alloc_zero((size_t)n_workers * size, sizeof *p->events);
    if (p->events == NULL) {
        leat_free(p);
        return leat_fail_memory((size_t)n_workers * size * sizeof *p->events);
    }
    /* So that the pages are there before the run. */
    memset(p->events, 0, (size_t)n_workers * size * sizeof *p->events);
    p->n_workers = n_workers;
    p->made = leat_now();
    p->made_ticks = leat_ticks();
    for (uint32_t i = 0; i < n_workers; i++)
        p->rings[i] = (leat_ring){.events = p->events + i * size, .mask = size - 1};
    *out = p;
    return LEAT_OK;
}

void leat_rings_free(leat_rings *p)
{
    if (p == NULL)
        return;
    leat_free(p->events);
    leat_free(p);
}

leat_ring *leat_rings_of(leat_rings *p, uint32_t worker)
{
    return &p->rings[worker];
}

void leat_ring_close(leat_ring *r, uint64_t start, uint64_t end)
{
    if (r->n_shared == 0)
        return;
    float ticks = (float)(end - start), scale = r->shared_ns > 0 ? ticks / r->shared_ns : 0;
    if (ticks > (TRUSTED_FACTOR * r->shared_ns + TRUSTED_NS) * r->ticks_ns)
        r->n_alone = TIMED_ALONE;
    for (uint32_t i = 0; i < r->n_shared; i++) {
        bool last = i + 1 == r->n_shared;
        uint64_t until = last ? end : start + (uint64_t)(r->cost_ns[i] * scale);
        until = LEAT_MIN(until, end);
        leat_ring_put(r, r->shared[i], false, start, until);
        start = until;
    }
    r->n_shared = 0;
    r->shared_ns = 0;
}

/* Until there is a frequency, a millisecond after the rings were made, nothing is shared. */
void leat_rings_begin(leat_rings *p, bool exact)
{
    double since = leat_now() - p->made;
    float ticks_ns =
        exact || since < CALIBRATION ? 0 : (float)(leat_ticks() - p->made_ticks) / (float)(since * 1e9);
    for (uint32_t i = 0; i < p->n_workers; i++) {
        p->rings[i].n = 0;
        p->rings[i].n_shared = 0;
        p->rings[i].n_alone = 0;
        p->rings[i].shared_ns = 0;
        p->rings[i].ticks_ns = ticks_ns;
    }
    p->wall = leat_wall_time();
    p->start_ticks = p->end_ticks = leat_ticks();
}

void leat_rings_end(leat_rings *p)
{
    p->end_ticks = leat_ticks();
}

/* From all the time since the rings were made, a millisecond at least: the two clocks are not read at the same moment, and a run
 * may be shorter than what lies between. */
void leat_rings_calibrate(leat_rings *p)
{
    double now;
    do
        now = leat_now();
    while (now - p->made < CALIBRATION);
    p->tick_ns = (now - p->made) * 1e9 / (double)(leat_ticks() - p->made_ticks);
}

static int64_t ns_of(const leat_rings *p, uint64_t ticks)
{
    return (int64_t)((double)(int64_t)(ticks - p->start_ticks) * p->tick_ns);
}

size_t leat_rings_count(const leat_rings *p, uint32_t worker, uint64_t *lost)
{
    const leat_ring *r = &p->rings[worker];
    uint64_t kept = LEAT_MIN(r->n, (uint64_t)r->mask + 1);
    if (lost != NULL)
        *lost = r->n - kept;
    return (size_t)kept;
}

bool leat_rings_next(const leat_rings *p, uint32_t worker, leat_ring_walk *walk, leat_ring_span *span)
{
    const leat_ring *r = &p->rings[worker];
    int64_t duration = leat_rings_duration(p);
    if (walk->next == 0 && r->n > r->mask)
        walk->next = r->n - r->mask - 1;
    while (walk->next < r->n) {
        const leat_ring_event *e = &r->events[walk->next++ & r->mask];
        int64_t start = walk->end_ns, end = LEAT_MIN(LEAT_MAX(ns_of(p, e->end), start), duration);
        if (e->ticks != LEAT_RING_LONG) /* by rounding it may seem to begin before the one before ended */
            start = LEAT_MAX(ns_of(p, e->end - e->ticks), start);
        walk->end_ns = end;
        if (e->node == LEAT_RING_BEGIN)
            continue;
        *span = (leat_ring_span){LEAT_MIN(start, end), end, e->node, e->helper};
        return true;
    }
    return false;
}

double leat_rings_wall(const leat_rings *p)
{
    return p->wall;
}

int64_t leat_rings_duration(const leat_rings *p)
{
    return LEAT_MAX(ns_of(p, p->end_ticks), (int64_t)0);
}
