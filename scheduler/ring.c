#include "config.h"
#include "ring-private.h"

#include <string.h>

#define CALIBRATION 1e-3 /* seconds */

typedef struct ring {
    leat_ring_event *events;
    uint64_t n;      /* appended, kept or not */
    char apart[112]; /* each is written by another thread */
} ring;

struct leat_rings {
    uint32_t n_workers;
    size_t mask;
    leat_ring_event *events;
    uint64_t made_ticks, start_ticks, end_ticks;
    double made, end, wall, rate; /* rate: seconds a tick, as of the last run's end */
    ring rings[];
};

leat_status leat_rings_new(leat_rings **out, uint32_t n_workers, size_t capacity)
{
    size_t size = 1;
    *out = NULL;
    while (size < capacity && size < SIZE_MAX / 4096)
        size *= 2;
    size_t bytes = sizeof(leat_rings) + n_workers * sizeof(ring);
    leat_rings *p = leat_alloc_zero(1, bytes);
    if (p == NULL)
        return leat_fail_memory(bytes);
    /* Zeroed, so that the pages are there before the run. */
    p->events = leat_alloc_zero((size_t)n_workers * size, sizeof *p->events);
    if (p->events == NULL) {
        leat_free(p);
        return leat_fail_memory((size_t)n_workers * size * sizeof *p->events);
    }
    memset(p->events, 0, (size_t)n_workers * size * sizeof *p->events);
    p->n_workers = n_workers;
    p->mask = size - 1;
    p->made = leat_now();
    p->made_ticks = leat_ticks();
    for (uint32_t i = 0; i < n_workers; i++)
        p->rings[i].events = p->events + i * size;
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

void leat_rings_begin(leat_rings *p)
{
    for (uint32_t i = 0; i < p->n_workers; i++)
        p->rings[i].n = 0;
    p->wall = leat_wall_time();
    p->start_ticks = p->end_ticks = leat_ticks();
}

/* The counter's frequency is taken from all the time since the rings were made, a millisecond at least: the two clocks are not
 * read at the same moment, and a run may be shorter than what lies between. */
void leat_rings_end(leat_rings *p)
{
    p->end_ticks = leat_ticks();
    do
        p->end = leat_now();
    while (p->end - p->made < CALIBRATION);
    p->rate = (p->end - p->made) / (double)(leat_ticks() - p->made_ticks);
}

void leat_rings_add(leat_rings *p, uint32_t worker, uint32_t node, uint32_t tiles, uint64_t start,
                    uint64_t end)
{
    ring *r = &p->rings[worker];
    r->events[r->n++ & p->mask] = (leat_ring_event){start, end, node, (uint16_t)worker, (uint16_t)tiles};
}

size_t leat_rings_count(const leat_rings *p, uint32_t worker, uint64_t *lost)
{
    uint64_t n = p->rings[worker].n, kept = LEAT_MIN(n, (uint64_t)p->mask + 1);
    if (lost != NULL)
        *lost = n - kept;
    return (size_t)kept;
}

leat_ring_event leat_rings_get(const leat_rings *p, uint32_t worker, size_t i)
{
    const ring *r = &p->rings[worker];
    uint64_t first = r->n > p->mask ? r->n - p->mask - 1 : 0;
    return r->events[(first + i) & p->mask];
}

double leat_rings_seconds(const leat_rings *p, uint64_t ticks)
{
    return (double)(int64_t)(ticks - p->start_ticks) * p->rate;
}

double leat_rings_wall(const leat_rings *p)
{
    return p->wall;
}

double leat_rings_duration(const leat_rings *p)
{
    return leat_rings_seconds(p, p->end_ticks);
}

const leat_ring_event *leat_rings_part(const leat_rings *p, uint32_t worker, int part, size_t *n)
{
    const ring *r = &p->rings[worker];
    size_t kept = leat_rings_count(p, worker, NULL), first = r->n > p->mask ? (size_t)r->n & p->mask : 0;
    size_t older = LEAT_MIN(kept, p->mask + 1 - first);
    *n = part == 0 ? older : kept - older;
    return part == 0 ? r->events + first : r->events;
}

uint64_t leat_rings_start(const leat_rings *p)
{
    return p->start_ticks;
}

double leat_rings_tick_ns(const leat_rings *p)
{
    return p->rate * 1e9;
}
