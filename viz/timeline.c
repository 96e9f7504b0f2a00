/* timeline.c - what a run's events add up to, and that in words. */
#include "config.h"
#include "viz/timeline-private.h"

#include <stdlib.h>
#include <string.h>

/* ---- figures ---- */

static leat_status check_event(const leat_timeline *run, const leat_timeline_event *e)
{
    uint32_t limit = run->n_workers > 0 ? run->n_workers : LEAT_TIMELINE_WORKERS;
    if (e->start_ns < 0)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%.200s' starts before the run", e->name);
    if (e->end_ns < e->start_ns)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%.200s' ends before it starts", e->name);
    if (e->worker >= limit || limit > LEAT_TIMELINE_WORKERS)
        return leat_fail(LEAT_ERR_INVALID_ARGUMENT, "'%.200s' ran on worker %u of %u", e->name, e->worker,
                         limit);
    return LEAT_OK;
}

static double length(const leat_timeline_event *e)
{
    return (double)e->end_ns - (double)e->start_ns;
}

static leat_status add_kind(leat_tfigures *f, leat_map *ids, const leat_timeline_event *e, uint32_t *kind)
{
    void *found = leat_map_get(ids, e->op, strlen(e->op));
    if (!found) {
        LEAT_TRY(leat_grow(&f->kinds, &f->kinds_capacity, f->n_kinds + 1, sizeof *f->kinds));
        f->kinds[f->n_kinds++] = (leat_tkind){.op = e->op};
        found = (void *)(uintptr_t)f->n_kinds;
        LEAT_TRY(leat_map_put(ids, e->op, strlen(e->op), found));
    }
    *kind = (uint32_t)((uintptr_t)found - 1);
    f->kinds[*kind].ns += length(e);
    f->kinds[*kind].count++;
    return LEAT_OK;
}

static void add_event(leat_tfigures *f, const leat_timeline_event *e)
{
    f->ns = LEAT_MAX(f->ns, (double)e->end_ns);
    f->busy_ns += length(e);
    f->worker_ns[e->worker] += length(e);
    f->worker_events[e->worker]++;
    f->n_helped += e->tiles > 0;
    if (e->tiles == 0 && (!f->longest || length(e) > length(f->longest)))
        f->longest = e;
    if (!e->critical)
        return;
    f->critical_ns += length(e);
    f->n_critical++;
    if (!f->first_critical || e->start_ns < f->first_critical->start_ns)
        f->first_critical = e;
    if (!f->last_critical || e->end_ns > f->last_critical->end_ns)
        f->last_critical = e;
}

/* A kind with its old number. */
typedef struct ranked {
    leat_tkind kind;
    uint32_t before;
} ranked;

static int by_time(const void *a, const void *b)
{
    const ranked *p = a, *q = b;
    if (p->kind.ns != q->kind.ns)
        return p->kind.ns > q->kind.ns ? -1 : 1;
    return strcmp(p->kind.op, q->kind.op);
}

static leat_status sort_kinds(leat_tfigures *f, size_t n_events)
{
    ranked *r = leat_alloc_zero(f->n_kinds, sizeof *r);
    uint32_t *after = leat_alloc_zero(f->n_kinds, sizeof *after);
    if (!r || !after) {
        leat_free(r);
        leat_free(after);
        return leat_fail_memory(f->n_kinds * sizeof *r);
    }
    for (size_t i = 0; i < f->n_kinds; i++)
        r[i] = (ranked){f->kinds[i], (uint32_t)i};
    qsort(r, f->n_kinds, sizeof *r, by_time);
    for (size_t i = 0; i < f->n_kinds; i++) {
        f->kinds[i] = r[i].kind;
        after[r[i].before] = (uint32_t)i;
    }
    for (size_t i = 0; i < n_events; i++)
        f->kind_of[i] = after[f->kind_of[i]];
    leat_free(r);
    leat_free(after);
    return LEAT_OK;
}

static leat_status gather(const leat_timeline *run, leat_tfigures *f, leat_map *ids)
{
    f->n_workers = LEAT_MAX(run->n_workers, 1u);
    for (size_t i = 0; i < run->n_events; i++) {
        LEAT_TRY(check_event(run, &run->events[i]));
        f->n_workers = LEAT_MAX(f->n_workers, run->events[i].worker + 1);
    }
    f->worker_ns = leat_alloc_zero(f->n_workers, sizeof *f->worker_ns);
    f->worker_events = leat_alloc_zero(f->n_workers, sizeof *f->worker_events);
    f->kind_of = leat_alloc_zero(run->n_events, sizeof *f->kind_of);
    if (!f->worker_ns || !f->worker_events || !f->kind_of)
        return leat_fail_memory(run->n_events * sizeof *f->kind_of);
    f->ns = (double)run->duration_ns;
    for (size_t i = 0; i < run->n_events; i++) {
        LEAT_TRY(add_kind(f, ids, &run->events[i], &f->kind_of[i]));
        add_event(f, &run->events[i]);
    }
    return sort_kinds(f, run->n_events);
}

leat_status leat_timeline_figures(const leat_timeline *run, leat_tfigures *f)
{
    leat_map ids = {0};
    leat_status st = gather(run, f, &ids);
    leat_map_free(&ids);
    return st;
}

void leat_timeline_figures_free(leat_tfigures *f)
{
    leat_free(f->worker_ns);
    leat_free(f->worker_events);
    leat_free(f->kind_of);
    leat_free(f->kinds);
    *f = (leat_tfigures){0};
}

/* ---- words ---- */

/* The sentence of recorded runs, as far as events alone can tell. */
void leat_timeline_put_verdict(const leat_tfigures *f, leat_buf *out)
{
    size_t n_events = 0;
    for (size_t i = 0; i < f->n_kinds; i++)
        n_events += f->kinds[i].count;
    leat_idle idle = {.n_workers = f->n_workers,
                      .ns = f->ns,
                      .busy_ns = f->busy_ns,
                      .critical_ns = f->critical_ns,
                      .n_events = n_events,
                      .n_critical = f->n_critical,
                      .first = f->first_critical ? f->first_critical->name : NULL,
                      .last = f->last_critical ? f->last_critical->name : NULL,
                      .longest = f->longest ? f->longest->name : NULL,
                      .longest_ns = f->longest ? length(f->longest) : 0,
                      .most = f->n_kinds > 0 ? f->kinds[0].op : NULL};
    leat_put_idle(out, &idle);
}

char *leat_timeline_verdict(const leat_timeline *run, char *text, size_t size)
{
    leat_tfigures f = {0};
    leat_buf b = {0};
    if (size == 0)
        return text;
    text[0] = '\0';
    if (leat_timeline_figures(run, &f) == LEAT_OK)
        leat_timeline_put_verdict(&f, &b);
    if (leat_buf_status(&b) == LEAT_OK && b.size > 0) {
        size_t n = LEAT_MIN(b.size, size - 1);
        while (n < b.size && n > 0 && ((unsigned char)b.data[n] & 0xc0) == 0x80) /* not within a character */
            n--;
        memcpy(text, b.data, n);
        text[n] = '\0';
    }
    leat_buf_free(&b);
    leat_timeline_figures_free(&f);
    return text;
}
