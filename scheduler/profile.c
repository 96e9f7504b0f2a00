#include "config.h"
#include "profile-private.h"

#include <string.h>

typedef struct ring {
    leat_profile_event *events;
    uint64_t n;      /* appended, kept or not */
    char apart[112]; /* each is written by another thread */
} ring;

struct leat_profile {
    uint32_t n_workers;
    size_t mask;
    leat_profile_event *events;
    uint64_t start_ticks, end_ticks;
    double start, end, wall;
    ring rings[];
};

leat_status leat_profile_new(leat_profile **out, uint32_t n_workers, size_t capacity)
{
    size_t size = 1;
    *out = NULL;
    while (size < capacity && size < SIZE_MAX / 4096)
        size *= 2;
    size_t bytes = sizeof(leat_profile) + n_workers * sizeof(ring);
    leat_profile *p = leat_alloc_zero(1, bytes);
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
    for (uint32_t i = 0; i < n_workers; i++)
        p->rings[i].events = p->events + i * size;
    *out = p;
    return LEAT_OK;
}

void leat_profile_free(leat_profile *p)
{
    if (p == NULL)
        return;
    leat_free(p->events);
    leat_free(p);
}

uint32_t leat_profile_workers(const leat_profile *p)
{
    return p->n_workers;
}

void leat_profile_begin(leat_profile *p)
{
    for (uint32_t i = 0; i < p->n_workers; i++)
        p->rings[i].n = 0;
    p->wall = leat_wall_time();
    p->start = leat_now();
    p->start_ticks = leat_ticks();
}

void leat_profile_end(leat_profile *p)
{
    p->end = leat_now();
    p->end_ticks = leat_ticks();
}

void leat_profile_add(leat_profile *p, uint32_t worker, uint32_t node, uint32_t tiles, uint64_t start,
                      uint64_t end)
{
    ring *r = &p->rings[worker];
    r->events[r->n++ & p->mask] = (leat_profile_event){start, end, node, (uint16_t)worker, (uint16_t)tiles};
}

size_t leat_profile_count(const leat_profile *p, uint32_t worker, uint64_t *lost)
{
    uint64_t n = p->rings[worker].n, kept = LEAT_MIN(n, (uint64_t)p->mask + 1);
    if (lost != NULL)
        *lost = n - kept;
    return (size_t)kept;
}

leat_profile_event leat_profile_get(const leat_profile *p, uint32_t worker, size_t i)
{
    const ring *r = &p->rings[worker];
    uint64_t first = r->n > p->mask ? r->n - p->mask - 1 : 0;
    return r->events[(first + i) & p->mask];
}

/* The counter's frequency is that of the run itself. */
double leat_profile_seconds(const leat_profile *p, uint64_t ticks)
{
    if (p->end_ticks <= p->start_ticks)
        return 0;
    double rate = (p->end - p->start) / (double)(p->end_ticks - p->start_ticks);
    return (double)(int64_t)(ticks - p->start_ticks) * rate;
}

double leat_profile_wall(const leat_profile *p)
{
    return p->wall;
}

double leat_profile_duration(const leat_profile *p)
{
    return p->end - p->start;
}
